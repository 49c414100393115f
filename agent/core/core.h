/* The agent without its hands: one step function over batch, spool, courier,
 * twin and command. The shell (libuv, Paho) and the simulation drive exactly this.
 *
 * Call order
 *   core_new, then events in the order they happened, `now.boot_ms` never going
 *   back. Each core_step lends a list of actions until the next call of any
 *   core_ function. Do them in order, then (and only then) give the next event.
 *   The last things to look at after each step are CORE_SYNC (do the step
 *   CORE_EVENT_SYNC once the other actions are done: that is how a fault is on
 *   the wire before its fdatasync returns) and core_wake_ms.
 *   CORE_EVENT_STOP seals and syncs what is open, says goodbye and asks for a
 *   disconnect; core_free at any time is what kill -9 is to a process.
 *
 * Link: CORE_CONNECT is answered by CORE_EVENT_UP (connected AND the down topic's
 * subscription granted) or CORE_EVENT_DOWN. Each UP is ended by one DOWN.
 * CORE_DISCONNECT is answered by DOWN too.
 *
 * Memory: everything is bounded at core_new, whatever the backlog; nothing is
 * allocated per sample. About 200 KiB in steady state, and at most
 * CORE_OUT_BYTES more for messages on their way out in one step. */
#ifndef AGENT_CORE_CORE_H
#define AGENT_CORE_CORE_H

#include "agent/batch/report.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/err.h"
#include "base/log.h"
#include "proto/pack.h"
#include "proto/wire.h"

struct core; /* opaque */

#define CORE_OUT_BYTES (2 * LIMIT_MESSAGE)
#define CORE_ACTIONS   96

#define CONSENT_ALL ((1u << PURPOSE_SAFETY) | (1u << PURPOSE_DIAGNOSIS) | (1u << PURPOSE_USAGE))

/* What the pack says about ids, as far as the device needs it. What is not
 * listed passes as it came, as purpose `usage`. */
enum core_meaning_kind { MEANS_METRIC, MEANS_FAULT, MEANS_EVENT, MEANS_CYCLE };
struct core_meaning {
    enum core_meaning_kind kind;
    uint32_t id;
    int32_t exponent; /* of a metric: what its values are rounded to */
    uint8_t purpose;  /* enum purpose (proto/pack.h) */
};

struct core_config {
    struct disk *disk; /* borrowed for life: the spool's folder, nobody else's */
    uint64_t seed;     /* unpredictable in production: stream ids, jitter */
    uint64_t boot;     /* this boot of the device, random */
    uint64_t session;  /* grows with each start of the agent; the shell keeps it */
    const char *agent; /* version of the agent */
    const char *pack;  /* id of the pack; "" none. Strings are copied */
    uint32_t pack_revision;
    struct wire_identity identity;       /* copied */
    const struct core_meaning *meanings; /* copied */
    size_t n_meanings;                   /* at most 1024 */
    uint32_t consents;                   /* 1u << enum purpose, OR-ed; 0 none */

    /* 0 stands for the default in brackets. */
    int64_t bulk_age_ms;        /* a reading waits no longer to be sealed [10 s] */
    uint32_t bulk_samples;      /* nor with more than so many others [400, at most 1000] */
    int64_t heartbeat_ms;       /* an idle device says so this often [5 min] */
    int64_t keyframe_ms;        /* [1 h, and no longer] */
    int64_t chatter_refill_ms;  /* a chattering fault is told once in this time [15 s] */
    int64_t bulk_sync_ms;       /* bulk is durable after this at the latest [5 min with acks, a
                                   fifth of it without] */
    uint64_t spool_bytes;       /* budget [20 MiB] */
    uint64_t spool_files;       /* budget of inodes [512, at most 512] */
    uint64_t head_room_bytes;   /* left free for the rest of the device [10 MiB] */
    uint64_t head_room_inodes;  /* [100] */
    uint64_t daily_write_bytes; /* flash, overhead included [20 MB] */
    int64_t liveness_ms;        /* no word of the gateway after so long: the link is dead [60 s] */
    int64_t reconnect_floor_ms, reconnect_cap_ms; /* [500 ms, 5 min] */

