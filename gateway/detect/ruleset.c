/* All rules of a pack, compiled, and what can be said of them without data. */
#include "gateway/detect/engine.h"

#include <stdlib.h>

#define ARENA_BYTES (4 * 1024 * 1024)

static int compare_ids(const void *a, const void *b, void *arg)
{
    const struct ruleset *rs = arg;
    const struct series_def *x = &rs->series[*(const uint16_t *)a],
                            *y = &rs->series[*(const uint16_t *)b];
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (int)x->clock - (int)y->clock;
}

/* Rows get their columns once all rules are known. */
static void lay_out_windows(struct ruleset *rs)
{
    for (uint16_t i = 0; i < rs->n_windows; i++) {
        struct window_def *w = &rs->windows[i];
        for (unsigned f = 0; f < FIELDS; f++)
            if (w->fields & (1u << f))
                w->offset[f] = w->stride++;
        w->at = rs->n_doubles;
        rs->n_doubles += (uint32_t)(ROWS + 1) * w->stride; /* one more: the closed rows' sum */
        if (w->series == NO_INDEX)
            rs->derived[rs->n_derived++] = i;
    }
}

static bool has(const uint16_t *list, uint16_t n, uint16_t value)
{
    for (uint16_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void link_series(struct ruleset *rs, uint16_t index)
{
    struct series_def *s = &rs->series[index];
    uint16_t *windows = arena_array(&rs->arena, rs->n_windows, sizeof *windows);
    uint16_t *rules = arena_array(&rs->arena, rs->n_rules, sizeof *rules);
    if (!windows || !rules)
        return;
    for (uint16_t i = 0; i < rs->n_windows; i++)
        if (rs->windows[i].series == index)
            windows[s->n_windows++] = i;
    for (uint16_t i = 0; i < rs->n_rules; i++)
        if (has(rs->rules[i].series, rs->rules[i].n_series, index))
            rules[s->n_rules++] = i;
    s->windows = windows;
    s->rules = rules;
}

static int take_arrays(struct ruleset *rs, struct err *e)
{
    if (arena_init(&rs->arena, ARENA_BYTES) != 0)
        return err_set(e, ERR_NOMEM, "out of memory for rules");
    rs->ops = arena_array(&rs->arena, 8192, sizeof *rs->ops);
    rs->clauses = arena_array(&rs->arena, 2048, sizeof *rs->clauses);
    rs->series = arena_array(&rs->arena, MAX_SERIES, sizeof *rs->series);
    rs->windows = arena_array(&rs->arena, MAX_WINDOWS, sizeof *rs->windows);
    rs->rules = arena_array(&rs->arena, PACK_RULES, sizeof *rs->rules);
    rs->derived = arena_array(&rs->arena, MAX_WINDOWS, sizeof *rs->derived);
    rs->by_id = arena_array(&rs->arena, MAX_SERIES, sizeof *rs->by_id);
    return rs->arena.over ? err_set(e, ERR_NOMEM, "out of memory for rules") : 0;
}

static int finish(struct ruleset *rs, struct err *e)
{
    lay_out_windows(rs);
    for (uint16_t i = 0; i < rs->n_series; i++) {
        rs->by_id[i] = i;
        link_series(rs, i);
    }
    qsort_r(rs->by_id, rs->n_series, sizeof rs->by_id[0], compare_ids, rs);
    return rs->arena.over ? err_set(e, ERR_NOMEM, "out of memory for rules") : 0;
}

int ruleset_compile(const struct pack *pack, struct ruleset **ret_rules, struct err *e)
{
    struct err own;
    e = e ? e : &own;
    if (pack->n_rules > PACK_RULES)
        return err_set(e, ERR_LIMIT, "%s: more than %d rules", pack->name, PACK_RULES);
    struct ruleset *rs = calloc(1, sizeof *rs);
    if (!rs)
        return err_set(e, ERR_NOMEM, "out of memory for rules");
    rs->pack = pack;
    int rc = take_arrays(rs, e);
    for (size_t i = 0; rc == 0 && i < pack->n_rules; i++)
        rc = emit_rule(rs, i, e);
    if (rc == 0)
        rc = finish(rs, e);
    if (rc != 0) {
        ruleset_free(rs);
        return rc;
    }
    *ret_rules = rs;
    return 0;
}

int ruleset_check_rule(const struct pack *pack, size_t index, struct err *e)
{
    struct ruleset rs = {.pack = pack};
    int rc = take_arrays(&rs, e);
    if (rc == 0)
        rc = emit_rule(&rs, index, e);
    arena_free(&rs.arena);
    return rc;
}

void ruleset_free(struct ruleset *rules)
{
    if (!rules)
        return;
    arena_free(&rules->arena);
    free(rules);
}

size_t ruleset_count(const struct ruleset *rules)
{
    return rules->n_rules;
}

const struct pack_rule *ruleset_rule(const struct ruleset *rules, size_t index)
{
    return rules->rules[index].source;
}

uint64_t ruleset_fingerprint(const struct ruleset *rules, size_t index)
{
    return rules->rules[index].fingerprint;
}

size_t ruleset_reads(const struct ruleset *rules, size_t index, const uint32_t **ret_metrics)
{
    *ret_metrics = rules->rules[index].reads;
    return rules->rules[index].n_reads;
}

size_t ruleset_cost(const struct ruleset *rules, size_t index)
{
    const struct rule_def *r = &rules->rules[index];
    size_t n = (size_t)r->when.n + r->clear.n;
    for (uint16_t i = 0; i < r->n_windows; i++)
        n += rules->windows[r->windows[i]].inner.n;
    return n;
}

size_t ruleset_rule_bytes(const struct ruleset *rules, size_t index)
{
    const struct rule_def *r = &rules->rules[index];
    size_t n = sizeof(struct life) + r->n_series * sizeof(struct cell);
    for (uint16_t i = 0; i < r->n_windows; i++)
        n += sizeof(struct window) +
             (ROWS + 1) * sizeof(double) * rules->windows[r->windows[i]].stride;
    return n;
}

size_t ruleset_state_bytes(const struct ruleset *rules)
{
    return detect_bytes() + slot_bytes(rules);
}

size_t ruleset_find(const struct ruleset *rs, enum series_type type, uint32_t id)
{
    size_t lo = 0, hi = rs->n_series;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct series_def *s = &rs->series[rs->by_id[mid]];
        if (s->type < type || (s->type == type && s->id < id))
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == rs->n_series)
        return NO_INDEX;
    const struct series_def *s = &rs->series[rs->by_id[lo]];
    return s->type == type && s->id == id ? lo : NO_INDEX;
}
