/* One commit at a time: rows are applied at once (inline store), the answer comes
 * later, and a kill in between is a crash after a commit nobody heard of. */
#include "tests/sim/gateway.h"

#include "gateway/people/stage/stage.h"
#include "gateway/store/line_store.h"

#include <stdlib.h>
#include <string.h>

#define TICK_MS   (10 * SECOND)
#define POLL_MS   2
#define REFUSE_MS (5 * SECOND)

struct gateway {
    struct world *w;
    struct gateway_plan plan;
    struct port *port;
    struct store *store;
    struct stage *stage;
    struct line *line; /* NULL: away */
    const struct pack *pack;
    struct ruleset *rules;
    struct line_pack packed;
    bool calm, committing, asked, full;
    int next_result; /* of the next commit, by a story; 0: as chance has it */
    bool next_done;
    uint64_t life;
    int64_t listen_ms, last_tick;
    const struct line_commit *rows; /* under way; lent by the line */
    struct buf before;              /* the state at the last kill, when all of it was committed */
    struct gateway_record record;
};

static struct line_now now_of(const struct gateway *g)
{
    return (struct line_now){SIM_EPOCH_MS + world_now(g->w), g->listen_ms};
}

static void commit_soon(struct gateway *g);

static const struct line_pack *find_pack(void *arg, uint64_t fingerprint)
{
    struct gateway *g = arg;
    return g->pack->fingerprint == fingerprint ? &g->packed : NULL;
}

static size_t packs_in_force(void *ctx, const struct pack *const **ret)
{
    struct gateway *g = ctx;
    *ret = &g->pack;
    return 1;
}

static void send_acks(struct gateway *g)
{
    char device[LINE_DEVICE_MAX];
    struct buf payload;
    buf_init(&payload, LIMIT_MESSAGE);
    while (line_next_down(g->line, device, &payload)) {
        if (port_is_up(g->port))
            port_publish(g->port, device, buf_slice(&payload), 0);
        buf_reset(&payload);
    }
    buf_free(&payload);
}

static void load(struct gateway *g)
{
    struct err e = {0};
    g->record.restores++;
    if (store_load_line(g->store, g->line, &e) == 0)
        return;
    g->record.restores_failed++;
    world_trace(g->w, "gateway: cannot restore: %s", e.text);
}

static void count_defects(struct gateway *g)
{
    struct line_stats s;
    line_stats(g->line, &s);
    g->record.defects += s.defects;
}

/* The answer to a commit: what is known decides. */
static void committed(void *arg, int result, const struct err *e)
{
    struct gateway *g = arg;
    (void)e;
    g->committing = false;
    if (!g->line)
        return;
    if (result == 0) {
        g->record.commits++;
        line_committed(g->line);
        send_acks(g);
        stage_run(g->stage, now_of(g).wall_ms);
    } else {
        g->record.commits_failed += result != ERR_UNKNOWN;
        g->record.commits_unknown += result == ERR_UNKNOWN;
        world_trace(g->w, "gateway: commit: %s; state is read again", err_name(result));
        line_drop(g->line);
        load(g);
        line_start(g->line, now_of(g));
    }
    commit_soon(g);
}

static void poll_store(void *arg, uint64_t life)
{
    struct gateway *g = arg;
    if (g->life == life)
        store_poll(g->store);
}

static void choose_luck(struct gateway *g)
{
    if (g->next_result) {
        store_fail(g->store, 1, g->next_result, g->next_done);
        g->next_result = 0;
    } else if (g->full)
        store_fail(g->store, 1, ERR_FULL, false);
    else if (!g->calm && world_chance(g->w, g->plan.commit_fails_one_in))
        store_fail(g->store, 1, ERR_IO, false);
    else if (!g->calm && world_chance(g->w, g->plan.commit_unknown_one_in))
        store_fail(g->store, 1, ERR_UNKNOWN, world_chance(g->w, 2));
}

/* The inline store reads the rows before store_write returns. */
static int apply_rows(sqlite3 *db, void *arg, struct err *e)
{
    struct gateway *g = arg;
    return store_apply_line(db, (void *)(uintptr_t)g->rows, e);
}

static void commit_now(void *arg, uint64_t life)
{
    struct gateway *g = arg;
    if (g->life != life || !g->line || g->committing)
        return;
    g->asked = false;
    g->rows = line_take_commit(g->line);
    if (!g->rows)
        return;
    g->committing = true;
    choose_luck(g);
    if (store_write(g->store, &(struct store_job){apply_rows, committed, g}) != 0)
        abort(); /* an inline store has no queue to be full */
    world_at(g->w, world_now(g->w) + world_span(g->w, g->plan.commit_ms), poll_store, g, g->life);
}

