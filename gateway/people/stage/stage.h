/* The people stage: hand-off rows in, outbox rows out. (contract)
 *
 * It reads hand-off rows in order behind its own cursor (cursors.stage =
 * "people"), asks the core (gateway/people/plan.h) who is to be told what, and
 * writes the outbox rows and the moved cursor in one transaction: after a crash
 * nobody is forgotten and nobody is planned twice. A row that it cannot read is
 * logged (PE...) and passed over; it never stops the rows behind it.
 *
 * It has no clock, thread or loop of its own: the same code runs in the simulation. */
#ifndef GATEWAY_PEOPLE_STAGE_STAGE_H
#define GATEWAY_PEOPLE_STAGE_STAGE_H

#include "base/err.h"
#include "gateway/store/store.h"
#include "proto/pack.h"

struct stage;

struct stage_config {
    void *ctx;
    /* The packs in force, lent until it is called again; returns how many. The
     * same shape as in struct api_ops. */
    size_t (*packs)(void *ctx, const struct pack *const **ret_packs);
    /* May be NULL: new outbox rows are committed (call notify_kick). */
    void (*wrote)(void *ctx);
    const char *mail_domain; /* right side of Message-IDs: that of the sender's address */
    const char *source;      /* who speaks, in CloudEvents: a URI; NULL: "urn:tocsin:gateway" */
    const char *zone_folder; /* NULL: /usr/share/zoneinfo */
};

/* Borrows the store for life, copies the strings. Reads nothing yet. ERR_NOMEM. */
int stage_new(struct store *store, const struct stage_config *config, struct stage **ret_stage,
              struct err *e);

/* Plans what waits, up to a bound, and queues one write; goes on by itself when
 * that is committed. Call it after each commit that wrote hand-off rows, and once
 * a second (a failed write is tried again then). Cheap when there is nothing. */
void stage_run(struct stage *stage, int64_t now_ms);

/* Hand-off rows up to this one are planned and committed. */
int64_t stage_cursor(const struct stage *stage);

/* Call when the store owes no `done` any more (after store_close, or when
 * stage_idle says so). */
void stage_free(struct stage *stage);
bool stage_idle(const struct stage *stage);

#endif
