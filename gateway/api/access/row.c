#include "gateway/api/access/row.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

static int failed(sqlite3 *db, int rc, struct err *e)
{
    int code = ERR_IO;
    if (rc == SQLITE_FULL)
        code = ERR_FULL;
    else if (rc == SQLITE_CONSTRAINT)
        code = ERR_EXISTS;
    return err_set(e, code, "store: %s", sqlite3_errmsg(db));
}

int row_run(sqlite3 *db, struct err *e, const char *sql, const char *kinds, ...)
{
    sqlite3_stmt *s = NULL;
    va_list args;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    va_start(args, kinds);
    for (int i = 0; rc == SQLITE_OK && kinds[i]; i++) {
        if (kinds[i] == 's')
            rc = sqlite3_bind_text(s, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
        else
            rc = sqlite3_bind_int64(s, i + 1, va_arg(args, int64_t));
    }
    va_end(args);
    while (rc == SQLITE_OK || rc == SQLITE_ROW)
        rc = sqlite3_step(s);
    int code = rc == SQLITE_DONE ? 0 : failed(db, rc, e);
    sqlite3_finalize(s);
    return code;
}
