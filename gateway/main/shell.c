/* The way of a message: ring, line, commit, then and only then acks and feed.
 *
 * While a commit is under way the next one gathers. When one fails, or nobody
 * knows, the line forgets all it has in memory and is read back from the store;
 * until the store writes again (a full disk, mostly) nothing is taken from the
 * ring but to be dropped unacknowledged: devices keep what they have. */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/main/gateway.h"
#include "gateway/store/line_store.h"
#include "proto/topic.h"

#include <stdio.h>
#include <stdlib.h>

#define PUMP_MESSAGES 512
#define FEED_ROWS     256
#define RETRY_MS      1000

struct line_now shell_now(const struct gateway *g)
{
    return (struct line_now){clock_now().wall_ms, g->ear.listen_ms};
}

void shell_send_acks(struct gateway *g)
{
    char device[LINE_DEVICE_MAX], topic[TOPIC_MAX];
    while (g->up && line_next_down(g->line, device, &g->down)) {
        topic_of(topic, TOPIC_DOWN, slice_str(device));
        if (g->link.publish(g->link.ctx, slice_str(topic), buf_slice(&g->down), 0, 0))
            g->acks_lost++; /* the device asks again */
    }
}

/* --- what follows a commit --- */

static void feed_row(void *arg, const struct store_handoff *row)
{
    struct gateway *g = arg;
    g->last_feed = row->no;
    server_feed_push(g->server, row->no, row->kind, row->body);
    if (g->up)
        g->link.publish(g->link.ctx, slice_str(TOPIC_FEED_ALERTS), slice_str(row->body), 0, 0);
}

static void feed(struct gateway *g)
{
    struct err e = {0};
    int n;
    int64_t before = g->last_feed;
    while ((n = store_each_handoff(g->store, g->last_feed, FEED_ROWS, feed_row, g, &e)) ==
           FEED_ROWS)
        ;
    if (n < 0)
        LOG_ERROR("GW030", "the feed cannot be read: %s", e.text);
    if (g->last_feed != before)
        stage_run(g->stage, clock_now().wall_ms);
}

/* --- failing and coming back --- */

static void degrade(struct gateway *g, const struct err *e)
{
    if (!g->degraded || strcmp(g->why, e->text) != 0)
        LOG_ERROR("GW031", "nothing is stored or acknowledged: %s", e->text);
    snprintf(g->why, sizeof g->why, "%s", e->text);
    g->degraded = true;
    g->failed_commits++;
    loop_timer_start(&g->retry, RETRY_MS, 0);
}

int shell_restore(struct gateway *g, struct err *e)
{
    line_drop(g->line);
    g->loaded = false;
    int rc = store_load_line(g->store, g->line, e);
    if (rc)
        return rc;
    g->loaded = true;
    if (line_listen_ms(g->line) > g->ear.listen_ms)
        g->ear.listen_ms = line_listen_ms(g->line);
    return 0;
}

static void commit_failed(struct gateway *g, int result, const struct err *e)
{
    struct err why = *e;
    ops_answer(&g->flying_waiters, result, &why);
    ops_answer(&g->waiting, result, &why);
    degrade(g, &why);
    struct err load = {0};
    if (shell_restore(g, &load))
        LOG_ERROR("GW032", "the line cannot be read back yet: %s", load.text);
}

static int apply_job(sqlite3 *db, void *arg, struct err *e)
{
    struct commit_job *job = arg;
    return store_apply_line(db, job->rows, e);
}

static void job_done(void *arg, int result, const struct err *e)
{
    struct gateway *g = ((struct commit_job *)arg)->g;
    g->flying = false;
    if (result) {
        commit_failed(g, result, e);
        return;
    }
    g->started = true;
    line_committed(g->line);
    shell_send_acks(g);
    ops_answer(&g->flying_waiters, 0, NULL);
    feed(g);
    shell_commit(g);
}

static void list_move(struct list *from, struct list *to)
{
    struct list *node;
    while ((node = list_shift(from)))
        list_push(to, node);
}

void shell_commit(struct gateway *g)
{
    if (g->flying || g->degraded || !line_dirty(g->line))
        return;
    union {
        const struct line_commit *rows;
        void *arg;
    } commit = {line_take_commit(g->line)};
    struct err e = {.code = ERR_NOMEM, .text = "no memory for what came"};
    if (!commit.rows) {
        commit_failed(g, ERR_NOMEM, &e);
        return;
    }
    g->job = (struct commit_job){g, commit.arg};
    struct store_job job = {apply_job, job_done, &g->job};
    list_move(&g->waiting, &g->flying_waiters);
    g->flying = true;
    if (store_write(g->store, &job)) {
        g->flying = false;
        err_set(&e, ERR_FULL, "too many jobs wait for the store");
        commit_failed(g, ERR_FULL, &e);
    }
}

