/* Tells people: sends what the outbox holds, by mail and webhook. (contract)
 *
 * Happy path: a ready row is picked, its attempt is committed (state "trying"),
 * the message goes out, the result is committed (accepted; or ready again, later;
 * or dead). A crash between the two leaves "trying": the next start makes it ready
 * again, and the message goes out with the same Message-ID or webhook-id.
 *
 * At most `concurrency` messages are in flight. Nothing is sent twice on purpose;
 * nothing that is over by then is sent (see schedule/schedule.h). Logs NT001... */
#ifndef GATEWAY_NOTIFY_NOTIFY_H
#define GATEWAY_NOTIFY_NOTIFY_H

#include "base/err.h"
#include "gateway/store/store.h"
#include "net/loop.h"

struct notify;

enum notify_tls { NOTIFY_TLS_NONE, NOTIFY_TLS_STARTTLS, NOTIFY_TLS_SMTPS };

/* Strings may be NULL or "" where that means "none"; 0 takes the default. */
struct notify_config {
    /* mail; without a host no mail leaves: rows wait as dead letters that say so */
    const char *smtp_host;
    int64_t smtp_port;        /* 0: 25, 587 or 465 by `smtp_tls` */
    enum notify_tls smtp_tls; /* STARTTLS is demanded, never just hoped for */
    const char *smtp_ca;      /* PEM file; none: the system's */
    const char *smtp_user, *smtp_password;
    const char *mail_from;      /* address: "alerts@example.com" */
    const char *mail_from_name; /* "Acme appliances" */
    /* captive: every mail goes to this one mailbox, marked with whom it was for */
    bool live;
    const char *captive_to;
    /* webhooks */
    bool webhook_private;   /* allow loopback and private addresses (a bench) */
    const char *webhook_ca; /* PEM file; none: the system's */
    /* both */
    int64_t concurrency;    /* 1..32; 0: 32 */
    int64_t timeout_ms;     /* of one attempt; 0: 30 s */
    int64_t retry_floor_ms; /* 0: 1 s */
    int64_t retry_cap_ms;   /* 0: 1 h */
    int64_t give_up_ms;     /* after this long it is a dead letter; 0: 1 d */
    int64_t stale_ms;       /* an "opened" older than this and over by now is dropped; 0: 60 s */
    uint64_t seed;          /* of the jitter */
};

/* ERR_INVALID: a setting is wrong, `e` names it and the remedy; ERR_NOMEM. Borrows
 * loop and store for life, copies the strings. */
int notify_new(struct loop *loop, struct store *store, const struct notify_config *config,
               struct notify **ret_notify, struct err *e);
/* There may be new rows. Cheap. It also looks by itself when a retry is due. */
void notify_kick(struct notify *notify);
/* Dead (or dropped) letters go out again, with the same ids. `done` on the loop:
 * 0, ERR_NOT_FOUND, ERR_DENIED (it is not dead), or the store's error. */
int notify_replay(struct notify *notify, int64_t outbox_id,
                  void (*done)(void *arg, int result, const struct err *e), void *arg);

/* Counts since the start, for /metrics and /status. */
struct notify_stats {
    uint64_t accepted, retried, dead, dropped;
    uint64_t in_flight;
    int64_t last_accepted_ms; /* wall; 0: none yet */
};
void notify_stats(const struct notify *notify, struct notify_stats *ret_stats);

/* Breaks off what is in flight (it stays "trying" and goes out after the next
 * start). The memory is gone when `closed` is called, on the loop; until then
 * loop and store must live and store_poll be called. */
void notify_close(struct notify *notify, void (*closed)(void *arg), void *arg);

#endif
