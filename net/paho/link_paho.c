/*            connect              EV_UP
 *   IDLE ------------> DIALLING ---------> UP
 *    ^                    |  EV_FAILED,     | EV_LOST,
 *    |                    |  watchdog       | disconnect
 *    |      EV_ENDED      v                 v
 *    +------------------ ENDING <-----------+
 *
 * Every way down goes through ENDING: the worker lets go of the handle, then of
 * the transport, and with EV_ENDED the caller hears on_down.
 * Close is the same way with STOPPING behind it. */
#include "net/paho/link_paho.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/sm.h"

#define PAYLOAD_MAX (256 * 1024)
#define DEATH_MS    2000
#define TOPIC_LEN   255

enum state { IDLE, DIALLING, UP, ENDING, STOPPING };

static const struct sm_state states[] = {
    [IDLE] = {"idle", SM_TO(DIALLING) | SM_TO(STOPPING)},
    [DIALLING] = {"dialling", SM_TO(UP) | SM_TO(ENDING)},
    [UP] = {"up", SM_TO(ENDING)},
    [ENDING] = {"ending", SM_TO(IDLE)},
    [STOPPING] = {"stopping", 0},
};

struct open_publish {
    uint64_t token;
    uint32_t next_free;
    uint8_t qos;
    bool open;
};

struct link_paho {
    struct loop_wake wake;
    struct loop_timer watchdog;
    struct inbox inbox;
    struct worker *worker;
    struct transport transport;
    struct link_events events;
    struct sm state;
    char *client_id;
    char *brokers[LINK_BROKERS_MAX];
    size_t broker_count, broker;
    uint32_t attempt;
    int64_t connect_timeout_ms;
    bool subscribing, closing;
    struct link_reason reason;
    struct link_stats stats;
    uint32_t open[2], open_max[2]; /* publishes of QoS 0 and 1 */
    uint32_t first_free, slots;
    void (*closed)(void *arg);
    struct open_publish publishes[];
};

#define NONE UINT32_MAX

/* --- publishes that are open --- */

static void free_all_slots(struct link_paho *p)
{
    p->open[0] = p->open[1] = 0;
    p->first_free = NONE;
    for (uint32_t i = p->slots; i-- > 0;) {
        p->publishes[i] = (struct open_publish){.next_free = p->first_free};
        p->first_free = i;
    }
}

static uint32_t take_slot(struct link_paho *p, uint8_t qos, uint64_t token)
{
    uint32_t i = p->first_free;
    p->first_free = p->publishes[i].next_free;
    p->publishes[i] = (struct open_publish){.token = token, .qos = qos, .open = true};
    p->open[qos]++;
    return i;
}

static void free_slot(struct link_paho *p, uint32_t i)
{
    p->open[p->publishes[i].qos]--;
    p->publishes[i] = (struct open_publish){.next_free = p->first_free};
    p->first_free = i;
}

/* --- the way down --- */

static void set_reason(struct link_paho *p, enum link_stage stage, enum link_retry retry, int code,
                       const char *text)
{
    struct link_reason *r = &p->reason;
    r->stage = stage;
    r->retry = retry;
    r->code = code;
    r->verify_flags = 0;
    snprintf(r->broker, sizeof r->broker, "%s", p->brokers[p->broker]);
    snprintf(r->text, sizeof r->text, "%s: %s", r->broker, text);
}

static void end_attempt(struct link_paho *p, const char *why)
{
    sm_move(&p->state, ENDING, why);
    loop_timer_stop(&p->watchdog);
    if (p->reason.stage != LINK_STAGE_ASKED)
        p->transport.explain(p->transport.ctx, &p->reason);
    worker_end(p->worker);
}

static const char *refusal_text(int code)
{
    switch (code) {
    case 1: return "the broker does not speak MQTT 3.1.1";
    case 2: return "the broker refuses this client id; it must be the certificate's name";
    case 3: return "the broker says that it is not available";
    case 4: return "the broker refuses the credentials";
    case 5: return "the broker does not authorise this identity; is it in the broker's list?";
    default: return "no connection";
    }
}

static void on_failed(struct link_paho *p, int code)
{
    bool refused = code >= 1 && code <= 5;
    bool identity = code == 2 || code == 4 || code == 5;
    set_reason(p, refused ? LINK_STAGE_MQTT : LINK_STAGE_TCP,
               identity ? LINK_RETRY_AUTH : LINK_RETRY_NETWORK, code, refusal_text(code));
    end_attempt(p, "the connect failed");
}

