/* Who is told what about one event. Pure: the event and what is known about its
 * device go in, outbox rows come out.
 *
 *   opened        customer by mail; support and manufacturer by webhook
 *   acknowledged  support and manufacturer by webhook
 *   resolved      the customer once more, if the opening was told; webhooks
 *
 * Who is told at all is the alert's `tell`; a test alert goes to everybody and says
 * that it is a test; an alert that was over when its data came late goes to nobody.
 * What the manufacturer gets holds no customer: no name, no address, no device name. */
#ifndef GATEWAY_PEOPLE_PLAN_H
#define GATEWAY_PEOPLE_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/people/event.h"
#include "gateway/people/words.h"
#include "gateway/people/zone.h"
#include "proto/pack.h"

struct plan_customer { /* the owner at the event's time */
    const char *id, *name, *language, *email;
    const char *channel;     /* "email" or "none" */
    const struct zone *zone; /* NULL: UTC */
};
struct plan_hook {
    const char *id;
    uint32_t audience; /* enum audience bits */
};
struct plan_input {
    const struct event *event;
    const char *device_name; /* what its owner calls it; "" */
    const char *model;
    const struct plan_customer *customer; /* NULL: nobody owns it */
    bool opening_told;       /* an outbox row with plan_opening_key exists and was not given up */
    const struct pack *pack; /* NULL: not loaded */
    size_t n_hooks;
    const struct plan_hook *hooks;
    const char *mail_domain, *source;
};

struct plan_row {
    const char *key; /* idempotency: one row for ever */
    uint32_t audience;
    const char *channel, *recipient;
    const char *customer; /* NULL: none */
    const char *kind;     /* as the hand-off's */
    const char *subject;  /* mail: its subject; webhook: the message's id on the wire */
    struct slice body;    /* mail: entity (mail.h); webhook: CloudEvents JSON */
    const char *dead;     /* NULL; else it cannot be sent, and this is why */
};
/* Strings are lent for the call. Returns 0 or an error that ends the planning. */
typedef int (*plan_emit_fn)(void *arg, const struct plan_row *row);

/* Emits the rows. ERR_NOMEM, ERR_LIMIT, or what `emit` returned. */
int plan_event(const struct plan_input *input, plan_emit_fn emit, void *arg, struct err *e);

#define PLAN_KEY 256
/* The key of the customer's opening mail. */
void plan_opening_key(const struct event *event, const char *customer, char ret_key[PLAN_KEY]);
/* The name of one message outside, for ever: left side of the Message-ID, id of a
 * webhook. From the alert, its opening time (numbers may start again with a new
 * store, times do not) and a hash of the key (no address leaks). */
#define PLAN_TOKEN 128
void plan_token(const struct event *event, const char *key, const char *move,
                char ret_token[PLAN_TOKEN]);

/* The event as texts speak of it; all borrowed from `in`. */
struct words plan_words(const struct plan_input *in);

#endif
