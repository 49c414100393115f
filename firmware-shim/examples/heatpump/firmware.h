/* The heat pump's controller: holds the flow temperature by the weather, defrosts, locks
 * out a circuit that would harm itself, reports through the shim. */
#ifndef EXAMPLES_HEATPUMP_FIRMWARE_H
#define EXAMPLES_HEATPUMP_FIRMWARE_H

#include "../../shim.h"
#include "model.h"

void heatpump_firmware_start(struct shim *shim, unsigned report_s);
struct heatpump_outputs heatpump_firmware_tick(const struct heatpump_inputs *in, double dt_s);
void heatpump_firmware_hello(void);

extern const struct shim_action heatpump_actions[];
extern const uint8_t heatpump_action_count;

#endif