static void on_lost(struct link_paho *p)
{
    set_reason(p, LINK_STAGE_SESSION, LINK_RETRY_NETWORK, 0, "the session was lost");
    end_attempt(p, "the session was lost");
}

static void watchdog_bites(struct loop_timer *timer)
{
    struct link_paho *p = CONTAINER(timer, struct link_paho, watchdog);
    if (p->state.now == UP) {
        on_lost(p);
        return;
    }
    set_reason(p, LINK_STAGE_MQTT, LINK_RETRY_NETWORK, 0,
               "no answer in time; is this an MQTT broker with TLS?");
    end_attempt(p, "the watchdog bit");
}

/* The library will see its closed socket in a moment, and its handle is then fit
 * for the next attempt; but it is not waited for longer than this. */
void link_paho_died(struct link_paho *p)
{
    if (p->state.now == DIALLING || p->state.now == UP)
        loop_timer_start(&p->watchdog, DEATH_MS, 0);
}

static void on_ended(struct link_paho *p)
{
    p->transport.abandon(p->transport.ctx);
    free_all_slots(p);
    p->subscribing = false;
    if (p->reason.stage != LINK_STAGE_ASKED)
        p->broker = (p->broker + 1) % p->broker_count;
    sm_move(&p->state, IDLE, "nothing more will come");
    p->events.on_down(p->events.arg, &p->reason);
    if (p->closing && p->state.now == IDLE) {
        sm_move(&p->state, STOPPING, "close");
        worker_stop(p->worker);
    }
}

/* --- events --- */

static void on_up(struct link_paho *p, bool session_present)
{
    if (p->state.now != DIALLING)
        return; /* the watchdog or the owner was first */
    sm_move(&p->state, UP, "CONNACK");
    loop_timer_stop(&p->watchdog);
    p->stats.ups++;
    p->events.on_up(p->events.arg, session_present);
}

static void on_sent(struct link_paho *p, uint32_t slot)
{
    uint64_t token = p->publishes[slot].token;
    if (!p->publishes[slot].open)
        return;
    free_slot(p, slot);
    if (token && p->state.now == UP)
        p->events.on_sent(p->events.arg, token);
}

static void on_message(struct link_paho *p, const struct event *event)
{
    p->stats.received_messages++;
    p->stats.received_bytes += event->payload.len;
    if (p->state.now == UP && p->events.on_message)
        p->events.on_message(p->events.arg, event->topic, event->payload);
}

static void on_subscribed(struct link_paho *p, int result)
{
    p->subscribing = false;
    if (p->state.now == UP && p->events.on_subscribed)
        p->events.on_subscribed(p->events.arg, result);
}

static void finish_close(struct link_paho *p);

static void dispatch(struct link_paho *p, const struct event *event)
{
    bool alive = p->state.now == DIALLING || p->state.now == UP;
    switch (event->type) {
    case EV_UP: on_up(p, event->session_present); break;
    case EV_MESSAGE: on_message(p, event); break;
    case EV_SENT: on_sent(p, event->slot); break;
    case EV_SUBSCRIBED: on_subscribed(p, event->code); break;
    case EV_ENDED: on_ended(p); break;
    case EV_STOPPED: finish_close(p); break;
    case EV_FAILED:
        if (alive)
            on_failed(p, event->code);
        break;
    case EV_LOST:
        if (alive)
            on_lost(p);
        break;
    }
}

static void woken(struct loop_wake *wake)
{
    struct link_paho *p = CONTAINER(wake, struct link_paho, wake);
    struct event *next;
    for (struct event *event = inbox_take(&p->inbox); event; event = next) {
        struct event copy = *event;
        next = event->next;
        /* A control event may be posted again as soon as it is given back, so it
         * goes back before the caller can start something new. */
        if (event->type != EV_MESSAGE)
            inbox_give_back(&p->inbox, event);
        dispatch(p, &copy);
        if (copy.type == EV_STOPPED)
            return; /* nothing follows it, and p is on its way out */
        if (copy.type == EV_MESSAGE)
            inbox_give_back(&p->inbox, event);
    }
}

/* --- the face --- */

