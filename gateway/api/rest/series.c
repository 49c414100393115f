/* GET /devices/{id}/series: the journal's batches are the chart's data. They are
 * decoded some milliseconds a turn of the loop, so a chart of a year delays
 * nobody; memory is one decoder's arena and the buckets.
 *
 * Rows are read in the order of their newest event time. A batch reaches a while
 * back, so the reading ends when a run of rows begins after the span.
 *
 * Then, backwards, the last reading before the span: a state holds until the next
 * one, and a chart without it would begin with a hole. */
#include "base/clock.h"
#include "base/list.h"
#include "gateway/api/rest/buckets.h"
#include "gateway/api/rest/owner.h"
#include "gateway/builtin/builtin.h"
#include "gateway/line/fix.h"
#include "gateway/line/rows.h"

#include <math.h>
#include <stdlib.h>

#define SPAN_MAX_MS (400 * INT64_C(86400000))
#define TURN_US     4000
#define TURN_ROWS   256
#define BEYOND_ROWS 64 /* rows in a row that begin after the span: enough */
#define BEFORE_ROWS 4096

struct series {
    struct loop_timer timer;
    struct call *call;
    uint32_t metric, instance;
    struct buckets buckets;
    struct arena arena;
    int64_t to_ms, no; /* the last row that was read */
    int beyond;
    bool backwards, ended;
    int64_t owned_ms;  /* nothing before is shown */
    int64_t before_ms; /* the newest reading before the span; INT64_MIN: none yet */
    double before;
    int before_rows;
};

static void series_closed(struct loop_timer *timer)
{
    struct series *s = CONTAINER(timer, struct series, timer);
    arena_free(&s->arena);
    buckets_free(&s->buckets);
    free(s);
}

static void add_reading(struct series *s, int64_t at_ms, double value)
{
    if (!s->backwards)
        buckets_add(&s->buckets, at_ms, value);
    if (at_ms < s->buckets.from_ms && at_ms >= s->owned_ms && at_ms >= s->before_ms &&
        isfinite(value)) {
        s->before_ms = at_ms;
        s->before = value;
    }
}

static void add_row(struct series *s, struct slice fix_bytes, struct slice bytes)
{
    struct wire_batch batch;
    struct line_fix fix;
    arena_reset(&s->arena);
    /* What this version cannot decode is stored for one that can. */
    if (wire_decode_batch(bytes, &s->arena, &batch, NULL) || fix_decode(fix_bytes, &fix))
        return;
    for (size_t i = 0; i < batch.n_columns; i++) {
        const struct wire_column *k = &batch.columns[i];
        if (k->metric != s->metric || k->instance != s->instance)
            continue;
        for (size_t j = 0; j < k->n; j++)
            add_reading(s, fix_at(&fix, k->source, k->at_ms[j]), wire_value(k->v[j], k->exponent));
    }
}

static struct slice col_blob(sqlite3_stmt *st, int column)
{
    const void *at = sqlite3_column_blob(st, column);
    return slice_of(at, (size_t)sqlite3_column_bytes(st, column));
}

static sqlite3_stmt *rows_after(struct series *s, const char *sql)
{
    sqlite3_stmt *st = call_read(s->call, sql);
    if (!st)
        return NULL;
    bind_text(st, 1, call_param(s->call));
    sqlite3_bind_int(st, 2, INPUT_BATCH);
    sqlite3_bind_int64(st, 3, s->to_ms);
    sqlite3_bind_int64(st, 4, s->no);
    sqlite3_bind_int(st, 5, TURN_ROWS);
    return st;
}

