/* A line: one partition of devices, single-threaded and pure. (contract)
 *
 *   line_up / line_tick / line_action ...   inputs; effects stay tentative
 *   line_take_commit                        the rows of one transaction, lent
 *   line_committed                          it is durable: acks may be taken
 *   line_next_down                          acks, computed from committed marks alone
 *
 * When the commit failed, or nobody knows: line_drop, then line_restore_* from the
 * store, exactly as after a crash. Nothing may be acked from the dropped state,
 * and a replay emits nothing.
 *
 * One commit is under way at a time; inputs may go on meanwhile. */
#ifndef GATEWAY_LINE_LINE_H
#define GATEWAY_LINE_LINE_H

#include "gateway/line/rows.h"

struct line;

/* A pack in force with its compiled rules. */
struct line_pack {
    const struct pack *pack;
    const struct ruleset *rules;
};

/* 0 anywhere: the default in brackets. Spans of the listening clock unless said. */
struct line_limits {
    uint32_t max_devices;           /* [100000] */
    uint32_t credit;                /* batches under way a device [32] */
    uint32_t snapshot_inputs;       /* a device's snapshot after so many inputs [64] */
    uint32_t deferred_bytes;        /* unjudged batches kept in memory, a device [262144] */
    int64_t offline_after_ms;       /* damping after a will [60 s] */
    int64_t silent_after_ms;        /* no word for so long: offline [2 h 10 min] */
    int64_t start_grace_ms;         /* after a start nobody is absent before [10 min] */
    int64_t missing_after_ms;       /* numbers missing without progress: an alert [1 h] */
    int64_t offline_alert_after_ms; /* offline for so long: an alert; 0: never [0] */
    int64_t hold_late_ms;           /* how long to wait for a backlog before telling [60 s] */
};

struct line_config {
    uint32_t index; /* which line */
    uint64_t epoch; /* this life of the gateway; in each ack */
    struct line_limits limits;
    /* A pack by its fingerprint: those in force and those that the journal names.
     * NULL: there is none. Lent for the line's life. */
    const struct line_pack *(*find_pack)(void *arg, uint64_t fingerprint);
    void *arg;
};

/* When an input came. `listen_ms` is the listening clock: it only advances while
 * the gateway's own echo returns and intake is caught up, and never goes back
 * (continue from line_listen_ms after a restore). */
struct line_now {
    int64_t wall_ms;
    int64_t listen_ms;
};

/* ERR_NOMEM. */
int line_new(const struct line_config *config, struct line **ret_line);
void line_free(struct line *line);

/* --- inputs --- */

/* One message from tocsin/up/<device>. 0: taken, or seen before; else it was refused
 * and counted: ERR_INVALID, ERR_LIMIT, ERR_VERSION, ERR_FULL (not now), ERR_EXISTS
 * (another batch has this number). */
int line_up(struct line *line, struct slice device, struct slice payload, struct line_now now);
/* Time passed. Journalled only when something was due. */
int line_tick(struct line *line, struct line_now now);
/* A life of the gateway begins: call once after the restore. */
int line_start(struct line *line, struct line_now now);
/* A pack comes into force in place of the one of the same name. ERR_NOT_FOUND:
 * find_pack does not know it. Nothing happens when it is in force already. */
int line_pack_change(struct line *line, uint64_t fingerprint, struct line_now now);
/* A person's action on an open or acknowledged alert. ERR_NOT_FOUND, ERR_DENIED,
 * ERR_INVALID. */
int line_action(struct line *line, uint64_t alert, const struct alert_wish *wish,
                struct line_now now, struct err *e);
/* A test alert to every audience. ERR_NOT_FOUND: no such device. */
int line_test_alert(struct line *line, struct slice device, const char *actor, struct line_now now,
                    uint64_t *ret_alert, struct err *e);

/* The settings that the device is to have, in place of all earlier ones; which of its
 * metrics there are is the caller's question. ERR_NOT_FOUND: no such device;
 * ERR_INVALID: out of bounds; ERR_LIMIT: too many. */
int line_settings(struct line *line, struct slice device, const struct line_setting *settings,
                  size_t n, const char *actor, struct line_now now, struct err *e);

/* --- commit --- */

/* NULL: nothing to write, or a commit is under way, or no memory. The rows are
 * lent until line_committed or line_drop. */
const struct line_commit *line_take_commit(struct line *line);
void line_committed(struct line *line);
/* True when inputs wait for a line_take_commit. */
bool line_dirty(const struct line *line);
/* Memory ran out in the middle of an input: nothing can be committed, the way on is
 * line_drop and a restore. */
bool line_broken(const struct line *line);

/* --- what devices hear --- */

/* The next ack, or settings, to send: encoded for tocsin/down/<device>. False: none is due. */
bool line_next_down(struct line *line, char ret_device[LINE_DEVICE_MAX], struct buf *payload);
/* In each ack from now on. */
void line_hold_off(struct line *line, uint32_t hold_off_ms);
/* Asks all devices that are held to be online to say hello again within the window. */
void line_ask_hello(struct line *line, uint32_t within_ms);

/* --- restore --- */

/* Forgets everything, as a crash would. Then, in this order: all snapshots
 * (ERR_VERSION, ERR_CORRUPT: this one was not taken, its device is rebuilt from
 * the inputs there are); all inputs of the whole line and, of each device, those
 * after line_replay_from, in one ascending order; the rows as committed. */
void line_drop(struct line *line);
int line_restore_snapshot(struct line *line, const struct row_snapshot *row);
uint64_t line_replay_from(const struct line *line, const char *device);
int line_replay(struct line *line, const struct row_input *row);
/* Committed rows are the law: a difference to what the replay found is put right
 * and counted as a defect. Give all streams and all alerts that are not resolved. */
int line_restore_stream(struct line *line, const struct row_stream *row);
int line_restore_alert(struct line *line, const struct row_alert *row);
struct line_numbers {
    uint64_t input, alert, handoff; /* highest in the store */
};
void line_restored(struct line *line, const struct line_numbers *highest);

/* --- looking in --- */

int64_t line_listen_ms(const struct line *line);
/* The whole state in a canonical encoding, for comparing. */
void line_save(const struct line *line, struct buf *out);
/* "Is it still true?": 1 yes, 0 no, -1 unknown, for an open alert. */
int line_holds(const struct line *line, uint64_t alert);

struct line_stats {
    uint64_t messages, batches, duplicates, readings, hellos, wills, accounts, ticks;
    uint64_t refused_malformed, refused_limit, refused_version, refused_full, refused_conflict,
        refused_device;
    uint64_t deferred; /* batches stored and not yet judged */
    uint64_t unjudged; /* batches that will not be: too many waited, or too old */
    uint64_t late;     /* facts judged on the late timeline */
    uint64_t opened, resolved, devices, online, open_alerts, commits, drops, defects;
};
void line_stats(const struct line *line, struct line_stats *ret_stats);

#endif
