/* What the library's threads have to say to the loop, in order: a list under a
 * lock. Messages are bounded by bytes and dropped (counted) past the bound;
 * everything else lives in its owner and always finds its place. */
#ifndef NET_PAHO_INBOX_H
#define NET_PAHO_INBOX_H

#include <pthread.h>

#include "base/slice.h"

enum event_type {
    EV_UP,
    EV_FAILED, /* the connect did not succeed; code: MQTT's or the library's */
    EV_LOST,
    EV_SUBSCRIBED,
    EV_ENDED,   /* nothing more of the attempt will come */
    EV_STOPPED, /* the worker's thread has ended */
    EV_SENT,
    EV_MESSAGE,
};

struct event {
    struct event *next;
    enum event_type type;
    bool waiting;         /* in the list, or taken and not yet given back */
    bool session_present; /* EV_UP */
    int code;             /* EV_FAILED, EV_SUBSCRIBED: 0 is good */
    uint32_t slot;        /* EV_SENT */
    struct slice topic;   /* EV_MESSAGE */
    struct slice payload;
};

struct inbox {
    pthread_mutex_t lock;
    struct event *first, **last;
    size_t max_bytes, used_bytes;
    uint64_t dropped;
    void *arg;
    void (*wake)(void *arg); /* any thread */
};

void inbox_init(struct inbox *in, size_t max_bytes, void (*wake)(void *arg), void *arg);
/* Frees what nobody took. */
void inbox_done(struct inbox *in);

/* Any thread. Posting an event that still waits does nothing. */
void inbox_post(struct inbox *in, struct event *event);
/* Any thread. Copies; counts a drop when there is no room. */
void inbox_message(struct inbox *in, struct slice topic, struct slice payload);

/* The loop's thread: all that waits, oldest first. Read `next` before giving one
 * back. */
struct event *inbox_take(struct inbox *in);
void inbox_give_back(struct inbox *in, struct event *event);
uint64_t inbox_dropped(struct inbox *in);

#endif
