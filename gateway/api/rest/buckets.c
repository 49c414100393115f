#include "gateway/api/rest/buckets.h"

#include <math.h>
#include <stdlib.h>

bool buckets_init(struct buckets *b, int64_t from_ms, int64_t to_ms, size_t points)
{
    *b = (struct buckets){.from_ms = from_ms, .to_ms = to_ms, .points = points};
    b->buckets = calloc(points, sizeof *b->buckets);
    b->samples = calloc(points, sizeof *b->samples);
    if (b->buckets && b->samples)
        return true;
    buckets_free(b);
    return false;
}

void buckets_free(struct buckets *b)
{
    free(b->buckets);
    free(b->samples);
    b->buckets = NULL;
    b->samples = NULL;
}

void buckets_add(struct buckets *b, int64_t at_ms, double value)
{
    if (at_ms < b->from_ms || at_ms > b->to_ms || !isfinite(value))
        return;
    if (b->n < b->points)
        b->samples[b->n] = (struct sample){at_ms, value};
    b->n++;
    double at = (double)(at_ms - b->from_ms);
    size_t i = (size_t)(at / ((double)(b->to_ms - b->from_ms) + 1) * (double)b->points);
    struct bucket *k = &b->buckets[i < b->points ? i : b->points - 1];
    k->min = k->n && k->min < value ? k->min : value;
    k->max = k->n && k->max > value ? k->max : value;
    k->sum += value;
    k->at_sum_ms += at;
    k->n++;
}

static int by_time(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

size_t buckets_finish(struct buckets *b)
{
    if (buckets_exact(b)) {
        qsort(b->samples, b->n, sizeof *b->samples, by_time);
        return b->n;
    }
    size_t n = 0;
    for (size_t i = 0; i < b->points; i++)
        if (b->buckets[i].n)
            b->buckets[n++] = b->buckets[i];
    return n;
}

struct bucket_point buckets_point(const struct buckets *b, size_t i)
{
    if (buckets_exact(b)) {
        double v = b->samples[i].value;
        return (struct bucket_point){b->samples[i].at_ms, v, v, v};
    }
    const struct bucket *k = &b->buckets[i];
    return (struct bucket_point){b->from_ms + (int64_t)(k->at_sum_ms / (double)k->n), k->min,
                                 k->sum / (double)k->n, k->max};
}
