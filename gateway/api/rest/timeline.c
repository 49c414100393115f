/* GET /devices/{id}/timeline: what happened to a device, from the tables that know
 * of it, newest first. The cursor is time, table, row. */
#include "gateway/api/rest/owner.h"
#include "gateway/people/words.h"

#include <stdio.h>

/* at, table, row, kind, severity, alert, then texts by table:
 * 1 pack, message, rule, actor, reason, evidence   2 body   3 audience, channel, state, kind
 * 4 customer */
static const char timeline_sql[] =
    "SELECT * FROM ("
    "SELECT l.at_ms AS at, 1 AS src, l.id AS row, 'alert.' || l.move AS kind, a.severity AS sev,"
    " a.id AS alert, a.pack AS t1, a.message AS t2, a.rule AS t3, l.actor AS t4, l.reason AS t5,"
    " a.evidence AS t6"
    " FROM alerts a JOIN alert_log l ON l.alert = a.id WHERE a.device = ?1"
    " UNION ALL SELECT h.at_ms, 2, h.no, h.kind, NULL, NULL, h.body, '', '', '', '', ''"
    " FROM handoff h WHERE h.device = ?1 AND h.kind LIKE 'device.%'"
    " UNION ALL SELECT coalesce(x.done_ms, x.created_ms), 3, x.id, 'told', NULL, x.alert,"
    " x.audience, x.channel, x.state, x.kind, x.last_error, ''"
    " FROM outbox x WHERE x.device = ?1 AND x.state IN ('accepted', 'dead')"
    " UNION ALL SELECT w.from_ms, 4, w.from_ms, 'owner', NULL, NULL, c.name, '', '', '', '', ''"
    " FROM ownership w JOIN customers c ON c.id = w.customer WHERE w.device = ?1"
    ") WHERE at >= ?2 AND at <= ?3 AND (at, src, row) < (?4, ?5, ?6)"
    " ORDER BY at DESC, src DESC, row DESC LIMIT ?7";

static void alert_text(const struct rest *rest, sqlite3_stmt *s, char *out, size_t cap)
{
    static const struct {
        const char *kind, *verb;
    } verbs[] = {
        {"alert.opened", "Alert"},      {"alert.acknowledged", "Acknowledged"},
        {"alert.snoozed", "Snoozed"},   {"alert.unsnoozed", "Snooze ended"},
        {"alert.resolved", "Resolved"}, {"alert.noted", "Note"},
    };
    const char *verb = "Alert", *kind = col_text(s, 3);
    json_t *evidence = json_loads(col_text(s, 11), 0, NULL);
    struct words w = {.pack = pack_of(rest, col_text(s, 6)),
                      .rule = col_text(s, 8),
                      .message = col_text(s, 7),
                      .device = "the device",
                      .model = "",
                      .device_name = "",
                      .evidence = evidence};
    struct buf headline;
    buf_init(&headline, 8192);
    words_headline(&w, &headline);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].kind, kind) == 0)
            verb = verbs[i].verb;
    snprintf(out, cap, "%s: %s", verb, buf_cstr(&headline));
    buf_free(&headline);
    json_decref(evidence);
}

static void entry_text(const struct rest *rest, sqlite3_stmt *s, char *text, char *detail,
                       size_t cap)
{
    switch (sqlite3_column_int(s, 1)) {
    case 1:
        alert_text(rest, s, text, cap);
        snprintf(detail, cap, "%s%s%s", col_text(s, 9), col_text(s, 10)[0] ? ": " : "",
                 col_text(s, 10));
        return;
    case 2: {
        json_t *body = json_loads(col_text(s, 6), 0, NULL);
        const char *presence = json_string_value(json_object_get(body, "presence"));
        if (presence)
            snprintf(text, cap, "Device is %s", presence);
        else
            snprintf(text, cap, "%s", col_text(s, 3));
        json_decref(body);
        return;
    }
    case 3:
        snprintf(text, cap, "%s to %s: %s", col_text(s, 7),
                 audience_name(sqlite3_column_int64(s, 6)), col_text(s, 8));
        snprintf(detail, cap, "%s%s%s", col_text(s, 9), col_text(s, 10)[0] ? ": " : "",
                 col_text(s, 10));
        return;
    default: snprintf(text, cap, "Belongs to %s", col_text(s, 6));
    }
}

static json_t *entry_json(const struct rest *rest, sqlite3_stmt *s)
{
    char text[700] = "", detail[700] = "";
    entry_text(rest, s, text, detail, sizeof text);
    json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "at_ms", col_int(s, 0), "kind",
                          col_text_json(s, 3), "text", out_text(text), "detail", out_text(detail));
    if (sqlite3_column_type(s, 4) != SQLITE_NULL)
        json_object_set_new(o, "severity", json_string(out_severity(sqlite3_column_int64(s, 4))));
    if (sqlite3_column_type(s, 5) != SQLITE_NULL)
        json_object_set_new(o, "alert", col_int(s, 5));
    return o;
}

static void reply_rows(struct call *c, sqlite3_stmt *s, int64_t limit)
{
    json_t *items = json_array();
    char next[80] = "";
    int64_t key[3] = {0, 0, 0};
    while (sqlite3_step(s) == SQLITE_ROW) {
        if ((int64_t)json_array_size(items) == limit) {
            cursor_print(next, sizeof next, key, 3);
            break;
        }
        json_array_append_new(items, entry_json(c->rest, s));
        for (int i = 0; i < 3; i++)
            key[i] = sqlite3_column_int64(s, i);
    }
    call_json(c, 200, page_json(items, next));
}

void device_timeline(void *ctx, void *request)
{
    static const char *const known[] = {"limit", "after", "from_ms", "to_ms", NULL};
    struct call *c = request;
    struct page page;
    int64_t from_ms = 0, to_ms = WALL_MS_MAX, owned_ms = 0, after[3] = {INT64_MAX, 0, 0};
    (void)ctx;
    query_known(http_query(c->req), known, &c->problem);
    page_parse(c, &page, &c->problem);
    query_int(http_query(c->req), "from_ms", 0, WALL_MS_MAX, &from_ms, &c->problem);
    query_int(http_query(c->req), "to_ms", 0, WALL_MS_MAX, &to_ms, &c->problem);
    if (page.after && !cursor_parse(page.after, after, 3))
        problem_field(&c->problem, 400, "after", "is no cursor of this list");
    if (call_failed(c) || !owner_since(c, call_param(c), &owned_ms))
        return;
    sqlite3_stmt *s = call_read(c, timeline_sql);
    if (!s)
        return;
    bind_text(s, 1, call_param(c));
    sqlite3_bind_int64(s, 2, from_ms > owned_ms ? from_ms : owned_ms);
    sqlite3_bind_int64(s, 3, to_ms);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(s, 4 + i, after[i]);
    sqlite3_bind_int64(s, 7, page.limit + 1);
    reply_rows(c, s, page.limit);
    store_release(s);
}