    /* May be NULL, then every command is refused: whether its signature holds. */
    bool (*signed_well)(void *arg, const struct wire_command *command);
    void *arg;
};

enum core_event_kind {
    CORE_EVENT_TICK,     /* core_wake_ms was reached */
    CORE_EVENT_REPORT,   /* a source said something */
    CORE_EVENT_IDENTITY, /* who we are has changed: told at once */
    CORE_EVENT_UP,
    CORE_EVENT_DOWN,     /* `slow`: identity or certificate refused, try slowly; text: why */
    CORE_EVENT_RECEIVED, /* bytes on the down topic */
    CORE_EVENT_SENT,     /* of a publish: token, ok (PUBACK came) or not (it was not taken) */
    CORE_EVENT_SYNC,     /* CORE_SYNC's turn */
    CORE_EVENT_CONSENT,  /* value: the mask now in force; less than before purges the spool */
    CORE_EVENT_STOP,
};

struct core_event {
    enum core_event_kind kind;
    struct now now;
    const struct report *report;          /* borrowed, CORE_EVENT_REPORT */
    const struct wire_identity *identity; /* borrowed, CORE_EVENT_IDENTITY */
    struct slice bytes; /* borrowed, CORE_EVENT_RECEIVED; text of CORE_EVENT_DOWN */
    uint64_t token;
    uint64_t value;
    bool ok;
    bool slow;
};

enum core_action_kind {
    CORE_CONNECT,
    CORE_DISCONNECT,
    CORE_PUBLISH,       /* bytes on the up topic, with qos and token */
    CORE_FAULT_DURABLE, /* to source: the report `ref` of its boot is safe */
    CORE_ACT,           /* to source: do action id of instance with args, answer with ref */
    CORE_SETTING,       /* text = key, value: in force now, for who cares. A text of "" comes
                           first: no earlier setting holds any longer */
    CORE_SYNC,          /* when all else is done: CORE_EVENT_SYNC */
    CORE_LOG,           /* level, log id, text */
};

struct core_action {
    enum core_action_kind kind;
    struct slice bytes; /* lent */
    uint64_t token;
    uint8_t qos;
    uint32_t source, boot, id, instance, ref;
    size_t n_args;
    const int64_t *args; /* lent */
    int64_t value;
    enum log_level level;
    const char *log_id; /* "AG1xx", static */
    const char *text;   /* lent */
};

/* Reads the spool's folder, whatever is in it. ERR_NOMEM, ERR_INVALID (a config
 * out of bounds); a failing or full disk is no reason to not start. */
int core_new(const struct core_config *config, struct now now, struct core **ret, struct err *e);
void core_free(struct core *c);

/* Returns how many actions are lent in *ret. Never fails. */
size_t core_step(struct core *c, const struct core_event *event, const struct core_action **ret);

/* When to give CORE_EVENT_TICK (boot_ms) at the latest. */
int64_t core_wake_ms(const struct core *c);

/* What to put in the MQTT will for the next connect; lent until the next call. */
struct slice core_will(struct core *c);

struct core_stats {
    uint64_t stream[LANE_COUNT];           /* born with this life; numbers count from 1 */
    uint64_t sealed[LANE_COUNT], released; /* batches, keyframes included */
    uint64_t keyframes[LANE_COUNT];
    uint64_t owed, owed_bytes;        /* batches not yet acknowledged; bytes on disk */
    uint64_t dropped[7];              /* numbers by enum wire_drop_reason */
    uint64_t messages, lost_messages; /* from sources; of those lost before the spool */
    uint64_t filtered;                /* muted, thinned or without consent */
    uint64_t resends, refusals, reconnects;
    uint64_t flash_today_bytes, syncs;
    uint64_t disk_errors;
    uint32_t in_flight, credit;
    bool up, in_touch; /* connected; the gateway has acknowledged our hello */
};
void core_stats(const struct core *c, struct core_stats *ret);

#endif
