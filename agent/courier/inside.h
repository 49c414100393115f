/* The courier's own state, for the files of this folder only. */
#ifndef AGENT_COURIER_INSIDE_H
#define AGENT_COURIER_INSIDE_H

#include "agent/courier/courier.h"
#include "base/backoff.h"
#include "base/sm.h"

#define RANGES        128 /* acknowledged above the contiguous ones, all streams */
#define ACCOUNTS      LIMIT_STREAMS
#define SUSPECTS      8
#define FIRST_CREDIT  4
#define GREET_MS      2000 /* backlog waits so long for the hello's ack */
#define RTO_FIRST_MS  3000
#define RTO_FLOOR_MS  1000
#define RTO_CAP_MS    60000
#define RESEND_CAP_MS 300000
#define FRESH_MOST    8 /* newer ones that wait; beyond, the newest comes first */

/*
 *            time to try           link up            first ack, or time
 *   WAITING ------------> DIALLING -------> GREETING -------------------> OPEN
 *      ^                     |                 |                            |
 *      +---------------------+-----------------+----- link down ------------+
 *      |                                       |  no word of the gateway    |
 *      +------------- LEAVING <----------------+----------------------------+
 *   any --- stop ---> STOPPED
 */
enum { WAITING, DIALLING, GREETING, OPEN, LEAVING, STOPPED, STATES };

struct flight { /* a batch under way */
    uint64_t stream, seq, token;
    int64_t sent_ms, due_ms;
    uint32_t tries;
    enum wire_lane lane;
};

struct account {           /* tombstones told and not acknowledged */
    uint64_t stream, told; /* up to this number */
    int64_t due_ms;
    uint32_t tries;
};

struct range {
    uint64_t stream, first, last;
};

struct suspect {
    uint64_t stream, seq;
    uint32_t nevers;
};

struct courier {
    struct courier_config c;
    struct spool *spool;
    struct rng rng;
    struct sm sm;
    struct backoff network, identity;
    int64_t dial_ms, up_ms, greeted_ms, hold_ms, read_after_ms;
    int64_t hello_ms; /* when hello is due (again); INT64_MAX: it is answered */
    uint32_t hello_tries;
    uint64_t hello_token;
    int64_t asked_ms; /* since when an answer is outstanding; 0: none is */
    bool in_touch, hungry, news_turn, goodbye;
    uint64_t epoch, token;
    uint32_t credit;
    int64_t srtt_ms, rttvar_ms; /* 0: not measured */
    uint64_t fresh[LANE_COUNT]; /* of the current streams: from here on it is news */
    uint64_t past[LANE_COUNT];  /* of these: the last that is none, see courier_past */
    struct flight flights[COURIER_WINDOW];
    size_t n_flights;
    struct account accounts[ACCOUNTS];
    size_t n_accounts;
    struct range ranges[RANGES];
    size_t n_ranges;
    struct suspect suspects[SUSPECTS];
    size_t n_suspects;
    const char *news; /* to be said in the next run, static */
    const char *news_id;
    struct courier_stats stats;
};

/* send.c */
void send_due(struct courier *c, uint64_t settings_version, const struct courier_out *out,
              int64_t now_ms);
bool send_up(struct courier *c, struct wire_up *up, const struct courier_out *out, int64_t now_ms);
int64_t resend_after(const struct courier *c, uint32_t tries);

/* pick.c: what comes next */
struct pick {
    uint64_t stream, seq;
    enum wire_lane lane;
};
bool pick_next(struct courier *c, struct pick *ret);
bool pick_acked(const struct courier *c, uint64_t stream, uint64_t seq);

/* ack.c */
void flight_remove(struct courier *c, size_t i);
void courier_heard(struct courier *c, uint64_t epoch, int64_t now_ms);

#endif
