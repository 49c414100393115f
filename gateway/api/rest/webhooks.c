/* Webhooks. Their secrets go in and never come out. */
#include "gateway/api/access/row.h"
#include "gateway/api/access/users.h"
#include "gateway/api/rest/call.h"

#include <stdlib.h>

static json_t *row_json(sqlite3_stmt *s)
{
    return json_pack("{s:o, s:o, s:o, s:b}", "id", col_text_json(s, 0), "url", col_text_json(s, 1),
                     "audience", out_audience((uint32_t)sqlite3_column_int64(s, 2)), "enabled",
                     sqlite3_column_int(s, 3));
}

void webhooks_list(void *ctx, void *request)
{
    static const char *const known[] = {NULL};
    struct call *c = request;
    (void)ctx;
    query_known(http_query(c->req), known, &c->problem);
    if (call_failed(c))
        return;
    sqlite3_stmt *s =
        call_read(c, "SELECT id, url, audience, enabled FROM webhooks ORDER BY id LIMIT 500");
    if (!s)
        return;
    json_t *items = json_array();
    while (sqlite3_step(s) == SQLITE_ROW)
        json_array_append_new(items, row_json(s));
    store_release(s);
    call_json(c, 200, page_json(items, NULL));
}

struct webhook_write {
    struct write_head head;
    struct body_webhook body; /* texts live in the call's body */
    int changed;
};

static void reply_webhook(struct call *c)
{
    json_t *root = NULL;
    sqlite3_stmt *s = call_read(c, "SELECT id, url, audience, enabled FROM webhooks WHERE id = ?1");
    if (!s)
        return;
    bind_text(s, 1, call_param(c));
    if (sqlite3_step(s) == SQLITE_ROW)
        root = row_json(s);
    store_release(s);
    if (root)
        call_json(c, 200, root);
    else
        call_not_found(c, "webhook");
}

static int put_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct webhook_write *w = arg;
    const struct call *c = w->head.call;
    int code = 0;
    if (w->body.secret)
        code = row_run(db, e,
                       "INSERT INTO webhooks (id, url, secret, audience, enabled)"
                       " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET"
                       " url = ?2, secret = ?3, audience = ?4, enabled = ?5",
                       "sssii", call_param(c), w->body.url, w->body.secret,
                       (int64_t)w->body.audience, (int64_t)w->body.enabled);
    else
        code = row_run(db, e,
                       "UPDATE webhooks SET url = ?2, audience = ?3, enabled = ?4 WHERE id = ?1",
                       "ssii", call_param(c), w->body.url, (int64_t)w->body.audience,
                       (int64_t)w->body.enabled);
    w->changed = sqlite3_changes(db);
    return code || !w->changed ? code
                               : audit_put(db, c->now_ms, c->who.actor, "webhook.put",
                                           call_param(c), w->body.url, e);
}

static void put_done(void *arg)
{
    struct webhook_write *w = arg;
    struct problem p = {0};
    if (w->changed) {
        reply_webhook(w->head.call);
        return;
    }
    problem_field(&p, 422, "secret", "is missing: a new webhook needs one");
    http_reply_problem(w->head.call->req, &p);
}

void webhooks_put(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    if (!key_is_valid(call_param(c))) {
        http_refuse(c->req, 400, "an id has 1 to 64 letters, digits, '.', '_', '@' or '-'");
        return;
    }
    if (!call_body(c))
        return;
    struct webhook_write *w = calloc(1, sizeof *w);
    if (!w) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    w->head = (struct write_head){c, put_apply, put_done};
    body_webhook(c->body, &w->body, &c->problem);
    if (call_failed(c))
        free(w);
    else
        call_write(w);
}

static int delete_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct webhook_write *w = arg;
    const struct call *c = w->head.call;
    int code = row_run(db, e, "DELETE FROM webhooks WHERE id = ?1", "s", call_param(c));
    w->changed = sqlite3_changes(db);
    return code || !w->changed
               ? code
               : audit_put(db, c->now_ms, c->who.actor, "webhook.delete", call_param(c), "", e);
}

static void delete_done(void *arg)
{
    struct webhook_write *w = arg;
    struct http_reply reply = {.status = 204};
    if (w->changed)
        http_reply(w->head.call->req, &reply);
    else
        call_not_found(w->head.call, "webhook");
}

void webhooks_delete(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    struct webhook_write *w = calloc(1, sizeof *w);
    if (!w) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    w->head = (struct write_head){c, delete_apply, delete_done};
    call_write(w);
}