static int take_will(struct link_paho *p, struct worker_plan *plan)
{
    struct link_will will = {0};
    if (p->events.will)
        p->events.will(p->events.arg, &will);
    if (will.topic.len == 0)
        return 0;
    if (will.topic.len >= sizeof plan->will_topic || will.payload.len > PAYLOAD_MAX)
        return ERR_LIMIT;
    plan->will_payload = malloc(will.payload.len + 1);
    if (!plan->will_payload)
        return ERR_NOMEM;
    memcpy(plan->will_topic, will.topic.ptr, will.topic.len);
    if (will.payload.len)
        memcpy(plan->will_payload, will.payload.ptr, will.payload.len);
    plan->will_len = will.payload.len;
    plan->will_qos = will.qos;
    return 0;
}

static int face_connect(void *ctx)
{
    struct link_paho *p = (struct link_paho *)ctx;
    if (p->state.now != IDLE || p->closing)
        return ERR_BUSY;
    struct worker_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return ERR_NOMEM;
    int rc = take_will(p, plan);
    if (rc)
        goto fail;
    p->transport.plan(p->transport.ctx, p->broker, ++p->attempt, plan);
    rc = worker_connect(p->worker, plan);
    if (rc)
        goto fail;
    p->stats.attempts++;
    set_reason(p, LINK_STAGE_TCP, LINK_RETRY_NETWORK, 0, "no connection");
    sm_move(&p->state, DIALLING, "connect");
    loop_timer_start(&p->watchdog, p->connect_timeout_ms, 0);
    return 0;
fail:
    worker_plan_free(plan);
    return rc;
}

static int face_disconnect(void *ctx)
{
    struct link_paho *p = (struct link_paho *)ctx;
    if (p->state.now != DIALLING && p->state.now != UP)
        return ERR_CLOSED;
    set_reason(p, LINK_STAGE_ASKED, LINK_RETRY_NETWORK, 0, "disconnected on request");
    end_attempt(p, "disconnect");
    return 0;
}

static int face_publish(void *ctx, struct slice topic, struct slice payload, uint8_t qos,
                        uint64_t token)
{
    struct link_paho *p = (struct link_paho *)ctx;
    if (p->state.now != UP)
        return ERR_CLOSED;
    if (qos > 1 || topic.len == 0 || topic.len > TOPIC_LEN || payload.len > PAYLOAD_MAX)
        return ERR_LIMIT;
    if (p->open[qos] >= p->open_max[qos])
        return ERR_FULL;
    uint32_t slot = take_slot(p, qos, token);
    int rc = worker_publish(p->worker, topic, payload, qos, slot);
    if (rc) {
        free_slot(p, slot);
        return rc;
    }
    p->stats.sent_messages++;
    p->stats.sent_bytes += payload.len;
    return 0;
}

static int face_subscribe(void *ctx, const struct slice *filters, size_t count, uint8_t qos)
{
    struct link_paho *p = (struct link_paho *)ctx;
    if (p->state.now != UP)
        return ERR_CLOSED;
    if (count == 0 || count > WORKER_FILTERS || qos > 1)
        return ERR_LIMIT;
    if (p->subscribing)
        return ERR_BUSY;
    int rc = worker_subscribe(p->worker, filters, count, qos);
    p->subscribing = rc == 0;
    return rc;
}

static int face_reload(void *ctx, struct err *e)
{
    struct link_paho *p = (struct link_paho *)ctx;
    return p->transport.reload(p->transport.ctx, e);
}

static void face_stats(void *ctx, struct link_stats *ret_stats)
{
    struct link_paho *p = (struct link_paho *)ctx;
    *ret_stats = p->stats;
    ret_stats->dropped_messages = inbox_dropped(&p->inbox);
    ret_stats->inflight = p->open[1];
    p->transport.stats(p->transport.ctx, ret_stats);
}

static void face_close(void *ctx, void (*closed)(void *arg))
{
    struct link_paho *p = (struct link_paho *)ctx;
    if (p->closing)
        return;
    p->closing = true;
    p->closed = closed;
    if (face_disconnect(p) == 0 || p->state.now == ENDING)
        return; /* on_ended goes on */
    sm_move(&p->state, STOPPING, "close");
    worker_stop(p->worker);
}

