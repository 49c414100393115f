/* A device's latest values, and its ledger: what should have come, what did, what
 * never will and why. */
#include "gateway/api/rest/owner.h"

json_t *device_latest(struct call *c, const char *id, const struct pack *pack)
{
    int64_t owned_ms = 0;
    sqlite3_stmt *s = NULL;
    if (owner_since(c, id, &owned_ms))
        s = call_read(c, "SELECT metric, instance, at_ms, value FROM latest WHERE device = ?1"
                         " AND at_ms >= ?2 ORDER BY metric, instance LIMIT 2000");
    if (!s)
        return NULL;
    sqlite3_bind_int64(s, 2, owned_ms);
    json_t *list = json_array();
    bind_text(s, 1, id);
    while (sqlite3_step(s) == SQLITE_ROW) {
        json_t *o = metric_json(pack, (uint32_t)sqlite3_column_int64(s, 0));
        json_object_del(o, "id");
        json_object_set_new(o, "metric", col_int(s, 0));
        json_object_set_new(o, "instance", col_int(s, 1));
        json_object_set_new(o, "at_ms", col_int(s, 2));
        json_object_set_new(o, "value", out_real(sqlite3_column_double(s, 3)));
        json_array_append_new(list, o);
    }
    store_release(s);
    return list;
}

/* Of all streams, not only those that are shown. False: answered. */
static bool add_sums(struct call *c, json_t *ledger, const char *id)
{
    sqlite3_stmt *s = call_read(
        c, "SELECT coalesce(sum(max(s.expected, coalesce(s.closed_last, 0))), 0),"
           " coalesce(sum(s.stored), 0), coalesce(sum(s.dropped), 0), d.readings, d.source_lost"
           " FROM devices d LEFT JOIN streams s ON s.device = d.id WHERE d.id = ?1");
    if (!s)
        return false;
    bind_text(s, 1, id);
    if (sqlite3_step(s) == SQLITE_ROW) {
        int64_t known = sqlite3_column_int64(s, 1) + sqlite3_column_int64(s, 2);
        int64_t expected = sqlite3_column_int64(s, 0);
        expected = expected > known ? expected : known;
        json_object_set_new(ledger, "expected", json_integer(expected));
        json_object_set_new(ledger, "stored", col_int(s, 1));
        json_object_set_new(ledger, "accounted", col_int(s, 2));
        json_object_set_new(ledger, "missing", json_integer(expected - known));
        json_object_set_new(ledger, "readings", col_int(s, 3));
        json_object_set_new(ledger, "source_lost", col_int(s, 4));
    }
    store_release(s);
    return true;
}

static json_t *stream_json(sqlite3_stmt *s)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:b}", "stream", col_text_json(s, 0), "lane",
                     sqlite3_column_int(s, 1) ? "bulk" : "urgent", "contiguous", col_int(s, 2),
                     "highest", col_int(s, 3), "stored", col_int(s, 4), "dropped", col_int(s, 5),
                     "closed", sqlite3_column_type(s, 6) != SQLITE_NULL);
}

static json_t *drop_json(sqlite3_stmt *s)
{
    static const char *const reasons[] = {"unknown", "budget", "corrupt", "poison",
                                          "purged",  "power",  "restore"};
    int64_t r = sqlite3_column_int64(s, 0);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "reason", reasons[r >= 1 && r <= 6 ? r : 0],
                     "count", col_int(s, 1), "readings", col_int(s, 2), "from_ms",
                     col_int_or_null(s, 3), "to_ms", col_int_or_null(s, 4), "told_ms",
                     col_int(s, 5));
}

static bool add_list(struct call *c, json_t *root, const char *key, const char *sql, const char *id,
                     json_t *(*make)(sqlite3_stmt *))
{
    sqlite3_stmt *s = call_read(c, sql);
    if (!s)
        return false;
    json_t *list = json_array();
    json_object_set_new(root, key, list);
    bind_text(s, 1, id);
    while (sqlite3_step(s) == SQLITE_ROW)
        json_array_append_new(list, make(s));
    store_release(s);
    return true;
}

json_t *device_ledger(struct call *c, const char *id)
{
    json_t *ledger = json_object();
    if (add_sums(c, ledger, id) &&
        add_list(c, ledger, "streams",
                 "SELECT stream, lane, contiguous, highest, stored, dropped, closed_last"
                 " FROM streams WHERE device = ?1 ORDER BY updated_ms DESC, stream LIMIT 32",
                 id, stream_json) &&
        add_list(c, ledger, "drops",
                 "SELECT reason, last - first + 1, readings, from_ms, to_ms, told_ms FROM drops"
                 " WHERE device = ?1 ORDER BY told_ms DESC, stream, first LIMIT 100",
                 id, drop_json))
        return ledger;
    json_decref(ledger);
    return NULL;
}
