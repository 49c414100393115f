/* One device's rules as time goes by.
 *
 * Happy path: a fact arrives at a time after its lane's clock. First everything
 * that was due before it happens, in order of time: rules that the facts before it
 * touched are judged, timers run out, windows slide. Then the fact changes its
 * series, and the rules that read it are marked. They are judged when the clock
 * moves on, so that facts of one moment are seen together.
 *
 * Rules that read nothing but faults live on the urgent lane's clock, all others
 * on the bulk lane's; a fault that such a rule reads waits until the bulk lane has
 * come as far. */
#include "gateway/detect/engine.h"

#include <math.h>
#include <stdlib.h>

size_t detect_bytes(void)
{
    return sizeof(struct detect);
}

struct detect *detect_new(const struct ruleset *rules)
{
    struct detect *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->rs = rules;
    d->now_ms[LANE_URGENT] = d->now_ms[LANE_BULK] = -1;
    return d;
}

void detect_free(struct detect *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_slots; i++)
        slot_free(d->slots[i]);
    free(d);
}

struct slot *detect_slot(struct detect *d, uint32_t instance, bool make)
{
    for (size_t i = 0; i < d->n_slots; i++)
        if (d->slots[i]->instance == instance)
            return d->slots[i];
    if (!make || d->n_slots == MAX_SLOTS)
        return NULL;
    struct slot *slot = slot_new(d->rs, instance);
    if (!slot)
        return NULL;
    d->slots[d->n_slots++] = slot;
    if (instance == 0)
        d->zero = slot;
    return slot;
}

static struct scene scene_of(const struct detect *d, struct slot *slot, enum wire_lane clock)
{
    return (struct scene){d->rs, slot, d->zero, d->now_ms[clock]};
}

static void mark_readers(const struct scene *s, uint16_t window)
{
    for (uint16_t i = 0; i < s->rs->n_rules; i++) {
        const struct rule_def *rule = &s->rs->rules[i];
        for (uint16_t k = 0; s->self->lives[i].live && k < rule->n_windows; k++)
            s->self->lives[i].dirty = s->self->lives[i].dirty || rule->windows[k] == window;
    }
}

/* Derived windows take their sample at the end of each of their buckets. */
static int64_t sample_derived(const struct scene *s, enum wire_lane clock)
{
    int64_t wake = NEVER_MS;
    for (uint16_t i = 0; i < s->rs->n_derived; i++) {
        uint16_t index = s->rs->derived[i];
        const struct window_def *def = &s->rs->windows[index];
        if (def->clock != clock)
            continue;
        int64_t *tick = &s->self->tick_ms[index];
        if (*tick <= s->now_ms) {
            double v = eval(s, def->inner, NULL);
            if (!isnan(v)) {
                window_read(&s->self->windows[index], def, s->now_ms, v);
                mark_readers(s, index);
            }
            *tick = eval_next_tick(def, s->now_ms, s->self->window_fact_ms[index]);
        }
        if (*tick < wake)
            wake = *tick;
    }
    return wake;
}

static void judge_slot(const struct detect *d, struct slot *slot, enum wire_lane clock,
                       struct detect_sink sink)
{
    struct scene s = scene_of(d, slot, clock);
    if (!slot->dirty[clock] && slot->wake_ms[clock] > s.now_ms)
        return;
    int64_t wake = sample_derived(&s, clock);
    for (uint16_t i = 0; i < d->rs->n_rules; i++) {
        struct life *life = &slot->lives[i];
        if (!life->live || d->rs->rules[i].clock != clock)
            continue;
        if (life->dirty || life->wake_ms <= s.now_ms)
            life_judge(&s, i, sink);
        if (life->wake_ms < wake)
            wake = life->wake_ms;
    }
    slot->dirty[clock] = false;
    slot->wake_ms[clock] = wake;
}

