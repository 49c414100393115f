#include "tests/wire/api/seed.h"

#include "gateway/line/fix.h"
#include "gateway/line/rows.h"

static const struct pack_label temp_label = {"en", "Cabinet temperature"};
static const struct pack_metric metrics[] = {
    {.id = 1,
     .name = "cabinet_temp",
     .unit = "celsius",
     .kind = METRIC_GAUGE,
     .precision = 0.1,
     .exponent = -1,
     .n_labels = 1,
     .labels = &temp_label},
    {.id = 3, .name = "door_open", .unit = "bool", .kind = METRIC_STATE, .precision = 1},
};
static const struct pack_fault faults[] = {
    {.id = 21, .name = "heater_open", .component = "heater", .severity = SEVERITY_MAJOR},
};
static const char *const models[] = {"CK-*"};
static const char *const steps[] = {"Close the door.", "Wait an hour."};
static const struct pack_message messages[] = {
    {.name = "warm",
     .lang = "en",
     .title = "Your fridge is warm",
     .body = "Food may spoil.",
     .support = "Cabinet at {value}; ask about the door of {device_name}.",
     .manufacturer = "",
     .n_steps = 2,
     .steps = steps},
    {.name = "warm",
     .lang = "de",
     .title = "Ihr Kühlschrank ist zu warm",
     .body = "{customer_name}, {device_name} ist bei {value}, seit {since}.",
     .support = "Innenraum bei {value}.",
     .manufacturer = "",
     .n_steps = 2,
     .steps = steps},
};
static const struct pack_rule rules[] = {
    {.name = "cabinet_warm",
     .when = "min(cabinet_temp, 10m) > 8 celsius",
     .clear = "",
     .message = "warm",
     .for_ms = 1200000,
     .severity = SEVERITY_CRITICAL,
     .tell = 3},
};
static const struct pack_label family = {"en", "Fridges"};
static const struct pack pack = {
    .name = "fridge",
    .revision = 3,
    .n_models = 1,
    .n_metrics = 2,
    .n_faults = 1,
    .n_rules = 1,
    .n_messages = 2,
    .n_labels = 1,
    .models = models,
    .metrics = metrics,
    .faults = faults,
    .rules = rules,
    .messages = messages,
    .labels = &family,
};

const struct pack *seed_pack(void)
{
    return &pack;
}

/* 60 devices with an alert each; what names and texts hold is what could break a
 * page, a statement or a pattern. */
static const char rows_sql[] =
    "INSERT INTO customers (id, name, language, email) VALUES"
    " ('anna', 'Anna <script>alert(1)</script>', 'de', 'anna@example.org'),"
    " ('bob', 'Robert''); DROP TABLE alerts;--', 'en', '');"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59)"
    " INSERT INTO devices (id, model, serial, firmware, pack, pack_revision, name, presence,"
    " components, newest_ms, last_seen_ms, readings)"
    " SELECT printf('fridge-%03d', i), 'CK-' || (i % 3), 'S' || i, '1.' || i, 'fridge', 3,"
    " CASE i WHEN 0 THEN '<img src=x onerror=alert(1)>' WHEN 1 THEN '100% \"cool\"' ELSE '' END,"
    " CASE i % 2 WHEN 0 THEN 'online' ELSE 'offline' END,"
    " '[{\"name\":\"heater\",\"serial\":\"h1\",\"lot\":\"L7\"}]', 1700000000000, 1700000000000, 42"
    " FROM n;"
    "INSERT INTO ownership (device, customer, from_ms) VALUES ('fridge-000', 'anna', 1),"
    " ('fridge-001', 'bob', 1);"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59)"
    " INSERT INTO alerts (id, device, instance, rule, pack, message, severity, tell, state,"
    " since_ms, opened_ms, opened_arrival_ms, evidence, metrics)"
    " SELECT i + 1, printf('fridge-%03d', i), 0, 'cabinet_warm', 'fridge', 'warm', i % 3, 3,"
    " CASE WHEN i < 40 THEN 'open' WHEN i < 50 THEN 'acknowledged' ELSE 'resolved' END,"
    " 1700000000000, 1700000000000 + i, 1700000000000 + i,"
    " '[{\"text\":\"min(cabinet_temp, 10m)\",\"value\":9.1,\"limit\":8,\"metric\":1,\"fault\":0,"
    "\"window_ms\":600000},{\"text\":\"fault(heater_open)\",\"value\":1,\"limit\":null,"
    "\"metric\":0,\"fault\":21,\"window_ms\":0}]', '[1,3]' FROM n;"
    "UPDATE alerts SET resolved_ms = 1700000100000, resolved_by = 'data', resolution = 'data'"
    " WHERE state = 'resolved';"
    "INSERT INTO alert_log (alert, at_ms, arrival_ms, move, actor) SELECT id, opened_ms,"
    " opened_arrival_ms, 'opened', 'data' FROM alerts;"
    "INSERT INTO streams (device, stream, lane, contiguous, highest, expected, stored, dropped,"
    " updated_ms, marks) VALUES ('fridge-000', '00000000000000aa', 1, 8, 10, 12, 9, 1, 1, x'');"
    "INSERT INTO drops VALUES ('fridge-000', '00000000000000aa', 3, 3, 1, 17, 1, 2, 3);"
    "INSERT INTO latest VALUES ('fridge-000', 1, 0, 1700000000000, 4.3),"
    " ('fridge-000', 999, 2, 1700000000000, 1), ('fridge-000', 60001, 0, 1700000000000, 0.5),"
    " ('fridge-010', 1, 0, 1700000000000, 4.1);"
    "INSERT INTO alerts (id, device, instance, rule, pack, message, severity, tell, state,"
    " since_ms, opened_ms, opened_arrival_ms, evidence) VALUES (61, 'fridge-059', 0,"
    " 'data_missing', 'tocsin', 'data_missing', 0, 6, 'resolved', 1700000000000, 1700000000000,"
    " 1700000000000, '[{\"text\":\"3 numbers\"}]');"
    "INSERT INTO outbox (id, key, tenant, created_ms, audience, channel, recipient, device, alert,"
    " handoff, kind, subject, body, state, attempts, next_ms, done_ms, last_error) VALUES"
    " (1, 'a', 1, 5, 1, 'email', 'anna@example.org', 'fridge-000', 1, 1, 'alert.opened', 's', x'',"
    " 'accepted', 1, 5, 6, ''), (2, 'b', 1, 5, 4, 'webhook', 'w1', 'fridge-000', 1, 1,"
    " 'alert.opened', '', x'', 'dead', 9, 5, NULL, '500 from the other end');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
    " INSERT INTO handoff (no, at_ms, kind, tenant, device, alert, body)"
    " SELECT i, 1700000000000 + i, 'device.presence', 1, 'fridge-000', NULL,"
    " json_object('no', i, 'at_ms', 1700000000000 + i, 'type', 'device.presence', 'device',"
    " 'fridge-000', 'presence', 'online', 'presence_ms', 1700000000000) FROM n;";