static void commit_soon(struct gateway *g)
{
    if (g->asked || g->committing || !g->line || !line_dirty(g->line))
        return;
    g->asked = true;
    world_at(g->w, world_now(g->w) + (g->full ? REFUSE_MS : POLL_MS), commit_now, g, g->life);
}

/* --- the broker's side --- */

static void link_up(void *arg)
{
    struct gateway *g = arg;
    world_trace(g->w, "gateway: connected");
}

static void dial(void *arg, uint64_t life)
{
    struct gateway *g = arg;
    if (g->life == life && g->line && !port_is_up(g->port))
        port_connect(g->port, slice_of(NULL, 0));
}

static void link_down(void *arg)
{
    struct gateway *g = arg;
    world_at(g->w, world_now(g->w) + SECOND, dial, g, g->life);
}

static void link_message(void *arg, const char *from, struct slice payload)
{
    struct gateway *g = arg;
    if (!g->line)
        return;
    int rc = line_up(g->line, slice_str(from), payload, now_of(g));
    if (rc != 0) {
        g->record.refused++;
        world_trace(g->w, "gateway: refuses a message of %s: %s", from, err_name(rc));
    }
    send_acks(g);
    commit_soon(g);
}

static void link_sent(void *arg, uint64_t token, bool ok)
{
    (void)arg;
    (void)token;
    (void)ok;
}

/* The listening clock runs while the echo would come back. */
static void tick(void *arg, uint64_t life)
{
    struct gateway *g = arg;
    if (g->life != life || !g->line)
        return;
    if (port_is_up(g->port) && !g->full)
        g->listen_ms += world_now(g->w) - g->last_tick;
    g->last_tick = world_now(g->w);
    line_tick(g->line, now_of(g));
    send_acks(g);
    commit_soon(g);
    stage_run(g->stage, now_of(g).wall_ms);
    world_at(g->w, world_now(g->w) + TICK_MS, tick, g, life);
}

/* --- lives --- */

static struct line *line_make(struct gateway *g)
{
    struct line *line = NULL;
    const struct line_config config = {.epoch = g->life, .find_pack = find_pack, .arg = g};
    if (line_new(&config, &line) != 0)
        abort();
    return line;
}

static void compare(struct gateway *g)
{
    struct buf now;
    buf_init(&now, 1 << 28);
    line_save(g->line, &now);
    if (g->before.len && !slice_eq(buf_slice(&now), buf_slice(&g->before))) {
        g->record.unlike++;
        world_trace(g->w, "gateway: restored state differs: %zu bytes, %zu before", now.len,
                    g->before.len);
    }
    buf_free(&now);
    buf_reset(&g->before);
}

static void start(void *arg, uint64_t value)
{
    struct gateway *g = arg;
    struct err e = {0};
    const struct stage_config people = {
        .ctx = g, .packs = packs_in_force, .mail_domain = "sim.example"};
    (void)value;
    if (g->line)
        return;
    g->life++;
    g->asked = g->committing = false;
    g->line = line_make(g);
    load(g);
    compare(g);
    if (g->listen_ms < line_listen_ms(g->line))
        g->listen_ms = line_listen_ms(g->line);
    if (stage_new(g->store, &people, &g->stage, &e) != 0)
        abort();
    line_start(g->line, now_of(g));
    line_pack_change(g->line, g->pack->fingerprint, now_of(g));
    world_trace(g->w, "gateway: starts");
    g->last_tick = world_now(g->w);
    port_connect(g->port, slice_of(NULL, 0));
    commit_soon(g);
    world_at(g->w, world_now(g->w) + TICK_MS, tick, g, g->life);
}

static void die(struct gateway *g)
{
    count_defects(g);
    if (!g->committing && !line_dirty(g->line))
        line_save(g->line, &g->before);
    line_free(g->line);
    g->line = NULL;
    g->life++;
    store_poll(g->store); /* answers that nobody will hear */
    stage_free(g->stage);
    g->stage = NULL;
    port_abandon(g->port);
}

void gateway_next_commit(struct gateway *g, int result, bool done)
{
    g->next_result = result;
    g->next_done = done;
}

bool gateway_commits(const struct gateway *g)
{
    return g->committing;
}

void gateway_kill(struct gateway *g)
{
    if (g->line)
        die(g);
}

