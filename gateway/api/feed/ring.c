#include "gateway/api/feed/ring.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    int64_t no;
    size_t at, len; /* in bytes; an event never wraps */
};

struct feed_ring {
    struct entry *entries; /* a ring of max, the oldest at `first` */
    size_t max, first, n;
    char *bytes;
    size_t cap, head;   /* the next event goes to head */
    int64_t last, gone; /* numbers up to `gone` are not here any more */
};

struct feed_ring *feed_ring_new(size_t max_events, size_t max_bytes)
{
    struct feed_ring *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->entries = calloc(max_events, sizeof *r->entries);
    r->bytes = malloc(max_bytes);
    r->max = max_events;
    r->cap = max_bytes;
    if (r->entries && r->bytes)
        return r;
    feed_ring_free(r);
    return NULL;
}

void feed_ring_free(struct feed_ring *r)
{
    if (!r)
        return;
    free(r->entries);
    free(r->bytes);
    free(r);
}

static struct entry *entry_at(const struct feed_ring *r, size_t i)
{
    return &r->entries[(r->first + i) % r->max];
}

static void drop_oldest(struct feed_ring *r)
{
    r->gone = entry_at(r, 0)->no;
    r->first = (r->first + 1) % r->max;
    r->n--;
}

int feed_ring_push(struct feed_ring *r, int64_t no, const char *text, size_t len)
{
    if (no <= r->last)
        return 0;
    r->last = no;
    if (len > r->cap) {
        r->n = 0;
        r->gone = no;
        return ERR_LIMIT;
    }
    if (r->head + len > r->cap) {
        /* What lies between head and the end is older than what lies before head. */
        while (r->n && entry_at(r, 0)->at >= r->head)
            drop_oldest(r);
        r->head = 0;
    }
    while (r->n && (r->n == r->max ||
                    (entry_at(r, 0)->at >= r->head && entry_at(r, 0)->at < r->head + len)))
        drop_oldest(r);
    memcpy(r->bytes + r->head, text, len);
    r->n++;
    *entry_at(r, r->n - 1) = (struct entry){no, r->head, len};
    r->head += len;
    return 0;
}

const char *feed_ring_next(const struct feed_ring *r, int64_t after, int64_t *ret_no,
                           size_t *ret_len)
{
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (entry_at(r, mid)->no > after)
            hi = mid;
        else
            lo = mid + 1;
    }
    if (lo == r->n)
        return NULL;
    const struct entry *e = entry_at(r, lo);
    *ret_no = e->no;
    *ret_len = e->len;
    return r->bytes + e->at;
}

int feed_ring_covers(const struct feed_ring *r, int64_t after)
{
    return after >= r->gone;
}

int64_t feed_ring_last(const struct feed_ring *r)
{
    return r->last;
}

void feed_ring_start(struct feed_ring *r, int64_t no)
{
    r->last = r->gone = no;
}
