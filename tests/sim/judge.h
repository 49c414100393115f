/* What was said against what is stored: the promises, checked at a run's end. */
#ifndef TESTS_SIM_JUDGE_H
#define TESTS_SIM_JUDGE_H

#include "tests/sim/account.h"
#include "tests/sim/device.h"
#include "tests/sim/gateway.h"

struct verdicts {
    struct account account;
    uint64_t sent;    /* energy readings said by firmware */
    uint64_t stored;  /* of these, in the store */
    uint64_t unheard; /* said while no agent listened, or lost in its memory: not in the store */
    uint64_t dropped; /* readings that tombstones account for */
    uint64_t source_lost;          /* messages that the counters say were lost before the spool */
    uint64_t doubled;              /* readings that are in the store twice */
    uint64_t missing;              /* numbers of streams neither stored nor accounted for */
    uint64_t faults, faults_lost;  /* durable faults; those that the store has not */
    uint64_t alerts, alerts_wrong; /* opened; devices whose open alerts are not what holds */
    uint64_t doubled_open;         /* two open alerts of one key */
    uint64_t messages, unplanned;  /* outbox rows; hand-off rows the stage has not passed */
    uint64_t untold, told_wrongly, told_others, told_twice; /* outbox rows against the alerts */
    uint64_t handoff_gaps;
};

/* Adds what one device says and the store knows of it. */
void judge_device(struct verdicts *v, struct store *store, struct device *d);
/* What concerns all. */
void judge_store(struct verdicts *v, struct store *store);
/* True when no promise is broken; else each is printed. */
bool judge_passes(const struct verdicts *v, FILE *to);

#endif
