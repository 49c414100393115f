/* ids.lock: what each id of a pack means, for ever. A line an id, as
 * "metric 1 cabinet_temp gauge celsius 0.1" or "fault 21 defrost_heater_open". */
#ifndef CTL_PACK_LEDGER_H
#define CTL_PACK_LEDGER_H

#include "ctl/pack/source.h"

/* Compares the pack with DIR/ids.lock. What was reused, retyped, re-scaled, renamed
 * or removed is reported; what is new too, or with `update` is added to the file.
 * `ret_added`: how many. */
void ledger_check(const struct pack_source *src, bool update, size_t *ret_added,
                  struct report *report);

#endif
