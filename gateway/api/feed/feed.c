/* Happy path: an event is formatted once into the ring and every client is woken;
 * when its socket takes bytes, its cursor moves through the ring.
 *
 * A client that comes with a Last-Event-ID older than the ring reads the hand-off
 * table, some rows a turn, until it has reached the ring. One that is further
 * back than REPLAY_MAX rows, or that fell off the ring while connected, gets
 * `resync` and goes on from now. One that takes nothing for STALL_MS is ended. */
#include "gateway/api/feed/feed.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/table.h"
#include "gateway/api/feed/ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RING_EVENTS  2048
#define RING_BYTES   (2 * 1024 * 1024)
#define REPLAY_MAX   10000
#define REPLAY_ROWS  64 /* a turn */
#define HEARTBEAT_MS 15000
#define TICK_MS      1000
#define STALL_MS     60000

struct client {
    struct list link;
    struct feed *feed;
    struct http_req *req;
    int64_t cursor;
    int64_t wrote_ms; /* monotonic */
    bool replays;     /* from the table */
    bool resync;
    bool greets; /* has had nothing yet */
};

struct feed {
    struct loop *loop;
    struct store *store;
    struct feed_ring *ring;
    struct list clients;
    struct feed_config config;
    struct loop_timer tick;
    struct feed_counts counts;
    bool closed;
};

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

static size_t format(char *to, size_t room, int64_t no, const char *type, const char *json)
{
    int n = snprintf(to, room, "id: %" PRId64 "\nevent: %s\ndata: %s\n\n", no, type, json);
    return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* As clients see it. */
static size_t put_event(const struct feed *feed, char *to, size_t room, int64_t no,
                        const char *type, const char *json)
{
    char *dressed = feed->config.dress ? feed->config.dress(feed->config.arg, type, json) : NULL;
    size_t len = format(to, room, no, type, dressed ? dressed : json);
    free(dressed);
    return len;
}

/* Events from the ring as far as they fit. */
static size_t pull_ring(struct client *c, char *to, size_t room)
{
    size_t used = 0, len;
    int64_t no;
    const char *text;
    while ((text = feed_ring_next(c->feed->ring, c->cursor, &no, &len)) && len <= room - used) {
        memcpy(to + used, text, len);
        used += len;
        c->cursor = no;
    }
    return used;
}

/* Events from the table as far as they fit; sets `replays` to false at its end. */
static size_t pull_table(struct client *c, char *to, size_t room)
{
    struct err e = {0};
    size_t used = 0, len = 1;
    int rows = 0, rc = SQLITE_DONE;
    sqlite3_stmt *s =
        store_read(c->feed->store,
                   "SELECT no, kind, body FROM handoff WHERE no > ?1 ORDER BY no LIMIT ?2", &e);
    if (!s) {
        c->resync = true;
        c->replays = false;
        return 0;
    }
    sqlite3_bind_int64(s, 1, c->cursor);
    sqlite3_bind_int(s, 2, REPLAY_ROWS);
    for (rc = sqlite3_step(s); rc == SQLITE_ROW; rc = sqlite3_step(s)) {
        len = put_event(c->feed, to + used, room - used, sqlite3_column_int64(s, 0),
                        (const char *)sqlite3_column_text(s, 1),
                        (const char *)sqlite3_column_text(s, 2));
        if (!len && used)
            break; /* the next turn has room */
        used += len;
        rows++;
        c->cursor = sqlite3_column_int64(s, 0);
    }
    store_release(s);
    c->replays = (rows == REPLAY_ROWS || !len) && !feed_ring_covers(c->feed->ring, c->cursor);
    return used;
}

static size_t say_resync(struct client *c, char *to, size_t room)
{
    c->resync = false;
    c->cursor = feed_ring_last(c->feed->ring);
    c->feed->counts.resyncs++;
    int n = snprintf(to, room, "id: %" PRId64 "\nevent: resync\ndata: {}\n\n", c->cursor);
    return n > 0 ? (size_t)n : 0;
}

static size_t pull(void *arg, char *to, size_t room)
{
    struct client *c = arg;
    size_t used = 0;
    if (c->greets) {
        used = (size_t)snprintf(to, room, "retry: 2000\n: tocsin\n\n");
        c->greets = false;
    }
    if (c->replays)
        used += pull_table(c, to + used, room - used);
    if (!c->replays && !feed_ring_covers(c->feed->ring, c->cursor))
        c->resync = true;
    if (c->resync)
        used += say_resync(c, to + used, room - used);
    if (!c->replays)
        used += pull_ring(c, to + used, room - used);
    if (!used && now_ms() - c->wrote_ms >= HEARTBEAT_MS)
        used = (size_t)snprintf(to, room, ":\n\n");
    if (used)
        c->wrote_ms = now_ms();
    return used;
}

static void client_closed(void *arg)
{
    struct client *c = arg;
    list_remove(&c->link);
    c->feed->counts.clients--;
    free(c);
}

static void tick(struct loop_timer *timer)
{
    struct feed *feed = CONTAINER(timer, struct feed, tick);
    int64_t now = now_ms();
    for (struct list *n = feed->clients.next, *next; n != &feed->clients; n = next) {
        struct client *c = CONTAINER(n, struct client, link);
        next = n->next;
        if (http_stream_stalled_ms(c->req) > STALL_MS)
            http_stream_end(c->req);
        else if (now - c->wrote_ms >= HEARTBEAT_MS)
            http_stream_wake(c->req);
    }
}

static int read_last(struct feed *feed, struct err *e)
{
    sqlite3_stmt *s = store_read(feed->store, "SELECT coalesce(max(no), 0) FROM handoff", e);
    if (!s)
        return e->code;
    if (sqlite3_step(s) == SQLITE_ROW)
        feed_ring_start(feed->ring, sqlite3_column_int64(s, 0));
    store_release(s);
    return 0;
}

int feed_new(struct loop *loop, struct store *store, const struct feed_config *config,
             struct feed **ret_feed, struct err *e)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed || !(feed->ring = feed_ring_new(RING_EVENTS, RING_BYTES))) {
        free(feed);
        return err_set(e, ERR_NOMEM, "feed: out of memory");
    }
    feed->loop = loop;
    feed->store = store;
    feed->config = *config;
    list_init(&feed->clients);
    int code = read_last(feed, e);
    if (code) {
        feed_ring_free(feed->ring);
        free(feed);
        return code;
    }
    loop_timer_init(&feed->tick, loop, tick);
    loop_timer_start(&feed->tick, TICK_MS, TICK_MS);
    *ret_feed = feed;
    return 0;
}

