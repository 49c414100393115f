/* What a search for words finds beyond the store's own columns: the titles and
 * headlines of packs. */
#ifndef GATEWAY_API_REST_SEARCH_H
#define GATEWAY_API_REST_SEARCH_H

#include "base/buf.h"
#include "proto/pack.h"

/* Appends keys of one pack, each "PACK/MESSAGE" (a title in any language, or the
 * support line's English words, holds `text`, whatever its case) or "PACK/#FAULT" (so
 * does the fault's label or "fault 21"), as members of a JSON array that already
 * began. `*n` counts them. Pure. */
void search_pack(const struct pack *pack, const char *text, struct buf *out, size_t *n);

#endif
