/* One simulated device: the real agent core over a disk that loses power, with
 * clocks that are wrong, between a firmware and a port at the broker. */
#ifndef TESTS_SIM_DEVICE_H
#define TESTS_SIM_DEVICE_H

#include "agent/core/core.h"
#include "tests/sim/broker.h"
#include "tests/sim/firmware.h"
#include "tests/sim/truth.h"

struct device;

struct device_plan {
    struct firmware_plan firmware;
    int64_t killed_every_ms;    /* the agent dies; 0: never, like all below */
    int64_t power_cut_every_ms; /* the whole appliance */
    int64_t away_for_ms;        /* mean time until it is back */
    int64_t disk_fails_every_ms, disk_fails_for_ms;
    int64_t clock_jumps_every_ms; /* the wall clock steps by hours, either way */
    uint64_t no_clock_one_in;     /* a boot that knows no time for its first hour */
    int64_t bulk_age_ms;
    uint64_t spool_bytes;
};

/* `id` borrowed for life. */
struct device *simdev_new(struct world *w, struct broker *b, const char *id,
                          const struct device_plan *plan, const struct pack *pack);
void simdev_free(struct device *d);

const char *simdev_id(const struct device *d);
struct firmware *simdev_firmware(struct device *d);
const struct truth *simdev_truth(const struct device *d);
/* By a story's hand: power goes, and comes back. */
void simdev_cut_power(struct device *d);
void simdev_start(struct device *d);
/* No more accidents; comes back if it was away. */
void simdev_calm(struct device *d);

struct device_record {
    uint64_t kills, power_cuts, disk_failures, clock_jumps;
    uint64_t starts_refused; /* core_new said no: it must never */
    uint64_t settled;        /* numbers sealed by all lives, as far as each could say */
    struct core_stats stats; /* of the present life */
};
void simdev_record(const struct device *d, struct device_record *ret);

#endif
