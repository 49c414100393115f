/* A line over a real store in memory, and a device that talks to it. */
#ifndef TESTS_UNIT_GATEWAY_LINE_BENCH_H
#define TESTS_UNIT_GATEWAY_LINE_BENCH_H

#include "base/clock.h"
#include "gateway/line/line.h"
#include "gateway/store/line_store.h"
#include "tests/support/cu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define S      INT64_C(1000)
#define M      (60 * S)
#define H      (60 * M)
#define T0     INT64_C(1790000000000) /* wall clock at boot */
#define TEMP   1
#define FAULT  21
#define FAN    23
#define URGENT UINT64_C(0xa1)
#define BULK   UINT64_C(0xb2)

struct bench {
    struct store *store;
    struct line *line;
    struct ruleset *rules;
    struct line_pack pack;
    int64_t now_ms;         /* since T0; also the listening clock and the device's CLOCK_BOOTTIME */
    int64_t clock_error_ms; /* the device's wall clock is wrong by this ... */
    uint8_t trust;          /* ... and says so, or not */
    uint64_t session, boot, batch_boot;
    const char *pack_name;
    bool spoil; /* the next batches carry a column that no limit allows */
};

static const struct pack_metric bench_metrics[] = {
    {.id = TEMP,
     .name = "temp",
     .unit = "celsius",
     .kind = METRIC_GAUGE,
     .precision = 0.1,
     .exponent = -1},
};
static const struct pack_fault bench_faults[] = {
    {.id = FAULT, .name = "heater_open", .component = "", .severity = SEVERITY_MAJOR},
    {.id = FAN, .name = "fan_stalled", .component = "", .severity = SEVERITY_MAJOR},
};
static const struct pack_rule bench_rules[] = {
    {.name = "warm",
     .when = "temp > 8 celsius",
     .clear = "temp < 6 celsius",
     .message = "warm",
     .at = {"t", 1, 1},
     .when_at = {"t", 1, 1},
     .clear_at = {"t", 1, 1},
     .severity = SEVERITY_CRITICAL,
     .tell = AUDIENCE_CUSTOMER | AUDIENCE_SUPPORT},
    {.name = "chatters",
     .when = "count(fault(fan_stalled), 1h) >= 3",
     .clear = "",
     .message = "chatters",
     .at = {"t", 3, 1},
     .when_at = {"t", 3, 1},
     .clear_at = {"t", 3, 1},
     .severity = SEVERITY_MINOR,
     .tell = AUDIENCE_SUPPORT},
    {.name = "heater_open",
     .when = "fault(heater_open)",
     .clear = "",
     .message = "heater_open",
     .at = {"t", 2, 1},
     .when_at = {"t", 2, 1},
     .clear_at = {"t", 2, 1},
     .severity = SEVERITY_MAJOR,
     .tell = AUDIENCE_SUPPORT},
};
static const char *const bench_models[] = {"CK-*"};
static const struct pack bench_pack = {
    .name = "fridge",
    .revision = 1,
    .fingerprint = 77,
    .n_models = 1,
    .n_metrics = 1,
    .n_faults = 2,
    .n_rules = 3,
    .models = bench_models,
    .metrics = bench_metrics,
    .faults = bench_faults,
    .rules = bench_rules,
};

static inline const struct line_pack *bench_find(void *arg, uint64_t fingerprint)
{
    struct bench *b = arg;
    return fingerprint == bench_pack.fingerprint ? &b->pack : NULL;
}

static inline struct line_now bench_now(const struct bench *b)
{
    return (struct line_now){T0 + b->now_ms, b->now_ms};
}

static inline struct line *bench_line(struct bench *b)
{
    struct line_config config = {.epoch = 7, .find_pack = bench_find, .arg = b};
    config.limits.snapshot_inputs = 3;
    config.limits.start_grace_ms = 10 * M;
    struct line *line;
    if (line_new(&config, &line))
        abort();
    return line;
}

static int bench_result;
static inline void bench_done(void *arg, int result, const struct err *e)
{
    (void)arg;
    (void)e;
    bench_result = result;
}

/* Commits what waits; after a failure reloads the line, as the program does. */
static inline int bench_commit(struct bench *b)
{
    union {
        const struct line_commit *rows;
        void *arg;
    } commit = {line_take_commit(b->line)};
    if (!commit.rows)
        return 0;
    struct err e = {0};
    struct store_job job = {store_apply_line, bench_done, commit.arg};
    CU_ASSERT_EQUAL_FATAL(store_write(b->store, &job), 0);
    store_poll(b->store);
    if (bench_result == 0) {
        line_committed(b->line);
        return 0;
    }
    line_drop(b->line);
    if (store_load_line(b->store, b->line, &e))
        puts(e.text);
    return bench_result;
}

