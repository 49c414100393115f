/* Names, types and units of one expression. Three kinds of values: a condition
 * (yes, no, unknown), an amount or plain number with a unit, a point on a scale. */
#include "gateway/detect/node.h"

enum { /* what a function may be given */
       ON_GAUGE = 1,
       ON_BOOL = 2, /* a yes/no state */
       ON_STATE = 4,
       ON_COUNTER = 8,
       ON_EVENT = 16,  /* a fault or cycle */
       ON_DERIVED = 32 /* an expression of windows */
};
enum result { SAME, CONDITION, PLAIN, RATIO, AMOUNT, PER_SECOND, SECONDS };
enum window { NO_WINDOW, WINDOW, MAYBE_WINDOW };

static const struct signature {
    const char *name;
    unsigned on;
    enum window window;
    enum result result;
    const char *instead; /* what to write for what it cannot take */
} signatures[FUNC_COUNT_] = {
    [FUNC_LAST] = {"last", 31, MAYBE_WINDOW, SAME, "a metric, fault(...) or cycle(...)"},
    [FUNC_MIN] = {"min", 55, WINDOW, SAME, "a gauge or state; of a counter, rate(...)"},
    [FUNC_MAX] = {"max", 55, WINDOW, SAME, "a gauge or state; of a counter, rate(...)"},
    [FUNC_AVG] = {"avg", 37, WINDOW, SAME, "numbers; of a yes/no state, duty(...)"},
    [FUNC_SUM] = {"sum", 1, WINDOW, AMOUNT, "a gauge; of a counter, delta(...)"},
    [FUNC_COUNT] = {"count", 31, WINDOW, PLAIN, "a metric, fault(...) or cycle(...)"},
    [FUNC_RATE] = {"rate", 8, WINDOW, PER_SECOND, "a counter; of a gauge, slope(...)"},
    [FUNC_DELTA] = {"delta", 45, WINDOW, AMOUNT, "numbers; of a yes/no state, count(...)"},
    [FUNC_SLOPE] = {"slope", 33, WINDOW, PER_SECOND, "a gauge, or windows: slope(avg(x, 1h), 1d)"},
    [FUNC_DUTY] = {"duty", 18, WINDOW, RATIO, "a yes/no state; of numbers, avg(...)"},
    [FUNC_SINCE] = {"since", 31, NO_WINDOW, SECONDS, "a metric, fault(...) or cycle(...)"},
    [FUNC_CHANGED] = {"changed", 31, WINDOW, CONDITION, "a metric, fault(...) or cycle(...)"},
    [FUNC_ABSENT] = {"absent", 15, WINDOW, CONDITION, "a metric"},
    [FUNC_FAULT] = {"fault", 0, NO_WINDOW, CONDITION, "the name of a fault"},
    [FUNC_CYCLE] = {"cycle", 0, NO_WINDOW, CONDITION, "the name of a cycle"},
};

struct check {
    const struct source *src;
    const struct pack *pack;
};

static int check_node(const struct check *c, struct node *n, const struct node *parent);

const char *const *rule_functions(void)
{
    static const char *names[FUNC_COUNT_ + 1];
    if (!names[0])
        for (size_t i = FUNC_COUNT_; i-- > 0;)
            names[i] = signatures[i].name;
    return names;
}

enum func rule_function(struct slice name)
{
    for (int i = 0; i < FUNC_COUNT_; i++)
        if (slice_is(name, signatures[i].name))
            return (enum func)i;
    return FUNC_COUNT_;
}

static bool copy_name(struct slice name, char *to, size_t cap)
{
    if (name.len >= cap)
        return false;
    memcpy(to, name.ptr, name.len);
    to[name.len] = '\0';
    return true;
}

#define NAMES_OF(list, n)                                                                          \
    const char *names[PACK_ITEMS + 1];                                                             \
    size_t count = 0;                                                                              \
    for (size_t i = 0; i < (n) && i < PACK_ITEMS; i++)                                             \
        names[count++] = (list)[i].name;                                                           \
    names[count] = NULL