void link_paho_face(struct link_paho *p, const struct transport *transport, struct link *ret_link)
{
    p->transport = *transport;
    *ret_link = (struct link){.ctx = p,
                              .connect = face_connect,
                              .disconnect = face_disconnect,
                              .publish = face_publish,
                              .subscribe = face_subscribe,
                              .reload = face_reload,
                              .stats = face_stats,
                              .close = face_close};
}

/* --- birth and death --- */

static void free_all(struct link_paho *p)
{
    inbox_done(&p->inbox);
    for (size_t i = 0; i < p->broker_count; i++)
        free(p->brokers[i]);
    free(p->client_id);
    free(p);
}

static void wake_closed(struct loop_wake *wake)
{
    struct link_paho *p = CONTAINER(wake, struct link_paho, wake);
    void (*closed)(void *arg) = p->closed;
    void *arg = p->events.arg;
    free_all(p);
    if (closed)
        closed(arg);
}

static void watchdog_closed(struct loop_timer *timer)
{
    loop_wake_close(&CONTAINER(timer, struct link_paho, watchdog)->wake, wake_closed);
}

static void transport_closed(void *arg)
{
    loop_timer_close(&((struct link_paho *)arg)->watchdog, watchdog_closed);
}

static void finish_close(struct link_paho *p)
{
    worker_free(p->worker);
    p->transport.close(p->transport.ctx, transport_closed, p);
}

static void wake_loop(void *arg)
{
    loop_wake_send(&((struct link_paho *)arg)->wake);
}

static int copy_strings(struct link_paho *p, const struct link_config *config)
{
    p->client_id = strdup(config->client_id);
    for (; p->broker_count < config->broker_count; p->broker_count++)
        if (!(p->brokers[p->broker_count] = strdup(config->brokers[p->broker_count])))
            return ERR_NOMEM;
    return p->client_id ? 0 : ERR_NOMEM;
}

static struct link_paho *allocate(const struct link_config *config,
                                  const struct link_events *events)
{
    uint32_t inflight = config->max_inflight ? config->max_inflight : 20;
    uint32_t unsent = config->max_unsent ? config->max_unsent : 64;
    struct link_paho *p = calloc(1, sizeof *p + (inflight + unsent) * sizeof(struct open_publish));
    if (!p)
        return NULL;
    p->events = *events;
    p->open_max[0] = unsent;
    p->open_max[1] = inflight;
    p->slots = inflight + unsent;
    p->connect_timeout_ms = config->connect_timeout_ms ? config->connect_timeout_ms : 15000;
    sm_init(&p->state, states, sizeof states / sizeof states[0], IDLE);
    free_all_slots(p);
    inbox_init(&p->inbox, config->inbox_bytes ? config->inbox_bytes : 256 * 1024, wake_loop, p);
    if (copy_strings(p, config)) {
        free_all(p);
        return NULL;
    }
    return p;
}

int link_paho_new(struct loop *loop, const struct link_config *config,
                  const struct link_events *events, struct link_paho **ret_paho, struct err *e)
{
    if (config->broker_count == 0 || config->broker_count > LINK_BROKERS_MAX)
        return err_set(e, ERR_LIMIT, "%zu brokers are named; 1 to %d can be", config->broker_count,
                       LINK_BROKERS_MAX);
    /* The library would follow the first kind to a proxy of its own, and write
     * what it sends into the second's file. */
    static const char *const traps[] = {
        "http_proxy", "https_proxy", "HTTP_PROXY",          "HTTPS_PROXY",
        "ALL_PROXY",  "all_proxy",   "MQTT_C_CLIENT_TRACE", "MQTT_C_CLIENT_TRACE_LEVEL"};
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
        unsetenv(traps[i]);
    struct link_paho *p = allocate(config, events);
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for the link");
    if (loop_wake_init(&p->wake, loop, woken)) {
        free_all(p);
        return err_set(e, ERR_IO, "the link cannot wake the loop: no descriptor left?");
    }
    loop_timer_init(&p->watchdog, loop, watchdog_bites);
    struct worker_config wc = {.client_id = p->client_id,
                               .keepalive_s = config->keepalive_s ? config->keepalive_s : 30,
                               .slots = p->slots,
                               .inbox = &p->inbox,
                               .raw_arg = events->arg,
                               .raw = events->on_message_raw};
    int rc = worker_new(&wc, &p->worker, e);
    if (rc) {
        transport_closed(p);
        return rc;
    }
    *ret_paho = p;
    return 0;
}
