/* The topics: a device speaks on one and hears on one.
 *
 *   tocsin/up/<device>     batches, hello, will, accounts (QoS 1, not retained)
 *   tocsin/down/<device>   acks (QoS 0), commands and settings (QoS 1)
 *   tocsin/feed/alerts     the gateway's live feed, for whoever may read it
 *   tocsin/echo/<gateway>  the gateway's own echo, its proof of a living way */
#ifndef PROTO_TOPIC_H
#define PROTO_TOPIC_H

#include "base/slice.h"
#include "proto/limits.h"

#define TOPIC_UP_FILTER   "tocsin/up/+"
#define TOPIC_FEED_ALERTS "tocsin/feed/alerts"
#define TOPIC_MAX         (16 + LIMIT_DEVICE_ID)

enum topic_kind { TOPIC_NONE, TOPIC_UP, TOPIC_DOWN, TOPIC_ECHO };

/* 1..64 characters of [A-Za-z0-9._-], not "." or "..". */
bool topic_id_valid(struct slice id);

/* Writes the topic of a valid id, NUL-terminated, into TOPIC_MAX bytes. */
void topic_of(char *to, enum topic_kind kind, struct slice id);

/* Takes a topic apart; the id borrows from `topic`. TOPIC_NONE when it is none
 * of ours or its id is not valid. */
enum topic_kind topic_parse(struct slice topic, struct slice *ret_id);

#endif
