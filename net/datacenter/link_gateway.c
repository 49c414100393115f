/* OpenSSL's errors reach us as text, on Paho's threads; the last one of an
 * attempt is kept under a lock and read when the attempt has ended. */
#include "net/datacenter/link_gateway.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "net/address.h"
#include "net/datacenter/keys.h"
#include "net/paho/link_paho.h"

struct datacenter {
    struct link_paho *paho;
    char *brokers[LINK_BROKERS_MAX];
    size_t broker_count;
    char *ca_file, *cert_file, *key_file;
    pthread_mutex_t lock;
    char tls_text[200];
    struct loop_timer closing; /* its close is our close event */
    void (*closed)(void *arg);
    void *closed_arg;
};

static int tls_error(const char *text, size_t len, void *arg)
{
    struct datacenter *d = (struct datacenter *)arg;
    pthread_mutex_lock(&d->lock);
    if (!d->tls_text[0]) { /* the first says why, the rest what followed */
        snprintf(d->tls_text, sizeof d->tls_text, "%.*s", (int)len, text);
        d->tls_text[strcspn(d->tls_text, "\r\n")] = 0;
    }
    pthread_mutex_unlock(&d->lock);
    return 1;
}

static void plan(void *ctx, size_t broker, uint32_t attempt, struct worker_plan *plan)
{
    struct datacenter *d = (struct datacenter *)ctx;
    (void)attempt;
    d->tls_text[0] = 0; /* no handle lives now, so nobody else writes */
    snprintf(plan->uri, sizeof plan->uri, "ssl://%s", d->brokers[broker]);
    plan->ca_file = d->ca_file;
    plan->cert_file = d->cert_file;
    plan->key_file = d->key_file;
    plan->tls_error = tls_error;
    plan->tls_error_arg = d;
}

static void abandon(void *ctx)
{
    (void)ctx;
}

static bool explain(void *ctx, struct link_reason *reason)
{
    struct datacenter *d = (struct datacenter *)ctx;
    bool known = false;
    pthread_mutex_lock(&d->lock);
    if (d->tls_text[0] && reason->stage == LINK_STAGE_TCP) {
        bool broker_bad = strstr(d->tls_text, "certificate verify failed") != NULL;
        bool we_bad = strstr(d->tls_text, "alert") != NULL;
        reason->stage = LINK_STAGE_TLS;
        reason->retry = broker_bad ? LINK_RETRY_CERT
                        : we_bad   ? LINK_RETRY_AUTH
                                   : LINK_RETRY_NETWORK;
        snprintf(reason->text, sizeof reason->text, "%.100s: TLS: %.140s", reason->broker,
                 d->tls_text);
        known = true;
    } else if (reason->stage == LINK_STAGE_TCP) {
        snprintf(reason->text, sizeof reason->text,
                 "%.100s: no connection; it does not answer, or its certificate is for another "
                 "host name",
                 reason->broker);
        known = true;
    }
    pthread_mutex_unlock(&d->lock);
    return known;
}

/* Paho reads the files at each connect, and says of none what is wrong with it. */
static int reload(void *ctx, struct err *e)
{
    struct datacenter *d = (struct datacenter *)ctx;
    return keys_check(d->ca_file, d->cert_file, d->key_file, e);
}

static void stats(void *ctx, struct link_stats *stats)
{
    (void)ctx;
    (void)stats;
}

static void datacenter_free(struct datacenter *d)
{
    for (size_t i = 0; i < d->broker_count; i++)
        free(d->brokers[i]);
    free(d->ca_file);
    free(d->cert_file);
    free(d->key_file);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static void timer_closed(struct loop_timer *timer)
{
    struct datacenter *d = CONTAINER(timer, struct datacenter, closing);
    void (*closed)(void *arg) = d->closed;
    void *arg = d->closed_arg;
    datacenter_free(d);
    closed(arg);
}

static void close_all(void *ctx, void (*closed)(void *arg), void *arg)
{
    struct datacenter *d = (struct datacenter *)ctx;
    d->closed = closed;
    d->closed_arg = arg;
    loop_timer_close(&d->closing, timer_closed);
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int fill(struct datacenter *d, const struct link_config *config, struct err *e)
{
    char host[ADDRESS_HOST_MAX];
    uint16_t port;
    for (; d->broker_count < config->broker_count; d->broker_count++) {
        int rc = address_split(config->brokers[d->broker_count], host, &port, e);
        if (rc)
            return rc;
        if (!(d->brokers[d->broker_count] = strdup(config->brokers[d->broker_count])))
            return err_set(e, ERR_NOMEM, "no memory for a broker's address");
    }
    d->ca_file = copy(config->ca_file);
    d->cert_file = copy(config->cert_file);
    d->key_file = copy(config->key_file);
    return reload(d, e);
}

int link_gateway_open(struct loop *loop, const struct link_config *config,
                      const struct link_events *events, struct link *ret_link, struct err *e)
{
    if (config->broker_count > LINK_BROKERS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d brokers", LINK_BROKERS_MAX);
    struct datacenter *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(e, ERR_NOMEM, "no memory for the link");
    pthread_mutex_init(&d->lock, NULL);
    int rc = fill(d, config, e);
    if (rc)
        goto not_filled;
    rc = link_paho_new(loop, config, events, &d->paho, e);
    if (rc)
        goto not_filled;
    loop_timer_init(&d->closing, loop, NULL); /* never started */
    struct transport transport = {.ctx = d,
                                  .plan = plan,
                                  .abandon = abandon,
                                  .explain = explain,
                                  .reload = reload,
                                  .stats = stats,
                                  .close = close_all};
    link_paho_face(d->paho, &transport, ret_link);
    return 0;

not_filled:
    datacenter_free(d);
    return rc;
}
