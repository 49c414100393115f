/* A simulated fridge's firmware as the agent hears it: it reports at a beat, holds
 * each fault until the agent says that it is durable, and does not care whether
 * anybody listens. It keeps the record that the run is judged by. */
#ifndef TESTS_SIM_FIRMWARE_H
#define TESTS_SIM_FIRMWARE_H

#include "agent/batch/report.h"
#include "tests/sim/world.h"

struct firmware;

/* Where reports go: false when nobody listens (the frame is lost). */
typedef bool (*firmware_say)(void *arg, const struct report *report);

struct firmware_plan {
    int64_t beat_ms;         /* between readings */
    int64_t fault_every_ms;  /* mean between a fault's rise and the next; 0: never */
    int64_t fault_for_ms;    /* mean time until it clears */
    int64_t reboot_every_ms; /* the controller restarts without its Linux; 0: never */
};

struct firmware *firmware_new(struct world *w, const struct firmware_plan *plan, firmware_say say,
                              void *arg);
void firmware_free(struct firmware *f);

/* Somebody listens (again): hello, what holds now, and what is not yet durable. */
void firmware_greet(struct firmware *f);
/* The agent answered: the fault frame `ref` of that boot is durable. */
void firmware_durable(struct firmware *f, uint32_t boot, uint32_t ref);
/* The appliance loses power: a new boot, held faults of the old one are gone. */
void firmware_power_cycle(struct firmware *f);
/* No more faults; those that are active stay as they are. */
void firmware_calm(struct firmware *f);
/* Stops reporting altogether. */
void firmware_stop(struct firmware *f);

/* What it said. Each reading of the energy counter is a number of its own, 1, 2, 3...
 * so that the store can be searched for what is missing or there twice. */
struct firmware_record {
    uint64_t readings; /* energy readings said, listened to or not */
    uint64_t unheard;  /* of all frames: said while nobody listened */
    uint64_t faults_raised;
    uint64_t reboots;
    bool fault_active;
};
const struct firmware_record *firmware_record(const struct firmware *f);

/* Faults that the agent has called durable. */
struct durable_fault {
    uint32_t boot;
    int64_t at_ms; /* the source's clock */
};
size_t firmware_durable_faults(const struct firmware *f, const struct durable_fault **ret);

#define SIM_METRIC_TEMP   1
#define SIM_METRIC_DOOR   3
#define SIM_METRIC_ENERGY 4
#define SIM_FAULT_HEATER  21

#endif