static inline void bench_start(struct bench *b, bool with_pack)
{
    struct err e = {0};
    *b = (struct bench){.session = 1,
                        .boot = 0xb007,
                        .batch_boot = 0xb007,
                        .trust = TRUST_SYNCED,
                        .now_ms = 1 * H,
                        .pack_name = "fridge"};
    struct store_config config = {.path = ":memory:", .inline_commits = true};
    if (store_open(&config, &b->store, &e) || ruleset_compile(&bench_pack, &b->rules, &e)) {
        puts(e.text);
        abort();
    }
    b->pack = (struct line_pack){&bench_pack, b->rules};
    b->line = bench_line(b);
    CU_ASSERT_EQUAL(store_load_line(b->store, b->line, &e), 0);
    line_start(b->line, bench_now(b));
    if (with_pack)
        CU_ASSERT_EQUAL(line_pack_change(b->line, bench_pack.fingerprint, bench_now(b)), 0);
    bench_commit(b);
}

static inline void bench_end(struct bench *b)
{
    line_free(b->line);
    store_close(b->store);
    ruleset_free(b->rules);
}

static inline int bench_send(struct bench *b, struct wire_up *up)
{
    struct buf out;
    buf_init(&out, LIMIT_MESSAGE);
    up->boot = b->boot;
    up->session = b->session;
    up->sent_ms = b->now_ms;
    int rc = wire_encode_up(up, &out);
    if (rc == 0)
        rc = line_up(b->line, slice_str("fridge-1"), buf_slice(&out), bench_now(b));
    buf_free(&out);
    return rc;
}

struct say {
    uint64_t stream, seq, low;
    bool keyframe;
    int64_t at_ms;      /* of the reading; also when it was sealed */
    double temp;        /* NAN: none */
    int fault;          /* 1 raised, -1 cleared, 0 nothing said */
    const char *source; /* NULL: "agent" */
    const struct wire_identity *identity;
    bool fan;         /* it is the fan that fails */
    uint32_t count;   /* of the fault; 0 stands for 1 */
    int64_t first_ms; /* 0: the fault's time */
    int64_t lived_ms; /* not 0: a source with a clock of its own tells what was then */
};

/* One batch with at most one reading and one fault. */
static inline int bench_say(struct bench *b, struct say s)
{
    int64_t v = isnan(s.temp) ? 0 : (int64_t)lround(s.temp * 10);
    struct wire_source source = {.id = 0,
                                 .boot = 1,
                                 .name = slice_str(s.source ? s.source : "agent"),
                                 .at_ms = s.at_ms,
                                 .wall_ms = T0 + s.at_ms + b->clock_error_ms,
                                 .trust = b->trust};
    struct wire_source sources[] = {source,
                                    {.id = 1,
                                     .boot = 9,
                                     .name = slice_str("main"),
                                     .at_ms = s.lived_ms,
                                     .wall_ms = T0 + s.lived_ms,
                                     .trust = TRUST_RTC}};
    int64_t at_ms = s.lived_ms ? s.lived_ms : s.at_ms;
    uint32_t from = s.lived_ms ? 1 : 0;
    size_t n_columns = isnan(s.temp) ? 0U : 1U;
    struct wire_column column = {
        .source = from, .metric = TEMP, .exponent = -1, .n = 1, .at_ms = &at_ms, .v = &v};
    struct wire_fault fault = {.source = from,
                               .fault = s.fan ? FAN : FAULT,
                               .active = s.fault > 0,
                               .at_ms = at_ms,
                               .first_ms = s.first_ms ? s.first_ms : at_ms,
                               .count = s.count ? s.count : s.fault > 0};
    struct wire_batch batch = {.stream = s.stream,
                               .lane = s.stream == URGENT ? LANE_URGENT : LANE_BULK,
                               .seq = s.seq,
                               .low = s.low ? s.low : 1,
                               .pack = slice_str(b->pack_name),
                               .pack_revision = 1,
                               .boot = b->batch_boot,
                               .sealed_ms = s.at_ms,
                               .keyframe = s.keyframe,
                               .n_sources = from + 1U,
                               .sources = sources,
                               .n_columns = n_columns,
                               .columns = &column,
                               .n_faults = s.fault ? 1 : 0,
                               .faults = &fault,
                               .identity = s.identity};
    struct buf out;
    buf_init(&out, LIMIT_BATCH);
    int rc = wire_encode_batch(&batch, &out);
    if (b->spoil)
        buf_put(&out, "\x6a\x03\x28\xc6\x01", 5); /* exponent 99 */
    if (rc == 0) {
        struct wire_up up = {.kind = UP_BATCH, .batch = buf_slice(&out)};
        rc = bench_send(b, &up);
    }
    buf_free(&out);
    return rc;
}