static int unknown_metric(const struct check *c, const struct node *n, const char *name)
{
    char hint[128];
    NAMES_OF(c->pack->metrics, c->pack->n_metrics);
    source_hint(n->name, names, hint, sizeof hint);
    if (pack_fault_named(c->pack, name))
        return source_err(c->src, n->start,
                          "found the fault \"%s\", expected a metric; write "
                          "fault(%s)",
                          name, name);
    if (pack_cycle_named(c->pack, name))
        return source_err(c->src, n->start,
                          "found the cycle \"%s\", expected a metric; write "
                          "cycle(%s)",
                          name, name);
    if (rule_function(n->name) != FUNC_COUNT_)
        return source_err(c->src, n->start, "found the function %s alone, expected %s(...)", name,
                          name);
    return source_err(c->src, n->start, "found \"%s\", expected a metric of pack %s%s", name,
                      c->pack->name, hint);
}

static int check_metric(const struct check *c, struct node *n)
{
    char name[80];
    if (!copy_name(n->name, name, sizeof name))
        return source_err(c->src, n->start, "found a name of %zu letters, expected a metric",
                          n->name.len);
    const struct pack_metric *m = pack_metric_named(c->pack, name);
    if (!m)
        return unknown_metric(c, n, name);
    const struct unit *u = unit_find(slice_str(m->unit));
    if (!u)
        return source_err(c->src, n->start, "found metric %s in \"%s\", expected a known unit",
                          name, m->unit);
    n->is_series = true;
    n->series = (struct series_ref){SERIES_METRIC, m->id};
    n->is_bool = strcmp(m->unit, "bool") == 0;
    n->unit = *u;
    return 0;
}

/* fault(name) and cycle(name). */
static int check_event(const struct check *c, struct node *n)
{
    bool fault = n->func == FUNC_FAULT;
    const char *what = fault ? "fault" : "cycle";
    char name[80], hint[128];
    if (n->ms || n->a->kind != NODE_NAME || !copy_name(n->a->name, name, sizeof name))
        return source_err(c->src, n->a->start, "found something else, expected the name of a %s",
                          what);
    const struct pack_fault *f = fault ? pack_fault_named(c->pack, name) : NULL;
    const struct pack_cycle *cy = fault ? NULL : pack_cycle_named(c->pack, name);
    if (!f && !cy) {
        if (fault) {
            NAMES_OF(c->pack->faults, c->pack->n_faults);
            source_hint(n->a->name, names, hint, sizeof hint);
        } else {
            NAMES_OF(c->pack->cycles, c->pack->n_cycles);
            source_hint(n->a->name, names, hint, sizeof hint);
        }
        return source_err(c->src, n->a->start, "found \"%s\", expected a %s of pack %s%s", name,
                          what, c->pack->name, hint);
    }
    n->is_series = n->is_bool = true;
    n->unit = *unit_none();
    n->series = fault ? (struct series_ref){SERIES_FAULT, f->id}
                      : (struct series_ref){SERIES_CYCLE, cy->id};
    return 0;
}

static unsigned kind_of(const struct check *c, const struct node *n)
{
    if (!n->is_series)
        return !n->is_bool && n->windowed ? ON_DERIVED : 0;
    if (n->series.type != SERIES_METRIC)
        return ON_EVENT;
    switch (pack_metric(c->pack, n->series.id)->kind) {
    case METRIC_GAUGE: return ON_GAUGE;
    case METRIC_STATE: return n->is_bool ? ON_BOOL : ON_STATE;
    case METRIC_COUNTER: break;
    }
    return ON_COUNTER;
}

static int check_window(const struct check *c, const struct node *n, const struct signature *sig)
{
    if (sig->window == WINDOW && n->ms == 0)
        return source_err(c->src, n->end - 1,
                          "found \")\", expected \",\" and a window such as "
                          "%s(x, 10m)",
                          sig->name);
    if (sig->window == NO_WINDOW && n->ms != 0)
        return source_err(c->src, n->start, "found a window, expected none: %s takes one argument",
                          sig->name);
    if (n->ms != 0 && (n->ms < 1000 || n->ms > INT64_C(366) * 86400000))
        return source_err(c->src, n->start, "found a window of %lld ms, expected 1s to 366d",
                          (long long)n->ms);
    return 0;
}

