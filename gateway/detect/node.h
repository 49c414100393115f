/* The tree of one expression: made by parse, typed by check, read by emit. */
#ifndef GATEWAY_DETECT_NODE_H
#define GATEWAY_DETECT_NODE_H

#include "base/arena.h"
#include "gateway/detect/lex.h"
#include "gateway/detect/unit.h"

enum node_kind { NODE_NUMBER, NODE_NAME, NODE_CALL, NODE_NEG, NODE_NOT, NODE_BINARY };

/* Comparisons stay together, in the order of the opcodes. */
enum binary {
    BIN_ADD,
    BIN_SUB,
    BIN_MUL,
    BIN_DIV,
    BIN_LT,
    BIN_LE,
    BIN_GT,
    BIN_GE,
    BIN_EQ,
    BIN_NE,
    BIN_AND,
    BIN_OR
};

enum func {
    FUNC_LAST,
    FUNC_MIN,
    FUNC_MAX,
    FUNC_AVG,
    FUNC_SUM,
    FUNC_COUNT,
    FUNC_RATE,
    FUNC_DELTA,
    FUNC_SLOPE,
    FUNC_DUTY,
    FUNC_SINCE,
    FUNC_CHANGED,
    FUNC_ABSENT,
    FUNC_FAULT,
    FUNC_CYCLE,
    FUNC_COUNT_
};

enum series_type { SERIES_METRIC, SERIES_FAULT, SERIES_CYCLE };

/* What a name, fault(name) or cycle(name) refers to. */
struct series_ref {
    enum series_type type;
    uint32_t id;
};

struct node {
    enum node_kind kind;
    enum binary op;
    enum func func;
    size_t start, end; /* bytes of the source, end exclusive */
    struct node *a, *b;
    struct slice name; /* NODE_NAME, NODE_CALL */
    double value;      /* NODE_NUMBER */
    int64_t ms;        /* a duration as written; of a call: its window, 0 none */
    bool has_unit, is_duration;
    /* from here on by check */
    bool is_bool, is_series;
    bool windowed; /* every leaf is a window: it may stand in another window */
    struct unit unit;
    struct series_ref series; /* when is_series */
    uint16_t window;          /* by emit: of a call that reads one */
};

#define NODE_DEPTH 64 /* of nesting */

/* Parses src->text whole. The tree lives in `arena` and borrows the text. */
int rule_parse(const struct source *src, struct arena *arena, struct node **ret_root);
/* Resolves names in the pack; types and units everywhere; conversions are put in
 * by emit. The root must be a condition. */
int rule_check(const struct source *src, const struct pack *pack, struct node *root);
/* NULL-ended. */
const char *const *rule_functions(void);
/* FUNC_COUNT_: no such function. */
enum func rule_function(struct slice name);

#endif
