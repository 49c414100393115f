#include "gateway/api/rest/alert_row.h"

struct words alert_row_words(const struct rest *rest, sqlite3_stmt *s, int64_t now_ms,
                             json_t **ret_evidence)
{
    *ret_evidence = json_loads(col_text(s, ALERT_EVIDENCE), 0, NULL);
    int64_t resolved_ms = sqlite3_column_int64(s, 15);
    return (struct words){.pack = pack_of(rest, col_text(s, ALERT_PACK)),
                          .rule = col_text(s, 3),
                          .message = col_text(s, ALERT_MESSAGE),
                          .device = col_text(s, 1),
                          .model = col_text(s, 20),
                          .device_name = col_text(s, 21),
                          .customer_name =
                              sqlite3_column_type(s, 22) == SQLITE_NULL ? NULL : col_text(s, 23),
                          .evidence = *ret_evidence,
                          .since_ms = sqlite3_column_int64(s, 10),
                          .until_ms = resolved_ms ? resolved_ms : sqlite3_column_int64(s, 11),
                          .now_ms = now_ms};
}

static json_t *words_json(const struct words *w, void (*make)(const struct words *, struct buf *))
{
    struct buf text;
    buf_init(&text, 8192);
    make(w, &text);
    json_t *json = out_text(buf_cstr(&text));
    buf_free(&text);
    return json;
}

static void put_words(json_t *o, const struct rest *rest, sqlite3_stmt *s, int64_t now_ms)
{
    json_t *evidence;
    struct words w = alert_row_words(rest, s, now_ms, &evidence);
    json_object_set_new(o, "title", words_json(&w, words_title));
    json_object_set_new(o, "headline", words_json(&w, words_headline));
    json_decref(evidence);
}

/* 0 and null both say "has not happened". */
static json_t *when(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column) ? col_int(s, column) : json_null();
}

json_t *alert_row_json(const struct rest *rest, sqlite3_stmt *s, int64_t now_ms)
{
    json_t *o = json_object();
    json_object_set_new(o, "id", col_int(s, ALERT_ID));
    json_object_set_new(o, "device", col_text_json(s, 1));
    json_object_set_new(o, "instance", col_int(s, 2));
    json_object_set_new(o, "rule", col_text_json(s, 3));
    json_object_set_new(o, "pack", col_text_json(s, ALERT_PACK));
    json_object_set_new(o, "message", col_text_json(s, ALERT_MESSAGE));
    json_object_set_new(o, "severity",
                        json_string(out_severity(sqlite3_column_int64(s, ALERT_SEVERITY))));
    json_object_set_new(o, "tell", out_audience((uint32_t)sqlite3_column_int64(s, 7)));
    json_object_set_new(o, "state", col_text_json(s, 8));
    json_object_set_new(o, "snoozed_until_ms", col_int(s, 9));
    json_object_set_new(o, "since_ms", col_int(s, 10));
    json_object_set_new(o, "opened_ms", col_int(s, 11));
    json_object_set_new(o, "opened_arrival_ms", col_int(s, 12));
    json_object_set_new(o, "acked_ms", when(s, 13));
    json_object_set_new(o, "acked_by", out_text_or_null(col_text(s, 14)));
    json_object_set_new(o, "resolved_ms", when(s, 15));
    json_object_set_new(o, "resolved_by", out_text_or_null(col_text(s, 16)));
    json_object_set_new(o, "resolution", out_text_or_null(col_text(s, 17)));
    json_object_set_new(o, "test", json_boolean(sqlite3_column_int(s, 18)));
    json_object_set_new(o, "late", json_boolean(sqlite3_column_int(s, 19)));
    put_words(o, rest, s, now_ms);
    json_object_set_new(o, "model", col_text_json(s, 20));
    json_object_set_new(o, "device_name", col_text_json(s, 21));
    json_object_set_new(o, "customer", col_customer(s, 22, 23));
    json_object_set_new(o, "presence", json_string(*col_text(s, 26) ? col_text(s, 26) : "unknown"));
    json_object_set_new(o, "presence_ms", col_int(s, 27));
    return o;
}
