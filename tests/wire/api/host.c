/* The API over a real store, for tests: prints its ports and a token as one line
 * of JSON, then obeys lines from standard input:
 *   push N KIND JSON   a hand-off row that was just committed
 *   burst FIRST N SIZE   N events of SIZE bytes from number FIRST
 *   hold, release      keep people's actions back, and let them go
 *   unready            the gateway has reasons not to be ready
 *   quit
 * The alert's line is played by a write to the alert's row. */
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "gateway/api/access/users.h"
#include "gateway/api/server.h"
#include "tests/wire/api/seed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct host {
    struct loop *loop;
    struct store *store;
    struct server *server;
    struct loop_wake wake;
    struct loop_watch input;
    char line[8192];
    size_t used;
    bool not_ready, holds;
    struct act *held[64];
    size_t n_held;
};

static void fail(const char *what, const struct err *e)
{
    fprintf(stderr, "api_host: %s: %s\n", what, e->text);
    exit(1);
}

static void wake_store(void *arg)
{
    loop_wake_send(&((struct host *)arg)->wake);
}

static void woken(struct loop_wake *wake)
{
    store_poll(CONTAINER(wake, struct host, wake)->store);
}

/* --- ops --- */
struct act {
    struct host *host;
    struct api_action action;
    api_done_fn done;
    void *arg;
    int result;
    char actor[80], note[600], reason[40];
};

static int act_apply(sqlite3 *db, void *arg, struct err *e)
{
    static const char *const moves[] = {"acknowledged", "snoozed", "resolved", "noted"};
    struct act *a = arg;
    char state[20] = "";
    sqlite3_stmt *s = store_stmt(db, "SELECT state FROM alerts WHERE id = ?1", e);
    if (!s)
        return e->code;
    sqlite3_bind_int64(s, 1, a->action.alert);
    if (sqlite3_step(s) == SQLITE_ROW)
        snprintf(state, sizeof state, "%s", (const char *)sqlite3_column_text(s, 0));
    store_release(s);
    a->result = !state[0] ? ERR_NOT_FOUND : strcmp(state, "resolved") == 0 ? ERR_DENIED : 0;
    if (a->result)
        return 0;
    char *sql = sqlite3_mprintf(
        "UPDATE alerts SET state = CASE %d WHEN 0 THEN 'acknowledged' WHEN 2 THEN 'resolved' ELSE"
        " state END, acked_by = CASE %d WHEN 0 THEN %Q ELSE acked_by END, resolution = CASE %d"
        " WHEN 2 THEN %Q ELSE resolution END, snoozed_until_ms = CASE %d WHEN 1 THEN %lld ELSE"
        " snoozed_until_ms END WHERE id = %lld;"
        "INSERT INTO alert_log (alert, at_ms, arrival_ms, move, actor, reason) VALUES"
        " (%lld, %lld, %lld, %Q, %Q, %Q);",
        a->action.move, a->action.move, a->actor, a->action.move, a->reason, a->action.move,
        a->action.until_ms, a->action.alert, a->action.alert, a->action.at_ms, a->action.at_ms,
        moves[a->action.move], a->actor, a->note);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? 0 : err_set(e, ERR_IO, "act: %s", sqlite3_errmsg(db));
}

static void act_done(void *arg, int result, const struct err *e)
{
    struct act *a = arg;
    struct err own = {0};
    if (!result && a->result == ERR_DENIED)
        err_set(&own, ERR_DENIED, "the alert is resolved already");
    a->done(a->arg, result ? result : a->result, result ? e : &own, a->action.alert);
    free(a);
}

static int alert_action(void *ctx, const struct api_action *action, api_done_fn done, void *arg,
                        struct err *e)
{
    struct host *h = ctx;
    struct act *a = calloc(1, sizeof *a);
    struct store_job job = {act_apply, act_done, a};
    (void)e;
    a->host = h;
    a->action = *action;
    a->done = done;
    a->arg = arg;
    snprintf(a->actor, sizeof a->actor, "%s", action->actor);
    snprintf(a->note, sizeof a->note, "%s", action->note);
    snprintf(a->reason, sizeof a->reason, "%s", action->reason);
    if (h->holds && h->n_held < sizeof h->held / sizeof h->held[0]) {
        h->held[h->n_held++] = a;
        return 0;
    }
    return store_write(h->store, &job);
}

