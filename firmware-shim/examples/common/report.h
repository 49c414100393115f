/* What example firmware does on each tick to report: gauges on a timer, states when
 * they change. */
#ifndef EXAMPLES_REPORT_H
#define EXAMPLES_REPORT_H

#include "../../shim.h"

#define REPORT_STATES 32

struct report {
    struct shim *shim;
    double every_s;
    double next_s; /* until the gauges are due */
    bool due;      /* in this tick */
    struct {
        bool known;
        int64_t n;
    } last[REPORT_STATES]; /* by slot, which the firmware numbers */
};

static inline void report_init(struct report *r, struct shim *shim, unsigned every_s)
{
    *r = (struct report){.shim = shim, .every_s = every_s};
}

/* At the start of each tick. */
static inline void report_tick(struct report *r, double dt_s)
{
    r->next_s -= dt_s;
    r->due = r->next_s <= 0;
    if (r->due)
        r->next_s += r->every_s;
}

/* All states are to be said again. */
static inline void report_forget(struct report *r)
{
    for (size_t i = 0; i < REPORT_STATES; i++)
        r->last[i].known = false;
}

static inline void report_state(struct report *r, size_t slot, uint16_t metric, uint8_t instance,
                                struct message_value v)
{
    if (r->last[slot].known && r->last[slot].n == v.n)
        return;
    r->last[slot].known = shim_state_of(r->shim, metric, instance, v);
    r->last[slot].n = v.n;
}

/* `scaled` times 10^exponent, rounded to the nearest. */
static inline struct message_value report_round(double value, int8_t exponent)
{
    double scaled = value;
    for (int8_t e = exponent; e < 0; e++)
        scaled *= 10;
    return SHIM_VALUE((int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5), exponent);
}

#endif
