/* The device's link: Paho without TLS, through a tunnel inside this process that
 * carries its bytes by mbedTLS on the loop. */
#ifndef NET_DEVICE_LINK_DEVICE_H
#define NET_DEVICE_LINK_DEVICE_H

#include "net/link.h"
#include "net/loop.h"

/* Fills the face; nothing is tried before its `connect`. ERR_NOMEM, ERR_IO,
 * ERR_LIMIT, ERR_INVALID (an address or file), ERR_NOT_FOUND (a file). */
int link_device_open(struct loop *loop, const struct link_config *config,
                     const struct link_events *events, struct link *ret_link, struct err *e);

#endif
