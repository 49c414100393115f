/* Happy path: CONNECT makes a handle and asks it to connect; the library calls
 * back success; PUBLISH and SUBSCRIBE go to the handle; END lets go of it.
 *
 * What goes wrong: the library reports failure (EV_FAILED) or loss (EV_LOST),
 * once; or it stays silent, and the owner's watchdog calls worker_end. A handle
 * that has reported is idle and serves the next attempt; any other is destroyed.
 * Either way nothing more of the attempt can come, and EV_ENDED says so. (Why
 * keep it: the library never frees the proxy's address of a handle. Without a
 * proxy there is no reason, and handles with TLS of their own do not take it.)
 *
 * A handle that never connects lives as long as the worker, because the library
 * stops its threads with its last handle, and that takes it up to a second. */
#include "net/paho/worker.h"

#include <MQTTAsync.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum command_type { CMD_CONNECT, CMD_END, CMD_STOP, CMD_PUBLISH, CMD_SUBSCRIBE };

struct command {
    struct command *next;
    enum command_type type;
    uint8_t qos;
    uint32_t slot;
    uint32_t filters;
    size_t payload_len;
    struct worker_plan *plan; /* CMD_CONNECT: owned */
    char *payload;            /* inside bytes */
    char bytes[];             /* the topic or filters, each NUL-ended; the payload */
};

struct slot {
    struct inbox *inbox;
    struct event event;
};

struct worker {
    struct worker_config config;
    pthread_t thread;
    pthread_mutex_t lock; /* over the list of commands */
    pthread_cond_t more;
    struct command *first, **last;
    struct command *end, *stop; /* made beforehand: ending cannot fail */
    struct event control[EV_SENT];
    MQTTAsync keeper; /* the thread's own, like the handle */
    MQTTAsync handle;
    atomic_bool idle; /* the handle has reported its attempt's end */
    bool proxied;     /* only then is a handle worth keeping */
    struct slot slots[];
};

/* The library starts and stops its threads without a lock of its own that would
 * hold for two handles at once. */
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;

/* --- the library's callbacks: its threads, under its lock --- */

static void post(struct worker *w, enum event_type type, int code, bool session_present)
{
    struct event *event = &w->control[type];
    event->type = type;
    event->code = code;
    event->session_present = session_present;
    inbox_post(w->config.inbox, event);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
    post((struct worker *)context, EV_UP, 0, data && data->alt.connect.sessionPresent);
}

static void on_refused(void *context, MQTTAsync_failureData *data)
{
    struct worker *w = (struct worker *)context;
    atomic_store(&w->idle, true);
    post(w, EV_FAILED, data ? data->code : MQTTASYNC_FAILURE, false);
}