static void set_result(struct node *n, const struct signature *sig)
{
    const struct unit amount = unit_amount(&n->a->unit);
    n->unit = *unit_none();
    switch (sig->result) {
    case SAME:
        n->unit = n->a->unit;
        n->is_bool = n->a->is_bool;
        break;
    case CONDITION: n->is_bool = true; break;
    case AMOUNT: n->unit = amount; break;
    case PER_SECOND:
        n->unit = unit_div(&amount, unit_second());
        n->unit.per = "second";
        break;
    case SECONDS: n->unit = *unit_second(); break;
    case PLAIN:
    case RATIO: break;
    }
}

static bool is_comparison(const struct node *n)
{
    return n && n->kind == NODE_BINARY && n->op >= BIN_LT && n->op <= BIN_NE;
}

static int check_call(const struct check *c, struct node *n, const struct node *parent)
{
    if (n->func == FUNC_FAULT || n->func == FUNC_CYCLE)
        return check_event(c, n);
    const struct signature *sig = &signatures[n->func];
    int rc = check_node(c, n->a, n);
    if (rc == 0)
        rc = check_window(c, n, sig);
    if (rc != 0)
        return rc;
    if (!(kind_of(c, n->a) & sig->on)) {
        int len = n->a->end - n->a->start > 60 ? 60 : (int)(n->a->end - n->a->start);
        return source_err(c->src, n->a->start, "found \"%.*s\", expected %s in %s(...)", len,
                          c->src->text + n->a->start, sig->instead, sig->name);
    }
    if (sig->result == AMOUNT && n->func == FUNC_SUM && n->a->unit.point)
        return source_err(c->src, n->start, "found a sum of %s, expected avg(...)",
                          n->a->unit.name);
    if (n->func == FUNC_SINCE) {
        const struct node *other = parent && parent->a == n ? parent->b : parent ? parent->a : NULL;
        if (!is_comparison(parent) || other->kind != NODE_NUMBER || !other->is_duration)
            return source_err(c->src, n->start,
                              "found since(...) elsewhere, expected it to be "
                              "compared with a duration: since(x) > 10m");
    }
    set_result(n, sig);
    n->windowed = n->func >= FUNC_MIN && n->func <= FUNC_DUTY;
    return 0;
}

static int mismatch(const struct check *c, const struct node *n, const struct node *at)
{
    char a[96], b[96];
    unit_text(&n->a->unit, a, sizeof a);
    unit_text(&n->b->unit, b, sizeof b);
    const struct node *left = n->a, *right = n->b;
    if (right->kind == NODE_NUMBER && !right->has_unit && left->unit.name)
        return source_err(c->src, at->start,
                          "found the plain number %g, expected %s: write "
                          "%g %s%s%s",
                          right->value, a, right->value, left->unit.name,
                          left->unit.per ? " per " : "", left->unit.per ? left->unit.per : "");
    return source_err(c->src, at->start, "found %s, expected %s as on the left", b, a);
}

/* A literal in degrees is a point or an amount, as its neighbour needs it. */
static void settle_literals(struct node *n)
{
    struct node *a = n->a, *b = n->b;
    bool sum = n->op == BIN_ADD || n->op == BIN_SUB;
    if (b->kind == NODE_NUMBER && (sum || !a->unit.point))
        b->unit = unit_amount(&b->unit);
    if (a->kind == NODE_NUMBER && ((n->op == BIN_ADD) || !b->unit.point))
        a->unit = unit_amount(&a->unit);
}

static bool fits(const struct node *a, const struct node *b)
{
    if (!unit_same_dim(&a->unit, &b->unit))
        return false;
    /* 80 is no 80 %: a scaled plain unit wants to be named */
    bool bare_b = b->kind == NODE_NUMBER && !b->has_unit;
    bool bare_a = a->kind == NODE_NUMBER && !a->has_unit;
    struct unit none = *unit_none();
    return !(bare_b && !bare_a && !unit_equal(&a->unit, &none)) &&
           !(bare_a && !bare_b && !unit_equal(&b->unit, &none));
}

static int check_compare(const struct check *c, struct node *n)
{
    if (n->a->is_bool != n->b->is_bool)
        return source_err(c->src, n->b->start,
                          "found a comparison of a condition with a number, "
                          "expected two alike");
    if (n->a->is_bool && n->op != BIN_EQ && n->op != BIN_NE)
        return source_err(c->src, n->start, "found conditions compared by size, expected == or !=");
    n->is_bool = true;
    if (n->a->is_bool)
        return 0;
    settle_literals(n);
    if (!fits(n->a, n->b))
        return mismatch(c, n, n->b);
    if (n->a->unit.point != n->b->unit.point)
        return source_err(c->src, n->start,
                          "found a temperature compared with a difference, "
                          "expected two alike");
    return 0;
}