static void release(struct host *h)
{
    for (size_t i = 0; i < h->n_held; i++) {
        struct store_job job = {act_apply, act_done, h->held[i]};
        struct err e = {0};
        if (store_write(h->store, &job))
            fail("release", &e);
    }
    h->n_held = 0;
    h->holds = false;
}

static int test_alert(void *ctx, const char *device, const char *actor, int64_t at_ms,
                      api_done_fn done, void *arg, struct err *e)
{
    struct api_action action = {
        .move = API_NOTE, .alert = 1, .at_ms = at_ms, .actor = actor, .reason = "", .note = "test"};
    if (strcmp(device, "fridge-000") != 0)
        return err_set(e, ERR_NOT_FOUND, "no such device");
    return alert_action(ctx, &action, done, arg, e);
}

struct wished {
    struct host *host;
    api_done_fn done;
    void *arg;
    size_t n;
    struct line_setting settings[LINE_SETTINGS];
};

static int wish_apply(sqlite3 *db, void *arg, struct err *e)
{
    static const char *const kinds[] = {"report_ms", "mute", "log_level"};
    struct wished *w = arg;
    struct buf list;
    buf_init(&list, 8192);
    for (size_t i = 0; i < w->n; i++)
        buf_fmt(&list, "%s{\"kind\":\"%s\",\"metric\":%u,\"value\":%" PRId64 "}", i ? "," : "",
                kinds[w->settings[i].kind], w->settings[i].metric, w->settings[i].value);
    char *sql = sqlite3_mprintf("INSERT OR REPLACE INTO twins VALUES ('fridge-000', 7, 6, '[%q]')",
                                buf_cstr(&list));
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    buf_free(&list);
    return rc == SQLITE_OK ? 0 : err_set(e, ERR_IO, "wish: %s", sqlite3_errmsg(db));
}

static void wish_done(void *arg, int result, const struct err *e)
{
    struct wished *w = arg;
    w->done(w->arg, result, e, 0);
    free(w);
}

static int set_settings(void *ctx, const char *device, const struct line_setting *settings,
                        size_t n, const char *actor, api_done_fn done, void *arg, struct err *e)
{
    struct wished *w = calloc(1, sizeof *w);
    struct store_job job = {wish_apply, wish_done, w};
    (void)actor;
    (void)device;
    (void)e;
    *w = (struct wished){.host = ctx, .done = done, .arg = arg, .n = n};
    memcpy(w->settings, settings, n * sizeof *settings);
    return store_write(w->host->store, &job);
}

static size_t packs(void *ctx, const struct pack *const **ret_packs)
{
    static const struct pack *list[1];
    (void)ctx;
    list[0] = seed_pack();
    *ret_packs = list;
    return 1;
}

static void status(void *ctx, struct api_status *ret_status)
{
    (void)ctx;
    *ret_status = (struct api_status){.epoch = "1f", .started_ms = SEED_MS, .broker_up = true};
}

static void not_ready(void *ctx, struct buf *out)
{
    if (((struct host *)ctx)->not_ready)
        buf_str(out, "the broker is down\nthe disk is full\n");
}

static void metrics(void *ctx, struct metrics *out)
{
    (void)ctx;
    metrics_family(out, "tocsin_test_total", METRICS_COUNTER, "A number of the host.");
    metrics_value(out, 7);
}

/* --- commands --- */
static void stopped(void *arg)
{
    loop_stop(((struct host *)arg)->loop);
}

static void burst(struct host *h, int64_t first, int64_t n, size_t size)
{
    char json[16384];
    memset(json, 'x', sizeof json);
    json[0] = json[(size < sizeof json ? size : sizeof json - 1) - 1] = '"';
    json[size < sizeof json ? size : sizeof json - 1] = 0;
    for (int64_t i = 0; i < n; i++)
        server_feed_push(h->server, first + i, "device.presence", json);
}

