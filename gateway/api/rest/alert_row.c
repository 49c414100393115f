#include "gateway/api/rest/alert_row.h"

static json_t *title_json(const struct rest *rest, sqlite3_stmt *s)
{
    const struct pack *pack = pack_of(rest, col_text(s, ALERT_PACK));
    const struct pack_message *m =
        pack ? pack_message(pack, col_text(s, ALERT_MESSAGE), "en") : NULL;
    return m && m->title[0] ? out_text(m->title) : col_text_json(s, 3);
}

/* 0 and null both say "has not happened". */
static json_t *when(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column) ? col_int(s, column) : json_null();
}

json_t *alert_row_json(const struct rest *rest, sqlite3_stmt *s)
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
    json_object_set_new(o, "title", title_json(rest, s));
    json_object_set_new(o, "model", col_text_json(s, 20));
    json_object_set_new(o, "device_name", col_text_json(s, 21));
    json_object_set_new(o, "customer", col_customer(s, 22, 23));
    return o;
}
