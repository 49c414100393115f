/* The canary: an identity that must be allowed nothing tries what must be
 * forbidden. When it sings (what it said arrives, or it may listen to devices),
 * the broker's access list does not hold, and the gateway is not ready. */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/main/gateway.h"
#include "net/datacenter/link_gateway.h"
#include "proto/topic.h"

#include <stdio.h>

#define WAIT_MS 3000

static void closed(void *arg)
{
    ((struct canary *)arg)->open = false;
}

static void finish(struct canary *c, enum canary_state state, const char *why)
{
    if (c->state != CANARY_TRYING)
        return;
    c->state = state;
    if (state == CANARY_SANG)
        LOG_ERROR("GW014", "the broker's access list does not hold: %s", why);
    else
        LOG_INFO("GW015", "the broker's access list holds");
    loop_timer_stop(&c->timer);
    if (c->open)
        c->link.close(c->link.ctx, closed);
}

static void sang(struct canary *c, const char *why)
{
    if (c->state == CANARY_SAFE)
        c->state = CANARY_TRYING; /* it arrived after all */
    finish(c, CANARY_SANG, why);
}

void canary_heard(struct gateway *g)
{
    if (g->canary.state == CANARY_TRYING || g->canary.state == CANARY_SAFE)
        sang(&g->canary, "a stranger may speak for a device");
}

static void on_up(void *arg, bool session_present)
{
    struct canary *c = arg;
    (void)session_present;
    char topic[TOPIC_MAX];
    struct slice filters[] = {slice_str(TOPIC_UP_FILTER)};
    c->let_in = true;
    topic_of(topic, TOPIC_UP, slice_str(CANARY_PROBE));
    c->link.publish(c->link.ctx, slice_str(topic), slice_str("canary"), 1, 1);
    c->link.subscribe(c->link.ctx, filters, 1, 0);
}

/* A broker may grant the filter and still deliver nothing (mosquitto does): what
 * counts is whether a word on a device's topic, our own, is heard back. */
static void on_subscribed(void *arg, int result)
{
    struct canary *c = arg;
    char topic[TOPIC_MAX];
    if (result)
        return;
    topic_of(topic, TOPIC_UP, slice_str(c->g->config->canary_id));
    c->link.publish(c->link.ctx, slice_str(topic), slice_str("canary"), 1, 2);
}

static void on_down(void *arg, const struct link_reason *why)
{
    (void)arg;
    if (why->stage != LINK_STAGE_ASKED && why->stage != LINK_STAGE_SESSION)
        LOG_INFO("GW016", "the canary cannot connect: %s", why->text);
}

static void on_sent(void *arg, uint64_t token)
{
    (void)arg;
    (void)token;
}

static void on_message(void *arg, struct slice topic, struct slice payload)
{
    (void)topic;
    (void)payload;
    sang(arg, "a stranger hears what devices say");
}

/* Nothing it tried came through in time. When it was not let in it tried nothing, and
 * nothing is known: it comes again with the gateway's next session. */
static void time_up(struct loop_timer *timer)
{
    struct canary *c = CONTAINER(timer, struct canary, timer);
    if (c->let_in) {
        finish(c, CANARY_SAFE, "");
        return;
    }
    c->state = CANARY_NONE;
    LOG_WARN("GW017", "the broker's access list cannot be tried: the canary was not let in");
    if (c->open)
        c->link.close(c->link.ctx, closed);
}

void canary_start(struct gateway *g)
{
    struct canary *c = &g->canary;
    const struct config *conf = g->config;
    if (c->state != CANARY_NONE || c->open || !conf->canary_cert_file[0])
        return;
    const char *brokers[1];
    char broker[256];
    snprintf(broker, sizeof broker, "%.*s", (int)strcspn(conf->brokers, ", "), conf->brokers);
    brokers[0] = broker;
    struct link_config config = {.brokers = brokers,
                                 .broker_count = 1,
                                 .client_id = conf->canary_id,
                                 .ca_file = conf->ca_file,
                                 .cert_file = conf->canary_cert_file,
                                 .key_file = conf->canary_key_file};
    struct link_events events = {.arg = c,
                                 .on_up = on_up,
                                 .on_down = on_down,
                                 .on_sent = on_sent,
                                 .on_subscribed = on_subscribed,
                                 .on_message = on_message};
    struct err e = {0};
    c->g = g;
    if (link_gateway_open(g->loop, &config, &events, &c->link, &e)) {
        LOG_WARN("GW017", "the broker's access list cannot be tried: %s", e.text);
        return;
    }
    c->open = true;
    c->let_in = false;
    c->state = CANARY_TRYING;
    if (!c->timer.fire)
        loop_timer_init(&c->timer, g->loop, time_up);
    loop_timer_start(&c->timer, WAIT_MS, 0);
    c->link.connect(c->link.ctx);
}
