#include "ctl/doctor/broker.h"

#include "ctl/doctor/dial.h"
#include "ctl/doctor/mqtt.h"
#include "net/address.h"
#include "proto/topic.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CHECK     "broker"
#define LISTEN_MS 1500

static int greet(struct dial *d, const char *id, struct trouble *t)
{
    uint8_t packet[MQTT_PACKET_MAX], first = 0, body[8];
    size_t n = 0;
    if (dial_send(d, packet, mqtt_connect(packet, id, 30)) ||
        dial_packet(d, &first, body, sizeof body, &n)) {
        snprintf(t->found, sizeof t->found, "ended the connection instead of greeting %s", id);
        t->remedy = "let this name in at the broker (RabbitMQ: it must be a user), and see its log";
        return -1;
    }
    if (first >> 4 == MQTT_CONNACK && n >= 2 && body[1] == 0)
        return 0;
    snprintf(t->found, sizeof t->found, "does not let %s in: %s", id,
             n >= 2 ? mqtt_refusal(body[1]) : "it answers something else than MQTT");
    t->remedy = "let this name in at the broker, and see its log";
    return -1;
}

/* So that the broker forgets us at once. */
static void say_goodbye(struct dial *d)
{
    uint8_t packet[MQTT_PACKET_MAX];
    (void)dial_send(d, packet, mqtt_disconnect(packet));
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What comes within the time, besides what was meant for us: its topic, or "". */
static void overhear(struct dial *d, char *ret_topic, size_t cap)
{
    int64_t end_ms = clock_ms() + LISTEN_MS;
    ret_topic[0] = '\0';
    while (clock_ms() < end_ms) {
        uint8_t first = 0, body[256];
        size_t n = 0;
        if (dial_packet(d, &first, body, sizeof body, &n))
            return; /* nothing in time, or the broker ended it: both are well */
        if (first >> 4 == MQTT_PUBLISH && n >= 2) {
            size_t len = ((size_t)body[0] << 8 | body[1]);
            if (len > n - 2 || len >= cap)
                len = n - 2 < cap - 1 ? n - 2 : cap - 1;
            memcpy(ret_topic, body + 2, len);
            ret_topic[len] = '\0';
            return;
        }
    }
}

/* Listens where a device must not, and says on our own down topic what only the
 * gateway may say there. A broker may grant a filter and deliver nothing (mosquitto
 * does) or end the session (RabbitMQ does): what counts is what is heard. */
static void try_forbidden(struct report *r, struct dial *d, const char *id, const char *place)
{
    char down[TOPIC_MAX], heard[128];
    uint8_t packet[MQTT_PACKET_MAX];
    topic_of(down, TOPIC_DOWN, slice_str(id));
    const char *const filters[] = {TOPIC_UP_FILTER, "tocsin/down/+"};
    dial_patience(d, LISTEN_MS);
    if (dial_send(d, packet, mqtt_subscribe(packet, filters, 2)) == 0)
        (void)dial_send(d, packet, mqtt_publish(packet, down, "doctor"));
    overhear(d, heard, sizeof heard);
    if (!heard[0])
        report_fine(r, "acl",
                    "%s: %s heard nothing it must not hear, and could not speak as the "
                    "gateway",
                    place, id);
    else
        report_bad(r, "acl",
                   "install the access list that 'tocsin broker' writes, and restart "
                   "the broker",
                   "%s: %s heard %s, which it must not", place, id, heard);
}

static void visit_one(struct report *r, const struct broker_visit *v, SSL_CTX *ctx,
                      const char *place)
{
    char host[ADDRESS_HOST_MAX];
    uint16_t port;
    struct err e = {0};
    struct dial d = {.fd = -1};
    struct trouble t = {{0}, NULL};
    if (address_split(place, host, &port, &e)) {
        report_bad(r, CHECK, "correct 'brokers'", "%s", e.text);
        return;
    }
    if (dial_tcp(&d, host, port, &t) || dial_tls(&d, ctx, host, &t) ||
        (v->session && greet(&d, v->id, &t))) {
        report_bad(r, CHECK, t.remedy, "%s: %s", place, t.found);
        dial_close(&d);
        return;
    }
    X509 *cert = SSL_get1_peer_certificate(d.ssl);
    report_fine(r, CHECK,
                "%s: answers by TLS under its own name%s%s, its certificate has %d days "
                "left",
                place, v->session ? ", lets in " : "", v->session ? v->id : "",
                cert ? keys_days_left(cert) : 0);
    X509_free(cert);
    if (v->session && v->device)
        try_forbidden(r, &d, v->id, place);
    if (v->session)
        say_goodbye(&d);
    dial_close(&d);
}

void broker_check(struct report *r, const struct broker_visit *v)
{
    SSL_CTX *ctx = keys_context(v->files);
    if (!ctx) {
        report_note(r, CHECK, "not tried: the certificate cannot be used");
        return;
    }
    char all[1024];
    snprintf(all, sizeof all, "%s", v->brokers);
    for (char *save = NULL, *place = strtok_r(all, ", ", &save); place;
         place = strtok_r(NULL, ", ", &save))
        visit_one(r, v, ctx, place);
    if (!v->session && v->id[0])
        report_note(r, CHECK,
                    "no session tried as %s: the program has or may have one (--session takes "
                    "it for a moment)",
                    v->id);
    SSL_CTX_free(ctx);
}
