/* The account: each frame that firmware said is in a stored batch, inside a tombstone,
 * counted as lost by number, or was said after the last bulk batch of its boot. The
 * truth (truth.h) is held against what the store has, batch by batch. */
#ifndef TESTS_SIM_ACCOUNT_H
#define TESTS_SIM_ACCOUNT_H

#include "tests/sim/truth.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What the store has of a batch; source: the firmware's. */
struct stored_batch {
    uint64_t stream, seq;
    uint32_t boot;
    uint64_t received, lost;
};
struct stored_drop {
    uint64_t stream, first, last, readings;
    uint32_t reason;
};

struct account_books {
    const char *device;
    size_t n_batches, n_drops;
    struct stored_batch *batches; /* sorted in here */
    struct stored_drop *drops;
    const uint8_t *seen; /* by energy reading: how often it is stored */
    uint64_t readings;
};

struct account {
    uint64_t frames;          /* said, each once */
    uint64_t delivered;       /* in stored batches */
    uint64_t in_tombstones;   /* sealed, and under a tombstone */
    uint64_t told_lost;       /* counted in `lost` of a stored batch or under a tombstone */
    uint64_t to_agent;        /* words to the agent, counted by it and not passed on */
    uint64_t after_the_last;  /* said after the last bulk batch of a boot that ended */
    uint64_t holes;           /* none of these */
    uint64_t invented;        /* counted as lost although they are not, or stored unheard */
    uint64_t tombstones_lie;  /* that say another number of readings than were in them */
    uint64_t doubt_too_large; /* more numbers gone in a power cut than may wait for a sync */
};

/* Adds to *ret; prints each hole to `to`. */
void account_close(struct account *ret, const struct truth *truth, struct account_books *books,
                   FILE *to);

#endif
