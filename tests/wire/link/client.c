#include "tests/wire/link/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void on_up(void *arg, bool session_present)
{
    (void)session_present;
    ((struct client *)arg)->ups++;
}

static void on_down(void *arg, const struct link_reason *why)
{
    struct client *c = (struct client *)arg;
    c->reason = *why;
    c->downs++;
}

static void keep(char *to, size_t cap, struct slice s)
{
    snprintf(to, cap, "%.*s", (int)(s.len < cap ? s.len : cap - 1), (const char *)s.ptr);
}

static void on_message(void *arg, struct slice topic, struct slice payload)
{
    struct client *c = (struct client *)arg;
    keep(c->last_topic, sizeof c->last_topic, topic);
    keep(c->last_payload, sizeof c->last_payload, payload);
    c->last_len = payload.len;
    c->messages++;
}

static void on_message_raw(void *arg, struct slice topic, struct slice payload)
{
    (void)topic;
    (void)payload;
    __atomic_fetch_add(&((struct client *)arg)->raw_messages, 1, __ATOMIC_SEQ_CST);
}

static void on_sent(void *arg, uint64_t token)
{
    struct client *c = (struct client *)arg;
    c->last_token = token;
    c->sent++;
}

static void on_subscribed(void *arg, int result)
{
    struct client *c = (struct client *)arg;
    c->subscribe_result = result;
    c->subscribed++;
}

static void will(void *arg, struct link_will *ret_will)
{
    struct client *c = (struct client *)arg;
    if (c->will[0])
        *ret_will = (struct link_will){slice_str("test/will"), slice_str(c->will), 1};
}

static struct link_time judge_at(void *arg)
{
    struct client *c = (struct client *)arg;
    if (c->judge.at_ms)
        return c->judge;
    return (struct link_time){(int64_t)time(NULL) * 1000, true};
}

static void tick(struct loop_timer *timer)
{
    (void)timer;
}

bool client_open(struct client *c, const struct pki *pki, const struct client_setup *setup)
{
    struct err e;
    char cert[64], key[64];
    memset(c, 0, sizeof *c);
    snprintf(cert, sizeof cert, "%s.pem", setup->name);
    snprintf(key, sizeof key, "%s.key", setup->name);
    struct link_config config = {.brokers = setup->brokers,
                                 .client_id = setup->name,
                                 .ca_file = pki_path(pki, setup->ca ? setup->ca : "ca.pem"),
                                 .cert_file = pki_path(pki, cert),
                                 .key_file = pki_path(pki, key),
                                 .connect_timeout_ms = setup->connect_timeout_ms,
                                 .inbox_bytes = setup->inbox_bytes};
    while (config.broker_count < 4 && setup->brokers[config.broker_count])
        config.broker_count++;
    struct link_events events = {.arg = c,
                                 .on_up = on_up,
                                 .on_down = on_down,
                                 .on_message = on_message,
                                 .on_sent = on_sent,
                                 .on_subscribed = on_subscribed,
                                 .on_message_raw = setup->raw ? on_message_raw : NULL,
                                 .will = will,
                                 .judge_at = judge_at};
    if (loop_new(&c->loop, &e))
        return false;
    loop_timer_init(&c->tick, c->loop, tick);
    loop_timer_start(&c->tick, 10, 10);
    if (flavour_open(c->loop, &config, &events, &c->link, &e)) {
        fprintf(stderr, "open: %s\n", e.text);
        loop_free(c->loop);
        return false;
    }
    return true;
}

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

bool client_wait(struct client *c, const int *counter, int at_least)
{
    int64_t deadline = now_ms() + 20000;
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < at_least && now_ms() < deadline)
        uv_run(loop_uv(c->loop), UV_RUN_ONCE);
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST) >= at_least;
}

void client_run_ms(struct client *c, int ms)
{
    int64_t deadline = now_ms() + ms;
    while (now_ms() < deadline)
        uv_run(loop_uv(c->loop), UV_RUN_ONCE);
}

bool client_connect(struct client *c)
{
    int ups = c->ups, downs = c->downs;
    if (c->link.connect(c->link.ctx))
        return false;
    int64_t deadline = now_ms() + 20000;
    while (c->ups == ups && c->downs == downs && now_ms() < deadline)
        uv_run(loop_uv(c->loop), UV_RUN_ONCE);
    return c->ups > ups;
}

bool client_disconnect(struct client *c)
{
    int downs = c->downs;
    return c->link.disconnect(c->link.ctx) == 0 && client_wait(c, &c->downs, downs + 1);
}

bool client_subscribe(struct client *c, const char *filter)
{
    int before = c->subscribed;
    struct slice f = slice_str(filter);
    return c->link.subscribe(c->link.ctx, &f, 1, 1) == 0 &&
           client_wait(c, &c->subscribed, before + 1) && c->subscribe_result == 0;
}

int client_publish(struct client *c, const char *topic, const char *payload, uint8_t qos,
                   uint64_t token)
{
    return c->link.publish(c->link.ctx, slice_str(topic), slice_str(payload), qos, token);
}

static void on_closed(void *arg)
{
    ((struct client *)arg)->closed++;
}

void client_close(struct client *c)
{
    c->link.close(c->link.ctx, on_closed);
    client_wait(c, &c->closed, 1);
    loop_free(c->loop);
}
