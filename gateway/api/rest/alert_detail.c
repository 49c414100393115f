/* GET /alerts/{id}: the row, what made it, what happened to it, who was told, and
 * the words of its message. */
#include "gateway/api/rest/alert_row.h"
#include "gateway/builtin/builtin.h"

/* A number of the stored evidence; 0 means "none" where `zero_is_none`. */
static json_t *number(const json_t *clause, const char *key, bool zero_is_none)
{
    json_t *v = json_object_get(clause, key);
    if (!json_is_number(v) || (zero_is_none && json_number_value(v) == 0))
        return json_null();
    return json_incref(v);
}

static json_t *clause_json(const struct pack *pack, const json_t *clause)
{
    uint32_t metric = (uint32_t)json_integer_value(json_object_get(clause, "metric"));
    uint32_t fault = (uint32_t)json_integer_value(json_object_get(clause, "fault"));
    const struct pack_metric *m = metric ? builtin_metric(pack, metric) : NULL;
    const struct pack_fault *f = pack && fault ? pack_fault(pack, fault) : NULL;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "text",
                     out_text(json_string_value(json_object_get(clause, "text"))), "value",
                     number(clause, "value", false), "limit", number(clause, "limit", false),
                     "metric", number(clause, "metric", true), "metric_name",
                     m ? out_text(label_of(m->labels, m->n_labels, m->name)) : json_null(), "unit",
                     m ? out_text(m->unit) : json_null(), "fault", number(clause, "fault", true),
                     "fault_name",
                     f ? out_text(label_of(f->labels, f->n_labels, f->name)) : json_null(),
                     "window_ms", number(clause, "window_ms", true));
}

static json_t *evidence_json(const struct pack *pack, const char *stored)
{
    json_t *list = json_loads(stored, 0, NULL), *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(out, clause_json(pack, json_array_get(list, i)));
    json_decref(list);
    return out;
}

static json_t *metrics_json(const struct pack *pack, const char *stored)
{
    json_t *list = json_loads(stored, 0, NULL), *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(
            out, metric_json(pack, (uint32_t)json_integer_value(json_array_get(list, i))));
    json_decref(list);
    return out;
}

static json_t *filled(const char *text, const struct render_values *values)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    render_text(text, values, &out);
    json_t *json = out_text(buf_cstr(&out));
    buf_free(&out);
    return json;
}

/* As the customer reads it: in the owner's language, by the owner's clock. */
static json_t *customer_text(struct rest *rest, const struct words *w, const char *language,
                             const char *zone)
{
    const struct pack_message *m = render_message(w->pack, w->message, *language ? language : "en");
    struct render_values v;
    struct buf name;
    if (!m || !*m->body)
        return json_null();
    buf_init(&name, 1024);
    words_device(w, m->lang, &name);
    words_values(w, m->lang, buf_cstr(&name), *zone ? zones_get(&rest->zones, zone) : NULL, &v);
    json_t *steps = json_array();
    for (size_t i = 0; i < m->n_steps; i++)
        json_array_append_new(steps, filled(m->steps[i], &v));
    json_t *text = json_pack("{s:o, s:o, s:o, s:o}", "lang", out_text(m->lang), "title",
                             filled(m->title, &v), "body", filled(m->body, &v), "steps", steps);
    buf_free(&name);
    return text;
}

static json_t *line_json(const struct words *w, enum audience audience)
{
    struct buf line;
    buf_init(&line, 8192);
    words_line(w, audience, &line);
    json_t *json = out_text_or_null(buf_cstr(&line));
    buf_free(&line);
    return json;
}

static json_t *texts_json(struct call *c, sqlite3_stmt *s)
{
    json_t *evidence;
    struct words w = alert_row_words(c->rest, s, c->now_ms, &evidence);
    json_t *texts = json_pack(
        "{s:o, s:o, s:o}", "customer",
        customer_text(c->rest, &w, col_text(s, ALERT_LANGUAGE), col_text(s, ALERT_ZONE)), "support",
        line_json(&w, AUDIENCE_SUPPORT), "manufacturer", line_json(&w, AUDIENCE_MANUFACTURER));
    json_decref(evidence);
    return texts;
}

static json_t *entry_json(sqlite3_stmt *s)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "at_ms", col_int(s, 0), "arrival_ms",
                     col_int(s, 1), "move", col_text_json(s, 2), "actor", col_text_json(s, 3),
                     "reason", col_text_json(s, 4));
}

static json_t *told_json(sqlite3_stmt *s)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", col_int(s, 0),
                     "kind", col_text_json(s, 1), "audience",
                     audience_name(sqlite3_column_int64(s, 2)), "channel", col_text_json(s, 3),
                     "recipient", col_text_json(s, 4), "state", col_text_json(s, 5), "created_ms",
                     col_int(s, 6), "done_ms", col_int_or_null(s, 7), "attempts", col_int(s, 8),
                     "last_error", col_text_json(s, 9));
}

/* Adds a list that a second statement reads by ?1; false: answered. */
static bool add_list(struct call *c, json_t *root, const char *key, const char *sql, int64_t id,
                     json_t *(*make)(sqlite3_stmt *))
{
    json_t *list = json_array();
    sqlite3_stmt *s = call_read(c, sql);
    json_object_set_new(root, key, list);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, id);
    while (sqlite3_step(s) == SQLITE_ROW)
        json_array_append_new(list, make(s));
    store_release(s);
    return true;
}

/* The row and all that comes from it alone; NULL: answered. */
static json_t *read_row(struct call *c, int64_t id)
{
    sqlite3_stmt *s = call_read(c, ALERT_COLUMNS ALERT_TABLES " WHERE a.id = ?1");
    json_t *root = NULL;
    if (!s)
        return NULL;
    sqlite3_bind_int64(s, 1, id);
    if (sqlite3_step(s) == SQLITE_ROW) {
        const struct pack *pack = pack_of(c->rest, col_text(s, ALERT_PACK));
        root = alert_row_json(c->rest, s, c->now_ms);
        json_object_set_new(root, "evidence", evidence_json(pack, col_text(s, ALERT_EVIDENCE)));
        json_object_set_new(root, "metrics", metrics_json(pack, col_text(s, ALERT_METRIC_IDS)));
        json_object_set_new(root, "texts", texts_json(c, s));
    }
    store_release(s);
    if (!root)
        call_not_found(c, "alert");
    return root;
}

void alert_reply(struct call *c, int64_t id)
{
    static const char log_sql[] =
        "SELECT at_ms, arrival_ms, move, actor, reason FROM alert_log WHERE alert = ?1"
        " ORDER BY id LIMIT 500";
    static const char told_sql[] =
        "SELECT id, kind, audience, channel, recipient, state, created_ms, done_ms, attempts,"
        " last_error FROM outbox WHERE alert = ?1 ORDER BY id LIMIT 200";
    json_t *root = read_row(c, id);
    if (!root)
        return;
    if (add_list(c, root, "log", log_sql, id, entry_json) &&
        add_list(c, root, "told", told_sql, id, told_json))
        call_json(c, 200, root);
    else
        json_decref(root);
}

void alerts_get(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    if (call_id(c))
        alert_reply(c, call_id(c));
    else
        call_not_found(c, "alert");
}
