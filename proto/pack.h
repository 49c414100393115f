/* A product family as the programs load it: what `tocsin pack build` made of the
 * YAML. Immutable once loaded; every pointer is owned by the pack. (contract)
 *
 * Rules travel as text with their place in the YAML; the gateway compiles them
 * at load, so no compiled code is ever trusted from a file. */
#ifndef PROTO_PACK_H
#define PROTO_PACK_H

#include "base/buf.h"
#include "base/err.h"

enum metric_kind { METRIC_GAUGE, METRIC_STATE, METRIC_COUNTER };
enum purpose { PURPOSE_SAFETY, PURPOSE_DIAGNOSIS, PURPOSE_USAGE };
enum severity { SEVERITY_MINOR, SEVERITY_MAJOR, SEVERITY_CRITICAL };
enum audience { AUDIENCE_CUSTOMER = 1, AUDIENCE_SUPPORT = 2, AUDIENCE_MANUFACTURER = 4 }; /* bits */

struct pack_label { /* a name as people read it, in one language */
    const char *lang, *text;
};
struct pack_metric {
    uint32_t id; /* 1..59999; for ever */
    const char *name, *unit;
    enum metric_kind kind;
    enum purpose purpose;
    double precision;       /* a reading is rounded to a multiple of this */
    int32_t exponent;       /* of the scaled integers: 10^exponent <= precision */
    int64_t stale_after_ms; /* 0: never */
    size_t n_labels;
    const struct pack_label *labels;
};
struct pack_fault {
    uint32_t id;
    const char *name, *component; /* component may be "" */
    enum severity severity;
    enum purpose purpose;
    size_t n_labels;
    const struct pack_label *labels;
};
struct pack_cycle {
    uint32_t id;
    const char *name;
    size_t n_metrics;
    const uint32_t *metrics;
    size_t n_labels;
    const struct pack_label *labels;
};
struct pack_action {
    uint32_t id;
    const char *name;
    bool idle_only, confirm_device;
    size_t n_labels;
    const struct pack_label *labels;
};
struct pack_place { /* where a text stands in the source */
    const char *file;
    uint32_t line, col;
};
struct pack_rule {
    /* clear and message may be "". when and clear stand as in the source, line
     * breaks and indentation included, so that a mistake can be told by place. */
    const char *name, *when, *clear, *message;
    struct pack_place at, when_at, clear_at;
    int64_t for_ms;
    enum severity severity;
    uint32_t tell; /* enum audience bits */
};
struct pack_message { /* one message in one language */
    const char *name, *lang;
    const char *title, *body;           /* for the customer */
    const char *support, *manufacturer; /* one line each; may be "" */
    size_t n_steps;
    const char *const *steps;
};
struct pack {
    const char *name;
    uint32_t revision;    /* counts up with each published change */
    uint64_t fingerprint; /* of the file's bytes */
    size_t n_models, n_metrics, n_faults, n_cycles, n_actions, n_rules, n_messages, n_labels;
    const char *const *models;         /* patterns: * and ? */
    const struct pack_metric *metrics; /* sorted by id, like the next three */
    const struct pack_fault *faults;
    const struct pack_cycle *cycles;
    const struct pack_action *actions;
    const struct pack_rule *rules;
    const struct pack_message *messages;
    const struct pack_label *labels; /* the family's own name */
};

/* Bounds of a pack; a larger one is refused. */
#define PACK_FILE_BYTES (1024 * 1024)
#define PACK_ITEMS      1024 /* metrics, faults, cycles, actions, of each */
#define PACK_RULES      256
#define PACK_MESSAGES   4096 /* names times languages */
#define PACK_LIST       64   /* models, labels, steps, metrics of a cycle */
#define PACK_ID_MAX     59999

/* Reads a built pack. ERR_CORRUPT (checksum), ERR_VERSION, ERR_INVALID, ERR_LIMIT,
 * ERR_NOMEM; `e` says which. The caller frees with pack_free. */
int pack_load(struct slice file, struct pack **ret_pack, struct err *e);
/* pack_load of a file by path. */
int pack_open(const char *path, struct pack **ret_pack, struct err *e);
void pack_free(struct pack *pack);
/* The built file of a pack (fingerprint is computed, not read). */
int pack_save(const struct pack *pack, struct buf *out);

/* NULL when there is none. */
const struct pack_metric *pack_metric(const struct pack *pack, uint32_t id);
const struct pack_metric *pack_metric_named(const struct pack *pack, const char *name);
const struct pack_fault *pack_fault(const struct pack *pack, uint32_t id);
const struct pack_fault *pack_fault_named(const struct pack *pack, const char *name);
const struct pack_cycle *pack_cycle(const struct pack *pack, uint32_t id);
const struct pack_cycle *pack_cycle_named(const struct pack *pack, const char *name);
const struct pack_action *pack_action(const struct pack *pack, uint32_t id);
/* The message in that language, else in English, else NULL. */
const struct pack_message *pack_message(const struct pack *pack, const char *name,
                                        const char *lang);
bool pack_fits(const struct pack *pack, const char *model);

#endif
