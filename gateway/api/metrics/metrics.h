/* Prometheus' text format (version 0.0.4): a family, then its values. Pure. */
#ifndef GATEWAY_API_METRICS_METRICS_H
#define GATEWAY_API_METRICS_METRICS_H

#include "base/buf.h"

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM };

struct metrics {
    struct buf *out;    /* borrowed */
    const char *family; /* the one that values belong to */
};

/* Begins a family; `name` (borrowed until the next family) by Prometheus' rules:
 * tocsin_..., units at the end, counters in _total. */
void metrics_family(struct metrics *m, const char *name, enum metrics_type type, const char *help);
void metrics_value(struct metrics *m, double value);
/* One label; the value may hold any bytes. */
void metrics_labelled(struct metrics *m, const char *label, const char *label_value, double value);

/* Durations in seconds, in buckets from 1 ms to 10 s; add costs a few compares. */
#define METRICS_BUCKETS 13
struct metrics_histogram {
    uint64_t counts[METRICS_BUCKETS + 1];
    double sum_s;
};
void metrics_histogram_add(struct metrics_histogram *h, double seconds);
/* The whole family. */
void metrics_histogram_put(struct metrics *m, const char *name, const char *help,
                           const struct metrics_histogram *h);

#endif
