/* The last events of the feed, shared by all its clients: each has only a cursor.
 * Pure; fixed memory; the oldest give way. */
#ifndef GATEWAY_API_FEED_RING_H
#define GATEWAY_API_FEED_RING_H

#include <stddef.h>
#include <stdint.h>

struct feed_ring;

/* NULL: no memory. */
struct feed_ring *feed_ring_new(size_t max_events, size_t max_bytes);
void feed_ring_free(struct feed_ring *r);
/* Copies; numbers must rise (others are left out). `text` is the event as it goes
 * to a client. ERR_LIMIT: larger than the ring, which is then empty. */
int feed_ring_push(struct feed_ring *r, int64_t no, const char *text, size_t len);
/* The first event after number `after`; NULL when there is none. Lent until the
 * next push. */
const char *feed_ring_next(const struct feed_ring *r, int64_t after, int64_t *ret_no,
                           size_t *ret_len);
/* Whether every event after number `after` (that was ever pushed) is still here. */
int feed_ring_covers(const struct feed_ring *r, int64_t after);
/* The last number that was pushed, or that feed_ring_start said. */
int64_t feed_ring_last(const struct feed_ring *r);
/* Events up to `no` happened before this ring began. */
void feed_ring_start(struct feed_ring *r, int64_t no);

#endif
