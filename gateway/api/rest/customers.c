/* Customers. */
#include "gateway/api/access/row.h"
#include "gateway/api/access/users.h"
#include "gateway/api/rest/call.h"

#include <stdio.h>
#include <stdlib.h>

#define CUSTOMER_COLUMNS "SELECT id, name, language, timezone, email, phone, channel FROM customers"

static json_t *row_json(sqlite3_stmt *s)
{
    static const char *const names[] = {"id",    "name",  "language", "timezone",
                                        "email", "phone", "channel"};
    json_t *o = json_object();
    for (int i = 0; i < 7; i++)
        json_object_set_new(o, names[i], col_text_json(s, i));
    return o;
}

void customers_list(void *ctx, void *request)
{
    static const char *const known[] = {"limit", "after", "q", NULL};
    struct call *c = request;
    struct page page;
    const char *q = "";
    char like[600], next[80] = "", last[80] = "";
    (void)ctx;
    query_known(http_query(c->req), known, &c->problem);
    page_parse(c, &page, &c->problem);
    query_text(http_query(c->req), "q", 256, &q, &c->problem);
    if (call_failed(c))
        return;
    sqlite3_stmt *s = call_read(c, CUSTOMER_COLUMNS
                                " WHERE id > ?1 AND (id LIKE ?2 ESCAPE '\\' OR name LIKE ?2"
                                " ESCAPE '\\' OR email LIKE ?2 ESCAPE '\\') ORDER BY id LIMIT ?3");
    if (!s)
        return;
    like_pattern(like, sizeof like, q);
    bind_text(s, 1, page.after ? page.after : "");
    bind_text(s, 2, like);
    sqlite3_bind_int64(s, 3, page.limit + 1);
    json_t *items = json_array();
    while (sqlite3_step(s) == SQLITE_ROW) {
        if ((int64_t)json_array_size(items) == page.limit) {
            memcpy(next, last, sizeof next);
            break;
        }
        json_array_append_new(items, row_json(s));
        snprintf(last, sizeof last, "%s", col_text(s, 0));
    }
    store_release(s);
    call_json(c, 200, page_json(items, next));
}

/* What the customer has and had; NULL: answered. */
static json_t *devices_json(struct call *c, const char *id)
{
    sqlite3_stmt *s =
        call_read(c, "SELECT o.device, coalesce(d.name, ''), coalesce(d.model, ''), o.from_ms,"
                     " o.to_ms FROM ownership o LEFT JOIN devices d ON d.id = o.device"
                     " WHERE o.customer = ?1 ORDER BY o.from_ms DESC LIMIT 500");
    if (!s)
        return NULL;
    json_t *list = json_array();
    bind_text(s, 1, id);
    while (sqlite3_step(s) == SQLITE_ROW)
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", col_text_json(s, 0),
                                        "name", col_text_json(s, 1), "model", col_text_json(s, 2),
                                        "from_ms", col_int(s, 3), "to_ms", col_int_or_null(s, 4)));
    store_release(s);
    return list;
}

static void customer_reply(struct call *c, const char *id)
{
    json_t *root = NULL;
    sqlite3_stmt *s = call_read(c, CUSTOMER_COLUMNS " WHERE id = ?1");
    if (!s)
        return;
    bind_text(s, 1, id);
    if (sqlite3_step(s) == SQLITE_ROW)
        root = row_json(s);
    store_release(s);
    if (!root) {
        call_not_found(c, "customer");
        return;
    }
    json_t *devices = devices_json(c, id);
    if (!devices) {
        json_decref(root);
        return;
    }
    json_object_set_new(root, "devices", devices);
    call_json(c, 200, root);
}

void customers_get(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    customer_reply(c, call_param(c));
}

struct customer_write {
    struct write_head head;
    struct body_customer body; /* texts live in the call's body */
};

static int apply(sqlite3 *db, void *arg, struct err *e)
{
    struct customer_write *w = arg;
    const struct call *c = w->head.call;
    int code = row_run(db, e,
                       "INSERT INTO customers (id, name, language, timezone, email, phone, channel)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET"
                       " name = ?2, language = ?3, timezone = ?4, email = ?5, phone = ?6,"
                       " channel = ?7",
                       "sssssss", call_param(c), w->body.name, w->body.language, w->body.timezone,
                       w->body.email, w->body.phone, w->body.channel);
    return code ? code
                : audit_put(db, c->now_ms, c->who.actor, "customer.put", call_param(c), "", e);
}

static void done(void *arg)
{
    struct customer_write *w = arg;
    customer_reply(w->head.call, call_param(w->head.call));
}

/* An id in the path of a PUT makes the thing, so it must be a good one. */
static bool key_checked(struct call *c)
{
    if (key_is_valid(call_param(c)))
        return true;
    http_refuse(c->req, 400, "an id has 1 to 64 letters, digits, '.', '_', '@' or '-'");
    return false;
}

void customers_put(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    if (!key_checked(c) || !call_body(c))
        return;
    struct customer_write *w = calloc(1, sizeof *w);
    if (!w) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    w->head = (struct write_head){c, apply, done};
    body_customer(c->body, &w->body, &c->problem);
    if (call_failed(c))
        free(w);
    else
        call_write(w);
}