/* The store is tried with a small write; then the line's life goes on. */
static void probe_done(void *arg, int result, const struct err *e)
{
    struct gateway *g = arg;
    struct err load = {0};
    if (result) {
        degrade(g, e);
        return;
    }
    if (!g->loaded && shell_restore(g, &load)) {
        degrade(g, &load);
        return;
    }
    g->degraded = false;
    LOG_INFO("GW033", "the store writes again: messages are taken and acknowledged");
    if (!g->started)
        line_start(g->line, shell_now(g));
    shell_packs(g);
    shell_pump(g);
}

static int probe(sqlite3 *db, void *arg, struct err *e)
{
    (void)arg;
    sqlite3_stmt *stmt =
        store_stmt(db, "INSERT OR REPLACE INTO meta (key,value) VALUES ('probe',?)", e);
    if (!stmt)
        return e->code;
    char room[4096]; /* as large as a row that matters */
    memset(room, 'x', sizeof room - 1);
    room[sizeof room - 1] = 0;
    sqlite3_bind_text(stmt, 1, room, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (rc == SQLITE_DONE)
        return 0;
    return err_set(e, (rc & 0xff) == SQLITE_FULL ? ERR_FULL : ERR_IO, "store: %s",
                   sqlite3_errmsg(db));
}

void shell_retry(struct loop_timer *timer)
{
    struct gateway *g = CONTAINER(timer, struct gateway, retry);
    struct store_job job = {probe, probe_done, g};
    if (store_write(g->store, &job))
        loop_timer_start(&g->retry, RETRY_MS, 0);
}

/* --- packs --- */

struct stored_pack {
    struct store_pack row;
};

static int apply_stored_pack(sqlite3 *db, void *arg, struct err *e)
{
    return store_apply_pack(db, &((struct stored_pack *)arg)->row, e);
}

static void pack_stored(void *arg, int result, const struct err *e)
{
    struct stored_pack *sp = arg;
    if (result)
        LOG_WARN("GW021", "the pack %s was not kept: %s", sp->row.name, e->text);
    free(sp);
}

static void keep_pack(struct gateway *g, const struct pack *pack)
{
    struct stored_pack *sp = malloc(sizeof *sp);
    if (!sp)
        return;
    sp->row = (struct store_pack){pack->fingerprint, pack->name, pack->revision,
                                  packs_file(g->packs, pack->fingerprint)};
    struct store_job job = {apply_stored_pack, pack_stored, sp};
    if (store_write(g->store, &job))
        free(sp);
}

void shell_packs(struct gateway *g)
{
    const struct pack *const *packs;
    size_t n = packs_in_force(g->packs, &packs);
    for (size_t i = 0; i < n; i++) {
        keep_pack(g, packs[i]); /* before the input that names it */
        line_pack_change(g->line, packs[i]->fingerprint, shell_now(g));
    }
    shell_commit(g);
}

/* --- messages --- */

static const char *why_refused(int rc)
{
    switch (rc) {
    case ERR_LIMIT: return "it breaks a limit of the wire";
    case ERR_VERSION: return "it is of a version that this gateway does not know";
    case ERR_EXISTS:
        return "its number was used for other bytes: two devices share this identity, or an old "
               "image was restored";
    case ERR_FULL: return "there is no room for what it begins; the device says it again";
    case ERR_NOMEM: return "there is no memory for it; the device says it again";
    default: return "it is malformed";
    }
}

static void complain(struct gateway *g, const struct intake_message *m, int rc)
{
    struct complaint_line line;
    if (!complaints_due(&g->complaints, m->device, m->arrived_ms, &line))
        return;
    LOG_WARN("GW034", "%s: a message of %zu bytes was refused: %s (%llu more since the last word)",
             line.device, m->payload.len, why_refused(rc), (unsigned long long)line.unsaid);
}

static void take(struct gateway *g, const struct intake_message *m)
{
    if (m->kind == INTAKE_ECHO) {
        broker_echo(g, m->payload);
        return;
    }
    if (slice_is(m->device, CANARY_PROBE)) {
        canary_heard(g);
        return;
    }
    if (slice_is(m->device, g->config->canary_id))
        return; /* its own topic: allowed, and no device's word */
    if (g->degraded)
        return; /* dropped unacknowledged: the device has it still */
    struct line_now now = {m->arrived_ms, g->ear.listen_ms};
    int rc = line_up(g->line, m->device, m->payload, now);
    if (rc)
        complain(g, m, rc);
}

static void mind_the_load(struct gateway *g)
{
    struct intake_stats s;
    intake_stats(g->intake, &s);
    uint32_t hold_off = s.used_bytes > s.cap_bytes / 4 * 3 ? 5000
                        : s.used_bytes > s.cap_bytes / 2   ? 1000
                                                           : 0;
    line_hold_off(g->line, hold_off);
}

void shell_pump(struct gateway *g)
{
    struct intake_message m;
    int n = 0;
    for (; n < PUMP_MESSAGES && intake_peek(g->intake, &m); n++) {
        take(g, &m);
        intake_pop(g->intake);
    }
    if (n == PUMP_MESSAGES) {
        mind_the_load(g);
        loop_wake_send(&g->intake_wake);
    } else if (n) {
        line_hold_off(g->line, 0);
    }
    shell_commit(g);
    shell_send_acks(g);
}
