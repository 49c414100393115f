/* Recursive descent, one function a level of binding:
 *
 *   or    = and {"or" and}            cmp  = sum [("<"|"<="|...) sum]
 *   and   = not {"and" not}           sum  = term {("+"|"-") term}
 *   not   = "not" not | cmp           term = neg {("*"|"/") neg}
 *   neg   = "-" neg | primary
 *   primary = number [unit] ["per" unit] | duration | "true" | "false" | name
 *           | name "(" or ["," or] ")" | "(" or ")"                              */
#include "gateway/detect/node.h"

struct parser {
    const struct source *src;
    struct arena *arena;
    struct token now;
    size_t at, next, before; /* bytes: start of now, behind now, end of the token before */
    unsigned depth;
};

static int parse_or(struct parser *p, struct node **ret);

static void step(struct parser *p)
{
    p->before = p->at + p->now.text.len;
    p->now = lex_next(p->src, &p->next);
    p->at = p->next - p->now.text.len;
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return p->now.kind == TOKEN_SIGN && slice_is(p->now.text, sign);
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->now.kind == TOKEN_NAME && slice_is(p->now.text, word);
}

static bool is_keyword(struct slice s)
{
    return slice_is(s, "and") || slice_is(s, "or") || slice_is(s, "not") || slice_is(s, "per");
}

static int unexpected(struct parser *p, const char *expected)
{
    char hint[96] = "";
    static const char *const words[] = {"and", "or", "not", "per", NULL};
    if (p->now.kind == TOKEN_NAME)
        source_hint(p->now.text, words, hint, sizeof hint);
    if (p->now.kind == TOKEN_END)
        return source_err(p->src, p->at, "found the end, expected %s", expected);
    int n = p->now.text.len > 40 ? 40 : (int)p->now.text.len;
    return source_err(p->src, p->at, "found \"%.*s\", expected %s%s", n,
                      (const char *)p->now.text.ptr, expected, hint);
}

/* NULL: it does not fit, which was told. */
static struct node *new_node(struct parser *p, enum node_kind kind)
{
    struct node *n = arena_take(p->arena, sizeof *n);
    if (!n) {
        source_err(p->src, p->at, "found a longer expression than fits, expected a shorter");
        return NULL;
    }
    n->kind = kind;
    n->start = p->at;
    return n;
}

static int take_unit(struct parser *p, struct unit *ret)
{
    const struct unit *u = unit_find(p->now.text);
    if (!u) {
        char hint[96];
        source_err(p->src, p->at, "found \"%.*s\", expected a unit%s",
                   (int)(p->now.text.len > 40 ? 40 : p->now.text.len),
                   (const char *)p->now.text.ptr,
                   source_hint(p->now.text, unit_names(), hint, sizeof hint));
        return ERR_INVALID;
    }
    *ret = *u;
    step(p);
    return 0;
}

static int number_units(struct parser *p, struct node *n)
{
    n->unit = *unit_none();
    if (is_sign(p, "%") || (p->now.kind == TOKEN_NAME && !is_keyword(p->now.text))) {
        n->has_unit = true;
        int rc = take_unit(p, &n->unit);
        if (rc != 0)
            return rc;
    }
    if (is_word(p, "per")) {
        struct unit per;
        step(p);
        if (p->now.kind != TOKEN_NAME)
            return unexpected(p, "a unit, such as day");
        int rc = take_unit(p, &per);
        if (rc != 0)
            return rc;
        struct unit amount = unit_amount(&n->unit);
        n->unit = unit_div(&amount, &per);
        n->unit.per = per.name;
        n->unit.name = n->has_unit ? amount.name : "1";
        n->has_unit = true;
    }
    return 0;
}

static int parse_number(struct parser *p, struct node **ret)
{
    struct node *n = new_node(p, NODE_NUMBER);
    if (!n)
        return ERR_INVALID;
    if (p->now.kind == TOKEN_DURATION) {
        n->value = (double)p->now.ms / 1000;
        n->ms = p->now.ms;
        n->unit = *unit_second();
        n->has_unit = n->is_duration = true;
        step(p);
    } else {
        n->value = p->now.value;
        step(p);
        int rc = number_units(p, n);
        if (rc != 0)
            return rc;
        if (unit_same_dim(&n->unit, unit_second())) {
            n->is_duration = true;
            double ms = n->value * n->unit.scale * 1000;
            n->ms = ms < 1e15 ? (int64_t)(ms + 0.5) : 0;
        }
    }
    n->end = p->before;
    *ret = n;
    return 0;
}

static int parse_call(struct parser *p, struct node *n)
{
    n->kind = NODE_CALL;
    n->func = rule_function(n->name);
    if (n->func == FUNC_COUNT_) {
        char hint[96];
        return source_err(p->src, n->start, "found \"%.*s(\", expected a function%s",
                          (int)(n->name.len > 40 ? 40 : n->name.len), (const char *)n->name.ptr,
                          source_hint(n->name, rule_functions(), hint, sizeof hint));
    }
    step(p);
    int rc = parse_or(p, &n->a);
    if (rc != 0)
        return rc;
    if (is_sign(p, ",")) {
        step(p);
        size_t at = p->at;
        struct node *window = NULL;
        rc = parse_or(p, &window);
        if (rc != 0)
            return rc;
        if (window->kind != NODE_NUMBER || !window->is_duration)
            return source_err(
                p->src, at, "found \"%.*s\", expected a duration such as 10m",
                (int)(window->end - window->start > 40 ? 40 : window->end - window->start),
                p->src->text + window->start);
        n->ms = window->ms;
        if (n->ms <= 0)
            return source_err(p->src, at, "found a window of no length, expected 1s or more");
    }
    if (!is_sign(p, ")"))
        return unexpected(p, n->ms ? "\")\"" : "\",\" and a window such as 10m, or \")\"");
    step(p);
    return 0;
}

