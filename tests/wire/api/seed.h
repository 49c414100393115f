/* What the API's tests find in the store. */
#ifndef TESTS_WIRE_API_SEED_H
#define TESTS_WIRE_API_SEED_H

#include "base/err.h"
#include "proto/pack.h"

#include <sqlite3.h>

#define SEED_MS INT64_C(1700000000000) /* when it all happened */

/* A store_apply_fn. */
int seed_apply(sqlite3 *db, void *arg, struct err *e);
const struct pack *seed_pack(void);

#endif
