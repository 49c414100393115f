#include "gateway/notify/delivery.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX  (512 * 1024)
#define PAUSE_MS  1000 /* after the store refused */
#define FOLLOW_MS 2000 /* between looks at the mail that goes first */
#define LOOK_MS   5000 /* others write here too (a replay), and the wall clock may be set */

enum step { STEP_FREE, STEP_CLAIMING, STEP_SENDING, STEP_SETTLING, STEP_UNSETTLED };

struct slot {
    struct delivery *owner;
    enum step step;
    struct sending sending;
    enum channel channel;
    int64_t attempts, created_ms, claimed_ms, again_ms;
    char recipient[260], detail[240];
    struct buf subject, body;
    struct outbox_result result;
};

struct delivery {
    struct delivery_config config;
    struct schedule schedule;
    struct schedule_limits limits;
    struct rng rng;
    struct notify_stats stats;
    size_t pending;
    int64_t now_ms, pause_until_ms;
    bool stopping;
    bool crowded; /* a due row found its receiver's places taken */
    struct slot slots[SCHEDULE_MAX];
};

struct delivery *delivery_new(const struct delivery_config *config)
{
    struct delivery *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->config = *config;
    d->limits = (struct schedule_limits){
        .concurrency = (size_t)config->notify->concurrency,
        .retry_floor_ms = config->notify->retry_floor_ms,
        .retry_cap_ms = config->notify->retry_cap_ms,
        .give_up_ms = config->notify->give_up_ms,
        .stale_ms = config->notify->stale_ms,
    };
    schedule_init(&d->schedule, d->limits.concurrency);
    rng_seed(&d->rng, config->notify->seed);
    for (size_t i = 0; i < SCHEDULE_MAX; i++) {
        d->slots[i].owner = d;
        buf_init(&d->slots[i].subject, 4096);
        buf_init(&d->slots[i].body, BODY_MAX);
    }
    return d;
}

static void empty(struct slot *slot)
{
    slot->step = STEP_FREE;
    buf_free(&slot->subject);
    buf_free(&slot->body);
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < SCHEDULE_MAX; i++)
        empty(&d->slots[i]);
    free(d);
}

size_t delivery_pending(const struct delivery *d)
{
    return d->pending;
}

void delivery_stats(const struct delivery *d, struct notify_stats *ret_stats)
{
    *ret_stats = d->stats;
    ret_stats->in_flight = d->schedule.n;
}

static void release(struct slot *slot)
{
    struct delivery *d = slot->owner;
    schedule_end(&d->schedule, slot->result.id);
    empty(slot);
    d->config.changed(d->config.arg);
}

/* --- the result: recorded, however often that takes --- */

static int settle_apply(sqlite3 *db, void *arg, struct err *e)
{
    const struct slot *slot = arg;
    return outbox_settle(db, &slot->result, e);
}

static void count(struct delivery *d, const struct slot *slot)
{
    const struct outbox_result *r = &slot->result;
    const char *channel = slot->channel == CHANNEL_EMAIL ? "mail" : "webhook";
    if (strcmp(r->state, "accepted") == 0) {
        d->stats.accepted++;
        d->stats.last_accepted_ms = r->at_ms;
        LOG_DEBUG("NT001", "%s %lld accepted", channel, (long long)r->id);
    } else if (strcmp(r->state, "dead") == 0) {
        d->stats.dead++;
        LOG_WARN("NT003", "%s %lld is a dead letter after %lld attempts: %s", channel,
                 (long long)r->id, (long long)(slot->attempts + (r->attempt ? 1 : 0)), r->detail);
    } else if (strcmp(r->state, "dropped") == 0) {
        d->stats.dropped++;
        LOG_INFO("NT004", "%s %lld is not sent: %s", channel, (long long)r->id, r->detail);
    } else if (r->attempt) {
        d->stats.retried++;
        LOG_INFO("NT002", "%s %lld goes again in %lld ms: %s", channel, (long long)r->id,
                 (long long)(r->next_ms - r->at_ms), r->detail);
    }
}

static void unsettled(struct slot *slot, const char *why)
{
    struct delivery *d = slot->owner;
    LOG_WARN("NT005", "the result of %lld is not stored yet: %s", (long long)slot->result.id, why);
    slot->step = STEP_UNSETTLED;
    slot->again_ms = clock_now().wall_ms + PAUSE_MS;
    d->config.changed(d->config.arg);
}

static void settle_done(void *arg, int result, const struct err *e)
{
    struct slot *slot = arg;
    slot->owner->pending--;
    if (result) {
        unsettled(slot, e ? e->text : "");
        return;
    }
    count(slot->owner, slot);
    release(slot);
}

