/* The agent's step: an event in, a list of things to do out. */
#include "agent/core/inside.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t or_else(int64_t v, int64_t otherwise)
{
    return v > 0 ? v : otherwise;
}

static void set_defaults(struct core_config *c)
{
    c->bulk_age_ms = or_else(c->bulk_age_ms, 10000);
    c->bulk_samples = c->bulk_samples ? c->bulk_samples : 400;
    c->heartbeat_ms = or_else(c->heartbeat_ms, 300000);
    c->keyframe_ms = or_else(c->keyframe_ms, 3600000);
    c->keyframe_ms = c->keyframe_ms < 3600000 ? c->keyframe_ms : 3600000;
    c->chatter_refill_ms = or_else(c->chatter_refill_ms, 15000);
    c->bulk_sync_ms = or_else(c->bulk_sync_ms, 300000);
    c->head_room_bytes = c->head_room_bytes ? c->head_room_bytes : 10 * 1024 * 1024;
    c->head_room_inodes = c->head_room_inodes ? c->head_room_inodes : 100;
    c->liveness_ms = or_else(c->liveness_ms, 60000);
    c->reconnect_floor_ms = or_else(c->reconnect_floor_ms, 500);
    c->reconnect_cap_ms = or_else(c->reconnect_cap_ms, 300000);
}

static int check(const struct core_config *c, struct err *e)
{
    if (!c->disk)
        return err_set(e, ERR_INVALID, "core: no disk was given");
    if (c->n_meanings > 1024)
        return err_set(e, ERR_INVALID, "core: %zu meanings, at most 1024", c->n_meanings);
    if (c->bulk_samples > 1000)
        return err_set(e, ERR_INVALID, "core: %u samples a batch, at most 1000", c->bulk_samples);
    return 0;
}

static bool marked(void *arg, uint32_t boot, uint32_t *ret_next)
{
    const struct core *c = arg;
    return spool_marked(c->spool, boot, ret_next);
}

static int open_spool(struct core *c)
{
    struct spool_config s = {.disk = c->c.disk,
                             .random = c->c.seed,
                             .boot = c->c.boot,
                             .session = c->c.session,
                             .budget_bytes = c->c.spool_bytes,
                             .budget_files = c->c.spool_files,
                             .head_room_bytes = c->c.head_room_bytes,
                             .head_room_inodes = c->c.head_room_inodes,
                             .daily_write_bytes = c->c.daily_write_bytes};
    return spool_open(&s, &c->spool);
}

static struct batch *new_batch(struct core *c, struct now now)
{
    struct batch_config b = {.boot = c->c.boot,
                             .bulk_age_ms = c->c.bulk_age_ms,
                             .heartbeat_ms = c->c.heartbeat_ms,
                             .keyframe_ms = c->c.keyframe_ms,
                             .chatter_refill_ms = c->c.chatter_refill_ms,
                             .urgent_linger_ms = 5,
                             .bulk_samples = c->c.bulk_samples,
                             .pack = c->pack,
                             .pack_revision = c->c.pack_revision,
                             .agent = "agent",
                             .marked = marked,
                             .arg = c};
    return batch_new(&b, now);
}

static struct courier *new_courier(struct core *c, struct now now)
{
    struct courier_config k = {.spool = c->spool,
                               .seed = c->c.seed ^ UINT64_C(0x9e3779b97f4a7c15),
                               .boot = c->c.boot,
                               .session = c->c.session,
                               .agent = c->agent,
                               .pack = c->pack,
                               .pack_revision = c->c.pack_revision,
                               .floor_ms = c->c.reconnect_floor_ms,
                               .cap_ms = c->c.reconnect_cap_ms,
                               .slow_floor_ms = 30000,
                               .liveness_ms = c->c.liveness_ms};
    return courier_new(&k, now);
}

