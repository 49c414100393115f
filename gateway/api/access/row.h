/* One statement, its values, done: for writes that are a line of SQL. */
#ifndef GATEWAY_API_ACCESS_ROW_H
#define GATEWAY_API_ACCESS_ROW_H

#include "base/err.h"

#include <sqlite3.h>

/* Binds by `kinds`, a letter a value: s const char * (NULL: null), i int64_t.
 * Runs to the end. ERR_EXISTS: a unique key is taken; ERR_FULL, ERR_IO. */
int row_run(sqlite3 *db, struct err *e, const char *sql, const char *kinds, ...);

#endif
