/* A line from what is committed: snapshots, inputs after them, then the rows that
 * are the law. */
#include "gateway/store/body.h"
#include "gateway/store/inside.h"
#include "gateway/store/line_store.h"

#include <stdio.h>
#include <stdlib.h>

/* Steps a lent statement over its rows. */
typedef int (*row_fn)(void *arg, sqlite3_stmt *stmt);

static int each_row(sqlite3_stmt *stmt, row_fn fn, void *arg, struct err *e)
{
    int sq, rc = 0;
    while (rc == 0 && (sq = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = fn(arg, stmt);
    if (rc)
        return err_set(e, rc, "store: a row cannot be restored: %s", err_name(rc));
    return sq == SQLITE_DONE ? 0 : store_fault(sqlite3_db_handle(stmt), sq, e, sqlite3_sql(stmt));
}

static int query(struct store *store, const char *sql, row_fn fn, void *arg, struct err *e)
{
    sqlite3_stmt *stmt = store_read(store, sql, e);
    if (!stmt)
        return e->code;
    int rc = each_row(stmt, fn, arg, e);
    store_release(stmt);
    return rc;
}

static struct slice blob(sqlite3_stmt *stmt, int column)
{
    const void *ptr = sqlite3_column_blob(stmt, column);
    return slice_of(ptr, (size_t)sqlite3_column_bytes(stmt, column));
}

static void text(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
    const char *s = (const char *)sqlite3_column_text(stmt, column);
    snprintf(to, size, "%s", s ? s : "");
}
#define TEXT(stmt, column, to) text(stmt, column, to, sizeof(to))

/* --- snapshots --- */

static int take_snapshot(void *arg, sqlite3_stmt *stmt)
{
    struct row_snapshot row = {.input_no = (uint64_t)sqlite3_column_int64(stmt, 1),
                               .version = (uint32_t)sqlite3_column_int(stmt, 2),
                               .bytes = blob(stmt, 3)};
    TEXT(stmt, 0, row.device);
    int rc = line_restore_snapshot(arg, &row);
    return rc == ERR_NOMEM ? rc : 0; /* one that is not taken is replayed from further back */
}

/* --- inputs --- */

struct numbers {
    uint64_t *ptr;
    size_t n, cap;
};

static int take_number(void *arg, sqlite3_stmt *stmt)
{
    struct numbers *list = arg;
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 1024;
        uint64_t *ptr = realloc(list->ptr, cap * sizeof *ptr);
        if (!ptr)
            return ERR_NOMEM;
        list->ptr = ptr;
        list->cap = cap;
    }
    list->ptr[list->n++] = (uint64_t)sqlite3_column_int64(stmt, 0);
    return 0;
}

struct wanted {
    struct store *store;
    struct line *line;
    struct numbers numbers;
    struct err *e;
};

/* The inputs of one device after its snapshot. */
static int want_device(void *arg, sqlite3_stmt *devices)
{
    struct wanted *w = arg;
    const char *id = (const char *)sqlite3_column_text(devices, 0);
    sqlite3_stmt *stmt =
        store_read(w->store, "SELECT no FROM inputs WHERE device=? AND no>? ORDER BY no", w->e);
    if (!stmt)
        return w->e->code;
    sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, (int64_t)line_replay_from(w->line, id));
    int rc = each_row(stmt, take_number, &w->numbers, w->e);
    store_release(stmt);
    return rc;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static int replay_one(void *arg, sqlite3_stmt *stmt)
{
    struct row_input row = {.no = (uint64_t)sqlite3_column_int64(stmt, 0),
                            .kind = (enum input_kind)sqlite3_column_int(stmt, 1),
                            .arrived_ms = sqlite3_column_int64(stmt, 3),
                            .fix = blob(stmt, 4),
                            .bytes = blob(stmt, 5)};
    TEXT(stmt, 2, row.device);
    int rc = line_replay(arg, &row);
    return rc == ERR_NOMEM ? rc : 0; /* the line counts what it could not read */
}

static int replay(struct wanted *w)
{
    sqlite3_stmt *stmt = store_read(
        w->store, "SELECT no,kind,device,arrived_ms,fix,bytes FROM inputs WHERE no=?", w->e);
    if (!stmt)
        return w->e->code;
    int rc = 0;
    for (size_t i = 0; i < w->numbers.n && rc == 0; i++) {
        sqlite3_reset(stmt);
        sqlite3_bind_int64(stmt, 1, (int64_t)w->numbers.ptr[i]);
        rc = each_row(stmt, replay_one, w->line, w->e);
    }
    store_release(stmt);
    return rc;
}

static int load_inputs(struct store *store, struct line *line, struct err *e)
{
    struct wanted w = {store, line, {0}, e};
    int rc = query(store, "SELECT no FROM inputs WHERE device='' ORDER BY no", take_number,
                   &w.numbers, e);
    if (rc == 0)
        rc = query(store, "SELECT id FROM devices ORDER BY id", want_device, &w, e);
    if (rc == 0) {
        if (w.numbers.n)
            qsort(w.numbers.ptr, w.numbers.n, sizeof w.numbers.ptr[0], by_number);
        rc = replay(&w);
    }
    free(w.numbers.ptr);
    return rc;
}

/* --- the law --- */

static int take_stream(void *arg, sqlite3_stmt *stmt)
{
    struct row_stream row = {.lane = (uint32_t)sqlite3_column_int(stmt, 2), .marks = blob(stmt, 3)};
    char hex[20];
    TEXT(stmt, 0, row.device);
    TEXT(stmt, 1, hex);
    row.stream = strtoull(hex, NULL, 16);
    return line_restore_stream(arg, &row);
}

static int take_alert(void *arg, sqlite3_stmt *stmt)
{
    struct row_alert row = {.tenant = (uint32_t)sqlite3_column_int(stmt, 1)};
    struct alert *a = &row.alert;
    char state[16];
    a->id = (uint64_t)sqlite3_column_int64(stmt, 0);
    TEXT(stmt, 2, row.device);
    a->instance = (uint32_t)sqlite3_column_int64(stmt, 3);
    TEXT(stmt, 4, a->rule);
    TEXT(stmt, 5, a->pack);
    TEXT(stmt, 6, a->message);
    a->severity = (enum severity)sqlite3_column_int(stmt, 7);
    a->tell = (uint32_t)sqlite3_column_int(stmt, 8);
    TEXT(stmt, 9, state);
    a->state = alert_state_of(state) == ALERT_ACKNOWLEDGED ? ALERT_ACKNOWLEDGED : ALERT_OPEN;
    a->snoozed_until_ms = sqlite3_column_int64(stmt, 10);
    a->since_ms = sqlite3_column_int64(stmt, 11);
    a->opened_ms = sqlite3_column_int64(stmt, 12);
    a->opened_arrival_ms = sqlite3_column_int64(stmt, 13);
    a->acked_ms = sqlite3_column_int64(stmt, 14);
    TEXT(stmt, 15, a->acked_by);
    a->test = sqlite3_column_int(stmt, 16) != 0;
    body_read_evidence((const char *)sqlite3_column_text(stmt, 17), a);
    body_read_metrics((const char *)sqlite3_column_text(stmt, 18), a);
    return line_restore_alert(arg, &row);
}

static int take_highest(void *arg, sqlite3_stmt *stmt)
{
    struct line_numbers *n = arg;
    n->input = (uint64_t)sqlite3_column_int64(stmt, 0);
    n->handoff = (uint64_t)sqlite3_column_int64(stmt, 1);
    return 0;
}

int store_load_line(struct store *store, struct line *line, struct err *e)
{
    struct line_numbers highest = {0};
    int rc =
        query(store, "SELECT device,input_no,version,bytes FROM snapshots", take_snapshot, line, e);
    if (rc == 0)
        rc = load_inputs(store, line, e);
    if (rc == 0)
        rc = query(store, "SELECT device,stream,lane,marks FROM streams", take_stream, line, e);
    if (rc == 0)
        rc = query(store,
                   "SELECT id,tenant,device,instance,rule,pack,message,severity,tell,state,"
                   "snoozed_until_ms,since_ms,opened_ms,opened_arrival_ms,acked_ms,acked_by,test,"
                   "evidence,metrics FROM alerts WHERE state<>'resolved' ORDER BY id",
                   take_alert, line, e);
    if (rc == 0)
        rc = query(store, "SELECT (SELECT max(no) FROM inputs),(SELECT max(no) FROM handoff)",
                   take_highest, &highest, e);
    if (rc == 0)
        line_restored(line, &highest);
    return rc;
}