/* Everything that takes memory; core_free undoes any part of it. */
static int make(struct core *c, struct now now)
{
    const struct core_config *k = &c->c;
    buf_init(&c->out, CORE_OUT_BYTES);
    buf_init(&c->bytes, LIMIT_BATCH);
    c->meanings = calloc(k->n_meanings + 1, sizeof *c->meanings);
    if (!c->meanings || arena_init(&c->identity_memory, IDENTITY) != 0 ||
        arena_init(&c->down_memory, DOWN_MEMORY) != 0 || open_spool(c) != 0 ||
        twin_open(k->disk, &c->twin) != 0 || commands_open(k->disk, &c->commands) != 0)
        return ERR_NOMEM;
    if (k->n_meanings)
        memcpy(c->meanings, k->meanings, k->n_meanings * sizeof *c->meanings);
    c->batch = new_batch(c, now);
    c->courier = new_courier(c, now);
    return c->batch && c->courier ? 0 : ERR_NOMEM;
}

int core_new(const struct core_config *config, struct now now, struct core **ret, struct err *e)
{
    struct core *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_NOMEM, "core: no memory");
    c->c = *config;
    set_defaults(&c->c);
    snprintf(c->agent, sizeof c->agent, "%s", config->agent ? config->agent : "");
    snprintf(c->pack, sizeof c->pack, "%s", config->pack ? config->pack : "");
    c->consents = config->consents;
    c->now_ms = now.boot_ms;
    c->tick_ms = now.boot_ms + TICK_MS;
    int rc = check(&c->c, e);
    if (rc == 0 && make(c, now) != 0)
        rc = err_set(e, ERR_NOMEM, "core: no memory");
    if (rc == 0 && keep_identity(c, &config->identity) != 0)
        rc = err_set(e, ERR_INVALID, "core: the identity is over %d bytes", IDENTITY);
    if (rc != 0) {
        core_free(c);
        return rc;
    }
    batch_identity(c->batch);
    tell_orphans(c, now);
    *ret = c;
    return 0;
}

void core_free(struct core *c)
{
    if (!c)
        return;
    courier_free(c->courier);
    batch_free(c->batch);
    commands_free(c->commands);
    twin_free(c->twin);
    spool_close(c->spool);
    arena_free(&c->down_memory);
    arena_free(&c->identity_memory);
    buf_free(&c->bytes);
    buf_free(&c->out);
    free(c->meanings);
    free(c);
}

static void consent(struct core *c, uint32_t mask)
{
    bool less = (c->consents & ~mask) != 0;
    c->consents = mask;
    if (!less)
        return;
    purge(c);
    say(c, LOG_INFO_, "AG129", "consent was withdrawn: the spool was purged");
}

static void stop(struct core *c, struct now now)
{
    batch_flush(c->batch);
    c->seal_after_ms = 0;
    seal_due(c, now);
    sync_urgent(c, now);
    spool_end(c->spool, now.boot_ms);
    courier_stop(c->courier);
    c->stopped = true;
}

static void handle(struct core *c, const struct core_event *e)
{
    switch (e->kind) {
    case CORE_EVENT_TICK: break;
    case CORE_EVENT_REPORT: feed(c, e->report, e->now); break;
    case CORE_EVENT_IDENTITY:
        if (keep_identity(c, e->identity) != 0)
            say(c, LOG_WARN_, "AG130", "the identity is too long: the rest was left out");
        batch_identity(c->batch);
        break;
    case CORE_EVENT_UP: courier_up(c->courier, e->now); break;
    case CORE_EVENT_DOWN:
        courier_down(c->courier, e->slow, e->now);
        c->stats.reconnects++;
        break;
    case CORE_EVENT_RECEIVED: down(c, e->bytes, e->now); break;
    case CORE_EVENT_SENT: courier_sent(c->courier, e->token, e->ok, e->now); break;
    case CORE_EVENT_SYNC: sync_urgent(c, e->now); break;
    case CORE_EVENT_CONSENT: consent(c, (uint32_t)e->value); break;
    case CORE_EVENT_STOP: stop(c, e->now); break;
    }
}

