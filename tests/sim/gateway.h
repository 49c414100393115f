/* The simulated gateway: the real line, store and people stage on virtual time. The
 * store is SQLite in memory and outlives the gateway's crashes, as a disk does;
 * commits take time, fail, and at times nobody knows whether they were done. */
#ifndef TESTS_SIM_GATEWAY_H
#define TESTS_SIM_GATEWAY_H

#include "gateway/line/line.h"
#include "gateway/store/store.h"
#include "tests/sim/broker.h"

struct gateway;

struct gateway_plan {
    int64_t commit_ms; /* mean */
    int64_t killed_every_ms, away_for_ms;
    uint64_t commit_fails_one_in;   /* rolled back, and told so */
    uint64_t commit_unknown_one_in; /* nobody knows; half of them were done */
    int64_t disk_full_every_ms, disk_full_for_ms;
};

struct gateway *gateway_new(struct world *w, struct broker *b, const struct gateway_plan *plan,
                            const struct pack *pack);
void gateway_free(struct gateway *g);
/* No more accidents; comes back if it was away. */
void gateway_calm(struct gateway *g);

/* By a story's hand: the next commit ends with `result`, whether it was done or not. */
void gateway_next_commit(struct gateway *g, int result, bool done);
bool gateway_commits(const struct gateway *g); /* one is under way */
void gateway_kill(struct gateway *g);
void gateway_start(struct gateway *g);

struct store *gateway_store(struct gateway *g);
/* NULL while it is away. */
const struct line *gateway_line(const struct gateway *g);

struct gateway_record {
    uint64_t kills, commits, commits_failed, commits_unknown, disk_full, refused;
    uint64_t defects; /* differences between a replay and the store, of all lives */
    uint64_t restores, restores_failed;
    uint64_t unlike; /* restored states that were not byte for byte what they had been */
};
void gateway_record(const struct gateway *g, struct gateway_record *ret);

#endif
