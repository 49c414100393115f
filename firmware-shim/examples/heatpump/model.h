/* An air-to-water heat pump with two refrigerant circuits, each with a compressor of
 * its own, one fan and one circulation pump, and the house that it heats. Pure. */
#ifndef EXAMPLES_HEATPUMP_MODEL_H
#define EXAMPLES_HEATPUMP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/noise.h"

#define HEATPUMP_CIRCUITS 2

enum heatpump_trouble {
    HEATPUMP_LEAK,       /* circuit 0 */
    HEATPUMP_LEAK_RIGHT, /* circuit 1 */
    HEATPUMP_BURST,      /* circuit 0, at once */
    HEATPUMP_PUMP_WEAR,
    HEATPUMP_PUMP_SEIZED,
    HEATPUMP_VALVE_STUCK,
    HEATPUMP_FAN_DIRT,
    HEATPUMP_FAN_BLOCKED,
    HEATPUMP_SENSOR_BROKEN,
    HEATPUMP_TROUBLES
};

struct heatpump_outputs {
    bool compressor[HEATPUMP_CIRCUITS];
    bool pump, fan, reverse; /* reverse: the outdoor coil is heated to defrost it */
};

struct heatpump_inputs {
    double outdoor_celsius; /* NAN: the probe is open */
    double flow_celsius, return_celsius, room_celsius, coil_celsius;
    double suction_bar[HEATPUMP_CIRCUITS], superheat_kelvin[HEATPUMP_CIRCUITS];
    double discharge_celsius[HEATPUMP_CIRCUITS];
    double flow_liter_min, fan_rpm, power_watt, heat_watt;
};

struct heatpump_model {
    struct noise noise;
    double trouble[HEATPUMP_TROUBLES];
    double weather_kelvin; /* off the season's mean; wanders */
    double outdoor_celsius, flow_celsius, return_celsius, room_celsius, coil_celsius;
    double charge[HEATPUMP_CIRCUITS]; /* of refrigerant: 1 as filled */
    double frost, pump_worn, dirt;    /* 0 none, 1 all */
    double heat_watt, power_watt;
};

void heatpump_model_init(struct heatpump_model *m, uint64_t seed);
/* At most 1 s a step. `day_s` is the local time of day. */
void heatpump_model_step(struct heatpump_model *m, struct heatpump_outputs out, double dt_s,
                         double day_s);
struct heatpump_inputs heatpump_model_read(struct heatpump_model *m, struct heatpump_outputs out);
/* Level 0 ends the trouble and repairs what it did. */
void heatpump_model_trouble(struct heatpump_model *m, enum heatpump_trouble trouble, double level);

#endif
