#include "gateway/notify/outbox.h"

#include <stdio.h>

static int refused(sqlite3 *db, int rc, const char *what, struct err *e)
{
    return err_set(e, (rc & 0xff) == SQLITE_FULL ? ERR_FULL : ERR_IO, "%s: %s", what,
                   sqlite3_errmsg(db));
}

/* Runs a statement of the writer to its end. */
static int finish(sqlite3 *db, sqlite3_stmt *stmt, const char *what, struct err *e)
{
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_DONE ? 0 : refused(db, rc, what, e);
}

static const char *text(sqlite3_stmt *stmt, int column)
{
    const unsigned char *s = sqlite3_column_text(stmt, column);
    return s ? (const char *)s : "";
}

static enum opening opening_of(const char *state)
{
    if (!*state)
        return OPENING_NONE;
    if (strcmp(state, "accepted") == 0)
        return OPENING_TOLD;
    if (strcmp(state, "ready") == 0 || strcmp(state, "trying") == 0)
        return OPENING_PENDING;
    return OPENING_UNTOLD;
}

/* The opening's key is the one that gateway/people/plan.c gives it. */
static const char due_sql[] =
    "SELECT id, attempts, recipient, subject, body, channel, kind, created_ms,"
    " EXISTS (SELECT 1 FROM alerts a WHERE a.id = o.alert AND a.state = 'resolved'),"
    " CASE WHEN kind = 'alert.resolved' AND channel = 'email' THEN coalesce((SELECT p.state"
    "  FROM outbox p WHERE p.key = 'alert/' || o.alert || '/opened/customer/email/' ||"
    "  o.customer), 'dropped') ELSE '' END"
    " FROM outbox o WHERE state = 'ready' AND next_ms <= ?1"
    " AND ((channel = 'email' AND ?2) OR (channel = 'webhook' AND ?3"
    "  AND recipient NOT IN (?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)))"
    " ORDER BY next_ms LIMIT 64";

static void read_row(sqlite3_stmt *stmt, struct outbox_row *row)
{
    *row = (struct outbox_row){
        .id = sqlite3_column_int64(stmt, 0),
        .attempts = sqlite3_column_int64(stmt, 1),
        .recipient = text(stmt, 2),
        .subject = text(stmt, 3),
        .body = slice_of(sqlite3_column_blob(stmt, 4), (size_t)sqlite3_column_bytes(stmt, 4)),
    };
    row->judge = (struct schedule_row){
        .channel = strcmp(text(stmt, 5), "email") == 0 ? CHANNEL_EMAIL : CHANNEL_WEBHOOK,
        .opened = strcmp(text(stmt, 6), "alert.opened") == 0,
        .created_ms = sqlite3_column_int64(stmt, 7),
        .alert_over = sqlite3_column_int(stmt, 8),
        .opening = opening_of(text(stmt, 9)),
    };
}

