/* A bounded byte-record queue between one producer thread and one consumer
 * thread. The producer never waits: a record that does not fit is refused and
 * counted. Records keep their order. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/slice.h"

struct ring;

/* cap_bytes is rounded up to a power of two (64 at least). NULL: no memory. */
struct ring *ring_new(size_t cap_bytes);
void ring_free(struct ring *r);

/* Producer: copies head then body in as one record. False when there is no
 * room (counted by ring_dropped). */
bool ring_push(struct ring *r, struct slice head, struct slice body);

/* Consumer: lends the oldest record until ring_pop; false when empty. */
bool ring_peek(struct ring *r, struct slice *ret_record);
void ring_pop(struct ring *r);

/* Either side: records refused so far; bytes in use now. */
uint64_t ring_dropped(const struct ring *r);
size_t ring_used(const struct ring *r);

#endif