static void command(struct host *h, char *line)
{
    int64_t no, n;
    size_t size;
    int at = 0;
    char kind[64];
    if (sscanf(line, "push %" SCNd64 " %63s %n", &no, kind, &at) == 2 && at) {
        server_feed_push(h->server, no, kind, line + at);
    } else if (sscanf(line, "burst %" SCNd64 " %" SCNd64 " %zu", &no, &n, &size) == 3) {
        burst(h, no, n, size);
    } else if (strcmp(line, "unready") == 0) {
        h->not_ready = true;
    } else if (strcmp(line, "hold") == 0) {
        h->holds = true;
    } else if (strcmp(line, "release") == 0) {
        release(h);
    } else if (strcmp(line, "quit") == 0) {
        loop_watch_close(&h->input, NULL);
        server_close(h->server, stopped, h);
        return;
    }
    printf("ok\n");
    fflush(stdout);
}

static void input_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct host *h = CONTAINER(watch, struct host, input);
    ssize_t n = read(0, h->line + h->used, sizeof h->line - h->used - 1);
    (void)readable;
    (void)writable;
    (void)bad;
    if (n <= 0) {
        char quit[] = "quit";
        command(h, quit);
        return;
    }
    h->used += (size_t)n;
    h->line[h->used] = 0;
    for (char *end; (end = strchr(h->line, '\n'));) {
        *end = 0;
        command(h, h->line);
        h->used -= (size_t)(end + 1 - h->line);
        memmove(h->line, end + 1, h->used + 1);
    }
}

struct people {
    char reader[SECRET_TEXT + 8], writer[SECRET_TEXT + 8];
};

static int people_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct people *p = arg;
    int64_t now_ms = clock_now().wall_ms;
    int code = users_put(db, "agent", "correct horse", "agent", now_ms, e);
    if (!code)
        code = users_put(db, "viewer", "battery staple", "viewer", now_ms, e);
    if (!code)
        code = users_put(db, "boss", "stapler stapler", "admin", now_ms, e);
    if (!code)
        code = tokens_add(db, "reader", "read", 0, now_ms, p->reader, e);
    if (!code)
        code = tokens_add(db, "writer", "write", 0, now_ms, p->writer, e);
    return code ? code : seed_apply(db, NULL, e);
}

static void people_done(void *arg, int result, const struct err *e)
{
    (void)arg;
    if (result)
        fail("seed", e);
}

/* A first, short life of the store, without a thread, in which the rows are made. */
static void seed(const char *path, struct people *people)
{
    struct err e = {0};
    struct store *store = NULL;
    struct store_config config = {.path = path, .inline_commits = true};
    struct store_job job = {people_apply, people_done, people};
    if (secret_init(&e) || store_open(&config, &store, &e) || store_write(store, &job))
        fail("seed", &e);
    store_poll(store);
    store_close(store);
}

int main(int argc, char **argv)
{
    static struct host h;
    struct people people;
    struct err e = {0};
    if (argc < 2)
        return 2;
    struct store_config store = {.path = argv[1], .wake = wake_store, .arg = &h};
    struct server_config config = {.listen = "127.0.0.1:0",
                                   .ops_listen = "127.0.0.1:0",
                                   .static_root = argc > 2 ? argv[2] : "",
                                   .max_connections = 300,
                                   .max_feeds = 250};
    struct api_ops ops = {.ctx = &h,
                          .alert_action = alert_action,
                          .test_alert = test_alert,
                          .set_settings = set_settings,
                          .packs = packs,
                          .status = status,
                          .not_ready = not_ready,
                          .metrics = metrics};
    log_set_level(LOG_ERROR_);
    seed(argv[1], &people);
    if (loop_new(&h.loop, &e) || loop_wake_init(&h.wake, h.loop, woken) ||
        store_open(&store, &h.store, &e) ||
        server_new(h.loop, h.store, &config, &ops, &h.server, &e) ||
        loop_watch_init(&h.input, h.loop, 0, input_ready))
        fail("start", &e);
    loop_watch_want(&h.input, true, false);
    printf("{\"port\":%d,\"ops\":%d,\"reader\":\"%s\",\"writer\":\"%s\"}\n", server_port(h.server),
           server_ops_port(h.server), people.reader, people.writer);
    fflush(stdout);
    loop_run(h.loop);
    store_close(h.store);
    loop_free(h.loop);
    return 0;
}
