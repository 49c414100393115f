/* The schema's version: a new store is made, an older one brought up, a newer one
 * refused. */
#include "gateway/store/inside.h"

#include <stdio.h>

static int pragma(sqlite3 *db, const char *sql, int64_t *ret, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW) {
        rc = store_fault(db, rc, e, sql);
        sqlite3_finalize(stmt);
        return rc;
    }
    *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return 0;
}

static int make(sqlite3 *db, struct err *e)
{
    char stamp[128];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
             STORE_ID, STORE_SCHEMA);
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, store_schema_sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, stamp, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return 0;
    rc = store_fault(db, rc, e, "making the store");
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* From each version to the next, in one transaction. */
static int bring_up(sqlite3 *db, struct err *e)
{
    static const char sql[] = "BEGIN IMMEDIATE;"
                              "CREATE TABLE twins (device TEXT PRIMARY KEY, desired INTEGER NOT"
                              " NULL, reported INTEGER NOT NULL, settings TEXT NOT NULL) WITHOUT"
                              " ROWID; PRAGMA user_version=2; COMMIT";
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return 0;
    rc = store_fault(db, rc, e, "bringing the store up");
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int store_upgrade(sqlite3 *db, const char *path, struct err *e)
{
    int64_t id = 0, version = 0, tables = 0;
    int rc = pragma(db, "PRAGMA application_id", &id, e);
    if (rc == 0)
        rc = pragma(db, "PRAGMA user_version", &version, e);
    if (rc == 0)
        rc = pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, e);
    if (rc)
        return rc;
    if (tables == 0)
        return make(db, e);
    if (id != STORE_ID)
        return err_set(e, ERR_INVALID, "%s is not a store of tocsin: name another file", path);
    if (version > STORE_SCHEMA)
        return err_set(e, ERR_VERSION,
                       "%s was written by a newer program (schema %lld, this one knows %d): "
                       "install that one again",
                       path, (long long)version, STORE_SCHEMA);
    return version < STORE_SCHEMA ? bring_up(db, e) : 0;
}
