/* Decides what to send next, when to try again, and what an ack lets go.
 *
 * The happy path: dial, say hello, hear the first ack, send inside the credit,
 * release what the gateway has stored. What can go wrong: the link dies (full
 * jitter, growing also after sessions that die young); the gateway is silent
 * though the link lives (liveness); an ack is lost, late or doubled (a batch is
 * sent again after a time that adapts and doubles); a gateway that asks to wait
 * (hold-off) or starts anew (hello again inside a jitter window); a batch that it
 * will never take (set aside after a few refusals, as a tombstone). */
#ifndef AGENT_COURIER_COURIER_H
#define AGENT_COURIER_COURIER_H

#include "agent/spool/spool.h"
#include "base/clock.h"
#include "base/log.h"

struct courier; /* opaque, about 10 KiB */

#define COURIER_WINDOW 64 /* batches under way at most, whatever the credit */
#define COURIER_POISON 3  /* refusals for ever before a batch is set aside */

struct courier_config {
    struct spool *spool; /* borrowed for life */
    uint64_t seed, boot, session;
    const char *agent, *pack; /* borrowed for life */
    uint32_t pack_revision;
    int64_t floor_ms, cap_ms; /* of the waits between attempts */
    int64_t slow_floor_ms;    /* when identity or certificate was refused */
    int64_t liveness_ms;      /* something was said, and no word came back for so long */
};

/* What to do; called from inside courier_run only. */
struct courier_out {
    void *arg;
    void (*connect)(void *arg);
    void (*disconnect)(void *arg);
    /* The message is lent during the call. False: no room in this turn; it will
     * be offered again. */
    bool (*publish)(void *arg, const struct wire_up *up, uint64_t token);
    void (*say)(void *arg, enum log_level level, const char *id, const char *text);
};

/* NULL: no memory. */
struct courier *courier_new(const struct courier_config *config, struct now now);
void courier_free(struct courier *c);

void courier_up(struct courier *c, struct now now);
void courier_down(struct courier *c, bool slow, struct now now);
/* Returns how many batches were released. */
uint64_t courier_ack(struct courier *c, uint64_t epoch, const struct wire_ack *ack, struct now now);
/* Any other word of the gateway: it lives, and this is its epoch. */
void courier_word(struct courier *c, uint64_t epoch, struct now now);
void courier_sent(struct courier *c, uint64_t token, bool ok, struct now now);
/* This batch of the lane's current stream, and all before it, tell the past: they are
 * no news, and go in their order. */
void courier_past(struct courier *c, enum wire_lane lane, uint64_t seq);
/* Hello is to be said again: what it tells has changed. */
void courier_rehello(struct courier *c);
/* Says goodbye and takes the link down for good. */
void courier_stop(struct courier *c);

/* Does what is due. Call after each event, and at courier_wake_ms. */
void courier_run(struct courier *c, uint64_t settings_version, const struct courier_out *out,
                 struct now now);
int64_t courier_wake_ms(const struct courier *c);

struct courier_stats {
    uint64_t sent, resends, refusals, poisoned, sessions, silent; /* silent: liveness bit */
    uint32_t in_flight, credit;
    bool up, in_touch;
    const char *state; /* static */
};
void courier_stats(const struct courier *c, struct courier_stats *ret);

#endif