static void settle(struct slot *slot)
{
    struct store_job job = {settle_apply, settle_done, slot};
    slot->step = STEP_SETTLING;
    slot->owner->pending++;
    if (store_write(slot->owner->config.store, &job) == 0)
        return;
    slot->owner->pending--;
    unsettled(slot, "the store's queue is full");
}

static void conclude(struct slot *slot, const char *state, int64_t next_ms, int64_t code,
                     const char *detail)
{
    snprintf(slot->detail, sizeof slot->detail, "%s", detail);
    slot->result.state = state;
    slot->result.at_ms = clock_now().wall_ms;
    slot->result.next_ms = next_ms;
    slot->result.code = code;
    slot->result.detail = slot->detail;
    settle(slot);
}

static void try_later(struct slot *slot, int64_t code, const char *detail)
{
    struct delivery *d = slot->owner;
    int64_t next_ms = schedule_retry(&d->limits, slot->attempts + 1, slot->created_ms,
                                     clock_now().wall_ms, &d->rng);
    conclude(slot, next_ms < 0 ? "dead" : "ready", next_ms, code, detail);
}

/* --- sending --- */

static void sent(struct sending *sending, enum reply_end end, int64_t code)
{
    struct slot *slot = CONTAINER(sending, struct slot, sending);
    switch (schedule_classify(slot->channel, end, code)) {
    case OUTCOME_ACCEPTED: conclude(slot, "accepted", 0, code, sending->detail); break;
    case OUTCOME_DEAD: conclude(slot, "dead", 0, code, sending->detail); break;
    case OUTCOME_RETRY: try_later(slot, code, sending->detail); break;
    }
}

static int start_mail(struct slot *slot, struct err *e)
{
    struct delivery *d = slot->owner;
    if (!*d->config.notify->smtp_host)
        return err_set(e, ERR_INVALID, "no mail server is configured: set one, then replay");
    struct mail_job job = {.to = slot->recipient,
                           .subject = buf_cstr(&slot->subject),
                           .entity = buf_slice(&slot->body),
                           .date_ms = slot->created_ms};
    return send_mail(&slot->sending, d->config.multi, d->config.notify, &job, e);
}

static int start_hook(struct slot *slot, struct err *e)
{
    struct delivery *d = slot->owner;
    struct outbox_hook hook;
    int rc = outbox_hook(d->config.store, slot->recipient, &hook, e);
    if (rc)
        return rc;
    struct hook_job job = {.url = hook.url,
                           .secret = hook.secret,
                           .id = buf_cstr(&slot->subject),
                           .body = buf_slice(&slot->body),
                           .now_ms = slot->claimed_ms};
    return send_hook(&slot->sending, d->config.multi, d->config.notify, &job, e);
}

static void send_now(struct slot *slot)
{
    struct err e = {0};
    slot->step = STEP_SENDING;
    slot->sending.ended = sent;
    int rc = slot->channel == CHANNEL_EMAIL ? start_mail(slot, &e) : start_hook(slot, &e);
    if (rc == ERR_INVALID || rc == ERR_NOT_FOUND)
        conclude(slot, "dead", 0, 0, e.text);
    else if (rc)
        try_later(slot, 0, e.text);
}

/* --- the claim: the attempt is in the store before it is made --- */

static int claim_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct slot *slot = arg;
    return outbox_claim(db, slot->result.id, slot->claimed_ms, &slot->result.attempt, e);
}

static void claim_done(void *arg, int result, const struct err *e)
{
    struct slot *slot = arg;
    struct delivery *d = slot->owner;
    d->pending--;
    if (result == 0 && slot->result.attempt && !d->stopping) {
        send_now(slot);
    } else if (result == ERR_UNKNOWN && slot->result.attempt) {
        try_later(slot, 0, "not sent: the store did not say whether it took the attempt");
    } else {
        if (result) {
            LOG_WARN("NT006", "nothing is sent for a second: %s", e ? e->text : "");
            d->pause_until_ms = clock_now().wall_ms + PAUSE_MS;
        }
        release(slot);
    }
}

static void claim(struct slot *slot)
{
    struct delivery *d = slot->owner;
    struct store_job job = {claim_apply, claim_done, slot};
    slot->step = STEP_CLAIMING;
    slot->claimed_ms = d->now_ms;
    d->pending++;
    if (store_write(d->config.store, &job) == 0)
        return;
    d->pending--;
    d->pause_until_ms = d->now_ms + PAUSE_MS;
    release(slot);
}

/* --- picking --- */

static uint64_t lane_of(enum channel channel, const char *recipient)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *p = recipient; channel == CHANNEL_WEBHOOK && *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return hash;
}

