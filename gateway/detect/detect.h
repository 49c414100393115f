/* Rules over one device, in event time: facts go in, verdicts come out. Pure and
 * replayed to the bit. (contract)
 *
 * A line merges each batch's facts into time order and feeds them here; then it
 * advances the lane they came on. A verdict is emitted at the event time at which
 * it became true, however late it arrived. Facts older than the lane's watermark
 * belong to the late timeline: the line keeps a second `struct detect` for them. */
#ifndef GATEWAY_DETECT_DETECT_H
#define GATEWAY_DETECT_DETECT_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/pack.h"
#include "proto/wire.h"

struct ruleset; /* the compiled rules of one pack revision; immutable, shared */
struct detect;  /* one device's windows and `for` timers under one ruleset */

/* Compiles every rule; the first mistake is told as file:line:col with what was
 * found and expected. Borrows `pack` for the ruleset's life. */
int ruleset_compile(const struct pack *pack, struct ruleset **ret_rules, struct err *e);
void ruleset_free(struct ruleset *rules);
/* One rule alone, so that `tocsin pack check` can tell all mistakes at once. */
int ruleset_check_rule(const struct pack *pack, size_t index, struct err *e);
size_t ruleset_count(const struct ruleset *rules);
const struct pack_rule *ruleset_rule(const struct ruleset *rules, size_t index);
/* Of the rule's text and numbers: equal fingerprints mean the same rule. */
uint64_t ruleset_fingerprint(const struct ruleset *rules, size_t index);
/* Metrics that the rule reads, for the evidence chart. Lent by the ruleset. */
size_t ruleset_reads(const struct ruleset *rules, size_t index, const uint32_t **ret_metrics);
/* Static: bytes of state one device costs, and bytecode steps of one rule. */
size_t ruleset_state_bytes(const struct ruleset *rules);
size_t ruleset_rule_bytes(const struct ruleset *rules,
                          size_t index); /* of one rule; windows may be shared */
size_t ruleset_cost(const struct ruleset *rules, size_t index);

enum verdict_kind {
    VERDICT_PENDING,
    VERDICT_RAISE,
    VERDICT_CLEAR,
    VERDICT_LAPSE /* pending ended */
};

/* One comparison that made the verdict: "min(cabinet_temp, 10m) = 9.1 > 8 celsius". */
struct evidence {
    char text[96];     /* the clause as written, cut to fit */
    double value;      /* what the left side was; NAN: unknown */
    double limit;      /* what it was compared with; NAN: none (a fault) */
    uint32_t metric;   /* 0: none */
    uint32_t fault;    /* 0: none */
    int64_t window_ms; /* 0: none */
};
#define VERDICT_EVIDENCE 6
struct verdict {
    enum verdict_kind kind;
    size_t rule; /* index into the ruleset */
    uint32_t instance;
    int64_t at_ms;    /* event time */
    int64_t since_ms; /* when the condition began to hold (before its `for`) */
    size_t n_evidence;
    struct evidence evidence[VERDICT_EVIDENCE];
};
typedef void (*verdict_fn)(void *arg, const struct verdict *verdict);

/* Borrows `rules` for life. NULL: no memory. */
struct detect *detect_new(const struct ruleset *rules);
void detect_free(struct detect *d);

/* Facts, in non-decreasing event time a lane. Samples, cycles and events come on
 * the bulk lane; faults, intents and resets on the urgent one. They may emit. */
struct detect_sink {
    verdict_fn emit;
    void *arg;
};
void detect_sample(struct detect *d, struct detect_sink sink, uint32_t metric, uint32_t instance,
                   int64_t at_ms, double value, bool keyframe);
/* `count`: how often it was raised since the last word, also when it is over by now;
 * 0 where that is not known, as in a keyframe: then a change to active is one. */
void detect_fault(struct detect *d, struct detect_sink sink, uint32_t fault, uint32_t instance,
                  int64_t at_ms, bool active, uint32_t count);
void detect_cycle(struct detect *d, struct detect_sink sink, uint32_t cycle, uint32_t instance,
                  int64_t at_ms, uint32_t phase);
/* A factory reset, repair or change of owner: what was learned is forgotten. */
void detect_reset(struct detect *d, struct detect_sink sink, int64_t at_ms);
/* No fact of this lane is older than this from now on: `for` timers run up to it. */
void detect_advance(struct detect *d, struct detect_sink sink, enum wire_lane lane, int64_t to_ms);

/* Whether the rule's condition holds now, with its evidence; for "is it still
 * true?" before telling, and for explain. Returns 1 true, 0 false, -1 unknown. */
int detect_holds(const struct detect *d, size_t rule, uint32_t instance, struct verdict *ret);

/* The whole state as bytes, and back under a ruleset: rules are matched by
 * fingerprint, so pending timers of unchanged rules survive a new revision.
 * ERR_VERSION, ERR_CORRUPT: nothing was taken. */
void detect_save(const struct detect *d, struct buf *out);
int detect_load(struct detect *d, struct slice state);

#endif