static inline int bench_temp(struct bench *b, uint64_t seq, int64_t at_ms, double temp)
{
    return bench_say(b, (struct say){.stream = BULK, .seq = seq, .at_ms = at_ms, .temp = temp});
}

static inline int bench_fault(struct bench *b, uint64_t seq, int64_t at_ms, int fault)
{
    return bench_say(
        b, (struct say){
               .stream = URGENT, .seq = seq, .at_ms = at_ms, .temp = (double)NAN, .fault = fault});
}

static inline int bench_hello(struct bench *b, uint64_t bulk_next)
{
    struct wire_stream_state streams[] = {
        {.stream = BULK, .lane = LANE_BULK, .low = 1, .next = bulk_next}};
    struct wire_up up = {.kind = UP_HELLO,
                         .hello = {.agent = slice_str("1"),
                                   .pack = slice_str(b->pack_name),
                                   .n_streams = bulk_next > 1,
                                   .streams = streams}};
    return bench_send(b, &up);
}

static inline int bench_will(struct bench *b, uint64_t session)
{
    uint64_t was = b->session;
    b->session = session;
    struct wire_up up = {.kind = UP_WILL};
    int rc = bench_send(b, &up);
    b->session = was;
    return rc;
}

/* All acks that are due, as text: "a1:3 b2:5+7-8 never(4) ...". */
static inline const char *bench_acks(struct bench *b)
{
    static char text[1024];
    char device[LINE_DEVICE_MAX];
    struct buf payload;
    struct arena arena;
    size_t n = 0;
    text[0] = 0;
    buf_init(&payload, LIMIT_MESSAGE);
    if (arena_init(&arena, LIMIT_DECODE))
        abort();
    while (line_next_down(b->line, device, &payload)) {
        struct wire_down down;
        arena_reset(&arena);
        CU_ASSERT_EQUAL(wire_decode_down(buf_slice(&payload), &arena, &down, NULL), 0);
        CU_ASSERT_EQUAL(down.epoch, 7);
        if (!down.ack.n_streams && !down.ack.n_refusals)
            n += (size_t)snprintf(text + n, sizeof text - n, "hello ");
        for (size_t i = 0; i < down.ack.n_streams; i++) {
            const struct wire_stream_ack *a = &down.ack.streams[i];
            n += (size_t)snprintf(text + n, sizeof text - n, "%llx:%llu",
                                  (unsigned long long)a->stream, (unsigned long long)a->contiguous);
            for (size_t k = 0; k < a->n_above; k++)
                n += (size_t)snprintf(text + n, sizeof text - n, "+%llu-%llu",
                                      (unsigned long long)a->above[k].first,
                                      (unsigned long long)a->above[k].last);
            n += (size_t)snprintf(text + n, sizeof text - n, " ");
        }
        for (size_t i = 0; i < down.ack.n_refusals; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s(%llu) ",
                                  down.ack.refusals[i].never ? "never" : "later",
                                  (unsigned long long)down.ack.refusals[i].seq);
    }
    buf_free(&payload);
    arena_free(&arena);
    return text;
}

/* The first column of a query as text. */
static inline const char *bench_sql(struct bench *b, const char *sql)
{
    static char text[2048];
    struct err e = {0};
    size_t n = 0;
    text[0] = 0;
    sqlite3_stmt *stmt = store_read(b->store, sql, &e);
    if (!stmt)
        return "error";
    while (sqlite3_step(stmt) == SQLITE_ROW && n < sizeof text) {
        const char *s = (const char *)sqlite3_column_text(stmt, 0);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", s ? s : "null");
    }
    store_release(stmt);
    return text;
}

static inline void bench_restart(struct bench *b)
{
    struct err e = {0};
    line_free(b->line);
    b->line = bench_line(b);
    CU_ASSERT_EQUAL(store_load_line(b->store, b->line, &e), 0);
}

/* Moves time on, with ticks. */
static inline void bench_wait(struct bench *b, int64_t ms)
{
    for (int64_t end = b->now_ms + ms; b->now_ms < end;) {
        b->now_ms += 10 * S;
        line_tick(b->line, bench_now(b));
        bench_commit(b);
    }
}

#endif
