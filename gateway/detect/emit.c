/* From typed trees to bytecode. Series and windows are shared: two rules that read
 * min(x, 10m) and max(x, 10m) keep one window with both columns. */
#include "gateway/detect/program.h"

#include <stdio.h>

#define RULE_TEXT    4096 /* bytes of one expression */
#define PATIENCE_MS  3600000
#define MAX_ALL_OPS  8192
#define MAX_CLAUSES  2048
#define MAX_PER_RULE 64

struct emit {
    struct ruleset *rs;
    const struct source *src;
    enum wire_lane clock;
    unsigned depth, deepest;
    /* what this rule reads */
    uint16_t series[MAX_PER_RULE], windows[MAX_PER_RULE];
    uint32_t reads[MAX_PER_RULE];
    struct threshold thresholds[MAX_PER_RULE];
    uint16_t n_series, n_windows, n_thresholds, n_reads;
};

static int emit_node(struct emit *m, const struct node *n);

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = data;
    h = h ? h : UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

static uint64_t hash_u64(uint64_t h, uint64_t v)
{
    uint8_t raw[8];
    for (size_t i = 0; i < 8; i++)
        raw[i] = (uint8_t)(v >> (8 * i));
    return hash(h, raw, sizeof raw);
}

static int too_many(const struct emit *m, const char *what, int limit)
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
        return too_many(m, "series or windows in one rule", MAX_PER_RULE);
    list[(*n)++] = value;
    return 0;
}

static int note_metric(struct emit *m, uint32_t id)
{
    for (uint16_t i = 0; i < m->n_reads; i++)
        if (m->reads[i] == id)
            return 0;
    if (m->n_reads == MAX_PER_RULE)
        return too_many(m, "metrics in one rule", MAX_PER_RULE);
    m->reads[m->n_reads++] = id;
    return 0;
}

