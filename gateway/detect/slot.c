/* One instance's memory. */
#include "gateway/detect/slot.h"

#include <math.h>
#include <stdlib.h>

static size_t take(size_t *at, size_t n, size_t size)
{
    size_t from = (*at + 15) & ~(size_t)15;
    *at = from + n * size;
    return from;
}

struct layout {
    size_t cells, windows, ticks, facts, lives, doubles, total;
};

static struct layout lay_out(const struct ruleset *rs)
{
    struct layout l;
    size_t at = sizeof(struct slot);
    l.cells = take(&at, rs->n_series, sizeof(struct cell));
    l.windows = take(&at, rs->n_windows, sizeof(struct window));
    l.ticks = take(&at, rs->n_windows, sizeof(int64_t));
    l.facts = take(&at, rs->n_windows, sizeof(int64_t));
    l.lives = take(&at, rs->n_rules, sizeof(struct life));
    l.doubles = take(&at, rs->n_doubles, sizeof(double));
    l.total = at;
    return l;
}

size_t slot_bytes(const struct ruleset *rs)
{
    return lay_out(rs).total;
}

struct slot *slot_new(const struct ruleset *rs, uint32_t instance)
{
    struct layout l = lay_out(rs);
    char *mem = calloc(1, l.total);
    if (!mem)
        return NULL;
    struct slot *slot = (struct slot *)(void *)mem;
    slot->instance = instance;
    slot->cells = (struct cell *)(void *)(mem + l.cells);
    slot->windows = (struct window *)(void *)(mem + l.windows);
    slot->tick_ms = (int64_t *)(void *)(mem + l.ticks);
    slot->window_fact_ms = (int64_t *)(void *)(mem + l.facts);
    slot->lives = (struct life *)(void *)(mem + l.lives);
    slot->doubles = (double *)(void *)(mem + l.doubles);
    for (uint16_t i = 0; i < rs->n_windows; i++)
        slot->windows[i].rows = slot->doubles + rs->windows[i].at;
    slot_reset(slot, rs);
    return slot;
}

void slot_free(struct slot *slot)
{
    free(slot);
}

void slot_reset(struct slot *slot, const struct ruleset *rs)
{
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        slot->wake_ms[lane] = NEVER_MS;
        slot->dirty[lane] = false;
    }
    for (uint16_t i = 0; i < rs->n_series; i++) {
        bool event = rs->series[i].type != SERIES_METRIC; /* not raised until it is said */
        slot->cells[i] = (struct cell){.value = event ? 0 : (double)NAN};
    }
    for (uint16_t i = 0; i < rs->n_windows; i++) {
        window_reset(&slot->windows[i], &rs->windows[i]);
        slot->tick_ms[i] = NEVER_MS;
        slot->window_fact_ms[i] = 0;
    }
    for (uint16_t i = 0; i < rs->n_rules; i++)
        slot->lives[i] = (struct life){.last = -1, .wake_ms = NEVER_MS};
}

/* How often a state rose: to true, or to another number. A fault says itself how often
 * it was raised since the last word of it; a keyframe does not. */
static uint32_t rises(const struct series_def *def, const struct cell *cell, double value,
                      uint32_t count)
{
    bool differs = !isnan(cell->value) && (cell->value < value || cell->value > value);
    if (def->type == SERIES_FAULT && count > 0)
        return count;
    if (def->is_bool && value < 0.5)
        return 0;
    if (count > 1 && value > 0.5)
        return count;
    return differs ? 1 : 0;
}

static double growth(const struct cell *cell, double value)
{
    if (isnan(cell->value))
        return 0;
    return value < cell->value ? value : value - cell->value; /* it started anew from 0 */
}

/* Before its first word an event was not there, for as long as anybody looks. */
static void assume_absent(struct slot *slot, const struct ruleset *rs, uint16_t series,
                          int64_t at_ms)
{
    const struct series_def *def = &rs->series[series];
    for (uint16_t i = 0; i < def->n_windows; i++) {
        const struct window_def *w = &rs->windows[def->windows[i]];
        int64_t from = at_ms - w->window_ms - w->width_ms;
        window_hold(&slot->windows[def->windows[i]], w, from > 0 ? from : 0, 0, 0, NEVER_MS);
    }
}

void slot_report(struct slot *slot, const struct ruleset *rs, uint16_t series, int64_t at_ms,
                 double value, uint32_t count)
{
    const struct series_def *def = &rs->series[series];
    struct cell *cell = &slot->cells[series];
    bool late = cell->reported && at_ms < cell->at_ms;
    if (late && def->kind != METRIC_GAUGE)
        at_ms = cell->at_ms; /* judged as of now */
    uint32_t up = rises(def, cell, value, count);
    double grown = growth(cell, value);
    if (def->type != SERIES_METRIC && !cell->reported)
        assume_absent(slot, rs, series, at_ms);
    for (uint16_t i = 0; i < def->n_windows; i++) {
        uint16_t w = def->windows[i];
        if (def->kind == METRIC_STATE)
            window_hold(&slot->windows[w], &rs->windows[w], at_ms, value, up, def->stale_ms);
        else
            window_read(&slot->windows[w], &rs->windows[w], at_ms,
                        def->kind == METRIC_COUNTER ? grown : value);
    }
    if (late && def->kind == METRIC_GAUGE)
        return;
    bool changed = cell->value < value || cell->value > value || up > 0;
    if (!cell->reported || changed)
        cell->changed_ms = at_ms;
    cell->moved = cell->moved || (changed && (cell->reported || def->type != SERIES_METRIC));
    cell->value = value;
    cell->at_ms = at_ms;
    cell->reported = true;
}