/* The next moment at which something is to do; NEVER_MS: none. */
static int64_t next_due(const struct detect *d, enum wire_lane clock)
{
    int64_t due = NEVER_MS;
    for (size_t i = 0; i < d->n_slots; i++) {
        if (d->slots[i]->dirty[clock])
            return d->now_ms[clock];
        if (d->slots[i]->wake_ms[clock] < due)
            due = d->slots[i]->wake_ms[clock];
    }
    return due;
}

static void run_until(struct detect *d, enum wire_lane clock, int64_t to_ms,
                      struct detect_sink sink)
{
    for (;;) {
        int64_t due = next_due(d, clock);
        if (due > to_ms || due == NEVER_MS)
            return;
        if (due > d->now_ms[clock])
            d->now_ms[clock] = due;
        for (size_t i = 0; i < d->n_slots; i++)
            judge_slot(d, d->slots[i], clock, sink);
    }
}

static void touch(const struct ruleset *rs, struct slot *slot, const struct series_def *def,
                  bool own, int64_t now_ms)
{
    for (uint16_t i = 0; i < def->n_rules; i++) {
        struct life *life = &slot->lives[def->rules[i]];
        life->live = life->live || own;
        if (!life->live)
            continue;
        life->dirty = true;
        slot->dirty[def->clock] = true;
    }
    for (uint16_t i = 0; i < rs->n_derived; i++) {
        uint16_t w = rs->derived[i];
        if (rs->windows[w].clock != def->clock)
            continue;
        slot->window_fact_ms[w] = now_ms;
        if (slot->tick_ms[w] == NEVER_MS)
            slot->tick_ms[w] = eval_next_tick(&rs->windows[w], now_ms - 1, now_ms);
        if (slot->tick_ms[w] < slot->wake_ms[def->clock])
            slot->wake_ms[def->clock] = slot->tick_ms[w];
    }
}

/* The clock is at the fact's time, or past it. */
static void apply(struct detect *d, uint16_t series, uint32_t instance, int64_t at_ms, double value,
                  uint32_t count)
{
    const struct series_def *def = &d->rs->series[series];
    struct slot *slot = detect_slot(d, instance, true);
    if (!slot)
        return;
    slot_report(slot, d->rs, series, at_ms, value, count);
    int64_t now = d->now_ms[def->clock];
    touch(d->rs, slot, def, true, now);
    for (size_t i = 0; slot == d->zero && i < d->n_slots; i++)
        if (d->slots[i] != slot && !d->slots[i]->cells[series].reported)
            touch(d->rs, d->slots[i], def, false, now);
}

/* Runs everything due up to `to` (included), held faults in between. */
static void advance(struct detect *d, enum wire_lane clock, int64_t to_ms, struct detect_sink sink)
{
    while (clock == LANE_BULK && d->n_held && d->held[0].at_ms <= to_ms) {
        struct held_fault f = d->held[0];
        d->n_held--;
        memmove(d->held, d->held + 1, d->n_held * sizeof d->held[0]);
        run_until(d, clock, f.at_ms - 1, sink);
        if (f.at_ms > d->now_ms[clock])
            d->now_ms[clock] = f.at_ms;
        apply(d, f.series, f.instance, f.at_ms, f.active ? 1 : 0, f.count);
    }
    run_until(d, clock, to_ms, sink);
    if (to_ms > d->now_ms[clock])
        d->now_ms[clock] = to_ms;
}

static bool sane(int64_t at_ms)
{
    return at_ms >= 0 && at_ms <= MAX_EVENT_MS;
}

static void fact(struct detect *d, struct detect_sink sink, uint16_t series, uint32_t instance,
                 int64_t at_ms, double value, uint32_t count)
{
    enum wire_lane clock = d->rs->series[series].clock;
    if (at_ms > d->now_ms[clock]) {
        advance(d, clock, at_ms - 1, sink);
        d->now_ms[clock] = at_ms;
    }
    apply(d, series, instance, at_ms, value, count);
}