/* Reads rows for a turn; false: answered with a failure. */
static bool read_rows(struct series *s)
{
    sqlite3_stmt *st =
        rows_after(s, "SELECT to_ms, no, from_ms, fix, bytes FROM inputs WHERE device = ?1"
                      " AND kind = ?2 AND (to_ms, no) > (?3, ?4) ORDER BY to_ms, no LIMIT ?5");
    int64_t began_us = clock_mono_us();
    int rows = 0;
    if (!st)
        return false;
    while (s->beyond < BEYOND_ROWS && clock_mono_us() - began_us < TURN_US &&
           sqlite3_step(st) == SQLITE_ROW) {
        rows++;
        s->to_ms = sqlite3_column_int64(st, 0);
        s->no = sqlite3_column_int64(st, 1);
        if (sqlite3_column_int64(st, 2) > s->buckets.to_ms) {
            s->beyond++;
        } else {
            s->beyond = 0;
            add_row(s, col_blob(st, 3), col_blob(st, 4));
        }
    }
    if (s->beyond >= BEYOND_ROWS || (rows < TURN_ROWS && clock_mono_us() - began_us < TURN_US)) {
        s->backwards = true;
        s->to_ms = s->buckets.from_ms;
        s->no = 0;
    }
    store_release(st);
    return true;
}

/* The same, back from the span. Ends at a row that is older than what was found: no
 * row before it holds anything newer. */
static bool read_back(struct series *s)
{
    sqlite3_stmt *st = rows_after(
        s, "SELECT to_ms, no, from_ms, fix, bytes FROM inputs WHERE device = ?1"
           " AND kind = ?2 AND (to_ms, no) < (?3, ?4) ORDER BY to_ms DESC, no DESC LIMIT ?5");
    int64_t began_us = clock_mono_us();
    int rc = SQLITE_ROW, rows = 0;
    if (!st)
        return false;
    while (!s->ended && clock_mono_us() - began_us < TURN_US &&
           (rc = sqlite3_step(st)) == SQLITE_ROW) {
        s->to_ms = sqlite3_column_int64(st, 0);
        s->no = sqlite3_column_int64(st, 1);
        rows++;
        s->ended =
            s->to_ms < s->before_ms || s->to_ms < s->owned_ms || ++s->before_rows > BEFORE_ROWS;
        if (!s->ended)
            add_row(s, col_blob(st, 3), col_blob(st, 4));
    }
    s->ended = s->ended || (rc != SQLITE_ROW && rows < TURN_ROWS);
    store_release(st);
    return true;
}

static json_t *points_json(struct buckets *b)
{
    json_t *list = json_array();
    size_t n = buckets_finish(b);
    for (size_t i = 0; i < n; i++) {
        struct bucket_point p = buckets_point(b, i);
        json_t *point = json_array();
        json_array_append_new(point, json_integer(p.at_ms));
        json_array_append_new(point, out_real(p.min));
        json_array_append_new(point, out_real(p.avg));
        json_array_append_new(point, out_real(p.max));
        json_array_append_new(list, point);
    }
    return list;
}

/* The device's pack, for the metric's name. */
static const struct pack *device_pack(struct call *c)
{
    struct err e = {0};
    const struct pack *pack = NULL;
    sqlite3_stmt *st = store_read(c->rest->store, "SELECT pack FROM devices WHERE id = ?1", &e);
    if (!st)
        return NULL;
    bind_text(st, 1, call_param(c));
    if (sqlite3_step(st) == SQLITE_ROW)
        pack = pack_of(c->rest, col_text(st, 0));
    store_release(st);
    return pack;
}

static void reply(struct series *s)
{
    const struct pack *pack = device_pack(s->call);
    const struct pack_metric *m = builtin_metric(pack, s->metric);
    json_t *root = metric_json(pack, s->metric);
    json_object_del(root, "id");
    json_object_set_new(root, "metric", json_integer(s->metric));
    json_object_set_new(root, "instance", json_integer(s->instance));
    json_object_set_new(root, "from_ms", json_integer(s->buckets.from_ms));
    json_object_set_new(root, "to_ms", json_integer(s->buckets.to_ms));
    json_object_set_new(root, "exact", json_boolean(buckets_exact(&s->buckets)));
    json_object_set_new(root, "points", points_json(&s->buckets));
    json_object_set_new(root, "before",
                        s->before_ms == INT64_MIN
                            ? json_null()
                            : json_pack("{s:I, s:o}", "at_ms", (json_int_t)s->before_ms, "value",
                                        out_real(s->before)));
    json_object_set_new(root, "stale_after_ms",
                        m && m->stale_after_ms ? json_integer(m->stale_after_ms) : json_null());
    call_json(s->call, 200, root);
}

