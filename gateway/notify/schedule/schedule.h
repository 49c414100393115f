/* When to send what: which due rows may start, what an answer means, when to try
 * again, what is no longer worth sending. Pure; the shell asks and does.
 *
 *   ready --> trying --+--> accepted   the other side took it
 *     ^                +--> dead       it never will, or we gave up; can be replayed
 *     +-- later -------+
 *     +--> dropped                     it is over, nobody needs to know any more */
#ifndef GATEWAY_NOTIFY_SCHEDULE_SCHEDULE_H
#define GATEWAY_NOTIFY_SCHEDULE_SCHEDULE_H

#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum channel { CHANNEL_EMAIL, CHANNEL_WEBHOOK, CHANNELS };

/* How a transfer ended, besides the code that the other side said (0: none). */
enum reply_end {
    REPLY_WHOLE,     /* the exchange came to its end */
    REPLY_GREETING,  /* refused before our message was spoken of */
    REPLY_LOGIN,     /* our credentials were refused */
    REPLY_BROKEN,    /* could not connect, TLS failed, timed out, hung up */
    REPLY_FORBIDDEN, /* not allowed by our own policy (a private address) */
};
enum outcome { OUTCOME_ACCEPTED, OUTCOME_RETRY, OUTCOME_DEAD };

/* The code decides first: a transfer that broke after the answer is answered. Mail
 * is accepted only by a whole exchange; 4xx (greylisting) is tried again, 5xx about
 * this message is final, 5xx about us (greeting, login) is tried again. Webhooks:
 * 2xx accepted; 408, 409, 423, 425, 429 and 5xx again; all else is final. */
enum outcome schedule_classify(enum channel channel, enum reply_end end, int64_t code);

struct schedule_limits {
    size_t concurrency; /* 1..SCHEDULE_MAX */
    int64_t retry_floor_ms, retry_cap_ms;
    int64_t give_up_ms; /* since the row was written */
    int64_t stale_ms;
};

/* When attempt n+1 is due after n failed ones: full jitter under a doubling ceiling
 * (base/backoff.h). -1: give up. */
int64_t schedule_retry(const struct schedule_limits *limits, int64_t attempts, int64_t created_ms,
                       int64_t now_ms, struct rng *rng);

/* Before sending: is it still worth it? */
enum opening { OPENING_NONE, OPENING_PENDING, OPENING_TOLD, OPENING_UNTOLD };
struct schedule_row {
    enum channel channel;
    bool opened;          /* says that an alert opened */
    bool alert_over;      /* that alert is resolved by now */
    enum opening opening; /* of a follow-up mail: what became of the mail it follows */
    int64_t created_ms;
};
enum verdict_now { SEND_NOW, SEND_LATER, SEND_NEVER };
/* *ret_why: static text, for SEND_LATER and SEND_NEVER. */
enum verdict_now schedule_judge(const struct schedule_limits *limits,
                                const struct schedule_row *row, int64_t now_ms,
                                const char **ret_why);

/* What is in flight. No channel takes more than half, no webhook more than
 * SCHEDULE_LANE: who hangs does not hold up the others. */
#define SCHEDULE_MAX  32
#define SCHEDULE_LANE 4
struct schedule {
    size_t concurrency, n;
    struct {
        int64_t id;
        enum channel channel;
        uint64_t lane; /* hash of the receiver */
    } flight[SCHEDULE_MAX];
};
void schedule_init(struct schedule *s, size_t concurrency);
/* False: no room for that one now, or it is in flight already. */
bool schedule_start(struct schedule *s, int64_t id, enum channel channel, uint64_t lane);
void schedule_end(struct schedule *s, int64_t id);
bool schedule_channel_open(const struct schedule *s, enum channel channel);
bool schedule_lane_open(const struct schedule *s, enum channel channel, uint64_t lane);

#endif
