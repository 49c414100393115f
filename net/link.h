/* The link to an MQTT 3.1.1 broker over mutual TLS, as the programs' shells see
 * it: a small struct of functions, as base/disk.h is for a folder.
 *
 * contract. Two real makers, of which a program links one:
 *   link_device_open  (net/device)   Paho through an in-process tunnel and mbedTLS
 *   link_gateway_open (net/datacenter) Paho with OpenSSL
 *
 * The link makes one attempt for each `connect` and never retries by itself:
 * when to try again is the caller's rule. Each accepted `connect` is answered by
 * exactly one `on_down`, with at most one `on_up` before it. With several
 * brokers each attempt goes to the one after the last that failed or was lost.
 *
 * All functions are called on the loop's thread and never block. All events come
 * on the loop's thread, in order, never inside a function of the link, and none
 * after `closed`. The one exception is `on_message_raw`. */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "base/err.h"
#include "base/slice.h"

enum link_stage {
    LINK_STAGE_RESOLVE, /* the broker's name */
    LINK_STAGE_TCP,     /* reaching it */
    LINK_STAGE_TLS,     /* proving identities */
    LINK_STAGE_MQTT,    /* CONNECT was refused or stayed without answer */
    LINK_STAGE_SESSION, /* it was up, then lost */
    LINK_STAGE_ASKED,   /* our own disconnect or close */
};

/* How to try again: the network rotates fast; a refused identity or a bad
 * certificate tries slowly and raises an alarm. */
enum link_retry { LINK_RETRY_NETWORK, LINK_RETRY_AUTH, LINK_RETRY_CERT };

struct link_reason {
    enum link_stage stage;
    enum link_retry retry;
    int code;              /* the stage's own: errno, mbedTLS, MQTT return code; 0 unknown */
    uint32_t verify_flags; /* why the broker's certificate was refused (mbedTLS bits); 0: was not */
    char broker[160];      /* host:port of the attempt */
    char text[256];        /* for a person: what, where, and what to do */
};

/* What the broker says in our name when the session dies; asked for at each
 * connect, so that it can name the session. */
struct link_will {
    struct slice topic;   /* empty: no will. Lent until the function returns */
    struct slice payload; /* lent likewise; may hold any bytes */
    uint8_t qos;
};

struct link_time {
    int64_t at_ms; /* since 1970 */
    bool exact;    /* false: it is at least this late; then "not yet valid" is no reason */
};

struct link_events {
    void *arg;
    void (*on_up)(void *arg, bool session_present);
    void (*on_down)(void *arg, const struct link_reason *why); /* lent; ends every open token */
    /* Topic and payload are lent during the call. */
    void (*on_message)(void *arg, struct slice topic, struct slice payload);
    /* QoS 1: the broker's PUBACK came. QoS 0: it was handed to the socket. Not told
     * for token 0. */
    void (*on_sent)(void *arg, uint64_t token);
    /* 0: all granted; ERR_DENIED: the broker refused one. */
    void (*on_subscribed)(void *arg, int result);
    /* May be NULL. When set it replaces on_message: called on the MQTT library's
     * thread, under its lock: copy, wake somebody, return. Must not call the link. */
    void (*on_message_raw)(void *arg, struct slice topic, struct slice payload);
    /* May be NULL: no will. */
    void (*will)(void *arg, struct link_will *ret_will);
    /* May be NULL (then the wall clock, exact). When to judge certificates: the
     * latest of wall clock, persisted floor and build date. Device flavour only. */
    struct link_time (*judge_at)(void *arg);
};

/* Strings are borrowed until the maker returns; files are read by then too, and
 * again at each `reload`. */
struct link_config {
    const char *const *brokers; /* "host:port"; a name, since certificates are for names */
    size_t broker_count;        /* 1..LINK_BROKERS_MAX */
    const char *client_id;
    const char *ca_file;  /* PEM: the pinned roots, one or two */
    const char *ca2_file; /* a second file of roots, or NULL; device flavour only */
    const char *cert_file;
    const char *key_file;
    uint32_t keepalive_s;        /* 0: 30 */
    uint32_t max_inflight;       /* QoS 1 messages open at a time; 0: 20 */
    uint32_t max_unsent;         /* QoS 0 messages not yet on the socket; 0: 64 */
    uint32_t connect_timeout_ms; /* watchdog over a whole attempt; 0: 15000 */
    size_t inbox_bytes;          /* bound on messages waiting for the loop; 0: 256 KiB */
};

#define LINK_BROKERS_MAX 4

struct link_stats {
    uint64_t attempts;
    uint64_t ups;
    uint64_t handshakes; /* TLS handshakes that came to an end; device flavour */
    uint64_t resumed;    /* of those, by ticket */
    uint64_t sent_messages, sent_bytes;
    uint64_t received_messages, received_bytes;
    uint64_t dropped_messages; /* the inbox was full */
    uint32_t inflight;
};

struct link {
    void *ctx;
    /* Starts one attempt. ERR_BUSY: one is under way or up. */
    int (*connect)(void *ctx);
    /* Ends the session or attempt with an MQTT DISCONNECT where possible (no will
     * is sent then); on_down follows with LINK_STAGE_ASKED. ERR_CLOSED: is down. */
    int (*disconnect)(void *ctx);
    /* Copies both. ERR_CLOSED: not up; ERR_FULL: too many in flight, try after the
     * next on_sent; ERR_LIMIT: the topic is over 255 bytes or the payload over
     * 256 KiB; ERR_NOMEM. */
    int (*publish)(void *ctx, struct slice topic, struct slice payload, uint8_t qos,
                   uint64_t token);
    /* At most 8 topic filters, all with this QoS; on_subscribed follows. ERR_CLOSED,
     * ERR_LIMIT, ERR_NOMEM; ERR_BUSY: the answer to the last one is still owed. */
    int (*subscribe)(void *ctx, const struct slice *filters, size_t count, uint8_t qos);
    /* Reads roots, certificate and key again; in force from the next attempt.
     * ERR_INVALID, ERR_IO: the old ones stay. */
    int (*reload)(void *ctx, struct err *e);
    void (*stats)(void *ctx, struct link_stats *ret_stats);
    /* Ends everything; `closed` (may be NULL) is the last event, and only then is
     * what the events point to the caller's again. */
    void (*close)(void *ctx, void (*closed)(void *arg));
};

#endif
