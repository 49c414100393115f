/* PUT /devices/{id}/owner: ownership is an interval. The open one ends where the
 * new one begins; asking for what is already so changes nothing. */
#include "gateway/api/rest/owner.h"

#include "gateway/api/access/row.h"
#include "gateway/api/access/users.h"

#include <stdlib.h>

enum owner_verdict { OWNER_OK, OWNER_NO_DEVICE, OWNER_NO_CUSTOMER, OWNER_TOO_EARLY };

struct owner_write {
    struct write_head head;
    struct body_owner body; /* texts live in the call's body */
    enum owner_verdict verdict;
};

bool owner_since(struct call *c, const char *device, int64_t *ret_from_ms)
{
    /* Who never had another owner's time behind it hides nothing: what a device said
     * before it was first registered is nobody's secret. */
    sqlite3_stmt *s =
        call_read(c, "SELECT coalesce((SELECT o.from_ms FROM ownership o WHERE o.device = d.id"
                     " AND o.to_ms IS NULL), (SELECT max(p.to_ms) FROM ownership p WHERE"
                     " p.device = d.id)), EXISTS (SELECT 1 FROM ownership p WHERE"
                     " p.device = d.id AND p.to_ms IS NOT NULL) FROM devices d WHERE d.id = ?1");
    if (!s)
        return false;
    bind_text(s, 1, device);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    bool cut = found && sqlite3_column_int(s, 1) && c->who.level < ACCESS_ADMIN;
    int64_t from_ms = cut ? sqlite3_column_int64(s, 0) : 0;
    store_release(s);
    if (found)
        *ret_from_ms = from_ms;
    else
        call_not_found(c, "device");
    return found;
}

/* Reads one row of the writer's view; 1 found, 0 not, or an error code. */
static int exists(sqlite3 *db, const char *sql, const char *key, struct err *e)
{
    sqlite3_stmt *s = store_stmt(db, sql, e);
    if (!s)
        return e->code;
    bind_text(s, 1, key);
    int rc = sqlite3_step(s);
    store_release(s);
    return rc == SQLITE_ROW;
}

struct open_interval {
    bool is, same;              /* there is one; it is the wanted customer's */
    int64_t from_ms, closed_ms; /* of the open one; when the last closed one ended */
};

static int read_open(sqlite3 *db, const struct owner_write *w, struct open_interval *ret,
                     struct err *e)
{
    sqlite3_stmt *s = store_stmt(db,
                                 "SELECT from_ms, to_ms, customer = ?2 FROM ownership"
                                 " WHERE device = ?1 ORDER BY from_ms DESC LIMIT 1",
                                 e);
    if (!s)
        return e->code;
    bind_text(s, 1, call_param(w->head.call));
    bind_text(s, 2, w->body.customer);
    *ret = (struct open_interval){0};
    if (sqlite3_step(s) == SQLITE_ROW) {
        ret->is = sqlite3_column_type(s, 1) == SQLITE_NULL;
        ret->from_ms = ret->is ? sqlite3_column_int64(s, 0) : 0;
        ret->closed_ms = ret->is ? 0 : sqlite3_column_int64(s, 1);
        ret->same = ret->is && w->body.customer && sqlite3_column_int(s, 2);
    }
    store_release(s);
    return 0;
}

static int change_hands(sqlite3 *db, struct owner_write *w, struct err *e)
{
    const char *device = call_param(w->head.call);
    struct open_interval open = {0};
    int code = read_open(db, w, &open, e);
    if (code || open.same || (!open.is && !w->body.customer))
        return code;
    if ((open.is && w->body.from_ms <= open.from_ms) || w->body.from_ms < open.closed_ms) {
        w->verdict = OWNER_TOO_EARLY;
        return 0;
    }
    if (open.is)
        code = row_run(db, e, "UPDATE ownership SET to_ms = ?2 WHERE device = ?1 AND to_ms IS NULL",
                       "si", device, w->body.from_ms);
    if (!code && w->body.customer)
        code =
            row_run(db, e, "INSERT INTO ownership (device, customer, from_ms) VALUES (?1, ?2, ?3)",
                    "ssi", device, w->body.customer, w->body.from_ms);
    return code;
}

static int apply(sqlite3 *db, void *arg, struct err *e)
{
    struct owner_write *w = arg;
    const struct call *c = w->head.call;
    int found = exists(db, "SELECT 1 FROM devices WHERE id = ?1", call_param(c), e);
    w->verdict = found ? OWNER_OK : OWNER_NO_DEVICE;
    if (found == 1 && w->body.customer) {
        found = exists(db, "SELECT 1 FROM customers WHERE id = ?1", w->body.customer, e);
        w->verdict = found ? OWNER_OK : OWNER_NO_CUSTOMER;
    }
    if (found != 1)
        return found;
    int code = change_hands(db, w, e);
    if (code || w->verdict)
        return code;
    if (w->body.name)
        code = row_run(db, e, "UPDATE devices SET name = ?2 WHERE id = ?1", "ss", call_param(c),
                       w->body.name);
    return code ? code
                : audit_put(db, c->now_ms, c->who.actor, "owner.put", call_param(c),
                            w->body.customer ? w->body.customer : "", e);
}

static void done(void *arg)
{
    struct owner_write *w = arg;
    struct call *c = w->head.call;
    struct problem p = {0};
    switch (w->verdict) {
    case OWNER_OK: device_reply(c, call_param(c)); return;
    case OWNER_NO_DEVICE: call_not_found(c, "device"); return;
    case OWNER_NO_CUSTOMER:
        problem_field(&p, 422, "customer", "there is no customer %s", w->body.customer);
        break;
    case OWNER_TOO_EARLY:
        problem_set(&p, 409, "from_ms is not after the present owner's time began");
        break;
    }
    http_reply_problem(c->req, &p);
}

void owner_put(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    if (!call_body(c))
        return;
    struct owner_write *w = calloc(1, sizeof *w);
    if (!w) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    w->head = (struct write_head){c, apply, done};
    body_owner(c->body, c->now_ms, &w->body, &c->problem);
    if (call_failed(c))
        free(w);
    else
        call_write(w);
}
