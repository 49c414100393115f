/* The washing machine's controller: runs the program, watches its parts, reports
 * through the shim. It knows only what it can measure. */
#ifndef EXAMPLES_WASHER_FIRMWARE_H
#define EXAMPLES_WASHER_FIRMWARE_H

#include "../../shim.h"
#include "model.h"

void washer_firmware_start(struct shim *shim, unsigned report_s);
struct washer_outputs washer_firmware_tick(const struct washer_inputs *in, double dt_s);
void washer_firmware_hello(void);
/* The start button. False while a program runs. */
bool washer_firmware_press_start(void);
/* "idle", "fill", ... for the bench's status. */
const char *washer_firmware_phase(void);

extern const struct shim_action washer_actions[];
extern const uint8_t washer_action_count;

#endif
