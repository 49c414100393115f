/* From typed trees to bytecode. */
#include "gateway/detect/emit.h"

#define RULE_TEXT   4096 /* bytes of one expression */
#define PATIENCE_MS 3600000
#define MAX_ALL_OPS 8192
#define MAX_CLAUSES 2048

static int emit_node(struct emit *m, const struct node *n);

static int put(struct emit *m, struct op op, int grow)
{
    if (m->rs->n_ops == MAX_ALL_OPS)
        return emit_too_many(m, "steps in all rules", MAX_ALL_OPS);
    m->depth = (unsigned)((int)m->depth + grow);
    if (m->depth > m->deepest)
        m->deepest = m->depth;
    if (m->depth > MAX_STACK)
        return emit_too_many(m, "values at once", MAX_STACK);
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
        return emit_too_many(m, "comparisons in all rules", MAX_CLAUSES);
    struct clause *c = &rs->clauses[rs->n_clauses++];
    const struct node *s = first_series(n, &c->window_ms);
    c->compares = compares;
    c->metric = s && s->series.type == SERIES_METRIC ? s->series.id : 0;
    c->fault = s && s->series.type == SERIES_FAULT ? s->series.id : 0;
    char *to = arena_take(&rs->arena, n->end - n->start + 1);
    if (!to)
        return emit_too_many(m, "bytes of rules", (int)rs->arena.cap);
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
        h = hash_u64(hash_bytes(h, t.text.ptr, t.text.len), t.text.len);
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
        hash_u64(hash_text(hash_text(hash_bytes(0, from->name, strlen(from->name)), &when), &clear),
                 (uint64_t)rule.for_ms);
    keep_lists(&m, &rule);
    rs->rules[rs->n_rules++] = rule;
    if (rs->arena.over)
        rc = err_set(e, ERR_NOMEM, "%s: out of memory for rules", from->name);
out:
    arena_free(&trees);
    return rc;
}
