/* Planned outbox rows on their way to the commit thread: one buffer, written on the
 * loop's thread, read in the transaction. */
#ifndef GATEWAY_PEOPLE_STAGE_BATCH_H
#define GATEWAY_PEOPLE_STAGE_BATCH_H

#include "base/buf.h"
#include "gateway/people/plan.h"

#include <sqlite3.h>

#define BATCH_EVENTS 64
#define BATCH_BYTES  (1 << 20) /* after this no further event joins */
#define BATCH_MAX    (16 << 20)

struct batch {
    int64_t from, to; /* the cursor before and after */
    int64_t now_ms;
    size_t n_rows, n_openings;
    int64_t openings[BATCH_EVENTS]; /* alerts whose opening is told in here */
    struct buf rows;
};

void batch_reset(struct batch *batch, int64_t from, int64_t now_ms);
void batch_add(struct batch *batch, const struct event *event, const struct plan_row *row);
bool batch_opens(const struct batch *batch, int64_t alert);
/* In the transaction: the rows and the cursor. ERR_BUSY: the cursor is not where
 * this batch starts from. */
int batch_apply(sqlite3 *db, const struct batch *batch, struct err *e);

#endif
