/* Presence, derived from what is heard: never written by hand.
 *
 * Session epochs fence late wills; a will only counts after a while on the
 * listening clock, so that a restart of the broker, of the agent or of the
 * gateway, and a link that flaps, change nothing; and what the device said of
 * itself ("asleep until", "off") is believed until then. */
#include "gateway/line/inside.h"

#define UNDER_WAY_MS    (10 * 1000)
#define INTENT_SLACK_MS (15 * 60 * 1000) /* a sleeper may be late by so much */

static bool intends(const struct presence_state *p, int64_t wall_ms)
{
    if (p->intent == INTENT_AWAKE)
        return false;
    return p->intent_until_ms == 0 || wall_ms < p->intent_until_ms + INTENT_SLACK_MS;
}

/* What it means that the device is not heard. */
static enum presence absent_as(const struct presence_state *p, int64_t wall_ms)
{
    if (!intends(p, wall_ms))
        return PRESENCE_OFFLINE;
    return p->intent == INTENT_ASLEEP ? PRESENCE_ASLEEP : PRESENCE_OFF;
}

static void become(struct line *line, struct device *d, const struct input *in,
                   enum presence presence)
{
    struct presence_state *p = &d->presence;
    p->offline_listen_ms = 0;
    if (p->now == presence)
        return;
    p->now = presence;
    p->since_ms = in->now.wall_ms;
    p->since_listen_ms = in->now.listen_ms;
    handoff_presence(line, d, in);
}

static bool is_over(const struct presence_state *p)
{
    return p->ended >= p->session || p->now != PRESENCE_ONLINE;
}

bool presence_accepts(const struct device *d, uint64_t session)
{
    return session > d->presence.session || session > d->presence.ended || is_over(&d->presence);
}

/* A word of the session that just ended may have been under way; a later one says
 * that the same session number lives on another connection. */
static bool lives_on(const struct presence_state *p, const struct input *in, uint64_t session)
{
    return session == p->ended && in->now.listen_ms > p->will_listen_ms + UNDER_WAY_MS;
}

void presence_hello(struct line *line, struct device *d, const struct input *in, uint64_t session)
{
    struct presence_state *p = &d->presence;
    if (!presence_accepts(d, session))
        return;
    if (session <= p->ended) {
        p->session = session;
        p->ended = session ? session - 1 : 0;
    }
    presence_heard(line, d, in, session);
}

void presence_heard(struct line *line, struct device *d, const struct input *in, uint64_t session)
{
    struct presence_state *p = &d->presence;
    if (lives_on(p, in, session))
        p->ended = session ? session - 1 : 0;
    if (session < p->session || (session <= p->ended && p->ended))
        return; /* late words of a session that is over */
    if (session > p->session) {
        p->intent = INTENT_AWAKE; /* it is here: earlier intents are fulfilled */
        p->intent_at_ms = d->newest_ms;
    }
    p->session = session;
    p->heard_listen_ms = in->now.listen_ms;
    p->offline_listen_ms = 0;
    become(line, d, in, PRESENCE_ONLINE);
    struct open_alert *oa = alert_find(d, "device_offline", 0);
    if (oa)
        alert_clear(line, d, oa, in, in->now.wall_ms);
}

void presence_will(struct line *line, struct device *d, const struct input *in, uint64_t session)
{
    struct presence_state *p = &d->presence;
    p->session = session;
    p->ended = session;
    p->will_listen_ms = in->now.listen_ms;
    if (p->now == PRESENCE_ONLINE || p->now == PRESENCE_UNKNOWN)
        p->offline_listen_ms = in->now.listen_ms + line->limits.offline_after_ms;
}

void presence_intent(struct device *d, uint32_t kind, int64_t at_ms, int64_t until_ms)
{
    struct presence_state *p = &d->presence;
    if (at_ms < p->intent_at_ms)
        return; /* an old intent, late */
    p->intent_at_ms = at_ms;
    p->intent = kind <= INTENT_OFF ? kind : INTENT_AWAKE;
    p->intent_until_ms = until_ms;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When an online device counts as gone. */
static int64_t gone_at(const struct line *line, const struct presence_state *p)
{
    if (p->now != PRESENCE_ONLINE && p->now != PRESENCE_UNKNOWN)
        return INT64_MAX;
    int64_t silent = p->heard_listen_ms + line->limits.silent_after_ms;
    int64_t at =
        p->offline_listen_ms && p->offline_listen_ms < silent ? p->offline_listen_ms : silent;
    return later(at, line->grace_listen_ms);
}

static int64_t alert_at(const struct line *line, const struct device *d)
{
    if (!line->limits.offline_alert_after_ms || d->presence.now != PRESENCE_OFFLINE)
        return INT64_MAX;
    for (size_t i = 0; i < d->n_alerts; i++)
        if (strcmp(d->alerts[i].a.rule, "device_offline") == 0)
            return INT64_MAX;
    return later(d->presence.since_listen_ms + line->limits.offline_alert_after_ms,
                 line->grace_listen_ms);
}

int64_t presence_due_listen(const struct line *line, const struct device *d)
{
    int64_t gone = gone_at(line, &d->presence), alert = alert_at(line, d);
    return gone < alert ? gone : alert;
}

int64_t presence_due_wall(const struct device *d)
{
    const struct presence_state *p = &d->presence;
    if ((p->now != PRESENCE_ASLEEP && p->now != PRESENCE_OFF) || p->intent_until_ms == 0)
        return INT64_MAX;
    return p->intent_until_ms + INTENT_SLACK_MS;
}

void presence_tick(struct line *line, struct device *d, const struct input *in)
{
    struct presence_state *p = &d->presence;
    if (in->now.listen_ms >= gone_at(line, p))
        become(line, d, in, absent_as(p, in->now.wall_ms));
    else if (in->now.wall_ms >= presence_due_wall(d))
        become(line, d, in, PRESENCE_OFFLINE);
    if (in->now.listen_ms < alert_at(line, d))
        return;
    struct alert a;
    alert_builtin(&a, "device_offline", SEVERITY_MINOR, AUDIENCE_SUPPORT, p->since_ms,
                  "the device is not heard");
    alert_raise(line, d, in, &a);
}
