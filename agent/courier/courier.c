/* The state machine and its clock. */
#include "agent/courier/inside.h"

#include <stdlib.h>

static const struct sm_state states[STATES] = {
    [WAITING] = {"waiting", SM_TO(DIALLING) | SM_TO(STOPPED)},
    [DIALLING] = {"dialling", SM_TO(GREETING) | SM_TO(WAITING) | SM_TO(STOPPED)},
    [GREETING] = {"greeting", SM_TO(OPEN) | SM_TO(WAITING) | SM_TO(LEAVING) | SM_TO(STOPPED)},
    [OPEN] = {"open", SM_TO(WAITING) | SM_TO(LEAVING) | SM_TO(STOPPED)},
    [LEAVING] = {"leaving", SM_TO(WAITING) | SM_TO(STOPPED)},
    [STOPPED] = {"stopped", 0},
};

struct courier *courier_new(const struct courier_config *config, struct now now)
{
    struct courier *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->c = *config;
    c->spool = config->spool;
    rng_seed(&c->rng, config->seed);
    sm_init(&c->sm, states, STATES, WAITING);
    backoff_init(&c->network, config->floor_ms, config->cap_ms, 60000);
    backoff_init(&c->identity, config->slow_floor_ms, config->slow_floor_ms * 60, 60000);
    c->dial_ms = now.boot_ms;
    c->hello_ms = INT64_MAX;
    c->credit = FIRST_CREDIT;
    return c;
}

void courier_free(struct courier *c)
{
    free(c);
}

static bool up(const struct courier *c)
{
    return c->sm.now == GREETING || c->sm.now == OPEN;
}

void courier_up(struct courier *c, struct now now)
{
    if (c->sm.now != DIALLING)
        return;
    sm_move(&c->sm, GREETING, "the link is up");
    c->stats.sessions++;
    c->up_ms = c->greeted_ms = now.boot_ms;
    c->hello_ms = now.boot_ms;
    c->hello_tries = 0;
    c->in_touch = false;
    c->asked_ms = c->hold_ms = c->read_after_ms = 0;
    c->credit = FIRST_CREDIT;
    c->n_flights = c->n_accounts = c->n_ranges = 0;
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        uint64_t next = spool_next(c->spool, (enum wire_lane)lane).seq;
        c->fresh[lane] = next > 1 ? next - 1 : 1; /* the newest one is news */
    }
}

void courier_down(struct courier *c, bool slow, struct now now)
{
    if (c->sm.now == STOPPED || c->sm.now == WAITING)
        return;
    int64_t lasted = c->in_touch ? now.boot_ms - c->up_ms : 0;
    backoff_session(&c->network, lasted);
    backoff_session(&c->identity, lasted);
    sm_move(&c->sm, WAITING, "the link is down");
    c->dial_ms = now.boot_ms + backoff_fail(slow ? &c->identity : &c->network, &c->rng);
    c->in_touch = false;
    c->n_flights = 0;
    c->asked_ms = 0;
    c->hello_ms = INT64_MAX;
}

static void sent_not(struct courier *c, uint64_t token, int64_t now_ms)
{
    if (token == c->hello_token && c->hello_ms != INT64_MAX)
        c->hello_ms = now_ms + 200;
    for (size_t i = 0; i < c->n_flights; i++)
        if (c->flights[i].token == token)
            c->flights[i].due_ms = now_ms + 200;
}

void courier_sent(struct courier *c, uint64_t token, bool ok, struct now now)
{
    if (!ok && up(c))
        sent_not(c, token, now.boot_ms);
}

void courier_past(struct courier *c, enum wire_lane lane, uint64_t seq)
{
    c->past[lane] = seq;
}

void courier_rehello(struct courier *c)
{
    if (!up(c) || c->hello_ms != INT64_MAX)
        return;
    c->hello_ms = 0;
    c->hello_tries = 0;
}

void courier_stop(struct courier *c)
{
    c->goodbye = true;
}

static void leave(struct courier *c, const struct courier_out *out, uint32_t to, const char *why)
{
    sm_move(&c->sm, to, why);
    out->disconnect(out->arg);
}

static void stop(struct courier *c, const struct courier_out *out, int64_t now_ms)
{
    struct wire_up will = {.kind = UP_WILL, .will_clean = true};
    if (up(c))
        send_up(c, &will, out, now_ms);
    if (c->sm.now == WAITING)
        sm_move(&c->sm, STOPPED, "asked to stop");
    else
        leave(c, out, STOPPED, "asked to stop");
}

void courier_run(struct courier *c, uint64_t settings_version, const struct courier_out *out,
                 struct now now)
{
    int64_t t = now.boot_ms;
    if (c->sm.now == STOPPED)
        return;
    if (c->goodbye) {
        stop(c, out, t);
        return;
    }
    if (c->sm.now == WAITING && t >= c->dial_ms) {
        sm_move(&c->sm, DIALLING, "time to try");
        out->connect(out->arg);
    }
    if (up(c) && c->asked_ms && t - c->asked_ms >= c->c.liveness_ms) {
        c->stats.silent++;
        out->say(out->arg, LOG_WARN_, "AG110",
                 "the gateway does not answer though the link is up: connecting anew");
        leave(c, out, LEAVING, "no word of the gateway");
    }
    if (c->sm.now == GREETING && t - c->greeted_ms >= GREET_MS)
        sm_move(&c->sm, OPEN, "the hello's answer takes long");
    if (t >= c->hold_ms)
        c->hold_ms = 0;
    if (t >= c->read_after_ms)
        c->read_after_ms = 0;
    if (up(c))
        send_due(c, settings_version, out, t);
    if (c->news)
        out->say(out->arg, LOG_WARN_, c->news_id, c->news);
    c->news = NULL;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t courier_wake_ms(const struct courier *c)
{
    int64_t wake = INT64_MAX;
    if (c->sm.now == WAITING)
        return c->dial_ms;
    if (!up(c))
        return wake;
    if (c->hungry)
        return 0;
    wake = least(wake, c->hello_ms);
    if (c->asked_ms)
        wake = least(wake, c->asked_ms + c->c.liveness_ms);
    if (c->sm.now == GREETING)
        wake = least(wake, c->greeted_ms + GREET_MS);
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < c->n_flights; i++)
        due = least(due, c->flights[i].due_ms);
    for (size_t i = 0; i < c->n_accounts; i++)
        due = least(due, c->accounts[i].due_ms);
    int64_t pause = c->hold_ms > c->read_after_ms ? c->hold_ms : c->read_after_ms;
    if (due == INT64_MAX && pause)
        due = pause;
    return least(wake, due > pause ? due : pause);
}

void courier_stats(const struct courier *c, struct courier_stats *ret)
{
    *ret = c->stats;
    ret->in_flight = (uint32_t)c->n_flights;
    ret->credit = c->credit;
    ret->up = up(c);
    ret->in_touch = c->in_touch;
    ret->state = sm_name(&c->sm);
}
