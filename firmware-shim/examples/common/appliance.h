/* What an example appliance is to the program that runs it: a physical model, the
 * firmware over it, and what can be done to both from outside. */
#ifndef EXAMPLES_APPLIANCE_H
#define EXAMPLES_APPLIANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../shim.h"

/* Something that can go wrong. `level` is how fast it gets worse, or how bad it is at
 * once; 1 is what the description says, 0 is as good as new. */
struct provocation {
    const char *name;
    const char *what;
};

struct appliance {
    const char *name;
    const char *model; /* as the pack's `models` patterns expect it */
    const char *firmware;
    const struct shim_component *components;
    uint8_t component_count;
    const struct shim_action *actions;
    uint8_t action_count;
    const struct provocation *provocations; /* ended by a NULL name */

    /* Makes model and firmware as new; firmware reports through `shim` from now on,
     * its gauges each `report_s` seconds. */
    void (*start)(struct shim *shim, uint64_t seed, unsigned report_s);
    /* Moves the world on. `day_s` is the local time of day. */
    void (*step)(double dt_s, double day_s);
    /* Says all states again. */
    void (*hello)(void);
    /* Starts or, with level 0, ends a provocation by its place in the table. */
    void (*provoke)(size_t index, double level);
    /* A thing a user does, "door open". False: there is no such thing. */
    bool (*user)(const char *what);
    /* Writes the model's state as JSON members, without braces. */
    void (*status)(char *buf, size_t size);
};

/* Runs the appliance until it is told to quit; the exit status of the program. */
int bench_main(int argc, char **argv, const struct appliance *appliance);

/* Firmware's own hook around shim_fault_raise: notes when the call was made, so that
 * a bench can measure from it. */
bool bench_fault_raise(struct shim *shim, uint16_t fault, uint8_t instance,
                       const struct shim_context *context, uint8_t count);

#endif
