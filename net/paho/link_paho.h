/* The link's loop side, over the worker's thread and a transport. */
#ifndef NET_PAHO_LINK_PAHO_H
#define NET_PAHO_LINK_PAHO_H

#include "net/link.h"
#include "net/loop.h"
#include "net/paho/transport.h"

struct link_paho;

/* `transport` is filled by the caller before the first use of the face.
 * ERR_NOMEM, ERR_IO, ERR_LIMIT (no or too many brokers), ERR_INVALID. */
int link_paho_new(struct loop *loop, const struct link_config *config,
                  const struct link_events *events, struct link_paho **ret_paho, struct err *e);
void link_paho_face(struct link_paho *p, const struct transport *transport, struct link *ret_link);

/* For the transport: its side of the attempt is dead, and the library is about to
 * see it; the link does not wait for that for long. */
void link_paho_died(struct link_paho *p);

#endif
