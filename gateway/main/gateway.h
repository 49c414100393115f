/* The running program: one loop, and what hangs on it. Inside gateway/main only. */
#ifndef GATEWAY_MAIN_GATEWAY_H
#define GATEWAY_MAIN_GATEWAY_H

#include "base/backoff.h"
#include "base/list.h"
#include "gateway/api/server.h"
#include "gateway/intake/complaints.h"
#include "gateway/intake/intake.h"
#include "gateway/line/line.h"
#include "gateway/main/config.h"
#include "gateway/main/packs.h"
#include "gateway/notify/notify.h"
#include "gateway/people/stage/stage.h"
#include "net/link.h"
#include "net/loop.h"

/* A person's wish that waits for its commit. */
struct waiter {
    struct list link;
    api_done_fn done;
    void *arg;
    int64_t alert;
    int result;
    struct err e;
};

struct commit_job {
    struct gateway *g;
    void *rows; /* struct line_commit, lent by the line */
};

/* The listening clock: advances only while our own echo comes back through the
 * broker and through intake. */
struct ear {
    int64_t listen_ms;
    int64_t until_us; /* CLOCK_MONOTONIC: the newest echo is good until then */
    int64_t last_us;
    int64_t first_sent_us; /* of echoes that did not come back; 0: none is owed */
};

enum canary_state { CANARY_NONE, CANARY_TRYING, CANARY_SAFE, CANARY_SANG };

struct canary {
    struct gateway *g;
    struct link link;
    bool open;
    bool let_in; /* it had a session: what it tried was tried */
    enum canary_state state;
    struct loop_timer timer;
};

struct gateway {
    const struct config *config;
    struct loop *loop;
    struct store *store;
    struct packs *packs;
    struct line *line;
    struct intake *intake;
    struct server *server;
    struct stage *stage;
    struct notify *notify;
    uint64_t epoch;
    int64_t started_ms;
    struct rng rng;
    struct loop_wake intake_wake, store_wake;
    struct loop_timer second, half, retry, reconnect;
    struct loop_signal hangup, term, interrupt;

    /* commits */
    struct api_ops ops;
    struct commit_job job;
    bool flying, started, degraded, loaded;
    char why[320]; /* degraded: the reason, for /readyz */
    struct list waiting, flying_waiters, answers;
    int64_t last_feed;
    uint64_t failed_commits;

    /* broker */
    struct link link;
    bool link_open, up, subscribed;
    int64_t up_since_ms;
    char broker_reason[256];
    struct backoff backoff;
    struct ear ear;
    struct canary canary;
    uint64_t acks_lost;
    struct complaints complaints;
    struct buf down;
    bool stopping;
};

/* shell.c: the way of a message, its commit, and what follows */
void shell_pump(struct gateway *g);
void shell_commit(struct gateway *g);
int shell_restore(struct gateway *g, struct err *e);
void shell_send_acks(struct gateway *g);
struct line_now shell_now(const struct gateway *g);
/* Brings the packs in force into line and store. */
void shell_packs(struct gateway *g);
void shell_retry(struct loop_timer *timer);

/* broker.c */
int broker_open(struct gateway *g, struct err *e);
void broker_half_second(struct gateway *g);
void broker_echo(struct gateway *g, struct slice payload);

/* canary.c */
#define CANARY_PROBE "canary-probe" /* a device that nobody is */
void canary_start(struct gateway *g);
void canary_heard(struct gateway *g);

/* ops.c */
extern const struct api_ops gateway_ops;
void ops_answer(struct list *waiters, int result, const struct err *e);

#endif
