/* The core's own state, for the files of this folder only. */
#ifndef AGENT_CORE_INSIDE_H
#define AGENT_CORE_INSIDE_H

#include "agent/batch/batch.h"
#include "agent/command/command.h"
#include "agent/core/core.h"
#include "agent/courier/courier.h"
#include "agent/spool/spool.h"
#include "agent/twin/twin.h"

#define PENDING     (2 * BATCH_REFS) /* faults sealed, not yet durable */
#define ABILITIES   32               /* actions that sources can do */
#define TEXTS       8
#define TEXT_BYTES  192
#define KEYS        TWIN_SETTINGS
#define TICK_MS     10000
#define RETRY_MS    1000 /* after a disk said no */
#define IDENTITY    (16 * 1024)
#define DOWN_MEMORY (192 * 1024)

struct ability {
    uint32_t source, action;
};

struct core {
    struct core_config c;
    char agent[LIMIT_TEXT + 1], pack[LIMIT_TEXT + 1];
    struct core_meaning *meanings;
    struct arena identity_memory, down_memory;
    struct wire_identity identity;
    struct spool *spool;
    struct batch *batch;
    struct courier *courier;
    struct twin *twin;
    struct commands *commands;
    uint32_t consents;
    struct ability abilities[ABILITIES];
    size_t n_abilities;

    struct batch_ref pending[PENDING];
    size_t n_pending;
    int64_t now_ms, tick_ms, seal_after_ms, sync_after_ms;
    int64_t bulk_since_ms; /* since when bulk waits for a sync; 0: none does */
    bool more, stopped, settings_told;
    bool bulk_past; /* the last bulk batch told what a source lived before */

    struct core_action actions[CORE_ACTIONS];
    size_t n_actions;
    struct buf out;   /* what is published in this step, one message behind the other */
    struct buf bytes; /* a batch being sealed, a will */
    char texts[TEXTS][TEXT_BYTES];
    size_t n_texts;
    char keys[KEYS][32];
    size_t n_keys;
    int64_t args[LIMIT_ARGS];
    struct core_stats stats;
};

/* out.c */
struct core_action *act(struct core *c, enum core_action_kind kind);
void say(struct core *c, enum log_level level, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void out_begin(struct core *c);
void out_end(struct core *c);
struct courier_out out_of(struct core *c);

/* feed.c */
void feed(struct core *c, const struct report *r, struct now now);
bool purge(struct core *c); /* false: the disk refused */
int keep_identity(struct core *c, const struct wire_identity *identity);

/* seal.c */
void seal_due(struct core *c, struct now now);
void sync_urgent(struct core *c, struct now now);
void sync_bulk(struct core *c, struct now now);

/* down.c */
void down(struct core *c, struct slice bytes, struct now now);
void tell_settings(struct core *c);
void tell_orphans(struct core *c, struct now now);

#endif
