/* The ring holds records as [u32 length][bytes], each padded to 8 bytes and
 * never wrapped: when a record does not fit before the end, a skip mark sends
 * the consumer back to the start. Head and tail count bytes for ever; their
 * difference is what is in use. */
#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SKIP UINT32_MAX

struct ring {
    _Atomic size_t tail; /* written by the producer */
    _Atomic size_t head; /* written by the consumer */
    _Atomic uint64_t dropped;
    size_t cap;
    uint8_t *data;
};

struct ring *ring_new(size_t cap_bytes)
{
    size_t cap = 64;
    while (cap < cap_bytes)
        cap *= 2;
    struct ring *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->cap = cap;
    r->data = malloc(cap);
    if (!r->data) {
        free(r);
        return NULL;
    }
    return r;
}

void ring_free(struct ring *r)
{
    if (!r)
        return;
    free(r->data);
    free(r);
}

static size_t padded(size_t len)
{
    return (len + 4 + 7) & ~(size_t)7;
}

static void put_len(struct ring *r, size_t at, uint32_t len)
{
    memcpy(r->data + (at & (r->cap - 1)), &len, sizeof len);
}

bool ring_push(struct ring *r, struct slice head, struct slice body)
{
    size_t len = head.len + body.len;
    size_t need = padded(len);
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    size_t used = tail - atomic_load_explicit(&r->head, memory_order_acquire);
    size_t to_end = r->cap - (tail & (r->cap - 1));
    size_t skip = need > to_end ? to_end : 0;

    if (len > UINT32_MAX - 16 || need > r->cap || used + skip + need > r->cap) {
        atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
        return false;
    }
    if (skip) {
        put_len(r, tail, SKIP);
        tail += skip;
    }
    put_len(r, tail, (uint32_t)len);
    uint8_t *at = r->data + (tail & (r->cap - 1)) + 4;
    if (head.len)
        memcpy(at, head.ptr, head.len);
    if (body.len)
        memcpy(at + head.len, body.ptr, body.len);
    atomic_store_explicit(&r->tail, tail + need, memory_order_release);
    return true;
}

bool ring_peek(struct ring *r, struct slice *ret_record)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    if (head == tail)
        return false;
    uint32_t len;
    memcpy(&len, r->data + (head & (r->cap - 1)), sizeof len);
    if (len == SKIP) {
        head += r->cap - (head & (r->cap - 1));
        atomic_store_explicit(&r->head, head, memory_order_release);
        memcpy(&len, r->data + (head & (r->cap - 1)), sizeof len);
    }
    *ret_record = slice_of(r->data + (head & (r->cap - 1)) + 4, len);
    return true;
}

void ring_pop(struct ring *r)
{
    struct slice record;
    if (!ring_peek(r, &record))
        return;
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    atomic_store_explicit(&r->head, head + padded(record.len), memory_order_release);
}

uint64_t ring_dropped(const struct ring *r)
{
    return atomic_load_explicit(&r->dropped, memory_order_relaxed);
}

size_t ring_used(const struct ring *r)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    return atomic_load_explicit(&r->tail, memory_order_acquire) - head;
}
