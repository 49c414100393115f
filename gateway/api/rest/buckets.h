/* A series thinned to what a chart can show: fixed memory however long it is.
 * Pure. */
#ifndef GATEWAY_API_REST_BUCKETS_H
#define GATEWAY_API_REST_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket {
    uint64_t n;
    double min, max, sum;
    double at_sum_ms; /* relative to from_ms */
};
struct sample {
    int64_t at_ms;
    double value;
};
struct buckets {
    int64_t from_ms, to_ms;
    size_t points;
    uint64_t n;             /* samples so far */
    struct bucket *buckets; /* points of them */
    struct sample *samples; /* the samples themselves while they are no more than points */
};
struct bucket_point {
    int64_t at_ms;
    double min, avg, max;
};

/* False: no memory. to_ms > from_ms, points > 0. */
bool buckets_init(struct buckets *b, int64_t from_ms, int64_t to_ms, size_t points);
void buckets_free(struct buckets *b);
/* In any order; what is outside the span or not finite is left out. */
void buckets_add(struct buckets *b, int64_t at_ms, double value);
static inline bool buckets_exact(const struct buckets *b)
{
    return b->n <= b->points;
}
/* Sorts what is there; then points 0..n-1 in the order of time. */
size_t buckets_finish(struct buckets *b);
struct bucket_point buckets_point(const struct buckets *b, size_t i);

#endif