static void turn(struct loop_timer *timer)
{
    struct series *s = CONTAINER(timer, struct series, timer);
    bool ok = s->backwards ? read_back(s) : read_rows(s);
    if (ok && !s->ended) {
        loop_timer_start(&s->timer, 0, 0);
        return;
    }
    if (ok)
        reply(s);
    loop_timer_close(&s->timer, series_closed);
}

struct wish {
    int64_t metric, instance, from_ms, to_ms, points;
};

static void parse(const struct call *c, struct wish *w, struct problem *p)
{
    static const char *const known[] = {"metric", "instance", "from_ms", "to_ms", "points", NULL};
    const struct query *q = http_query(c->req);
    *w = (struct wish){0, 0, -1, -1, 600};
    query_known(q, known, p);
    query_int(q, "metric", 1, 65535, &w->metric, p);
    query_int(q, "instance", 0, 65535, &w->instance, p);
    query_int(q, "from_ms", 0, WALL_MS_MAX, &w->from_ms, p);
    query_int(q, "to_ms", 0, WALL_MS_MAX, &w->to_ms, p);
    query_int(q, "points", 1, 4000, &w->points, p);
    if (!query_get(q, "metric"))
        problem_field(p, 400, "metric", "is missing");
    if (!query_get(q, "from_ms"))
        problem_field(p, 400, "from_ms", "is missing");
    if (!query_get(q, "to_ms"))
        problem_field(p, 400, "to_ms", "is missing");
    if (!problem_is(p) && w->to_ms <= w->from_ms)
        problem_field(p, 400, "to_ms", "must be after from_ms");
    else if (!problem_is(p) && w->to_ms - w->from_ms > SPAN_MAX_MS)
        problem_field(p, 400, "to_ms", "must be at most 400 days after from_ms");
}

static struct series *series_new(struct call *c, const struct wish *w, int64_t owned_ms)
{
    struct series *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (arena_init(&s->arena, LIMIT_DECODE)) {
        free(s);
        return NULL;
    }
    if (!buckets_init(&s->buckets, w->from_ms, w->to_ms, (size_t)w->points)) {
        arena_free(&s->arena);
        free(s);
        return NULL;
    }
    s->call = c;
    s->metric = (uint32_t)w->metric;
    s->instance = (uint32_t)w->instance;
    /* The former owner's readings are not shown, nor batches that end before the span. */
    if (owned_ms > s->buckets.from_ms)
        s->buckets.from_ms = owned_ms < w->to_ms ? owned_ms : w->to_ms - 1;
    s->owned_ms = owned_ms;
    s->before_ms = INT64_MIN;
    s->to_ms = s->buckets.from_ms - 1;
    s->no = INT64_MAX;
    return s;
}

void device_series(void *ctx, void *request)
{
    struct call *c = request;
    struct wish w;
    int64_t owned_ms = 0;
    (void)ctx;
    parse(c, &w, &c->problem);
    if (call_failed(c) || !owner_since(c, call_param(c), &owned_ms))
        return;
    if (owned_ms >= w.to_ms)
        owned_ms = w.to_ms - 1;
    struct series *s = series_new(c, &w, owned_ms);
    if (!s) {
        http_refuse(c->req, 503, "out of memory");
        return;
    }
    loop_timer_init(&s->timer, c->rest->loop, turn);
    turn(&s->timer);
}