static void on_lost(void *context, char *cause)
{
    struct worker *w = (struct worker *)context;
    (void)cause;
    atomic_store(&w->idle, true);
    post(w, EV_LOST, 0, false);
}

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *message)
{
    struct worker *w = (struct worker *)context;
    struct slice name = slice_of(topic, topic_len > 0 ? (size_t)topic_len : strlen(topic));
    struct slice payload =
        slice_of(message->payload, message->payloadlen > 0 ? (size_t)message->payloadlen : 0);
    if (w->config.raw)
        w->config.raw(w->config.raw_arg, name, payload);
    else
        inbox_message(w->config.inbox, name, payload);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_sent(void *context, MQTTAsync_successData *data)
{
    (void)data;
    struct slot *slot = (struct slot *)context;
    inbox_post(slot->inbox, &slot->event);
}

/* With one filter the library reports a refusal as a failure; with more it hands
 * over what each was granted. */
static void on_subscribed(void *context, MQTTAsync_successData *data)
{
    struct worker *w = (struct worker *)context;
    int granted = 0;
    uint32_t count = w->control[EV_SUBSCRIBED].slot; /* filters asked for */
    for (uint32_t i = 0; count > 1 && data && i < count; i++)
        if (data->alt.qosList[i] > 2)
            granted = ERR_DENIED;
    post(w, EV_SUBSCRIBED, granted, false);
}

static void on_unsubscribed(void *context, MQTTAsync_failureData *data)
{
    (void)data;
    post((struct worker *)context, EV_SUBSCRIBED, ERR_DENIED, false);
}

/* --- commands: the worker's thread --- */

static void set_tls(const struct worker_plan *plan, MQTTAsync_SSLOptions *tls)
{
    tls->trustStore = plan->ca_file;
    tls->keyStore = plan->cert_file;
    tls->privateKey = plan->key_file;
    tls->enableServerCertAuth = 1;
    tls->verify = 1;
    tls->disableDefaultTrustStore = 1;
    tls->ssl_error_cb = plan->tls_error;
    tls->ssl_error_context = plan->tls_error_arg;
}

static void set_will(const struct worker_plan *plan, MQTTAsync_willOptions *will)
{
    will->struct_version = 1;
    will->topicName = plan->will_topic;
    will->message = NULL;
    will->payload.len = (int)plan->will_len;
    will->payload.data = plan->will_payload;
    will->qos = plan->will_qos;
}

static int ask_connect(struct worker *w, const struct worker_plan *plan, bool first)
{
    char uri[sizeof plan->uri];
    char *uris[] = {uri};
    memcpy(uri, plan->uri, sizeof uri);
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    options.MQTTVersion = MQTTVERSION_3_1_1;
    options.automaticReconnect = 0;
    options.cleansession = 1;
    options.keepAliveInterval = (int)w->config.keepalive_s;
    /* More than there are slots: at this limit the library's sender falls asleep. */
    options.maxInflight = (int)w->config.slots + 16;
    options.connectTimeout = 60; /* the owner's watchdog bites long before */
    options.onSuccess = on_connected;
    options.onFailure = on_refused;
    options.context = w;
    options.serverURIs = uris;
    options.serverURIcount = 1;
    options.httpProxy = first && plan->http_proxy[0] ? plan->http_proxy : NULL;
    if (plan->ca_file) {
        set_tls(plan, &tls);
        options.ssl = &tls;
    }
    if (plan->will_topic[0]) {
        set_will(plan, &will);
        options.will = &will;
    }
    return MQTTAsync_connect(w->handle, &options);
}

static void destroy(MQTTAsync *handle)
{
    if (*handle)
        MQTTAsync_destroy(handle);
    *handle = NULL;
}

static void do_connect(struct worker *w, const struct command *c)
{
    int rc = MQTTASYNC_SUCCESS;
    bool first = !w->handle;
    w->proxied = c->plan->http_proxy[0] != 0;
    atomic_store(&w->idle, false);
    pthread_mutex_lock(&library);
    if (first)
        rc = MQTTAsync_create(&w->handle, c->plan->uri, w->config.client_id,
                              MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (first && rc == MQTTASYNC_SUCCESS)
        rc = MQTTAsync_setCallbacks(w->handle, w, on_lost, on_message, NULL);
    if (rc == MQTTASYNC_SUCCESS)
        rc = ask_connect(w, c->plan, first);
    pthread_mutex_unlock(&library);
    if (rc != MQTTASYNC_SUCCESS)
        post(w, EV_FAILED, rc, false);
}

static void do_end(struct worker *w)
{
    pthread_mutex_lock(&library);
    if (!w->proxied || !atomic_load(&w->idle))
        destroy(&w->handle);
    pthread_mutex_unlock(&library);
    post(w, EV_ENDED, 0, false);
}

static void do_stop(struct worker *w)
{
    pthread_mutex_lock(&library);
    destroy(&w->handle);
    destroy(&w->keeper);
    pthread_mutex_unlock(&library);
    post(w, EV_STOPPED, 0, false);
}
/* A refusal of these two needs no word: the session is ending, and that is told. */
static void do_publish(struct worker *w, const struct command *c)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.onSuccess = on_sent;
    options.context = &w->slots[c->slot];
    (void)MQTTAsync_send(w->handle, c->bytes, (int)c->payload_len, c->payload, c->qos, 0, &options);
}

static void do_subscribe(struct worker *w, struct command *c)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.onSuccess = on_subscribed;
    options.onFailure = on_unsubscribed;
    options.context = w;
    char *filters[WORKER_FILTERS];
    int qos[WORKER_FILTERS];
    char *filter = c->bytes;
    for (uint32_t i = 0; i < c->filters; i++, filter += strlen(filter) + 1) {
        filters[i] = filter;
        qos[i] = c->qos;
    }
    w->control[EV_SUBSCRIBED].slot = c->filters;
    (void)MQTTAsync_subscribeMany(w->handle, (int)c->filters, filters, qos, &options);
}

static void carry_out(struct worker *w, struct command *c)
{
    switch (c->type) {
    case CMD_CONNECT: do_connect(w, c); break;
    case CMD_PUBLISH: do_publish(w, c); break;
    case CMD_SUBSCRIBE: do_subscribe(w, c); break;
    case CMD_END: do_end(w); break;
    case CMD_STOP: do_stop(w); break;
    }
}

