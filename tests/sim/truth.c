/* A list that grows. */
#include "tests/sim/truth.h"

#include <stdlib.h>

struct truth {
    struct truth_event *events;
    size_t n, cap;
};

struct truth *truth_new(void)
{
    struct truth *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    return t;
}

void truth_free(struct truth *t)
{
    if (!t)
        return;
    free(t->events);
    free(t);
}

static struct truth_event *add(struct truth *t, enum truth_kind kind)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 4096;
        t->events = realloc(t->events, t->cap * sizeof *t->events);
        if (!t->events)
            abort();
    }
    struct truth_event *e = &t->events[t->n++];
    *e = (struct truth_event){.kind = kind};
    return e;
}

void truth_frame(struct truth *t, const struct frame *frame)
{
    add(t, TRUTH_FRAME)->frame = *frame;
}

void truth_seal(struct truth *t, const struct seal_group *seal, bool risky)
{
    struct truth_event *e = add(t, TRUTH_SEAL);
    e->seal = *seal;
    e->risky = risky;
}

void truth_born(struct truth *t, bool blind)
{
    add(t, TRUTH_BORN)->risky = blind;
}

void truth_died(struct truth *t, bool power_cut, bool disk_trouble)
{
    add(t, power_cut ? TRUTH_POWER_CUT : TRUTH_DIED)->risky = disk_trouble;
}

size_t truth_events(const struct truth *t, const struct truth_event **ret)
{
    *ret = t->events;
    return t->n;
}