/* A batch of 60 readings, a second apart, 4.0 to 9.9 celsius; at each full hour it
 * also says whether the door is open: every other hour. */
static int encode_batch(int64_t first_ms, struct buf *bytes, struct buf *fix)
{
    int64_t at[60], v[60];
    for (int i = 0; i < 60; i++) {
        at[i] = first_ms - SEED_MS + i * 1000;
        v[i] = 40 + i;
    }
    struct wire_source source = {.name = slice_str("shim")};
    int64_t hour = (first_ms - SEED_MS) / 3600000, door = hour % 2;
    struct wire_column columns[] = {
        {.metric = 1, .exponent = -1, .n = 60, .at_ms = at, .v = v},
        {.metric = 3, .n = 1, .at_ms = at, .v = &door},
    };
    struct wire_batch batch = {.stream = 0xaa,
                               .lane = LANE_BULK,
                               .seq = 1,
                               .low = 1,
                               .pack = slice_str("fridge"),
                               .pack_revision = 3,
                               .boot = 1,
                               .n_sources = 1,
                               .n_columns = (first_ms - SEED_MS) % 3600000 ? 1 : 2,
                               .sources = &source,
                               .columns = columns};
    struct line_fix f = {.boot = 1, .n_sources = 1};
    f.sources[0].offset_ms = SEED_MS;
    f.latest_ms = INT64_MAX;
    fix_encode(&f, fix);
    return wire_encode_batch(&batch, bytes);
}

static int seed_batches(sqlite3 *db, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db,
                                "INSERT INTO inputs (line, kind, device, arrived_ms, from_ms,"
                                " to_ms, fix, bytes) VALUES (0, ?1, 'fridge-000', ?2, ?2, ?3, ?4,"
                                " ?5)",
                                -1, &s, NULL);
    for (int64_t i = 0; rc == SQLITE_OK && i < 1440; i++) { /* a day */
        struct buf bytes, fix;
        buf_init(&bytes, LIMIT_BATCH);
        buf_init(&fix, 4096);
        int64_t first_ms = SEED_MS + i * 60000;
        if (encode_batch(first_ms, &bytes, &fix))
            rc = SQLITE_MISUSE;
        sqlite3_bind_int(s, 1, INPUT_BATCH);
        sqlite3_bind_int64(s, 2, first_ms);
        sqlite3_bind_int64(s, 3, first_ms + 59000);
        sqlite3_bind_blob(s, 4, fix.ptr, (int)fix.len, SQLITE_TRANSIENT);
        sqlite3_bind_blob(s, 5, bytes.ptr, (int)bytes.len, SQLITE_TRANSIENT);
        if (rc == SQLITE_OK && sqlite3_step(s) != SQLITE_DONE)
            rc = SQLITE_ERROR;
        sqlite3_reset(s);
        buf_free(&bytes);
        buf_free(&fix);
    }
    sqlite3_finalize(s);
    return rc == SQLITE_OK ? 0 : err_set(e, ERR_IO, "seed: %s", sqlite3_errmsg(db));
}

int seed_apply(sqlite3 *db, void *arg, struct err *e)
{
    char *text = NULL;
    (void)arg;
    if (sqlite3_exec(db, rows_sql, NULL, NULL, &text) != SQLITE_OK) {
        err_set(e, ERR_IO, "seed: %s", text);
        sqlite3_free(text);
        return ERR_IO;
    }
    return seed_batches(db, e);
}