static struct slot *free_slot(struct delivery *d)
{
    for (size_t i = 0; i < SCHEDULE_MAX; i++)
        if (d->slots[i].step == STEP_FREE)
            return &d->slots[i];
    return NULL;
}

static void fill(struct slot *slot, const struct outbox_row *row)
{
    slot->channel = row->judge.channel;
    slot->attempts = row->attempts;
    slot->created_ms = row->judge.created_ms;
    slot->result = (struct outbox_result){.id = row->id};
    snprintf(slot->recipient, sizeof slot->recipient, "%s", row->recipient);
    buf_reset(&slot->subject);
    buf_reset(&slot->body);
    buf_fmt(&slot->subject, "%.1000s", row->subject);
    buf_put(&slot->body, row->body.ptr, row->body.len);
}

static bool pick(void *arg, const struct outbox_row *row)
{
    struct delivery *d = arg;
    const char *why = "";
    struct slot *slot = free_slot(d);
    if (!slot)
        return false;
    uint64_t lane = lane_of(row->judge.channel, row->recipient);
    if (!schedule_start(&d->schedule, row->id, row->judge.channel, lane)) {
        d->crowded |= !schedule_lane_open(&d->schedule, row->judge.channel, lane);
        return true; /* in flight already, or no room there: the next may have */
    }
    fill(slot, row);
    if (!buf_ok(&slot->body) || !buf_ok(&slot->subject)) {
        conclude(slot, "dead", 0, 0, "this message is larger than anything we send");
        return true;
    }
    switch (schedule_judge(&d->limits, &row->judge, d->now_ms, &why)) {
    case SEND_NOW: claim(slot); break;
    case SEND_LATER: conclude(slot, "ready", d->now_ms + FOLLOW_MS, 0, why); break;
    case SEND_NEVER: conclude(slot, "dropped", 0, 0, why); break;
    }
    return d->pause_until_ms <= d->now_ms;
}

static void look_for_due(struct delivery *d, struct err *e)
{
    struct outbox_wish wish = {.now_ms = d->now_ms};
    d->crowded = false;
    for (int c = 0; c < CHANNELS; c++)
        wish.channel[c] = schedule_channel_open(&d->schedule, (enum channel)c);
    for (size_t i = 0; i < SCHEDULE_MAX && wish.n_full < OUTBOX_LANES; i++) {
        const struct slot *s = &d->slots[i];
        uint64_t lane = lane_of(s->channel, s->recipient);
        if (s->step != STEP_FREE && s->channel == CHANNEL_WEBHOOK &&
            !schedule_lane_open(&d->schedule, CHANNEL_WEBHOOK, lane))
            wish.full[wish.n_full++] = s->recipient;
    }
    if (wish.channel[CHANNEL_EMAIL] || wish.channel[CHANNEL_WEBHOOK])
        if (outbox_due(d->config.store, &wish, pick, d, e))
            d->pause_until_ms = d->now_ms + PAUSE_MS;
}

void delivery_look(struct delivery *d, int64_t now_ms, int64_t *ret_next_ms)
{
    struct err e = {0};
    int64_t next_ms = now_ms + LOOK_MS, due_ms = INT64_MAX;
    d->now_ms = now_ms;
    for (size_t i = 0; i < SCHEDULE_MAX; i++) {
        struct slot *s = &d->slots[i];
        if (s->step == STEP_UNSETTLED && s->again_ms <= now_ms)
            settle(s);
        if (s->step == STEP_UNSETTLED && s->again_ms < next_ms)
            next_ms = s->again_ms;
    }
    if (d->pause_until_ms <= now_ms && !d->stopping) {
        /* Who fills his places in one look is left out of the next, which so gets to
         * those behind. */
        d->crowded = true;
        for (int i = 0; i <= OUTBOX_LANES && d->crowded && d->pause_until_ms <= now_ms; i++)
            look_for_due(d, &e);
        if (outbox_next(d->config.store, now_ms, &due_ms, &e))
            d->pause_until_ms = now_ms + PAUSE_MS;
    }
    if (e.code)
        LOG_WARN("NT007", "nothing is sent for a second: %s", e.text);
    if (d->pause_until_ms > now_ms)
        due_ms = d->pause_until_ms;
    *ret_next_ms = due_ms < next_ms ? due_ms : next_ms;
}

void delivery_stop(struct delivery *d)
{
    d->stopping = true;
    for (size_t i = 0; i < SCHEDULE_MAX; i++) {
        struct slot *s = &d->slots[i];
        if (s->step == STEP_SENDING) {
            send_stop(&s->sending, d->config.multi);
            s->step = STEP_UNSETTLED; /* and stays so: "trying" in the store */
            s->again_ms = INT64_MAX;
        }
    }
}
