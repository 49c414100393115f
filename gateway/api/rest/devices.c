/* Devices: the list, one of them, and what the ledger knows of it. */
#include "gateway/api/rest/call.h"

#include <stdio.h>

#define DEVICE_COLUMNS                                                                             \
    "SELECT d.id, d.name, d.model, d.serial, d.firmware, d.pack, d.pack_revision, d.presence,"     \
    " d.presence_ms, d.first_seen_ms, d.last_seen_ms, d.newest_ms,"                                \
    " (SELECT count(*) FROM alerts a WHERE a.tenant = d.tenant AND a.device = d.id"                \
    "  AND a.state <> 'resolved'),"                                                                \
    " (SELECT max(a.severity) FROM alerts a WHERE a.tenant = d.tenant AND a.device = d.id"         \
    "  AND a.state <> 'resolved'),"                                                                \
    " c.id, c.name, d.hardware, d.agent, d.components, d.tenant"                                   \
    " FROM devices d LEFT JOIN ownership o ON o.device = d.id AND o.to_ms IS NULL"                 \
    " LEFT JOIN customers c ON c.id = o.customer"

static json_t *row_json(sqlite3_stmt *s)
{
    static const char *const texts[] = {"id", "name", "model", "serial", "firmware", "pack"};
    static const char *const times[] = {"presence_ms", "first_seen_ms", "last_seen_ms",
                                        "newest_ms"};
    json_t *o = json_object();
    for (int i = 0; i < 6; i++)
        json_object_set_new(o, texts[i], col_text_json(s, i));
    json_object_set_new(o, "pack_revision", col_int(s, 6));
    json_object_set_new(o, "presence", col_text_json(s, 7));
    for (int i = 0; i < 4; i++)
        json_object_set_new(o, times[i], col_int(s, 8 + i));
    json_object_set_new(o, "open_alerts", col_int(s, 12));
    json_object_set_new(o, "worst_severity",
                        sqlite3_column_type(s, 13) == SQLITE_NULL
                            ? json_null()
                            : json_string(out_severity(sqlite3_column_int64(s, 13))));
    json_object_set_new(o, "customer", col_customer(s, 14, 15));
    return o;
}

static json_t *components_json(const char *stored)
{
    json_t *list = json_loads(stored, 0, NULL), *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        json_array_append_new(
            out, json_pack("{s:o, s:o, s:o}", "name",
                           out_text(json_string_value(json_object_get(c, "name"))), "serial",
                           out_text(json_string_value(json_object_get(c, "serial"))), "lot",
                           out_text(json_string_value(json_object_get(c, "lot")))));
    }
    json_decref(list);
    return out;
}

static const char *const presences[] = {"unknown", "online", "offline", "asleep", "off", NULL};

struct filter {
    const char *q, *model, *customer;
    int presence;
    struct page page;
};

static void parse(const struct call *c, struct filter *f, struct problem *p)
{
    static const char *const known[] = {"limit",    "after",    "q", "model",
                                        "presence", "customer", NULL};
    const struct query *q = http_query(c->req);
    *f = (struct filter){.presence = -1};
    query_known(q, known, p);
    page_parse(c, &f->page, p);
    query_text(q, "q", 256, &f->q, p);
    query_text(q, "model", 256, &f->model, p);
    query_text(q, "customer", 64, &f->customer, p);
    query_word(q, "presence", presences, &f->presence, p);
}

/* ?1 model ?2 presence ?3 customer ?4 q ?5 the id before ?6 limit */
static const char *statement(const struct filter *f, struct buf *sql)
{
    buf_str(sql, DEVICE_COLUMNS " WHERE d.id > ?5");
    buf_str(sql, f->model ? " AND d.model = ?1" : "");
    buf_str(sql, f->presence >= 0 ? " AND d.presence = ?2" : "");
    buf_str(sql, f->customer ? " AND o.customer = ?3" : "");
    if (f->q)
        buf_str(sql, " AND (d.id LIKE ?4 ESCAPE '\\' OR d.name LIKE ?4 ESCAPE '\\'"
                     " OR d.model LIKE ?4 ESCAPE '\\' OR d.serial LIKE ?4 ESCAPE '\\'"
                     " OR d.firmware LIKE ?4 ESCAPE '\\' OR c.name LIKE ?4 ESCAPE '\\')");
    buf_str(sql, " ORDER BY d.id LIMIT ?6");
    return buf_cstr(sql);
}

static void reply_rows(struct call *c, sqlite3_stmt *s, const struct filter *f)
{
    json_t *items = json_array();
    char next[80] = "", last[80] = "";
    while (sqlite3_step(s) == SQLITE_ROW) {
        if ((int64_t)json_array_size(items) == f->page.limit) {
            memcpy(next, last, sizeof next);
            break;
        }
        json_array_append_new(items, row_json(s));
        snprintf(last, sizeof last, "%s", col_text(s, 0));
    }
    call_json(c, 200, page_json(items, next));
}

void devices_list(void *ctx, void *request)
{
    struct call *c = request;
    struct filter f;
    struct buf sql;
    char like[600];
    (void)ctx;
    parse(c, &f, &c->problem);
    if (call_failed(c))
        return;
    buf_init(&sql, 8192);
    sqlite3_stmt *s = call_read(c, statement(&f, &sql));
    if (s) {
        bind_text(s, 1, f.model);
        bind_text(s, 2, f.presence >= 0 ? presences[f.presence] : NULL);
        bind_text(s, 3, f.customer);
        like_pattern(like, sizeof like, f.q ? f.q : "");
        bind_text(s, 4, like);
        bind_text(s, 5, f.page.after ? f.page.after : "");
        sqlite3_bind_int64(s, 6, f.page.limit + 1);
        reply_rows(c, s, &f);
        store_release(s);
    }
    buf_free(&sql);
}

/* The row alone; NULL: answered. The pack is lent. */
static json_t *read_device(struct call *c, const char *id, const struct pack **ret_pack)
{
    json_t *root = NULL;
    sqlite3_stmt *s = call_read(c, DEVICE_COLUMNS " WHERE d.id = ?1");
    if (!s)
        return NULL;
    bind_text(s, 1, id);
    if (sqlite3_step(s) == SQLITE_ROW) {
        root = row_json(s);
        json_object_set_new(root, "hardware", col_text_json(s, 16));
        json_object_set_new(root, "agent", col_text_json(s, 17));
        json_object_set_new(root, "components", components_json(col_text(s, 18)));
        json_object_set_new(root, "tenant", col_int(s, 19));
        *ret_pack = pack_of(c->rest, col_text(s, 5));
    }
    store_release(s);
    if (!root)
        call_not_found(c, "device");
    return root;
}

void device_reply(struct call *c, const char *id)
{
    const struct pack *pack = NULL;
    json_t *root = read_device(c, id, &pack);
    if (!root)
        return;
    json_t *latest = device_latest(c, id, pack);
    json_t *ledger = latest ? device_ledger(c, id) : NULL;
    json_object_set_new(root, "latest", latest);
    json_object_set_new(root, "ledger", ledger);
    json_t *settings = ledger ? device_settings(c, id, pack) : NULL;
    json_object_set_new(root, "settings", settings);
    if (settings)
        call_json(c, 200, root);
    else
        json_decref(root);
}

void devices_get(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    device_reply(c, call_param(c));
}
