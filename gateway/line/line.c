/* The line itself: its devices, its journal, and what is to be written. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define OR(value, initial) ((value) ? (value) : (initial))

static struct line_limits limits_of(const struct line_limits *given)
{
    struct line_limits l = *given;
    l.max_devices = OR(l.max_devices, 100000);
    l.credit = OR(l.credit, 32);
    l.snapshot_inputs = OR(l.snapshot_inputs, 64);
    l.deferred_bytes = OR(l.deferred_bytes, 256 * 1024);
    l.offline_after_ms = OR(l.offline_after_ms, 60 * 1000);
    l.silent_after_ms = OR(l.silent_after_ms, 130 * 60 * 1000);
    l.start_grace_ms = OR(l.start_grace_ms, 10 * 60 * 1000);
    l.missing_after_ms = OR(l.missing_after_ms, 60 * 60 * 1000);
    l.hold_late_ms = OR(l.hold_late_ms, 60 * 1000);
    return l;
}

int line_new(const struct line_config *config, struct line **ret_line)
{
    struct line *line = calloc(1, sizeof *line);
    if (!line)
        return ERR_NOMEM;
    line->config = *config;
    line->limits = limits_of(&config->limits);
    line->next_input = line->next_handoff = 1;
    if (arena_init(&line->arena, LIMIT_DECODE))
        goto arena;
    if (arena_init(&line->arena2, LIMIT_DECODE))
        goto arena2;
    buf_init(&line->scratch, 4 * LIMIT_MESSAGE);
    txn_init(&line->txns[0]);
    txn_init(&line->txns[1]);
    line->open = &line->txns[0];
    line->away = &line->txns[1];
    *ret_line = line;
    return 0;
arena2:
    arena_free(&line->arena);
arena:
    free(line);
    return ERR_NOMEM;
}

static void free_lists(struct device *d)
{
    for (size_t i = 0; i < d->n_streams; i++)
        stream_free(&d->streams[i]);
    defer_drop(d);
    free(d->streams);
    free(d->components);
    free(d->faults);
    free(d->latest);
    free(d->alerts);
    free(d->held);
    free(d->deferred);
}

void dev_free(struct device *d)
{
    if (!d)
        return;
    free_lists(d);
    free(d->twin.settings);
    detect_free(d->live);
    detect_free(d->past);
    free(d);
}

void line_drop(struct line *line)
{
    for (size_t i = 0; i < line->n_devices; i++)
        dev_free(line->devices[i]);
    line->n_devices = line->n_packs = 0;
    line->n_queue = line->head_queue = line->n_dirty = 0;
    line->next_input = line->next_handoff = 1;
    line->listen_ms = line->grace_listen_ms = 0;
    line->flying = line->broken = false;
    line->replaying = true;
    txn_reset(line->open);
    txn_reset(line->away);
    line->stats.drops++;
}

void line_free(struct line *line)
{
    if (!line)
        return;
    line_drop(line);
    free(line->devices);
    free(line->queue);
    free(line->dirty);
    free(line->facts);
    txn_free(&line->txns[0]);
    txn_free(&line->txns[1]);
    buf_free(&line->scratch);
    arena_free(&line->arena);
    arena_free(&line->arena2);
    free(line);
}

/* Where the id is, or belongs. */
static size_t place(const struct line *line, const char *id, bool *ret_there)
{
    size_t lo = 0, hi = line->n_devices;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int cmp = strcmp(line->devices[mid]->id, id);
        if (cmp == 0) {
            *ret_there = true;
            return mid;
        }
        if (cmp < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *ret_there = false;
    return lo;
}

struct device *line_find(const struct line *line, const char *id)
{
    bool there;
    size_t i = place(line, id, &there);
    return there ? line->devices[i] : NULL;
}

static struct device *device_new(const char *id)
{
    struct device *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    snprintf(d->id, sizeof d->id, "%s", id);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        d->mark_ms[lane] = d->past_mark_ms[lane] = INT64_MIN;
    d->due_listen_ms = d->due_wall_ms = INT64_MAX;
    return d;
}

static bool line_insert(struct line *line, size_t at, struct device *d)
{
    if (line->n_devices == line->cap_devices) {
        size_t cap = line->cap_devices ? line->cap_devices * 2 : 64;
        struct device **devices = realloc(line->devices, cap * sizeof *devices);
        if (!devices)
            return false;
        line->devices = devices;
        line->cap_devices = cap;
    }
    memmove(&line->devices[at + 1], &line->devices[at],
            (line->n_devices - at) * sizeof line->devices[0]);
    line->devices[at] = d;
    line->n_devices++;
    return true;
}

struct device *line_device(struct line *line, const char *id)
{
    bool there;
    size_t at = place(line, id, &there);
    if (there)
        return line->devices[at];
    if (line->n_devices >= line->limits.max_devices)
        return NULL;
    struct device *d = device_new(id);
    if (d && !line_insert(line, at, d)) {
        dev_free(d);
        d = NULL;
    }
    return d;
}

int line_adopt(struct line *line, struct device *d)
{
    bool there;
    size_t at = place(line, d->id, &there);
    if (there)
        return ERR_EXISTS;
    return line_insert(line, at, d) ? 0 : ERR_NOMEM;
}

struct line_fix line_plain_fix(struct line_now now)
{
    return (struct line_fix){.listen_ms = now.listen_ms};
}

bool line_journal(struct line *line, struct row_input *row, const struct line_fix *fix,
                  struct slice bytes, struct input *ret_input)
{
    row->no = line->next_input;
    buf_reset(&line->scratch);
    fix_encode(fix, &line->scratch);
    struct row_input *place_of = rows_add(&line->open->inputs);
    if (!place_of || !buf_ok(&line->scratch) ||
        !txn_copy(line->open, buf_slice(&line->scratch), &row->fix) ||
        !txn_copy(line->open, bytes, &row->bytes)) {
        line->broken = true;
        return false;
    }
    *place_of = *row;
    line->next_input++;
    line->alerts_of_input = 0;
    ret_input->no = row->no;
    return true;
}

static void note_dirty(struct line *line, struct device *d)
{
    if (d->dirty || line->replaying)
        return;
    if (line->n_dirty == line->cap_dirty) {
        size_t cap = line->cap_dirty ? line->cap_dirty * 2 : 64;
        struct device **dirty = realloc(line->dirty, cap * sizeof *dirty);
        if (!dirty) {
            line->broken = true;
            return;
        }
        line->dirty = dirty;
        line->cap_dirty = cap;
    }
    line->dirty[line->n_dirty++] = d;
    d->dirty = true;
}

void line_touch(struct line *line, struct device *d, const struct input *in)
{
    d->last_input = in->no;
    d->since_snapshot++;
    note_dirty(line, d);
    dev_due(line, d);
}

void line_queue(struct line *line, struct device *d)
{
    if (d->queued || line->replaying)
        return;
    if (line->n_queue == line->cap_queue) {
        size_t cap = line->cap_queue ? line->cap_queue * 2 : 64;
        struct device **queue = realloc(line->queue, cap * sizeof *queue);
        if (!queue)
            return; /* the device asks again */
        line->queue = queue;
        line->cap_queue = cap;
    }
    line->queue[line->n_queue++] = d;
    d->queued = true;
}

bool line_dirty(const struct line *line)
{
    return line->broken || !txn_empty(line->open);
}

bool line_broken(const struct line *line)
{
    return line->broken;
}

int64_t line_listen_ms(const struct line *line)
{
    return line->listen_ms;
}

void line_stats(const struct line *line, struct line_stats *ret_stats)
{
    *ret_stats = line->stats;
    ret_stats->devices = line->n_devices;
    ret_stats->online = ret_stats->open_alerts = ret_stats->deferred = 0;
    for (size_t i = 0; i < line->n_devices; i++) {
        const struct device *d = line->devices[i];
        ret_stats->online += d->presence.now == PRESENCE_ONLINE;
        ret_stats->open_alerts += d->n_alerts;
        ret_stats->deferred += d->n_deferred;
    }
}
