/* One rule while it is compiled. Private to gateway/detect. */
#ifndef GATEWAY_DETECT_EMIT_H
#define GATEWAY_DETECT_EMIT_H

#include "gateway/detect/program.h"

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

/* "found more than LIMIT WHAT"; returns ERR_INVALID. */
int emit_too_many(const struct emit *m, const char *what, int limit);
/* The series or window that is there already, or a new one; noted for this rule.
 * A derived window has no series and an inner expression. */
int intern_series(struct emit *m, const struct series_ref *ref, uint16_t *ret);
int intern_window(struct emit *m, const struct node *call, struct window_def want, uint16_t *ret);
/* The rule may flip `ms` after the series' last report or change. */
int note_threshold(struct emit *m, uint16_t series, bool changed, int64_t ms);

/* FNV-1a; 0 starts. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t len);
uint64_t hash_u64(uint64_t h, uint64_t v);

#endif
