/* What the API asks of the rest of the gateway: functions that main implements.
 * (contract) All are called on the loop's thread and do not block. */
#ifndef GATEWAY_API_REST_OPS_H
#define GATEWAY_API_REST_OPS_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/api/metrics/metrics.h"
#include "gateway/line/rows.h"
#include "proto/pack.h"

enum api_move { API_ACKNOWLEDGE, API_SNOOZE, API_RESOLVE, API_NOTE };

/* A person's action on an alert; becomes an input of the alert's line. */
struct api_action {
    enum api_move move;
    int64_t alert;
    int64_t at_ms;      /* wall clock, now */
    int64_t until_ms;   /* API_SNOOZE; 0 ends the snooze */
    const char *actor;  /* user:NAME or token:NAME */
    const char *reason; /* API_RESOLVE: fixed, customer_fixed, false_alarm, duplicate, other */
    const char *note;   /* may be "" */
};

/* After the commit (or when it failed): 0; ERR_NOT_FOUND no such alert or device;
 * ERR_DENIED the move is not allowed now (e->text says why, for the person);
 * anything else: it did not happen, or it is not known (ERR_UNKNOWN). */
typedef void (*api_done_fn)(void *arg, int result, const struct err *e, int64_t alert);

struct api_status {
    char epoch[20]; /* hex; a new one each start */
    int64_t started_ms;
    bool broker_up;
    int64_t broker_since_ms;
    char broker_reason[256]; /* "" while up */
    uint64_t intake_bytes, commit_jobs;
    bool live; /* false: captive delivery */
};

struct api_ops {
    void *ctx;
    /* 0: `done` follows, later, exactly once. Else it does not, and `e` says why:
     * ERR_FULL, ERR_BUSY. Strings are lent until the function returns. */
    int (*alert_action)(void *ctx, const struct api_action *action, api_done_fn done, void *arg,
                        struct err *e);
    /* The same; `done` brings the new alert's id. */
    int (*test_alert)(void *ctx, const char *device, const char *actor, int64_t at_ms,
                      api_done_fn done, void *arg, struct err *e);
    /* The settings that the device is to have (see line_settings); the same. */
    int (*set_settings)(void *ctx, const char *device, const struct line_setting *settings,
                        size_t n, const char *actor, api_done_fn done, void *arg, struct err *e);
    /* The packs in force, lent until the next turn of the loop; returns how many. */
    size_t (*packs)(void *ctx, const struct pack *const **ret_packs);
    void (*status)(void *ctx, struct api_status *ret_status);
    /* May be NULL: outbox rows became ready (a replay): let the sender look. */
    void (*outbox_changed)(void *ctx);
    /* Appends one sentence a reason that the gateway is not ready (the store's
     * health is the API's own question), each ended by '\n'. */
    void (*not_ready)(void *ctx, struct buf *out);
    /* Appends the gateway's own families to /metrics. */
    void (*metrics)(void *ctx, struct metrics *out);
};

#endif
