/* A washing machine as water that comes, is warmed, turns and goes: drum, heater,
 * pump, inlet valve, door lock, motor bearing. Pure. */
#ifndef EXAMPLES_WASHER_MODEL_H
#define EXAMPLES_WASHER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/noise.h"

enum washer_trouble {
    WASHER_DRAIN_CLOG,
    WASHER_DRAIN_BLOCKED,
    WASHER_LOCK_STUCK,
    WASHER_INLET_WEAK,
    WASHER_INLET_CLOSED,
    WASHER_BEARING_WEAR,
    WASHER_HEATER_SCALE,
    WASHER_HEATER_OPEN,
    WASHER_LEAK,
    WASHER_TROUBLES
};

struct washer_outputs {
    bool valve, pump, heater, lock;
    double drum_rpm; /* wanted */
};

struct washer_inputs {
    double level_liter, water_celsius, drum_rpm, vibration_mm_s, power_watt;
    double heater_ohm; /* INFINITY: no connection */
    bool pump_turns;   /* the pump's own tacho */
    bool inlet_flows;  /* the valve's flow switch */
    bool locked, wet_floor_pan;
};

struct washer_model {
    struct noise noise;
    double trouble[WASHER_TROUBLES];
    double level_liter, water_celsius, drum_rpm;
    double clog, bearing, scale, inlet_weak; /* 0 new, 1 useless */
    double pan_liter;                        /* leaked under the drum */
    double energy_joule, used_liter;
    bool locked;
};

void washer_model_init(struct washer_model *m, uint64_t seed);
/* At most 1 s a step. */
void washer_model_step(struct washer_model *m, struct washer_outputs out, double dt_s);
struct washer_inputs washer_model_read(struct washer_model *m, struct washer_outputs out);
/* Level 0 ends the trouble and repairs what it did. */
void washer_model_trouble(struct washer_model *m, enum washer_trouble trouble, double level);

#endif
