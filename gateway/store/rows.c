/* Small reads and writes beside the line's own: packs, hand-off rows. */
#include "gateway/store/inside.h"
#include "gateway/store/line_store.h"

int store_apply_pack(sqlite3 *db, void *arg, struct err *e)
{
    const struct store_pack *pack = arg;
    sqlite3_stmt *stmt = store_stmt(
        db, "INSERT OR IGNORE INTO packs (fingerprint,name,revision,file) VALUES (?,?,?,?)", e);
    if (!stmt)
        return e->code;
    sqlite3_bind_int64(stmt, 1, (int64_t)pack->fingerprint);
    sqlite3_bind_text(stmt, 2, pack->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, pack->revision);
    sqlite3_bind_blob(stmt, 4, pack->file.ptr, (int)pack->file.len, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    rc = rc == SQLITE_DONE ? 0 : store_fault(db, rc, e, "a pack");
    sqlite3_reset(stmt);
    return rc;
}

int store_each_pack(struct store *store, void (*each)(void *arg, struct slice file), void *arg,
                    struct err *e)
{
    sqlite3_stmt *stmt = store_read(store, "SELECT file FROM packs", e);
    if (!stmt)
        return e->code;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const void *ptr = sqlite3_column_blob(stmt, 0);
        each(arg, slice_of(ptr, (size_t)sqlite3_column_bytes(stmt, 0)));
    }
    rc = rc == SQLITE_DONE ? 0 : store_fault(sqlite3_db_handle(stmt), rc, e, "packs");
    store_release(stmt);
    return rc;
}

int store_each_handoff(struct store *store, int64_t after, int limit,
                       void (*each)(void *arg, const struct store_handoff *row), void *arg,
                       struct err *e)
{
    sqlite3_stmt *stmt = store_read(store,
                                    "SELECT no,at_ms,alert,kind,device,body FROM handoff"
                                    " WHERE no>? ORDER BY no LIMIT ?",
                                    e);
    if (!stmt)
        return e->code;
    sqlite3_bind_int64(stmt, 1, after);
    sqlite3_bind_int(stmt, 2, limit);
    int n = 0, rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_handoff row = {.no = sqlite3_column_int64(stmt, 0),
                                    .at_ms = sqlite3_column_int64(stmt, 1),
                                    .alert = sqlite3_column_int64(stmt, 2),
                                    .kind = (const char *)sqlite3_column_text(stmt, 3),
                                    .device = (const char *)sqlite3_column_text(stmt, 4),
                                    .body = (const char *)sqlite3_column_text(stmt, 5)};
        each(arg, &row);
        n++;
    }
    rc = rc == SQLITE_DONE ? n : store_fault(sqlite3_db_handle(stmt), rc, e, "hand-off rows");
    store_release(stmt);
    return rc;
}

int64_t store_last_handoff(struct store *store, struct err *e)
{
    sqlite3_stmt *stmt = store_read(store, "SELECT coalesce(max(no),0) FROM handoff", e);
    if (!stmt)
        return e->code;
    int rc = sqlite3_step(stmt);
    int64_t no = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0)
                                  : store_fault(sqlite3_db_handle(stmt), rc, e, "hand-off rows");
    store_release(stmt);
    return no;
}