/* Bulk may wait for its sync while acks flow: most of it is released before. */
static int64_t bulk_due_ms(const struct core *c)
{
    struct courier_stats k;
    courier_stats(c->courier, &k);
    return c->bulk_since_ms + (k.in_touch ? c->c.bulk_sync_ms : c->c.bulk_sync_ms / 5);
}

static void house_keeping(struct core *c, struct now now)
{
    if (c->bulk_since_ms && !spool_dirty(c->spool, LANE_BULK))
        c->bulk_since_ms = 0;
    if (c->bulk_since_ms && now.boot_ms >= bulk_due_ms(c))
        sync_bulk(c, now);
    if (now.boot_ms < c->tick_ms)
        return;
    c->tick_ms = now.boot_ms + TICK_MS;
    spool_tick(c->spool, now.boot_ms);
}

size_t core_step(struct core *c, const struct core_event *event, const struct core_action **ret)
{
    struct courier_out out = out_of(c);
    out_begin(c);
    c->now_ms = event->now.boot_ms;
    bool was_stopped = c->stopped;
    if (!c->settings_told && twin_version(c->twin)) /* of the life before */
        tell_settings(c);
    c->settings_told = true;
    if (!was_stopped)
        handle(c, event);
    if (!c->stopped) {
        seal_due(c, event->now);
        house_keeping(c, event->now);
    }
    courier_run(c->courier, twin_version(c->twin), &out, event->now);
    bool owes = c->n_pending || spool_dirty(c->spool, LANE_URGENT);
    if (!owes)
        c->sync_after_ms = 0;
    if (!c->stopped && owes && event->now.boot_ms >= c->sync_after_ms) {
        act(c, CORE_SYNC);
        if (c->sync_after_ms) /* not again before this one had its turn */
            c->sync_after_ms = event->now.boot_ms + RETRY_MS;
    }
    out_end(c);
    *ret = c->actions;
    return c->n_actions;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t core_wake_ms(const struct core *c)
{
    if (c->stopped)
        return INT64_MAX;
    int64_t batch = batch_wake_ms(c->batch);
    int64_t wake = batch > c->seal_after_ms ? batch : c->seal_after_ms;
    wake = least(least(wake, c->tick_ms), courier_wake_ms(c->courier));
    if (c->bulk_since_ms)
        wake = least(wake, bulk_due_ms(c));
    if (c->sync_after_ms)
        wake = least(wake, c->sync_after_ms);
    if (c->more || wake < c->now_ms)
        return c->now_ms;
    return wake;
}

struct slice core_will(struct core *c)
{
    struct wire_up up = {
        .boot = c->c.boot, .session = c->c.session, .sent_ms = c->now_ms, .kind = UP_WILL};
    buf_reset(&c->bytes);
    if (wire_encode_up(&up, &c->bytes) != 0)
        return slice_of(NULL, 0);
    return buf_slice(&c->bytes);
}

void core_stats(const struct core *c, struct core_stats *ret)
{
    struct spool_stats s;
    struct courier_stats k;
    spool_stats(c->spool, &s);
    courier_stats(c->courier, &k);
    *ret = c->stats;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        ret->stream[lane] = spool_next(c->spool, (enum wire_lane)lane).stream;
    ret->lost_messages = batch_lost(c->batch);
    ret->owed = s.owed;
    ret->owed_bytes = s.bytes;
    ret->flash_today_bytes = s.flash_today_bytes;
    ret->syncs = s.syncs;
    ret->disk_errors = s.disk_errors;
    ret->resends = k.resends;
    ret->refusals = k.refusals;
    ret->in_flight = k.in_flight;
    ret->credit = k.credit;
    ret->up = k.up;
    ret->in_touch = k.in_touch;
    for (size_t i = 0; i < sizeof ret->dropped / sizeof ret->dropped[0]; i++)
        ret->dropped[i] = s.dropped[i];
}
