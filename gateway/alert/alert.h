/* One alert and its life. Pure: moves go in, the changed alert and what to note in
 * its log come out.
 *
 *                +------- snoozed_until_ms stands beside the state -------+
 *   (pending: in gateway/detect)                                          |
 *        raise --> open --> acknowledged --+--> resolved                  |
 *                   |                      |                              |
 *                   +----------------------+   by data, a customer or a user
 */
#ifndef GATEWAY_ALERT_ALERT_H
#define GATEWAY_ALERT_ALERT_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/detect/detect.h"

enum alert_state { ALERT_OPEN, ALERT_ACKNOWLEDGED, ALERT_RESOLVED, ALERT_STATES };
enum alert_move {
    MOVE_OPENED,
    MOVE_ACKNOWLEDGED,
    MOVE_SNOOZED,
    MOVE_UNSNOOZED,
    MOVE_RESOLVED,
    MOVE_NOTED,
    ALERT_MOVES
};

#define ALERT_NAME    64
#define ALERT_ACTOR   80
#define ALERT_REASON  32
#define ALERT_NOTE    512
#define ALERT_METRICS 8

struct alert {
    uint64_t id;
    uint32_t instance;
    char rule[ALERT_NAME];
    char pack[ALERT_NAME];    /* "tocsin": one of the gateway's own rules */
    char message[ALERT_NAME]; /* may be "" */
    enum severity severity;
    uint32_t tell; /* enum audience bits */
    enum alert_state state;
    int64_t snoozed_until_ms;    /* wall; 0: is not */
    int64_t since_ms;            /* event time: the condition began */
    int64_t opened_ms;           /* event time */
    int64_t opened_arrival_ms;   /* wall */
    int64_t acked_ms;            /* wall; 0: was not */
    int64_t resolved_ms;         /* event time; 0: is not */
    int64_t resolved_arrival_ms; /* wall */
    char acked_by[ALERT_ACTOR];
    char resolved_by[ALERT_ACTOR];
    char resolution[ALERT_REASON]; /* data, fixed, customer_fixed, false_alarm, duplicate, other */
    bool test;
    bool late; /* found in data that came late, and over by then: told to nobody */
    size_t n_evidence;
    struct evidence evidence[VERDICT_EVIDENCE];
    size_t n_metrics;
    uint32_t metrics[ALERT_METRICS]; /* what its rule reads, for the chart */
};

/* One line of an alert's log. */
struct alert_entry {
    uint64_t alert;
    enum alert_move move;
    int64_t at_ms;      /* event time */
    int64_t arrival_ms; /* wall */
    char actor[ALERT_ACTOR];
    char reason[ALERT_NOTE];
};

/* What somebody wants to be done to an alert. Strings are borrowed. */
struct alert_wish {
    enum alert_move move; /* MOVE_ACKNOWLEDGED, SNOOZED, UNSNOOZED, RESOLVED or NOTED */
    const char *actor;    /* data, customer, user:<name>, token:<name> */
    const char *reason;   /* of a resolve: one of the resolutions; else free text; may be "" */
    const char *note;     /* may be "" */
    int64_t at_ms;        /* event time */
    int64_t arrival_ms;   /* wall */
    int64_t until_ms;     /* MOVE_SNOOZED: wall */
};

/* Makes the move and fills the log's line. ERR_DENIED: the state does not allow it
 * (nothing changed, `e` says why); ERR_INVALID: the wish itself is wrong. */
int alert_apply(struct alert *alert, const struct alert_wish *wish, struct alert_entry *ret_entry,
                struct err *e);
/* Fills the log's first line. */
void alert_opened(const struct alert *alert, struct alert_entry *ret_entry);

const char *alert_state_name(enum alert_state state); /* "open", ... */
int alert_state_of(const char *name);                 /* -1: none */
const char *alert_move_name(enum alert_move move);    /* "opened", ... */
const char *severity_name(enum severity severity);    /* "minor", ... */

/* Snapshot encoding. alert_load: false when the bytes are not an alert. */
void alert_save(const struct alert *alert, struct buf *out);
bool alert_load(struct reader *r, struct alert *ret_alert);

#endif
