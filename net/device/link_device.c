/* The library is told to reach "tcp://b<broker>.a<attempt>.invalid" through an
 * HTTP proxy, which is our listener; the name exists nowhere, so a way around
 * the tunnel leads nowhere. */
#include "net/device/link_device.h"

#include <mbedtls/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "net/address.h"
#include "net/device/listener.h"
#include "net/device/tunnel.h"
#include "net/paho/link_paho.h"

#define TUNNELS_MAX    8 /* one works, one may finish, the rest knock */
#define UNADMITTED_MAX 4
#define SECRET_BYTES   24

struct device {
    struct loop *loop;
    struct link_paho *paho;
    struct listener listener;
    struct tls_identity *identity;
    struct link_events events;
    struct link_config files; /* copies of the file names */
    char hosts[LINK_BROKERS_MAX][ADDRESS_HOST_MAX];
    uint16_t ports[LINK_BROKERS_MAX];
    uint32_t attempt;
    struct tunnel *tunnels[TUNNELS_MAX];
    struct tunnel *current; /* of this attempt */
    size_t alive;           /* tunnels whose memory is not gone */
    bool listening, closing;
    struct link_reason reason;
    bool has_reason;
    uint64_t handshakes, resumed;
    char secret[2 * SECRET_BYTES + 1];
    uint8_t credentials[128]; /* base64 of agent:SECRET */
    size_t credentials_len;
    void (*closed)(void *arg);
    void *closed_arg;
};

/* --- tunnels --- */

static bool admit(void *arg, struct tunnel *t, const struct request *request,
                  struct tunnel_way *ret_way)
{
    struct device *d = (struct device *)arg;
    if (d->closing || d->current || request->attempt != d->attempt ||
        request->broker >= LINK_BROKERS_MAX || !d->hosts[request->broker][0])
        return false;
    d->current = t;
    *ret_way = (struct tunnel_way){.identity = d->identity,
                                   .broker = request->broker,
                                   .host = d->hosts[request->broker],
                                   .port = d->ports[request->broker]};
    return true;
}

static void secured(void *arg, struct tunnel *t, bool resumed)
{
    struct device *d = (struct device *)arg;
    (void)t;
    d->handshakes++;
    d->resumed += resumed;
}

static void ended(void *arg, struct tunnel *t, const struct link_reason *why)
{
    struct device *d = (struct device *)arg;
    for (size_t i = 0; i < TUNNELS_MAX; i++)
        if (d->tunnels[i] == t)
            d->tunnels[i] = NULL;
    if (d->current != t)
        return;
    d->current = NULL;
    if (why) {
        d->reason = *why;
        d->has_reason = true;
    }
    if (!d->closing)
        link_paho_died(d->paho);
}

static void finish_close(struct device *d);

static void freed(void *arg)
{
    struct device *d = (struct device *)arg;
    d->alive--;
    if (d->closing)
        finish_close(d);
}

static void accepted(void *arg, int fd)
{
    struct device *d = (struct device *)arg;
    struct tunnel_owner owner = {.arg = d,
                                 .secret = slice_of(d->credentials, d->credentials_len),
                                 .admit = admit,
                                 .secured = secured,
                                 .ended = ended,
                                 .freed = freed};
    size_t unadmitted = 0, place = TUNNELS_MAX;
    for (size_t i = 0; i < TUNNELS_MAX; i++) {
        if (!d->tunnels[i])
            place = i;
        else if (!tunnel_admitted(d->tunnels[i]))
            unadmitted++;
    }
    if (place == TUNNELS_MAX || unadmitted >= UNADMITTED_MAX) {
        close(fd);
        return;
    }
    if (tunnel_new(d->loop, &owner, fd, &d->tunnels[place]) == 0)
        d->alive++;
    else
        d->tunnels[place] = NULL;
}

/* --- the transport --- */

static void plan(void *ctx, size_t broker, uint32_t attempt, struct worker_plan *plan)
{
    struct device *d = (struct device *)ctx;
    d->attempt = attempt;
    d->has_reason = false;
    snprintf(plan->uri, sizeof plan->uri, "tcp://b%zu.a%u.invalid:1883", broker, attempt);
    snprintf(plan->http_proxy, sizeof plan->http_proxy, "http://agent:%s@127.0.0.1:%u", d->secret,
             d->listener.port);
}

static void abandon(void *ctx)
{
    struct device *d = (struct device *)ctx;
    struct tunnel *t = d->current;
    d->current = NULL;
    if (t)
        tunnel_finish(t);
}