static int note_threshold(struct emit *m, uint16_t series, bool changed, int64_t ms)
{
    if (m->n_thresholds == MAX_PER_RULE)
        return too_many(m, "durations in one rule", MAX_PER_RULE);
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

static int intern_series(struct emit *m, const struct series_ref *ref, uint16_t *ret)
{
    struct ruleset *rs = m->rs;
    uint16_t i = 0;
    while (i < rs->n_series && !(rs->series[i].type == ref->type && rs->series[i].id == ref->id &&
                                 rs->series[i].clock == m->clock))
        i++;
    if (i == MAX_SERIES)
        return too_many(m, "metrics and faults in all rules", MAX_SERIES);
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

static int intern_window(struct emit *m, const struct node *call, struct window_def want,
                         uint16_t *ret)
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
        return too_many(m, "windows in all rules", MAX_WINDOWS);
    if (i == rs->n_windows) {
        define_window(m, &want);
        rs->windows[rs->n_windows++] = want;
    }
    rs->windows[i].fields |= (uint16_t)fields_of(call->func, rs->windows[i].kind);
    rs->windows[i].decays = rs->windows[i].decays || call->func == FUNC_RATE;
    *ret = i;
    return note(m, m->windows, &m->n_windows, i);
}

static int put(struct emit *m, struct op op, int grow)
{
    if (m->rs->n_ops == MAX_ALL_OPS)
        return too_many(m, "steps in all rules", MAX_ALL_OPS);
    m->depth = (unsigned)((int)m->depth + grow);
    if (m->depth > m->deepest)
        m->deepest = m->depth;
    if (m->depth > MAX_STACK)
        return too_many(m, "values at once", MAX_STACK);
    m->rs->ops[m->rs->n_ops++] = op;
    return 0;
}

static bool is_ring(const struct node *n)
{
    return n->kind == NODE_CALL && n->func >= FUNC_MIN && n->func <= FUNC_DUTY;
}

/* Windows first, inner before outer: an inner expression is a run of ops. */
static int make_windows(struct emit *m, struct node *n)
{
    if (!n)
        return 0;
    int rc = make_windows(m, n->a);
    if (rc == 0)
        rc = make_windows(m, n->b);
    if (rc != 0 || !is_ring(n) || !n->a)
        return rc;
    struct window_def want = {.series = NO_INDEX, .kind = METRIC_GAUGE};
    if (n->a->is_series) {
        rc = intern_series(m, &n->a->series, &want.series);
    } else {
        want.inner.first = m->rs->n_ops;
        rc = emit_node(m, n->a);
        m->depth = 0;
        want.inner.n = (uint16_t)(m->rs->n_ops - want.inner.first);
    }
    return rc != 0 ? rc : intern_window(m, n, want, &n->window);
}

static const struct node *first_series(const struct node *n, int64_t *ret_window)
{
    if (!n)
        return NULL;
    if (n->is_series)
        return n;
    if (n->kind == NODE_CALL && n->ms && !*ret_window)
        *ret_window = n->ms;
    const struct node *found = first_series(n->a, ret_window);
    return found ? found : first_series(n->b, ret_window);
}

static int put_clause(struct emit *m, const struct node *n, bool compares)
{
    struct ruleset *rs = m->rs;
    if (rs->n_clauses == MAX_CLAUSES)
        return too_many(m, "comparisons in all rules", MAX_CLAUSES);
    struct clause *c = &rs->clauses[rs->n_clauses++];
    const struct node *s = first_series(n, &c->window_ms);
    c->compares = compares;
    c->metric = s && s->series.type == SERIES_METRIC ? s->series.id : 0;
    c->fault = s && s->series.type == SERIES_FAULT ? s->series.id : 0;
    char *to = arena_take(&rs->arena, n->end - n->start + 1);
    if (!to)
        return too_many(m, "bytes of rules", (int)rs->arena.cap);
    for (size_t i = n->start; i < n->end; i++) {
        char ch = m->src->text[i];
        bool space = ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r';
        if (space && c->len && to[c->len - 1] == ' ')
            continue;
        to[c->len++] = space ? ' ' : ch;
    }
    c->text = to;
    rs->ops[rs->n_ops - 1].clause = rs->n_clauses;
    return 0;
}

static int put_convert(struct emit *m, const struct unit *from, const struct unit *to)
{
    double mul, add;
    unit_convert(from, to, &mul, &add);
    int rc = 0;
    if (mul < 1 || mul > 1)
        rc = put(m, (struct op){.code = OP_SCALE, .k = mul}, 0);
    if (rc == 0 && (add < 0 || add > 0))
        rc = put(m, (struct op){.code = OP_SHIFT, .k = add}, 0);
    return rc;
}

/* Emits `n` so that its value is in unit `to`. */
static int emit_in(struct emit *m, const struct node *n, const struct unit *to)
{
    if (n->kind == NODE_NUMBER) {
        double mul, add;
        unit_convert(&n->unit, to, &mul, &add);
        return put(m, (struct op){.code = OP_CONST, .k = n->value * mul + add}, 1);
    }
    int rc = emit_node(m, n);
    return rc != 0 || unit_equal(&n->unit, to) ? rc : put_convert(m, &n->unit, to);
}

/* The metric's own unit, so that value and limit fit its chart; but a trend is
 * told in the unit that the limit is written in. */
static const struct unit *compare_in(const struct node *n)
{
    bool left_literal = n->a->kind == NODE_NUMBER, right_literal = n->b->kind == NODE_NUMBER;
    if (left_literal)
        return n->b->unit.per ? &n->a->unit : &n->b->unit;
    return right_literal && n->a->unit.per ? &n->b->unit : &n->a->unit;
}

static int note_since(struct emit *m, const struct node *n)
{
    const struct node *call = n->a->kind == NODE_CALL && n->a->func == FUNC_SINCE ? n->a : n->b;
    const struct node *limit = call == n->a ? n->b : n->a;
    uint16_t series;
    if (call->kind != NODE_CALL || call->func != FUNC_SINCE)
        return 0;
    int rc = intern_series(m, &call->a->series, &series);
    if (rc == 0)
        rc = note_threshold(m, series, true, limit->ms);
    return rc == 0 ? note_threshold(m, series, true, limit->ms + 1) : rc;
}

static int emit_binary(struct emit *m, const struct node *n)
{
    static const uint8_t codes[] = {
        [BIN_ADD] = OP_ADD, [BIN_SUB] = OP_SUB, [BIN_MUL] = OP_MUL, [BIN_DIV] = OP_DIV,
        [BIN_LT] = OP_LT,   [BIN_LE] = OP_LE,   [BIN_GT] = OP_GT,   [BIN_GE] = OP_GE,
        [BIN_EQ] = OP_EQ,   [BIN_NE] = OP_NE,   [BIN_AND] = OP_AND, [BIN_OR] = OP_OR};
    bool compares = n->op >= BIN_LT && n->op <= BIN_NE;
    struct unit left = n->a->unit, right = n->b->unit;
    if (compares && !n->a->is_bool) {
        left = right = *compare_in(n);
    } else if (n->op == BIN_ADD || n->op == BIN_SUB) {
        left = n->a->unit.point ? n->a->unit : unit_amount(&n->unit);
        right = n->b->unit.point ? n->b->unit : unit_amount(&n->unit);
        if (left.point && right.point)
            right = left;
    }
    int rc = compares ? note_since(m, n) : 0;
    if (rc == 0)
        rc = emit_in(m, n->a, &left);
    if (rc == 0)
        rc = emit_in(m, n->b, &right);
    if (rc == 0)
        rc = put(m, (struct op){.code = codes[n->op]}, -1);
    return rc == 0 && compares ? put_clause(m, n, true) : rc;
}

static int emit_series(struct emit *m, const struct node *n)
{
    uint16_t series;
    int rc = intern_series(m, &n->series, &series);
    if (rc == 0 && m->rs->series[series].stale_ms != INT64_MAX)
        rc = note_threshold(m, series, false, m->rs->series[series].stale_ms);
    return rc == 0 ? put(m, (struct op){.code = OP_LAST, .a = series}, 1) : rc;
}

static int emit_call(struct emit *m, const struct node *n)
{
    if (n->is_series)
        return emit_series(m, n);
    if (is_ring(n))
        return put(m, (struct op){.code = OP_WINDOW, .a = n->window, .b = (uint8_t)n->func}, 1);
    if (n->func == FUNC_LAST && !n->ms)
        return emit_series(m, n->a);
    uint16_t series;
    int rc = intern_series(m, &n->a->series, &series);
    if (rc == 0 && n->func != FUNC_SINCE)
        rc = note_threshold(m, series, n->func == FUNC_CHANGED, n->ms);
    uint8_t code = n->func == FUNC_SINCE     ? OP_SINCE
                   : n->func == FUNC_CHANGED ? OP_CHANGED
                   : n->func == FUNC_ABSENT  ? OP_ABSENT
                                             : OP_LAST_IN;
    return rc == 0 ? put(m, (struct op){.code = code, .a = series, .ms = n->ms}, 1) : rc;
}

static int emit_node(struct emit *m, const struct node *n)
{
    int rc = 0;
    if (!n)
        return ERR_INVALID; /* the parser makes no such tree */
    switch (n->kind) {
    case NODE_NUMBER: return put(m, (struct op){.code = OP_CONST, .k = n->value}, 1);
    case NODE_NAME: rc = emit_series(m, n); break;
    case NODE_CALL: rc = emit_call(m, n); break;
    case NODE_NEG:
    case NODE_NOT:
        rc = emit_node(m, n->a);
        return rc == 0 ? put(m, (struct op){.code = n->kind == NODE_NEG ? OP_NEG : OP_NOT}, 0) : rc;
    case NODE_BINARY: return emit_binary(m, n);
    }
    return rc == 0 && n->is_bool ? put_clause(m, n, false) : rc;
}

static int emit_expr(struct emit *m, const struct source *src, struct node *root, struct expr *ret)
{
    m->src = src;
    m->depth = 0;
    int rc = make_windows(m, root);
    m->depth = 0;
    ret->first = m->rs->n_ops;
    if (rc == 0)
        rc = emit_node(m, root);
    ret->n = (uint16_t)(m->rs->n_ops - ret->first);
    return rc;
}

static bool reads_bulk(const struct node *n)
{
    return n && ((n->is_series && n->series.type != SERIES_FAULT) || reads_bulk(n->a) ||
                 reads_bulk(n->b));
}

static int read_tree(const struct source *src, const struct pack *pack, struct arena *a,
                     struct node **ret)
{
    if (strlen(src->text) > RULE_TEXT)
        return source_err(src, 0, "found more than %d letters, expected fewer: split the rule",
                          RULE_TEXT);
    int rc = rule_parse(src, a, ret);
    return rc == 0 ? rule_check(src, pack, *ret) : rc;
}

/* Of the tokens, so that line breaks and spaces do not count. */
static uint64_t hash_text(uint64_t h, const struct source *src)
{
    size_t pos = 0;
    for (;;) {
        struct token t = lex_next(src, &pos);
        if (t.kind == TOKEN_END)
            return hash_u64(h, t.kind);
        h = hash_u64(hash(h, t.text.ptr, t.text.len), t.text.len);
    }
}

static void *keep(struct ruleset *rs, const void *from, size_t n, size_t size)
{
    void *to = arena_array(&rs->arena, n, size);
    if (to && n)
        memcpy(to, from, n * size);
    return to;
}

static void keep_lists(struct emit *m, struct rule_def *rule)
{
    rule->n_series = m->n_series;
    rule->n_windows = m->n_windows;
    rule->n_thresholds = m->n_thresholds;
    rule->n_reads = m->n_reads;
    rule->series = keep(m->rs, m->series, m->n_series, sizeof m->series[0]);
    rule->windows = keep(m->rs, m->windows, m->n_windows, sizeof m->windows[0]);
    rule->thresholds = keep(m->rs, m->thresholds, m->n_thresholds, sizeof m->thresholds[0]);
    rule->reads = keep(m->rs, m->reads, m->n_reads, sizeof m->reads[0]);
}

int emit_rule(struct ruleset *rs, size_t index, struct err *e)
{
    const struct pack_rule *from = &rs->pack->rules[index];
    struct source when = {from->when, from->when_at, e}, clear = {from->clear, from->clear_at, e};
    struct rule_def rule = {.source = from, .for_ms = from->for_ms};
    struct emit m = {.rs = rs, .src = &when};
    struct node *when_tree = NULL, *clear_tree = NULL;
    struct arena trees;
    if (arena_init(&trees, RULE_TEXT * 2 * (sizeof(struct node) + 16)) != 0)
        return err_set(e, ERR_NOMEM, "out of memory");
    int rc = read_tree(&when, rs->pack, &trees, &when_tree);
    if (rc == 0 && from->clear[0])
        rc = read_tree(&clear, rs->pack, &trees, &clear_tree);
    if (rc != 0)
        goto out;
    rule.clock = m.clock =
        reads_bulk(when_tree) || reads_bulk(clear_tree) ? LANE_BULK : LANE_URGENT;
    rc = emit_expr(&m, &when, when_tree, &rule.when);
    if (rc == 0 && clear_tree)
        rc = emit_expr(&m, &clear, clear_tree, &rule.clear);
    if (rc != 0)
        goto out;
    rule.patience_ms = rule.for_ms < PATIENCE_MS ? rule.for_ms : PATIENCE_MS;
    rule.fingerprint =
        hash_u64(hash_text(hash_text(hash(0, from->name, strlen(from->name)), &when), &clear),
                 (uint64_t)rule.for_ms);
    keep_lists(&m, &rule);
    rs->rules[rs->n_rules++] = rule;
    if (rs->arena.over)
        rc = err_set(e, ERR_NOMEM, "%s: out of memory for rules", from->name);
out:
    arena_free(&trees);
    return rc;
}
