/* What a ruleset is made of: series that rules read, windows over them, and one
 * program a rule. Private to gateway/detect. */
#ifndef GATEWAY_DETECT_PROGRAM_H
#define GATEWAY_DETECT_PROGRAM_H

#include "gateway/detect/detect.h"
#include "gateway/detect/node.h"

#define MAX_SERIES  512
#define MAX_WINDOWS 512
#define MAX_OPS     512 /* of one expression */
#define MAX_STACK   24
#define NO_INDEX    UINT16_MAX

enum opcode {
    OP_CONST,   /* k */
    OP_LAST,    /* a series: its value while not stale */
    OP_LAST_IN, /* a series, ms: its value when read within */
    OP_SINCE,   /* a series: seconds since it changed */
    OP_CHANGED, /* a series, ms */
    OP_ABSENT,  /* a series, ms */
    OP_WINDOW,  /* a window, b function */
    OP_SCALE,   /* v * k */
    OP_SHIFT,   /* v + k */
    OP_NEG,
    OP_NOT,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_EQ,
    OP_NE,
    OP_AND,
    OP_OR
};

struct op {
    uint8_t code, b;
    uint16_t a;
    uint16_t clause; /* 1 + index of the clause that ends here; 0: none */
    union {
        double k;
        int64_t ms;
    };
};

/* A comparison, or a condition that stands alone: one piece of evidence. */
struct clause {
    const char *text;
    uint16_t len;
    bool compares;
    uint32_t metric, fault;
    int64_t window_ms;
};

struct expr {
    uint16_t first, n; /* in ops */
};

/* When a rule's answer may flip without a fact: `ms` after a report or change. */
struct threshold {
    uint16_t series;
    bool changed; /* counts from the last change, else from the last report */
    int64_t ms;
};

/* Which lane's watermark drives it. A fault that is read beside metrics is a
 * second series, on the bulk lane's clock. */
struct series_def {
    enum series_type type;
    enum wire_lane clock;
    enum metric_kind kind;
    bool is_bool;
    uint32_t id;
    int64_t stale_ms; /* INT64_MAX: never */
    uint64_t key;     /* equal keys in two rulesets: the same series */
    uint16_t n_windows, n_rules;
    const uint16_t *windows, *rules; /* that read it, nested ones included */
};

enum field {
    FIELD_N,
    FIELD_SUM,
    FIELD_MIN,
    FIELD_MAX,
    FIELD_FIRST,
    FIELD_INTEGRAL,
    FIELD_KNOWN,
    FIELD_RISES,
    FIELD_T,
    FIELD_TT,
    FIELD_TV,
    FIELDS
};

#define BUCKETS 30            /* whole ones in a window ... */
#define ROWS    (BUCKETS + 1) /* ... and the one that is filling */

struct window_def {
    uint16_t series;   /* NO_INDEX: sampled from `inner` at each bucket's end */
    struct expr inner; /* may read windows of smaller index only */
    enum wire_lane clock;
    enum metric_kind kind;
    bool is_bool, decays; /* rate(): the answer moves with time alone */
    int64_t window_ms, width_ms;
    int64_t horizon_ms; /* so long after the last report it may still move */
    uint64_t key;
    uint16_t fields;        /* bits of enum field */
    uint8_t stride;         /* doubles a row */
    uint8_t offset[FIELDS]; /* in a row */
    uint32_t at;            /* of its rows in a slot's doubles */
};

struct rule_def {
    const struct pack_rule *source;
    uint64_t fingerprint;
    enum wire_lane clock;
    struct expr when, clear; /* clear.n 0: when it is false */
    int64_t for_ms, patience_ms;
    uint16_t n_series, n_windows, n_thresholds, n_reads;
    const uint16_t *series, *windows;
    const struct threshold *thresholds;
    const uint32_t *reads;
};

struct ruleset {
    const struct pack *pack; /* borrowed */
    struct arena arena;
    struct op *ops;
    struct clause *clauses;
    struct series_def *series;
    struct window_def *windows;
    struct rule_def *rules;
    uint16_t n_ops, n_clauses, n_series, n_windows, n_rules;
    uint32_t n_doubles; /* of a slot's rows */
    uint16_t *by_id;    /* series sorted by type, id, clock */
    uint16_t *derived;  /* windows that are sampled, inner ones first */
    uint16_t n_derived;
};

/* Compiles rule `index` of the pack behind the others. */
int emit_rule(struct ruleset *rs, size_t index, struct err *e);

/* The first series of that type and id in by_id, or NO_INDEX; the next one, if it
 * is of the same type and id, is its twin on the other clock. */
size_t ruleset_find(const struct ruleset *rs, enum series_type type, uint32_t id);

#endif
