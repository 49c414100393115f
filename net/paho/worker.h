/* The one thread that calls the MQTT library.
 *
 * The library's callbacks run on its own threads under its one lock, and its
 * calls may wait for that lock for seconds; so the loop's thread never calls it.
 * Commands go in through a list; what it says comes out through an inbox.
 *
 * After EV_ENDED no callback of that attempt can come any more.
 *
 * All functions are for the loop's thread. */
#ifndef NET_PAHO_WORKER_H
#define NET_PAHO_WORKER_H

#include "base/err.h"
#include "net/paho/inbox.h"

#define WORKER_FILTERS 8

struct worker_config {
    const char *client_id; /* borrowed for life */
    uint32_t keepalive_s;
    uint32_t slots;      /* publishes open at a time, of any QoS */
    struct inbox *inbox; /* borrowed for life */
    void *raw_arg;
    void (*raw)(void *arg, struct slice topic, struct slice payload); /* or NULL */
};

/* One attempt, as the transport plans it. Files are borrowed until EV_ENDED. */
struct worker_plan {
    char uri[320];
    char http_proxy[128]; /* empty: none */
    const char *ca_file;  /* NULL: no TLS by the library itself */
    const char *cert_file, *key_file;
    int (*tls_error)(const char *text, size_t len, void *arg); /* the library's threads */
    void *tls_error_arg;
    char will_topic[256]; /* empty: none */
    uint8_t will_qos;
    uint8_t *will_payload; /* by malloc */
    size_t will_len;
};

struct worker;

/* Starts the thread. ERR_NOMEM, ERR_IO. */
int worker_new(const struct worker_config *config, struct worker **ret_worker, struct err *e);
/* After EV_STOPPED: joins the thread and frees. */
void worker_free(struct worker *w);

/* Takes the plan (by malloc). ERR_NOMEM: it is still the caller's. */
int worker_connect(struct worker *w, struct worker_plan *plan);
/* Ends the attempt, with a DISCONNECT where possible; EV_ENDED follows. Once an
 * attempt. */
void worker_end(struct worker *w);
/* After the last EV_ENDED; EV_STOPPED follows. */
void worker_stop(struct worker *w);
/* Both copy. EV_SENT with the slot, or EV_SUBSCRIBED, follows unless the session
 * ends. A slot is used again only after its EV_SENT or EV_ENDED. ERR_NOMEM. */
int worker_publish(struct worker *w, struct slice topic, struct slice payload, uint8_t qos,
                   uint32_t slot);
int worker_subscribe(struct worker *w, const struct slice *filters, size_t count, uint8_t qos);

void worker_plan_free(struct worker_plan *plan);

#endif
