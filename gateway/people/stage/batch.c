#include "gateway/people/stage/batch.h"

#include "gateway/store/store.h"

void batch_reset(struct batch *b, int64_t from, int64_t now_ms)
{
    buf_reset(&b->rows);
    b->from = b->to = from;
    b->now_ms = now_ms;
    b->n_rows = b->n_openings = 0;
}

void batch_add(struct batch *b, const struct event *ev, const struct plan_row *row)
{
    struct buf *to = &b->rows;
    buf_bytes(to, slice_str(row->key));
    buf_zigzag(to, ev->tenant);
    buf_varint(to, row->audience);
    buf_bytes(to, slice_str(row->channel));
    buf_bytes(to, slice_str(row->recipient));
    buf_u8(to, row->customer != NULL);
    buf_bytes(to, slice_str(row->customer));
    buf_bytes(to, slice_str(ev->device));
    buf_zigzag(to, ev->alert);
    buf_zigzag(to, ev->no);
    buf_bytes(to, slice_str(row->kind));
    buf_bytes(to, slice_str(row->subject));
    buf_bytes(to, row->body);
    buf_bytes(to, slice_str(row->dead));
    b->n_rows++;
    if (ev->move == EVENT_OPENED && !batch_opens(b, ev->alert) && b->n_openings < BATCH_EVENTS)
        b->openings[b->n_openings++] = ev->alert;
}

bool batch_opens(const struct batch *b, int64_t alert)
{
    for (size_t i = 0; i < b->n_openings; i++)
        if (b->openings[i] == alert)
            return true;
    return false;
}

static int finish(sqlite3 *db, sqlite3_stmt *stmt, const char *what, struct err *e)
{
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (rc == SQLITE_DONE)
        return 0;
    return err_set(e, (rc & 0xff) == SQLITE_FULL ? ERR_FULL : ERR_IO, "%s is not written: %s", what,
                   sqlite3_errmsg(db));
}

static void bind_text(sqlite3_stmt *stmt, int at, struct slice s)
{
    sqlite3_bind_text(stmt, at, s.ptr ? (const char *)s.ptr : "", (int)s.len, SQLITE_STATIC);
}

static int put_row(sqlite3 *db, struct reader *r, int64_t now_ms, struct err *e)
{
    sqlite3_stmt *stmt = store_stmt(
        db,
        "INSERT INTO outbox (key, tenant, created_ms, audience, channel, recipient, customer,"
        " device, alert, handoff, kind, subject, body, state, next_ms, done_ms, last_error)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?3,?15,?16)"
        " ON CONFLICT (key) DO NOTHING",
        e);
    if (!stmt)
        return ERR_IO;
    bind_text(stmt, 1, read_bytes(r));
    sqlite3_bind_int64(stmt, 2, read_zigzag(r));
    sqlite3_bind_int64(stmt, 3, now_ms);
    sqlite3_bind_int64(stmt, 4, (int64_t)read_varint(r));
    bind_text(stmt, 5, read_bytes(r));
    bind_text(stmt, 6, read_bytes(r));
    bool has_customer = read_u8(r);
    struct slice customer = read_bytes(r);
    if (has_customer)
        bind_text(stmt, 7, customer);
    bind_text(stmt, 8, read_bytes(r));
    sqlite3_bind_int64(stmt, 9, read_zigzag(r));
    sqlite3_bind_int64(stmt, 10, read_zigzag(r));
    bind_text(stmt, 11, read_bytes(r));
    bind_text(stmt, 12, read_bytes(r));
    struct slice body = read_bytes(r), dead = read_bytes(r);
    sqlite3_bind_blob(stmt, 13, body.ptr, (int)body.len, SQLITE_STATIC);
    bind_text(stmt, 14, slice_str(dead.len ? "dead" : "ready"));
    if (dead.len)
        sqlite3_bind_int64(stmt, 15, now_ms);
    bind_text(stmt, 16, dead);
    return finish(db, stmt, "an outbox row", e);
}

static int check_cursor(sqlite3 *db, const struct batch *b, struct err *e)
{
    sqlite3_stmt *stmt = store_stmt(db, "SELECT no FROM cursors WHERE stage = 'people'", e);
    if (!stmt)
        return ERR_IO;
    int rc = sqlite3_step(stmt);
    int64_t no = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return err_set(e, ERR_IO, "the people stage's cursor is not read: %s", sqlite3_errmsg(db));
    if (no != b->from)
        return err_set(e, ERR_BUSY, "the people stage's cursor is at %lld, not %lld", (long long)no,
                       (long long)b->from);
    return 0;
}

int batch_apply(sqlite3 *db, const struct batch *b, struct err *e)
{
    int rc = check_cursor(db, b, e);
    struct reader r = reader_of(buf_slice(&b->rows));
    for (size_t i = 0; rc == 0 && i < b->n_rows; i++)
        rc = put_row(db, &r, b->now_ms, e);
    if (rc)
        return rc;
    sqlite3_stmt *stmt = store_stmt(db,
                                    "INSERT INTO cursors (stage, no) VALUES ('people', ?1)"
                                    " ON CONFLICT (stage) DO UPDATE SET no = excluded.no",
                                    e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, b->to);
    return finish(db, stmt, "the people stage's cursor", e);
}