void gateway_start(struct gateway *g)
{
    start(g, 0);
}

static void killed(void *arg, uint64_t value)
{
    struct gateway *g = arg;
    (void)value;
    if (g->calm)
        return;
    if (g->line) {
        world_trace(g->w, "gateway: killed%s", g->committing ? " in a commit" : "");
        g->record.kills++;
        die(g);
        world_at(g->w, world_now(g->w) + world_span(g->w, g->plan.away_for_ms), start, g, 0);
    }
    world_at(g->w, world_now(g->w) + world_span(g->w, g->plan.killed_every_ms), killed, g, 0);
}

static void room_again(void *arg, uint64_t value)
{
    struct gateway *g = arg;
    (void)value;
    g->full = false;
    world_trace(g->w, "gateway: disk has room");
}

static void fills_up(void *arg, uint64_t value)
{
    struct gateway *g = arg;
    (void)value;
    if (g->calm)
        return;
    g->full = true;
    g->record.disk_full++;
    world_trace(g->w, "gateway: disk full");
    world_at(g->w, world_now(g->w) + world_span(g->w, g->plan.disk_full_for_ms), room_again, g, 0);
    world_at(g->w, world_now(g->w) + world_span(g->w, g->plan.disk_full_every_ms), fills_up, g, 0);
}

/* Each fridge's owner, and a webhook for support and one for the manufacturer. */
static int fill_people(sqlite3 *db, void *arg, struct err *e)
{
    (void)arg;
    char sql[2048];
    for (int i = 1; i <= 64; i++) {
        snprintf(
            sql, sizeof sql,
            "INSERT INTO customers (id, name, language, email) VALUES ('c-%d', 'Anna', '%s',"
            " 'anna%d@sim.example');"
            "INSERT INTO ownership (device, customer, from_ms) VALUES ('fridge-%d', 'c-%d', 0)",
            i, i % 2 ? "en" : "de", i, i, i);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            return err_set(e, ERR_IO, "people: %s", sqlite3_errmsg(db));
    }
    snprintf(sql, sizeof sql,
             "INSERT INTO webhooks (id, url, secret, audience) VALUES"
             " ('desk', 'https://desk.sim.example/', 's', %d),"
             " ('maker', 'https://maker.sim.example/', 's', %d)",
             AUDIENCE_SUPPORT, AUDIENCE_MANUFACTURER);
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : ERR_IO;
}

static void filled(void *arg, int result, const struct err *e)
{
    (void)arg;
    if (result == 0)
        return;
    fprintf(stderr, "simulation: %s\n", e ? e->text : "people");
    abort();
}

struct gateway *gateway_new(struct world *w, struct broker *b, const struct gateway_plan *plan,
                            const struct pack *pack)
{
    struct err e = {0};
    struct gateway *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    g->w = w;
    g->plan = *plan;
    g->pack = pack;
    buf_init(&g->before, 1 << 28);
    const struct store_config config = {.path = ":memory:", .inline_commits = true};
    if (ruleset_compile(pack, &g->rules, &e) != 0 || store_open(&config, &g->store, &e) != 0) {
        fprintf(stderr, "simulation: %s\n", e.text);
        abort();
    }
    g->packed = (struct line_pack){pack, g->rules};
    g->port = broker_port(b, "gateway", true,
                          (struct client){g, link_up, link_down, link_message, link_sent});
    store_write(g->store, &(struct store_job){fill_people, filled, g});
    store_poll(g->store);
    start(g, 0);
    if (plan->killed_every_ms)
        world_at(w, world_span(w, plan->killed_every_ms), killed, g, 0);
    if (plan->disk_full_every_ms)
        world_at(w, world_span(w, plan->disk_full_every_ms), fills_up, g, 0);
    return g;
}

void gateway_free(struct gateway *g)
{
    if (!g)
        return;
    if (g->line)
        die(g);
    store_close(g->store);
    ruleset_free(g->rules);
    buf_free(&g->before);
    free(g);
}

void gateway_calm(struct gateway *g)
{
    g->calm = true;
    g->full = false;
    if (!g->line)
        world_at(g->w, world_now(g->w) + 1, start, g, 0);
}

struct store *gateway_store(struct gateway *g)
{
    return g->store;
}

const struct line *gateway_line(const struct gateway *g)
{
    return g->line;
}

void gateway_record(const struct gateway *g, struct gateway_record *ret)
{
    *ret = g->record;
    if (g->line) {
        struct line_stats s;
        line_stats(g->line, &s);
        ret->defects += s.defects;
    }
}
