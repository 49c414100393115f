/* The rows that are in our hands: each sits in a slot from its pick to its recorded
 * result.
 *
 *   free --> claiming --> sending --> settling --> free
 *     |                                  ^   |
 *     +-- not worth sending -------------+   +-- the store refused: again in a second
 */
#ifndef GATEWAY_NOTIFY_DELIVERY_H
#define GATEWAY_NOTIFY_DELIVERY_H

#include "gateway/notify/multi.h"
#include "gateway/notify/notify.h"
#include "gateway/notify/outbox.h"
#include "gateway/notify/send.h"
#include "gateway/store/store.h"

struct delivery;

struct delivery_config {
    struct store *store; /* these are borrowed for life */
    struct multi *multi;
    const struct notify_config *notify; /* complete: no zeros left */
    void (*changed)(void *arg);         /* a slot is free or needs another look */
    void *arg;
};

/* NULL: no memory. */
struct delivery *delivery_new(const struct delivery_config *config);
/* Only when delivery_pending says 0. */
void delivery_free(struct delivery *delivery);

/* Starts what is due and has room. *ret_next_ms: when to look again at the latest. */
void delivery_look(struct delivery *delivery, int64_t now_ms, int64_t *ret_next_ms);
/* Breaks off what is being sent and starts nothing more. */
void delivery_stop(struct delivery *delivery);
/* Jobs that the store has not answered yet. */
size_t delivery_pending(const struct delivery *delivery);
void delivery_stats(const struct delivery *delivery, struct notify_stats *ret_stats);

#endif
