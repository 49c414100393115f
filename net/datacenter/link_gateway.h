/* The gateway's link: Paho with OpenSSL. */
#ifndef NET_DATACENTER_LINK_GATEWAY_H
#define NET_DATACENTER_LINK_GATEWAY_H

#include "net/link.h"
#include "net/loop.h"

/* Fills the face; nothing is tried before its `connect`. ERR_NOMEM, ERR_IO,
 * ERR_LIMIT, ERR_INVALID (a broker's address), ERR_NOT_FOUND (a file). */
int link_gateway_open(struct loop *loop, const struct link_config *config,
                      const struct link_events *events, struct link *ret_link, struct err *e);

#endif