int outbox_due(struct store *store, const struct outbox_wish *wish,
               bool (*each)(void *, const struct outbox_row *), void *arg, struct err *e)
{
    sqlite3_stmt *stmt = store_read(store, due_sql, e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, wish->now_ms);
    sqlite3_bind_int(stmt, 2, wish->channel[CHANNEL_EMAIL]);
    sqlite3_bind_int(stmt, 3, wish->channel[CHANNEL_WEBHOOK]);
    for (size_t i = 0; i < OUTBOX_LANES; i++)
        sqlite3_bind_text(stmt, (int)i + 4, i < wish->n_full ? wish->full[i] : "", -1,
                          SQLITE_TRANSIENT);
    int rc = sqlite3_step(stmt), result = 0;
    for (; rc == SQLITE_ROW; rc = sqlite3_step(stmt)) {
        struct outbox_row row;
        read_row(stmt, &row);
        if (!each(arg, &row))
            break;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        result = refused(sqlite3_db_handle(stmt), rc, "the outbox is not read", e);
    store_release(stmt);
    return result;
}

int outbox_next(struct store *store, int64_t now_ms, int64_t *ret_next_ms, struct err *e)
{
    sqlite3_stmt *stmt = store_read(
        store, "SELECT min(next_ms) FROM outbox WHERE state = 'ready' AND next_ms > ?1", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, now_ms);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret_next_ms =
            sqlite3_column_type(stmt, 0) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(stmt, 0);
    int result =
        rc == SQLITE_ROW ? 0 : refused(sqlite3_db_handle(stmt), rc, "the outbox is not read", e);
    store_release(stmt);
    return result;
}

int outbox_hook(struct store *store, const char *id, struct outbox_hook *ret_hook, struct err *e)
{
    sqlite3_stmt *stmt =
        store_read(store, "SELECT url, secret FROM webhooks WHERE id = ?1 AND enabled", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_text(stmt, 1, id, -1, SQLITE_TRANSIENT);
    int rc = sqlite3_step(stmt), result = 0;
    if (rc == SQLITE_ROW) {
        snprintf(ret_hook->url, sizeof ret_hook->url, "%s", text(stmt, 0));
        snprintf(ret_hook->secret, sizeof ret_hook->secret, "%s", text(stmt, 1));
    } else if (rc == SQLITE_DONE) {
        result = err_set(e, ERR_NOT_FOUND, "the webhook \"%.64s\" was removed or switched off", id);
    } else {
        result = refused(sqlite3_db_handle(stmt), rc, "a webhook is not read", e);
    }
    store_release(stmt);
    return result;
}

int outbox_recover(sqlite3 *db, int64_t now_ms, struct err *e)
{
    sqlite3_stmt *stmt =
        store_stmt(db,
                   "UPDATE attempts SET ended_ms = ?1,"
                   " detail = 'the gateway ended during this attempt' WHERE ended_ms IS NULL"
                   " AND outbox IN (SELECT id FROM outbox WHERE state = 'trying')",
                   e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, now_ms);
    int rc = finish(db, stmt, "open attempts are not ended", e);
    if (rc)
        return rc;
    stmt =
        store_stmt(db, "UPDATE outbox SET state = 'ready', next_ms = ?1 WHERE state = 'trying'", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, now_ms);
    return finish(db, stmt, "open outbox rows are not taken up again", e);
}

int outbox_claim(sqlite3 *db, int64_t id, int64_t now_ms, int64_t *ret_attempt, struct err *e)
{
    *ret_attempt = 0;
    sqlite3_stmt *stmt = store_stmt(db,
                                    "UPDATE outbox SET state = 'trying', attempts = attempts + 1"
                                    " WHERE id = ?1 AND state = 'ready'",
                                    e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, id);
    int rc = finish(db, stmt, "an outbox row is not claimed", e);
    if (rc || sqlite3_changes(db) == 0)
        return rc;
    stmt = store_stmt(db,
                      "INSERT INTO attempts (outbox, n, started_ms)"
                      " SELECT id, attempts, ?2 FROM outbox WHERE id = ?1 RETURNING n",
                      e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, now_ms);
    rc = sqlite3_step(stmt);
    int64_t n = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    if (rc == SQLITE_ROW)
        rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE)
        return refused(db, rc, "an attempt is not recorded", e);
    *ret_attempt = n;
    return 0;
}

static int end_attempt(sqlite3 *db, const struct outbox_result *r, struct err *e)
{
    sqlite3_stmt *stmt = store_stmt(
        db,
        "UPDATE attempts SET ended_ms = ?3, code = ?4, detail = ?5 WHERE outbox = ?1 AND n = ?2",
        e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, r->id);
    sqlite3_bind_int64(stmt, 2, r->attempt);
    sqlite3_bind_int64(stmt, 3, r->at_ms);
    sqlite3_bind_int64(stmt, 4, r->code);
    sqlite3_bind_text(stmt, 5, r->detail, -1, SQLITE_STATIC);
    return finish(db, stmt, "an attempt's result is not recorded", e);
}

int outbox_settle(sqlite3 *db, const struct outbox_result *r, struct err *e)
{
    int rc = r->attempt ? end_attempt(db, r, e) : 0;
    if (rc)
        return rc;
    bool later = strcmp(r->state, "ready") == 0;
    sqlite3_stmt *stmt =
        store_stmt(db,
                   "UPDATE outbox SET state = ?2, next_ms = ?3, done_ms = ?4, last_error = ?5"
                   " WHERE id = ?1 AND state = ?6",
                   e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, r->id);
    sqlite3_bind_text(stmt, 2, r->state, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, later ? r->next_ms : r->at_ms);
    if (!later)
        sqlite3_bind_int64(stmt, 4, r->at_ms);
    bool fine = strcmp(r->state, "accepted") == 0;
    sqlite3_bind_text(stmt, 5, fine ? "" : r->detail, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 6, r->attempt ? "trying" : "ready", -1, SQLITE_STATIC);
    return finish(db, stmt, "an outbox row's result is not recorded", e);
}

int outbox_revive(sqlite3 *db, int64_t id, int64_t now_ms, int *ret_code, struct err *e)
{
    sqlite3_stmt *stmt =
        store_stmt(db, "SELECT state IN ('dead', 'dropped') FROM outbox WHERE id = ?1", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, id);
    int rc = sqlite3_step(stmt);
    bool dead = rc == SQLITE_ROW && sqlite3_column_int(stmt, 0);
    sqlite3_reset(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return refused(db, rc, "the outbox is not read", e);
    *ret_code = rc == SQLITE_DONE ? ERR_NOT_FOUND : dead ? 0 : ERR_DENIED;
    if (*ret_code)
        return 0;
    /* created_ms moves too: the time after which we give up begins again */
    stmt = store_stmt(db,
                      "UPDATE outbox SET state = 'ready', next_ms = ?2, created_ms = ?2,"
                      " done_ms = NULL WHERE id = ?1",
                      e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, now_ms);
    return finish(db, stmt, "a letter is not replayed", e);
}
