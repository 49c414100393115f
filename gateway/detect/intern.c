/* Series and windows are shared: two rules that read min(x, 10m) and max(x, 10m)
 * keep one window with both columns. */
#include "gateway/detect/emit.h"

uint64_t hash_bytes(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = data;
    h = h ? h : UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

uint64_t hash_u64(uint64_t h, uint64_t v)
{
    uint8_t raw[8];
    for (size_t i = 0; i < 8; i++)
        raw[i] = (uint8_t)(v >> (8 * i));
    return hash_bytes(h, raw, sizeof raw);
}

int emit_too_many(const struct emit *m, const char *what, int limit)
{
    return source_err(m->src, 0, "found more than %d %s, expected fewer: split the rule", limit,
                      what);
}

static int note(struct emit *m, uint16_t *list, uint16_t *n, uint16_t value)
{
    for (uint16_t i = 0; i < *n; i++)
        if (list[i] == value)
            return 0;
    if (*n == MAX_PER_RULE)
        return emit_too_many(m, "series or windows in one rule", MAX_PER_RULE);
    list[(*n)++] = value;
    return 0;
}

static int note_metric(struct emit *m, uint32_t id)
{
    for (uint16_t i = 0; i < m->n_reads; i++)
        if (m->reads[i] == id)
            return 0;
    if (m->n_reads == MAX_PER_RULE)
        return emit_too_many(m, "metrics in one rule", MAX_PER_RULE);
    m->reads[m->n_reads++] = id;
    return 0;
}

int note_threshold(struct emit *m, uint16_t series, bool changed, int64_t ms)
{
    if (m->n_thresholds == MAX_PER_RULE)
        return emit_too_many(m, "durations in one rule", MAX_PER_RULE);
    m->thresholds[m->n_thresholds++] = (struct threshold){series, changed, ms};
    return 0;
}

static void define_series(struct emit *m, struct series_def *s, const struct series_ref *ref)
{
    *s = (struct series_def){.type = ref->type,
                             .clock = m->clock,
                             .kind = METRIC_STATE,
                             .is_bool = true,
                             .id = ref->id,
                             .stale_ms = INT64_MAX};
    if (ref->type == SERIES_METRIC) {
        const struct pack_metric *metric = pack_metric(m->rs->pack, ref->id);
        s->kind = metric->kind;
        s->is_bool = strcmp(metric->unit, "bool") == 0;
        if (metric->stale_after_ms > 0)
            s->stale_ms = metric->stale_after_ms;
    }
    s->key = hash_u64(hash_u64(hash_u64(0, (uint64_t)s->type), (uint64_t)s->clock), s->id);
    s->key = hash_u64(s->key, (uint64_t)s->kind);
}

int intern_series(struct emit *m, const struct series_ref *ref, uint16_t *ret)
{
    struct ruleset *rs = m->rs;
    uint16_t i = 0;
    while (i < rs->n_series && !(rs->series[i].type == ref->type && rs->series[i].id == ref->id &&
                                 rs->series[i].clock == m->clock))
        i++;
    if (i == MAX_SERIES)
        return emit_too_many(m, "metrics and faults in all rules", MAX_SERIES);
    if (i == rs->n_series)
        define_series(m, &rs->series[rs->n_series++], ref);
    if (ref->type == SERIES_METRIC) {
        int rc = note_metric(m, ref->id);
        if (rc != 0)
            return rc;
    }
    *ret = i;
    return note(m, m->series, &m->n_series, i);
}

static unsigned fields_of(enum func f, enum metric_kind kind)
{
    unsigned state = kind == METRIC_STATE;
    switch (f) {
    case FUNC_MIN: return 1u << FIELD_MIN;
    case FUNC_MAX: return 1u << FIELD_MAX;
    case FUNC_AVG:
    case FUNC_DUTY: return state ? 1u << FIELD_INTEGRAL : 1u << FIELD_SUM;
    case FUNC_SUM:
    case FUNC_RATE: return 1u << FIELD_SUM;
    case FUNC_COUNT: return state ? 1u << FIELD_RISES : 0;
    case FUNC_DELTA: return kind == METRIC_COUNTER ? 1u << FIELD_SUM : 1u << FIELD_FIRST;
    case FUNC_SLOPE: return 1u << FIELD_SUM | 1u << FIELD_T | 1u << FIELD_TT | 1u << FIELD_TV;
    default: return 0;
    }
}

static bool same_inner(const struct ruleset *rs, struct expr a, struct expr b)
{
    for (uint16_t i = 0; a.n == b.n && i < a.n; i++) {
        const struct op *x = &rs->ops[a.first + i], *y = &rs->ops[b.first + i];
        if (x->code != y->code || x->a != y->a || x->b != y->b || x->ms != y->ms)
            return false;
    }
    return a.n == b.n;
}

/* Keys of inner windows and series, not their indexes, make the key: it must
 * hold across revisions. */
static uint64_t inner_key(const struct ruleset *rs, struct expr inner)
{
    uint64_t h = 0;
    for (uint16_t i = 0; i < inner.n; i++) {
        const struct op *op = &rs->ops[inner.first + i];
        h = hash_u64(hash_u64(h, op->code), op->b);
        h = hash_u64(h, op->code == OP_WINDOW ? rs->windows[op->a].key : (uint64_t)op->ms);
    }
    return h;
}

static int64_t inner_horizon(const struct ruleset *rs, struct expr inner)
{
    int64_t most = 0;
    for (uint16_t i = 0; i < inner.n; i++) {
        const struct op *op = &rs->ops[inner.first + i];
        if (op->code == OP_WINDOW && rs->windows[op->a].horizon_ms > most)
            most = rs->windows[op->a].horizon_ms;
    }
    return most;
}

static void define_window(const struct emit *m, struct window_def *w)
{
    const struct ruleset *rs = m->rs;
    w->width_ms = (w->window_ms + BUCKETS - 1) / BUCKETS;
    w->horizon_ms = w->window_ms + 2 * w->width_ms;
    uint64_t h = hash_u64(hash_u64(0, (uint64_t)w->window_ms), (uint64_t)w->clock);
    if (w->series == NO_INDEX) {
        w->horizon_ms += inner_horizon(rs, w->inner);
        w->key = hash_u64(h, inner_key(rs, w->inner));
        w->fields = 1u << FIELD_N;
        return;
    }
    const struct series_def *s = &rs->series[w->series];
    w->kind = s->kind;
    w->is_bool = s->is_bool;
    if (s->kind == METRIC_STATE && s->stale_ms != INT64_MAX)
        w->horizon_ms += s->stale_ms;
    w->key = hash_u64(h, s->key);
    w->fields = s->kind == METRIC_STATE ? 1u << FIELD_KNOWN : 1u << FIELD_N;
}

int intern_window(struct emit *m, const struct node *call, struct window_def want, uint16_t *ret)
{
    struct ruleset *rs = m->rs;
    want.window_ms = call->ms;
    want.clock = m->clock;
    uint16_t i = 0;
    for (; i < rs->n_windows; i++) {
        const struct window_def *w = &rs->windows[i];
        if (w->window_ms == want.window_ms && w->clock == want.clock && w->series == want.series &&
            (w->series != NO_INDEX || same_inner(rs, w->inner, want.inner)))
            break;
    }
    if (i == MAX_WINDOWS)
        return emit_too_many(m, "windows in all rules", MAX_WINDOWS);
    if (i == rs->n_windows) {
        define_window(m, &want);
        rs->windows[rs->n_windows++] = want;
    }
    rs->windows[i].fields |= (uint16_t)fields_of(call->func, rs->windows[i].kind);
    rs->windows[i].decays = rs->windows[i].decays || call->func == FUNC_RATE;
    *ret = i;
    return note(m, m->windows, &m->n_windows, i);
}
