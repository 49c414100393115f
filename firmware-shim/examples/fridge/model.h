/* A fridge with a freezer compartment as heat that flows: room, cabinet, freezer and
 * evaporator, moved by a compressor, hindered by ice, let in by the door. Pure. */
#ifndef EXAMPLES_FRIDGE_MODEL_H
#define EXAMPLES_FRIDGE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/noise.h"

/* What is wrong, and how fast it gets worse. 0: as good as new. */
enum fridge_trouble {
    FRIDGE_SEAL_WEAR,
    FRIDGE_HEATER_OPEN,
    FRIDGE_RELAY_STUCK,
    FRIDGE_ICING,
    FRIDGE_SENSOR_DRIFT,
    FRIDGE_SENSOR_BROKEN,
    FRIDGE_SENSOR_NONSENSE,
    FRIDGE_FAN_BLOCKED,
    FRIDGE_TROUBLES
};

/* What the controller drives. */
struct fridge_outputs {
    bool compressor, heater, fan;
};

/* What the controller can measure. */
struct fridge_inputs {
    double cabinet_celsius; /* NAN: the probe is open or shorted */
    double freezer_celsius, evaporator_celsius, ambient_celsius;
    double power_watt, fan_rpm;
    double heater_ohm; /* INFINITY: no connection */
    bool door_open;
};

struct fridge_model {
    struct noise noise;
    double trouble[FRIDGE_TROUBLES];
    double cabinet_celsius, freezer_celsius, evaporator_celsius, ambient_celsius;
    double seal_worn;    /* 0 new, 1 leaks as much heat again as the walls */
    double ice;          /* 0 none, 1 the evaporator is full */
    double drift_kelvin; /* what the cabinet probe reads too little */
    double door_s;       /* until the user closes it; 0 closed */
    bool door_held;      /* opened by hand: stays until it is closed by hand */
    double energy_joule;
};

void fridge_model_init(struct fridge_model *m, uint64_t seed);
/* At most 1 s a step. `day_s` is the local time of day: people open the door by day. */
void fridge_model_step(struct fridge_model *m, struct fridge_outputs out, double dt_s,
                       double day_s);
struct fridge_inputs fridge_model_read(struct fridge_model *m, struct fridge_outputs out);
/* Level 0 ends the trouble and repairs what it did. */
void fridge_model_trouble(struct fridge_model *m, enum fridge_trouble trouble, double level);

#endif
