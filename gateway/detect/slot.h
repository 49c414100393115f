/* What one instance of a device remembers: the last word of each series, the
 * windows over them, and how far each rule has come. One block of memory, laid
 * out by the ruleset. */
#ifndef GATEWAY_DETECT_SLOT_H
#define GATEWAY_DETECT_SLOT_H

#include "gateway/detect/program.h"
#include "gateway/detect/window.h"

struct cell { /* the last word of a series */
    double value;
    int64_t at_ms;      /* of the last report */
    int64_t changed_ms; /* of the last change; at first, of the first report */
    bool reported;      /* by this instance itself */
    bool moved;         /* changed_ms is a real change */
};

enum life_state { LIFE_QUIET, LIFE_PENDING, LIFE_OPEN };

struct life { /* how far a rule has come */
    enum life_state state;
    int8_t last;      /* what `when` said at eval_ms: 1, 0, -1 unknown */
    bool live, dirty; /* something it reads was reported here; and since eval_ms */
    int64_t since_ms, held_ms, eval_ms, unknown_ms;
    int64_t wake_ms; /* when it may flip without a fact */
};

struct slot {
    uint32_t instance;
    int64_t wake_ms[LANE_COUNT];       /* at the earliest, something is to do on that clock */
    bool dirty[LANE_COUNT];            /* some life is */
    struct cell *cells;                /* n_series */
    struct window *windows;            /* n_windows */
    int64_t *tick_ms, *window_fact_ms; /* n_windows: of derived windows */
    struct life *lives;                /* n_rules */
    double *doubles;
};

size_t slot_bytes(const struct ruleset *rs);
/* NULL: no memory. */
struct slot *slot_new(const struct ruleset *rs, uint32_t instance);
void slot_free(struct slot *slot);
/* Forgets everything but the instance's number. */
void slot_reset(struct slot *slot, const struct ruleset *rs);

/* A word on a series at that time. `count`: raises in one report of a fault. */
void slot_report(struct slot *slot, const struct ruleset *rs, uint16_t series, int64_t at_ms,
                 double value, uint32_t count);

/* The slot whose series counts for `self`: its own when it reported it, else
 * instance 0's (`zero`, may be NULL). */
static inline struct slot *slot_for(struct slot *self, struct slot *zero, uint16_t series)
{
    return self->cells[series].reported || !zero ? self : zero;
}

/* Everything an evaluation looks at. */
struct scene {
    const struct ruleset *rs;
    struct slot *self, *zero;
    int64_t now_ms;
};

/* 1, 0 or NAN; or a number. `ret` (may be NULL) gets the evidence. */
double eval(const struct scene *s, struct expr expr, struct verdict *ret);
/* When may rule `index` flip without a fact, after now? */
int64_t eval_wake(const struct scene *s, const struct rule_def *rule, const struct life *life);
int64_t eval_next_tick(const struct window_def *w, int64_t now_ms, int64_t fact_ms);

/* Evaluates one rule and moves its life; may emit. */
void life_judge(const struct scene *s, uint16_t rule, struct detect_sink sink);
/* Ends what is pending or open, because all is to be forgotten. */
void life_end(const struct scene *s, uint16_t rule, struct detect_sink sink);

#endif