static int check_arithmetic(const struct check *c, struct node *n)
{
    if (n->a->is_bool || n->b->is_bool)
        return source_err(c->src, n->a->is_bool ? n->a->start : n->b->start,
                          "found a condition, expected a number");
    n->windowed = n->a->windowed && n->b->windowed;
    if (n->op == BIN_MUL || n->op == BIN_DIV) {
        if (n->a->unit.point || n->b->unit.point)
            return source_err(c->src, n->start,
                              "found a temperature multiplied or divided, "
                              "expected a difference or another amount");
        n->unit = n->op == BIN_MUL ? unit_mul(&n->a->unit, &n->b->unit)
                                   : unit_div(&n->a->unit, &n->b->unit);
        return 0;
    }
    settle_literals(n);
    if (!fits(n->a, n->b))
        return mismatch(c, n, n->b);
    bool pa = n->a->unit.point, pb = n->b->unit.point;
    if (n->op == BIN_ADD ? pa && pb : !pa && pb)
        return source_err(c->src, n->start, "found %s, expected a difference",
                          n->op == BIN_ADD ? "a sum of two temperatures"
                                           : "a temperature taken from an amount");
    n->unit = pb && !pa ? n->b->unit : n->a->unit;
    if (pa && pb)
        n->unit = unit_amount(&n->a->unit);
    return 0;
}

static int check_binary(const struct check *c, struct node *n)
{
    int rc = check_node(c, n->a, n);
    if (rc == 0)
        rc = check_node(c, n->b, n);
    if (rc != 0)
        return rc;
    if (n->op <= BIN_DIV)
        return check_arithmetic(c, n);
    if (is_comparison(n))
        return check_compare(c, n);
    const struct node *wrong = !n->a->is_bool ? n->a : !n->b->is_bool ? n->b : NULL;
    if (wrong)
        return source_err(c->src, wrong->start,
                          "found a number beside %s, expected a condition "
                          "such as x > 5",
                          n->op == BIN_AND ? "and" : "or");
    n->is_bool = true;
    return 0;
}

static int check_prefix(const struct check *c, struct node *n)
{
    int rc = check_node(c, n->a, n);
    if (rc != 0)
        return rc;
    if (n->kind == NODE_NOT) {
        if (!n->a->is_bool)
            return source_err(c->src, n->a->start,
                              "found a number, expected a condition after not");
        n->is_bool = true;
        return 0;
    }
    if (n->a->is_bool)
        return source_err(c->src, n->a->start, "found a condition, expected a number after -");
    if (n->a->kind == NODE_NUMBER) { /* a negative number */
        size_t start = n->start, end = n->end;
        *n = *n->a;
        n->start = start;
        n->end = end;
        n->value = -n->value;
        n->is_duration = false;
        n->ms = 0;
        return 0;
    }
    if (n->a->unit.point)
        return source_err(c->src, n->start, "found a temperature turned round, expected an amount");
    n->unit = n->a->unit;
    n->windowed = n->a->windowed;
    return 0;
}

static int check_node(const struct check *c, struct node *n, const struct node *parent)
{
    switch (n->kind) {
    case NODE_NUMBER:
        n->windowed = true;
        if (n->is_bool)
            n->unit = *unit_none();
        return 0;
    case NODE_NAME: return check_metric(c, n);
    case NODE_CALL: return check_call(c, n, parent);
    case NODE_NEG:
    case NODE_NOT: return check_prefix(c, n);
    case NODE_BINARY: break;
    }
    return check_binary(c, n);
}

static bool reads(const struct node *n)
{
    return n && (n->is_series || reads(n->a) || reads(n->b));
}

int rule_check(const struct source *src, const struct pack *pack, struct node *root)
{
    struct check c = {src, pack};
    int rc = check_node(&c, root, NULL);
    if (rc != 0)
        return rc;
    if (!root->is_bool)
        return source_err(src, root->start, "found a number, expected a condition such as x > 5");
    if (!reads(root))
        return source_err(src, root->start, "found no metric, fault or cycle, expected one");
    return 0;
}