static int parse_name(struct parser *p, struct node **ret)
{
    struct node *n = new_node(p, NODE_NAME);
    if (!n)
        return ERR_INVALID;
    int rc = 0;
    n->name = p->now.text;
    step(p);
    if (slice_is(n->name, "true") || slice_is(n->name, "false")) {
        n->kind = NODE_NUMBER;
        n->is_bool = true;
        n->value = slice_is(n->name, "true") ? 1 : 0;
    } else if (is_sign(p, "(")) {
        rc = parse_call(p, n);
    }
    n->end = p->before;
    *ret = n;
    return rc;
}

static int parse_primary(struct parser *p, struct node **ret)
{
    if (p->now.kind == TOKEN_NUMBER || p->now.kind == TOKEN_DURATION)
        return parse_number(p, ret);
    if (p->now.kind == TOKEN_NAME && !is_keyword(p->now.text))
        return parse_name(p, ret);
    if (!is_sign(p, "("))
        return unexpected(p, "a metric, a function, a number or \"(\"");
    step(p);
    int rc = parse_or(p, ret);
    if (rc != 0)
        return rc;
    if (!is_sign(p, ")"))
        return unexpected(p, "an operator or \")\"");
    step(p);
    return 0;
}

/* One prefix operator in front of itself or of the next level. */
static int prefix(struct parser *p, enum node_kind kind, struct node **ret,
                  int (*again)(struct parser *, struct node **))
{
    struct node *n = new_node(p, kind);
    if (!n)
        return ERR_INVALID;
    if (++p->depth > NODE_DEPTH)
        return source_err(p->src, p->at, "found more nesting than %d, expected less", NODE_DEPTH);
    step(p);
    int rc = again(p, &n->a);
    p->depth--;
    n->end = p->before;
    *ret = n;
    return rc;
}

static int parse_neg(struct parser *p, struct node **ret)
{
    if (is_sign(p, "-"))
        return prefix(p, NODE_NEG, ret, parse_neg);
    return parse_primary(p, ret);
}

struct level {
    const char *word[6];
    enum binary op[6];
    size_t n;
    bool once;
};

/* A left-binding chain of the level's operators. */
static int chain(struct parser *p, const struct level *level, struct node **ret,
                 int (*next)(struct parser *, struct node **))
{
    int rc = next(p, ret);
    for (bool again = true; rc == 0 && again;) {
        again = false;
        for (size_t i = 0; i < level->n && !again; i++) {
            if (!is_sign(p, level->word[i]) && !is_word(p, level->word[i]))
                continue;
            struct node *n = new_node(p, NODE_BINARY);
            if (!n)
                return ERR_INVALID;
            n->op = level->op[i];
            n->a = *ret;
            n->start = n->a->start;
            step(p);
            rc = next(p, &n->b);
            n->end = p->before;
            *ret = n;
            again = !level->once;
            if (level->once)
                return rc;
        }
    }
    return rc;
}

static int parse_term(struct parser *p, struct node **ret)
{
    static const struct level level = {{"*", "/"}, {BIN_MUL, BIN_DIV}, 2, false};
    return chain(p, &level, ret, parse_neg);
}

static int parse_sum(struct parser *p, struct node **ret)
{
    static const struct level level = {{"+", "-"}, {BIN_ADD, BIN_SUB}, 2, false};
    return chain(p, &level, ret, parse_term);
}

static int parse_cmp(struct parser *p, struct node **ret)
{
    static const struct level level = {{"<=", "<", ">=", ">", "==", "!="},
                                       {BIN_LE, BIN_LT, BIN_GE, BIN_GT, BIN_EQ, BIN_NE},
                                       6,
                                       true};
    return chain(p, &level, ret, parse_sum);
}

static int parse_not(struct parser *p, struct node **ret)
{
    if (is_word(p, "not"))
        return prefix(p, NODE_NOT, ret, parse_not);
    return parse_cmp(p, ret);
}

static int parse_and(struct parser *p, struct node **ret)
{
    static const struct level level = {{"and"}, {BIN_AND}, 1, false};
    return chain(p, &level, ret, parse_not);
}

static int parse_or(struct parser *p, struct node **ret)
{
    static const struct level level = {{"or"}, {BIN_OR}, 1, false};
    if (++p->depth > NODE_DEPTH)
        return source_err(p->src, p->at, "found more nesting than %d, expected less", NODE_DEPTH);
    int rc = chain(p, &level, ret, parse_and);
    p->depth--;
    return rc;
}

int rule_parse(const struct source *src, struct arena *arena, struct node **ret_root)
{
    struct parser p = {.src = src, .arena = arena};
    struct node *root = NULL;
    step(&p);
    int rc = parse_or(&p, &root);
    if (rc == 0 && p.now.kind != TOKEN_END)
        rc = unexpected(&p, "an operator such as and, or, > or the end");
    if (rc == 0)
        *ret_root = root;
    return rc;
}
