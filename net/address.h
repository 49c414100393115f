/* A broker's address as people write it. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/err.h"
#include "base/slice.h"

#define ADDRESS_HOST_MAX 256

/* Host and port of "host:port" or "[host]:port". ERR_INVALID, with the sentence. */
int address_split(const char *text, char ret_host[ADDRESS_HOST_MAX], uint16_t *ret_port,
                  struct err *e);

#endif
