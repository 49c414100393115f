/* The way to the broker: connect, subscribe, listen to our own echo, try again. */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/main/gateway.h"
#include "net/datacenter/link_gateway.h"
#include "proto/topic.h"

#include <stdio.h>

#define ECHO_GOOD_US   INT64_C(2500000)  /* an echo proves the way for so long */
#define ECHO_DEAD_US   INT64_C(15000000) /* none for so long: the way is dead */
#define HELLO_FLOOR_MS 3000
#define SLOW_FLOOR_MS  30000

static void try_again(struct gateway *g, int64_t after_ms)
{
    if (!g->stopping)
        loop_timer_start(&g->reconnect, after_ms, 0);
}

static void reconnect(struct loop_timer *timer)
{
    struct gateway *g = CONTAINER(timer, struct gateway, reconnect);
    if (!g->stopping && g->link.connect(g->link.ctx))
        try_again(g, 1000);
}

static void on_up(void *arg, bool session_present)
{
    struct gateway *g = arg;
    (void)session_present;
    char echo[TOPIC_MAX];
    topic_of(echo, TOPIC_ECHO, slice_str(g->config->id));
    struct slice filters[] = {slice_str(TOPIC_UP_FILTER), slice_str(echo)};
    g->up = true;
    g->subscribed = false;
    g->up_since_ms = clock_now().wall_ms;
    g->broker_reason[0] = 0;
    g->ear.first_sent_us = 0;
    LOG_INFO("GW010", "connected to the broker");
    g->link.subscribe(g->link.ctx, filters, 2, 1);
}

static void on_subscribed(void *arg, int result)
{
    struct gateway *g = arg;
    if (result) {
        snprintf(g->broker_reason, sizeof g->broker_reason,
                 "the broker does not let %s hear devices: check its access list", g->config->id);
        LOG_ERROR("GW011", "%s", g->broker_reason);
        g->link.disconnect(g->link.ctx);
        return;
    }
    struct line_stats stats;
    line_stats(g->line, &stats);
    g->subscribed = true;
    /* A window wide enough that the fleet's hellos are no storm. */
    line_ask_hello(g->line, HELLO_FLOOR_MS + (uint32_t)(stats.online * 2));
    shell_send_acks(g);
    canary_start(g);
}

static void on_down(void *arg, const struct link_reason *why)
{
    struct gateway *g = arg;
    int64_t now = clock_now().wall_ms;
    if (g->up)
        backoff_session(&g->backoff, now - g->up_since_ms);
    g->up = g->subscribed = false;
    g->up_since_ms = now;
    if (why->stage != LINK_STAGE_ASKED || !g->broker_reason[0])
        snprintf(g->broker_reason, sizeof g->broker_reason, "%.250s", why->text);
    if (g->stopping)
        return;
    int64_t wait = backoff_fail(&g->backoff, &g->rng);
    if (why->retry != LINK_RETRY_NETWORK && wait < SLOW_FLOOR_MS)
        wait = SLOW_FLOOR_MS;
    LOG_WARN("GW012", "no broker: %s; next try in %lld ms", g->broker_reason, (long long)wait);
    try_again(g, wait);
}

static void on_sent(void *arg, uint64_t token)
{
    (void)arg;
    (void)token;
}

/* On Paho's thread: copy, wake, return. */
static void on_message_raw(void *arg, struct slice topic, struct slice payload)
{
    struct gateway *g = arg;
    intake_push(g->intake, topic, payload, clock_now().wall_ms);
}

/* One more than may be, so that one too many is refused and not forgotten. */
static size_t split(char *list, const char *brokers[LINK_BROKERS_MAX + 1])
{
    size_t n = 0;
    char *save;
    for (char *b = strtok_r(list, ", ", &save); b && n <= LINK_BROKERS_MAX;
         b = strtok_r(NULL, ", ", &save))
        brokers[n++] = b;
    return n;
}

int broker_open(struct gateway *g, struct err *e)
{
    char list[1024];
    const char *brokers[LINK_BROKERS_MAX + 1];
    snprintf(list, sizeof list, "%s", g->config->brokers);
    struct link_config config = {.brokers = brokers,
                                 .broker_count = split(list, brokers),
                                 .client_id = g->config->id,
                                 .ca_file = g->config->ca_file,
                                 .cert_file = g->config->cert_file,
                                 .key_file = g->config->key_file,
                                 .keepalive_s = (uint32_t)(g->config->keepalive_ms / 1000)};
    struct link_events events = {.arg = g,
                                 .on_up = on_up,
                                 .on_down = on_down,
                                 .on_sent = on_sent,
                                 .on_subscribed = on_subscribed,
                                 .on_message_raw = on_message_raw};
    backoff_init(&g->backoff, 250, 30000, 60000);
    loop_timer_init(&g->reconnect, g->loop, reconnect);
    int rc = link_gateway_open(g->loop, &config, &events, &g->link, e);
    if (rc)
        return rc;
    g->link_open = true;
    snprintf(g->broker_reason, sizeof g->broker_reason, "not connected yet");
    try_again(g, 0);
    return 0;
}

/* --- the echo --- */

void broker_echo(struct gateway *g, struct slice payload)
{
    struct reader r = reader_of(payload);
    uint64_t epoch = read_u64(&r);
    int64_t sent_us = (int64_t)read_u64(&r);
    int64_t now = clock_mono_us();
    if (r.bad || epoch != g->epoch || sent_us > now || now - sent_us > ECHO_GOOD_US)
        return; /* of an earlier life, or so late that intake is behind */
    g->ear.until_us = now + ECHO_GOOD_US;
    g->ear.first_sent_us = 0;
}

static void hear_on(struct ear *ear)
{
    int64_t now = clock_mono_us();
    if (ear->last_us && now < ear->until_us)
        ear->listen_ms += (now - ear->last_us) / 1000;
    ear->last_us = now;
}

void broker_half_second(struct gateway *g)
{
    hear_on(&g->ear);
    if (!g->subscribed)
        return;
    int64_t now = clock_mono_us();
    if (g->ear.first_sent_us && now - g->ear.first_sent_us > ECHO_DEAD_US) {
        snprintf(g->broker_reason, sizeof g->broker_reason,
                 "our own echo does not come back through the broker");
        LOG_WARN("GW013", "%s: connecting again", g->broker_reason);
        g->ear.first_sent_us = 0;
        g->link.disconnect(g->link.ctx);
        return;
    }
    char topic[TOPIC_MAX];
    struct buf payload;
    topic_of(topic, TOPIC_ECHO, slice_str(g->config->id));
    buf_init(&payload, 64);
    buf_u64(&payload, g->epoch);
    buf_u64(&payload, (uint64_t)now);
    if (buf_ok(&payload) &&
        !g->link.publish(g->link.ctx, slice_str(topic), buf_slice(&payload), 0, 0) &&
        !g->ear.first_sent_us)
        g->ear.first_sent_us = now;
    buf_free(&payload);
}
