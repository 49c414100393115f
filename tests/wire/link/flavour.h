/* Which of the two links a wire test runs over: the same stories for both. */
#ifndef TESTS_WIRE_LINK_FLAVOUR_H
#define TESTS_WIRE_LINK_FLAVOUR_H

#include "net/link.h"
#include "net/loop.h"

extern const bool flavour_is_device;
int flavour_open(struct loop *loop, const struct link_config *config,
                 const struct link_events *events, struct link *ret_link, struct err *e);

#endif
