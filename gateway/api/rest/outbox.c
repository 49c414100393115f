/* The outbox: what was told to whom, and dead letters once more. */
#include "gateway/api/access/row.h"
#include "gateway/api/access/users.h"
#include "gateway/api/rest/call.h"

#include <stdlib.h>

#define OUTBOX_COLUMNS                                                                             \
    "SELECT id, kind, audience, channel, recipient, device, alert, subject, state, attempts,"      \
    " created_ms, next_ms, done_ms, last_error FROM outbox"

static const char *const states[] = {"ready", "trying", "accepted", "dead", "dropped", NULL};

static json_t *row_json(sqlite3_stmt *s)
{
    json_t *o =
        json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "id", col_int(s, 0), "kind",
                  col_text_json(s, 1), "audience", audience_name(sqlite3_column_int64(s, 2)),
                  "channel", col_text_json(s, 3), "recipient", col_text_json(s, 4), "device",
                  col_text_json(s, 5), "alert", col_int_or_null(s, 6));
    json_object_set_new(o, "subject", col_text_json(s, 7));
    json_object_set_new(o, "state", col_text_json(s, 8));
    json_object_set_new(o, "attempts", col_int(s, 9));
    json_object_set_new(o, "created_ms", col_int(s, 10));
    json_object_set_new(o, "next_ms", col_int(s, 11));
    json_object_set_new(o, "done_ms", col_int_or_null(s, 12));
    json_object_set_new(o, "last_error", col_text_json(s, 13));
    return o;
}

void outbox_list(void *ctx, void *request)
{
    static const char *const known[] = {"limit", "after", "state", "alert", NULL};
    struct call *c = request;
    const struct query *q = http_query(c->req);
    struct page page;
    int state = -1;
    int64_t alert = 0, key = INT64_MAX, last = 0;
    char next[32] = "";
    (void)ctx;
    query_known(q, known, &c->problem);
    page_parse(c, &page, &c->problem);
    query_word(q, "state", states, &state, &c->problem);
    query_int(q, "alert", 1, INT64_MAX, &alert, &c->problem);
    if (page.after && !cursor_parse(page.after, &key, 1))
        problem_field(&c->problem, 400, "after", "is no cursor of this list");
    if (call_failed(c))
        return;
    sqlite3_stmt *s =
        call_read(c, alert ? OUTBOX_COLUMNS " WHERE id < ?1 AND (?2 IS NULL OR state = ?2)"
                                            " AND alert = ?3 ORDER BY id DESC LIMIT ?4"
                           : OUTBOX_COLUMNS " WHERE id < ?1 AND (?2 IS NULL OR state = ?2)"
                                            " ORDER BY id DESC LIMIT ?4");
    if (!s)
        return;
    sqlite3_bind_int64(s, 1, key);
    bind_text(s, 2, state >= 0 ? states[state] : NULL);
    sqlite3_bind_int64(s, 3, alert);
    sqlite3_bind_int64(s, 4, page.limit + 1);
    json_t *items = json_array();
    while (sqlite3_step(s) == SQLITE_ROW) {
        if ((int64_t)json_array_size(items) == page.limit) {
            cursor_print(next, sizeof next, &last, 1);
            break;
        }
        json_array_append_new(items, row_json(s));
        last = sqlite3_column_int64(s, 0);
    }
    store_release(s);
    call_json(c, 200, page_json(items, next));
}

struct replay {
    struct write_head head;
    int64_t id;
    int changed;
};

static int apply(sqlite3 *db, void *arg, struct err *e)
{
    struct replay *r = arg;
    const struct call *c = r->head.call;
    int code = row_run(db, e,
                       "UPDATE outbox SET state = 'ready', next_ms = ?2, done_ms = NULL"
                       " WHERE id = ?1 AND state = 'dead'",
                       "ii", r->id, c->now_ms);
    r->changed = sqlite3_changes(db);
    return code || !r->changed
               ? code
               : audit_put(db, c->now_ms, c->who.actor, "outbox.replay", call_param(c), "", e);
}

static void done(void *arg)
{
    struct replay *r = arg;
    struct call *c = r->head.call;
    json_t *root = NULL;
    sqlite3_stmt *s = call_read(c, OUTBOX_COLUMNS " WHERE id = ?1");
    if (!s)
        return;
    sqlite3_bind_int64(s, 1, r->id);
    if (sqlite3_step(s) == SQLITE_ROW)
        root = row_json(s);
    store_release(s);
    if (!root) {
        call_not_found(c, "outbox entry");
    } else if (!r->changed) {
        http_refuse(c->req, 409, "only a dead letter can be replayed; this one is %s",
                    json_string_value(json_object_get(root, "state")));
        json_decref(root);
    } else {
        if (c->rest->ops->outbox_changed)
            c->rest->ops->outbox_changed(c->rest->ops->ctx);
        call_json(c, 200, root);
    }
}

void outbox_replay(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    if (!call_body(c))
        return;
    body_empty(c->body, &c->problem);
    if (call_failed(c))
        return;
    struct replay *r = calloc(1, sizeof *r);
    if (!r) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    r->head = (struct write_head){c, apply, done};
    r->id = call_id(c);
    call_write(r);
}
