/* The fridge's controller: keeps it cold, defrosts it, watches its parts, and reports
 * through the shim. It knows only what it can measure. */
#ifndef EXAMPLES_FRIDGE_FIRMWARE_H
#define EXAMPLES_FRIDGE_FIRMWARE_H

#include "../../shim.h"
#include "model.h"

void fridge_firmware_start(struct shim *shim, unsigned report_s);
/* One tick: reads, decides, reports. Returns what it drives from now on. */
struct fridge_outputs fridge_firmware_tick(const struct fridge_inputs *in, double dt_s);
/* All states are to be said again. */
void fridge_firmware_hello(void);

extern const struct shim_action fridge_actions[];
extern const uint8_t fridge_action_count;

#endif