void detect_sample(struct detect *d, struct detect_sink sink, uint32_t metric, uint32_t instance,
                   int64_t at_ms, double value, bool keyframe)
{
    (void)keyframe; /* a state said again is a report like any other */
    size_t at = ruleset_find(d->rs, SERIES_METRIC, metric);
    if (at != NO_INDEX && sane(at_ms) && isfinite(value))
        fact(d, sink, d->rs->by_id[at], instance, at_ms, value, 1);
}

/* Full: the oldest does not wait any longer. */
static void hold(struct detect *d, struct detect_sink sink, struct held_fault f)
{
    if (d->n_held == MAX_HELD)
        advance(d, LANE_BULK, d->held[0].at_ms, sink);
    size_t i = d->n_held++;
    for (; i > 0 && d->held[i - 1].at_ms > f.at_ms; i--)
        d->held[i] = d->held[i - 1];
    d->held[i] = f;
}

void detect_fault(struct detect *d, struct detect_sink sink, uint32_t fault, uint32_t instance,
                  int64_t at_ms, bool active, uint32_t count)
{
    size_t at = ruleset_find(d->rs, SERIES_FAULT, fault);
    for (; at < d->rs->n_series && sane(at_ms); at++) {
        uint16_t series = d->rs->by_id[at];
        const struct series_def *def = &d->rs->series[series];
        if (def->type != SERIES_FAULT || def->id != fault)
            return;
        if (def->clock == LANE_BULK && at_ms > d->now_ms[LANE_BULK])
            hold(d, sink, (struct held_fault){series, instance, count, at_ms, active});
        else
            fact(d, sink, series, instance, at_ms, active ? 1 : 0, count);
    }
}

void detect_cycle(struct detect *d, struct detect_sink sink, uint32_t cycle, uint32_t instance,
                  int64_t at_ms, uint32_t phase)
{
    size_t at = ruleset_find(d->rs, SERIES_CYCLE, cycle);
    if (at != NO_INDEX && sane(at_ms))
        fact(d, sink, d->rs->by_id[at], instance, at_ms, phase == CYCLE_END ? 0 : 1, 1);
}

void detect_advance(struct detect *d, struct detect_sink sink, enum wire_lane lane, int64_t to_ms)
{
    if (sane(to_ms) && to_ms >= d->now_ms[lane])
        advance(d, lane, to_ms, sink);
}

void detect_reset(struct detect *d, struct detect_sink sink, int64_t at_ms)
{
    for (int clock = 0; clock < LANE_COUNT && sane(at_ms); clock++)
        detect_advance(d, sink, (enum wire_lane)clock, at_ms);
    for (size_t i = 0; i < d->n_slots; i++) {
        for (uint16_t r = 0; r < d->rs->n_rules; r++) {
            struct scene s = scene_of(d, d->slots[i], d->rs->rules[r].clock);
            life_end(&s, r, sink);
        }
    }
    for (size_t i = 0; i < d->n_slots; i++)
        slot_reset(d->slots[i], d->rs);
    d->n_held = 0;
}

int detect_holds(const struct detect *d, size_t rule, uint32_t instance, struct verdict *ret)
{
    const struct rule_def *def = &d->rs->rules[rule];
    struct slot *slot = NULL;
    for (size_t i = 0; i < d->n_slots; i++)
        if (d->slots[i]->instance == instance)
            slot = d->slots[i];
    if (!slot)
        return -1;
    struct scene s = scene_of(d, slot, def->clock);
    if (ret)
        *ret = (struct verdict){.kind = VERDICT_RAISE,
                                .rule = rule,
                                .instance = instance,
                                .at_ms = s.now_ms,
                                .since_ms = slot->lives[rule].since_ms};
    double v = eval(&s, def->when, ret);
    if (isnan(v))
        return -1;
    return v > 0.5 ? 1 : 0;
}