void worker_plan_free(struct worker_plan *plan)
{
    if (plan)
        free(plan->will_payload);
    free(plan);
}

static void command_free(struct worker *w, struct command *c)
{
    if (c == w->end || c == w->stop)
        return;
    worker_plan_free(c->plan);
    free(c);
}

static struct command *next_command(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first)
        pthread_cond_wait(&w->more, &w->lock);
    struct command *c = w->first;
    w->first = c->next;
    if (!w->first)
        w->last = &w->first;
    pthread_mutex_unlock(&w->lock);
    return c;
}

static void *run(void *arg)
{
    struct worker *w = (struct worker *)arg;
    pthread_mutex_lock(&library);
    MQTTAsync_create(&w->keeper, "tcp://keeper.invalid:1", w->config.client_id,
                     MQTTCLIENT_PERSISTENCE_NONE, NULL);
    pthread_mutex_unlock(&library);
    for (enum command_type done = CMD_CONNECT; done != CMD_STOP;) {
        struct command *c = next_command(w);
        done = c->type;
        carry_out(w, c);
        command_free(w, c);
    }
    return NULL;
}

/* --- the loop's side --- */

static struct command *command_new(enum command_type type, size_t bytes)
{
    struct command *c = calloc(1, sizeof *c + bytes);
    if (c)
        c->type = type;
    return c;
}

static void give(struct worker *w, struct command *c)
{
    c->next = NULL;
    pthread_mutex_lock(&w->lock);
    *w->last = c;
    w->last = &c->next;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
}

int worker_connect(struct worker *w, struct worker_plan *plan)
{
    struct command *c = command_new(CMD_CONNECT, 0);
    if (!c)
        return ERR_NOMEM;
    c->plan = plan;
    give(w, c);
    return 0;
}

void worker_end(struct worker *w)
{
    give(w, w->end);
}

void worker_stop(struct worker *w)
{
    give(w, w->stop);
}

int worker_publish(struct worker *w, struct slice topic, struct slice payload, uint8_t qos,
                   uint32_t slot)
{
    struct command *c = command_new(CMD_PUBLISH, topic.len + 1 + payload.len);
    if (!c)
        return ERR_NOMEM;
    memcpy(c->bytes, topic.ptr, topic.len);
    c->payload = c->bytes + topic.len + 1;
    if (payload.len)
        memcpy(c->payload, payload.ptr, payload.len);
    c->payload_len = payload.len;
    c->qos = qos;
    c->slot = slot;
    give(w, c);
    return 0;
}

int worker_subscribe(struct worker *w, const struct slice *filters, size_t count, uint8_t qos)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += filters[i].len + 1;
    struct command *c = command_new(CMD_SUBSCRIBE, bytes);
    if (!c)
        return ERR_NOMEM;
    char *at = c->bytes;
    for (size_t i = 0; i < count; at += filters[i].len + 1, i++)
        memcpy(at, filters[i].ptr, filters[i].len);
    c->filters = (uint32_t)count;
    c->qos = qos;
    give(w, c);
    return 0;
}

/* Signals are for the program's own thread; the library's inherit this mask. */
static int start_thread(struct worker *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int worker_new(const struct worker_config *config, struct worker **ret_worker, struct err *e)
{
    struct worker *w = calloc(1, sizeof *w + config->slots * sizeof w->slots[0]);
    if (!w)
        goto no_worker;
    w->config = *config;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    for (uint32_t i = 0; i < config->slots; i++) {
        w->slots[i].inbox = config->inbox;
        w->slots[i].event = (struct event){.type = EV_SENT, .slot = i};
    }
    w->end = command_new(CMD_END, 0);
    w->stop = command_new(CMD_STOP, 0);
    if (!w->end || !w->stop)
        goto no_commands;
    int rc = start_thread(w);
    if (rc) {
        err_set(e, ERR_IO, "the link's thread does not start: %s", strerror(rc));
        goto no_thread;
    }
    *ret_worker = w;
    return 0;

no_commands:
    err_set(e, ERR_NOMEM, "no memory for the link's commands");
no_thread:
    free(w->end);
    free(w->stop);
    free(w);
    return e ? e->code : ERR_NOMEM;
no_worker:
    return err_set(e, ERR_NOMEM, "no memory for the link's thread");
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w->end);
    free(w->stop);
    free(w);
}