void feed_close(struct feed *feed)
{
    feed->closed = true;
    loop_timer_stop(&feed->tick);
    for (struct list *n = feed->clients.next; n != &feed->clients; n = n->next)
        http_stream_end(CONTAINER(n, struct client, link)->req);
}

static void tick_closed(struct loop_timer *timer)
{
    struct feed *feed = CONTAINER(timer, struct feed, tick);
    feed_ring_free(feed->ring);
    free(feed);
}

void feed_free(struct feed *feed)
{
    if (feed)
        loop_timer_close(&feed->tick, tick_closed);
}

void feed_push(struct feed *feed, int64_t no, const char *type, const char *json)
{
    char text[16 * 1024];
    size_t len = put_event(feed, text, sizeof text, no, type, json);
    feed->counts.events++;
    if (!len) /* too large for a turn's chunk: clients are told to read again */
        len = format(text, sizeof text, no, "resync", "{}");
    feed_ring_push(feed->ring, no, text, len);
    for (struct list *n = feed->clients.next; n != &feed->clients; n = n->next)
        http_stream_wake(CONTAINER(n, struct client, link)->req);
}

/* Where a client wants to begin: false (answered with a 400) when it is no number. */
static bool take_cursor(struct feed *feed, struct http_req *req, int64_t *ret)
{
    static const char *const known[] = {"after", NULL};
    const char *last = http_header(req, HTTP_LAST_EVENT_ID);
    struct problem p = {0};
    *ret = -1;
    query_known(http_query(req), known, &p);
    query_int(http_query(req), "after", 0, INT64_MAX, ret, &p);
    if (last && last[0] && (parse_int(last, ret) || *ret < 0))
        problem_field(&p, 400, "Last-Event-ID", "must be the number of an event");
    if (feed->closed || feed->counts.clients >= feed->config.max_clients) {
        feed->counts.refused++;
        p.retry_s = 10;
        problem_set(&p, 503, "the feed has as many clients as it takes");
    }
    if (problem_is(&p))
        http_reply_problem(req, &p);
    return !problem_is(&p);
}

void feed_serve(struct feed *feed, struct http_req *req)
{
    int64_t cursor, last = feed_ring_last(feed->ring);
    if (!take_cursor(feed, req, &cursor))
        return;
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        http_refuse(req, 503, "out of memory");
        return;
    }
    c->feed = feed;
    c->req = req;
    c->cursor = cursor < 0 || cursor > last ? last : cursor;
    c->resync = cursor > last || last - c->cursor > REPLAY_MAX;
    c->replays = !c->resync && !feed_ring_covers(feed->ring, c->cursor);
    c->greets = true;
    c->wrote_ms = now_ms();
    list_push(&feed->clients, &c->link);
    feed->counts.clients++;
    struct http_stream stream = {pull, client_closed, c};
    if (!http_stream(req, "text/event-stream", &stream))
        client_closed(c);
}

void feed_counts(const struct feed *feed, struct feed_counts *ret_counts)
{
    *ret_counts = feed->counts;
}
