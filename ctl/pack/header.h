/* A pack's ids as C names, for firmware. */
#ifndef CTL_PACK_HEADER_H
#define CTL_PACK_HEADER_H

#include "proto/pack.h"

/* The same pack gives the same text. */
void header_write(const struct pack *pack, struct buf *out);

#endif