static bool explain(void *ctx, struct link_reason *reason)
{
    struct device *d = (struct device *)ctx;
    /* What the broker said in MQTT is more than that it then closed. */
    if (!d->has_reason || (reason->stage == LINK_STAGE_MQTT && reason->code > 0))
        return false;
    char broker[sizeof reason->broker];
    memcpy(broker, reason->broker, sizeof broker);
    enum link_stage stage = reason->stage;
    *reason = d->reason;
    memcpy(reason->broker, broker, sizeof broker);
    /* TLS was up and MQTT not yet: the broker closed on our CONNECT. */
    if (reason->stage == LINK_STAGE_SESSION && stage != LINK_STAGE_SESSION)
        reason->stage = LINK_STAGE_MQTT;
    return true;
}

static int reload(void *ctx, struct err *e)
{
    struct device *d = (struct device *)ctx;
    struct tls_identity *fresh;
    int rc = tls_identity_new(&d->files, d->events.judge_at, d->events.arg, &fresh, e);
    if (rc)
        return rc;
    tls_identity_drop(d->identity);
    d->identity = fresh;
    return 0;
}

static void stats(void *ctx, struct link_stats *stats)
{
    struct device *d = (struct device *)ctx;
    stats->handshakes = d->handshakes;
    stats->resumed = d->resumed;
}

/* --- birth and death --- */

static void device_free(struct device *d)
{
    tls_identity_drop(d->identity);
    free((void *)(uintptr_t)d->files.ca_file);
    free((void *)(uintptr_t)d->files.ca2_file);
    free((void *)(uintptr_t)d->files.cert_file);
    free((void *)(uintptr_t)d->files.key_file);
    free(d);
}

static void finish_close(struct device *d)
{
    if (d->alive > 0 || d->listening)
        return;
    void (*closed)(void *arg) = d->closed;
    void *arg = d->closed_arg;
    device_free(d);
    if (closed)
        closed(arg);
}

static void listener_closed(void *arg)
{
    struct device *d = (struct device *)arg;
    d->listening = false;
    finish_close(d);
}

static void close_all(void *ctx, void (*closed)(void *arg), void *arg)
{
    struct device *d = (struct device *)ctx;
    d->closing = true;
    d->closed = closed;
    d->closed_arg = arg;
    listener_close(&d->listener, listener_closed);
    for (size_t i = 0; i < TUNNELS_MAX; i++)
        if (d->tunnels[i])
            tunnel_finish(d->tunnels[i]);
}

static int make_secret(struct device *d, struct err *e)
{
    uint8_t raw[SECRET_BYTES];
    char text[sizeof d->secret + 8];
    if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
        return err_set(e, ERR_IO, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(d->secret + 2 * i, 3, "%02x", raw[i]);
    int len = snprintf(text, sizeof text, "agent:%s", d->secret);
    if (mbedtls_base64_encode(d->credentials, sizeof d->credentials, &d->credentials_len,
                              (const unsigned char *)text, (size_t)len))
        return err_set(e, ERR_LIMIT, "the listener's secret does not fit");
    return 0;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int fill(struct device *d, const struct link_config *config, struct err *e)
{
    if (!config->cert_file || !config->key_file)
        return err_set(e, ERR_INVALID, "the link needs a certificate and a key file");
    for (size_t i = 0; i < config->broker_count; i++) {
        int rc = address_split(config->brokers[i], d->hosts[i], &d->ports[i], e);
        if (rc)
            return rc;
    }
    d->files.ca_file = copy(config->ca_file);
    d->files.ca2_file = copy(config->ca2_file);
    d->files.cert_file = copy(config->cert_file);
    d->files.key_file = copy(config->key_file);
    int rc = make_secret(d, e);
    return rc ? rc
              : tls_identity_new(&d->files, d->events.judge_at, d->events.arg, &d->identity, e);
}

int link_device_open(struct loop *loop, const struct link_config *config,
                     const struct link_events *events, struct link *ret_link, struct err *e)
{
    if (config->broker_count > LINK_BROKERS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d brokers", LINK_BROKERS_MAX);
    struct device *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(e, ERR_NOMEM, "no memory for the link");
    d->loop = loop;
    d->events = *events;
    int rc = fill(d, config, e);
    if (rc)
        goto not_filled;
    rc = listener_open(&d->listener, loop, accepted, d, e);
    if (rc)
        goto not_filled;
    d->listening = true;
    rc = link_paho_new(loop, config, events, &d->paho, e);
    if (rc)
        goto no_paho;
    struct transport transport = {.ctx = d,
                                  .plan = plan,
                                  .abandon = abandon,
                                  .explain = explain,
                                  .reload = reload,
                                  .stats = stats,
                                  .close = close_all};
    link_paho_face(d->paho, &transport, ret_link);
    return 0;

no_paho:
    close_all(d, NULL, NULL);
    return rc;
not_filled:
    device_free(d);
    return rc;
}
