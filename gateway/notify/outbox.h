/* The outbox in SQL: what is due, and each step of a row's life. Functions with a
 * `db` run in a transaction on the commit thread; all of them may run twice. */
#ifndef GATEWAY_NOTIFY_OUTBOX_H
#define GATEWAY_NOTIFY_OUTBOX_H

#include "base/slice.h"
#include "gateway/notify/schedule/schedule.h"
#include "gateway/store/store.h"

#define OUTBOX_LANES (SCHEDULE_MAX / SCHEDULE_LANE)

struct outbox_row { /* lent during the call */
    int64_t id, attempts;
    const char *recipient, *subject;
    struct slice body;
    struct schedule_row judge;
};
struct outbox_wish { /* what there is room for */
    int64_t now_ms;
    bool channel[CHANNELS];
    size_t n_full; /* receivers of webhooks that have enough in flight */
    const char *full[OUTBOX_LANES];
};
/* Shows due rows, oldest due first, until `each` says false. */
int outbox_due(struct store *store, const struct outbox_wish *wish,
               bool (*each)(void *arg, const struct outbox_row *row), void *arg, struct err *e);
/* When the next row after `now_ms` falls due; INT64_MAX: none waits. */
int outbox_next(struct store *store, int64_t now_ms, int64_t *ret_next_ms, struct err *e);

struct outbox_hook {
    char url[2100], secret[160];
};
/* ERR_NOT_FOUND: removed or switched off. */
int outbox_hook(struct store *store, const char *id, struct outbox_hook *ret_hook, struct err *e);

/* After a start: whatever was being tried is ready again. */
int outbox_recover(sqlite3 *db, int64_t now_ms, struct err *e);
/* ready -> trying, and the attempt's row. *ret_attempt 0: it was not ready any more. */
int outbox_claim(sqlite3 *db, int64_t id, int64_t now_ms, int64_t *ret_attempt, struct err *e);

struct outbox_result {
    int64_t id, attempt; /* attempt 0: none was made */
    const char *state;   /* accepted, ready, dead or dropped */
    int64_t at_ms, next_ms;
    int64_t code;
    const char *detail;
};
int outbox_settle(sqlite3 *db, const struct outbox_result *result, struct err *e);
/* dead or dropped -> ready. *ret_code: 0, ERR_NOT_FOUND or ERR_DENIED. */
int outbox_revive(sqlite3 *db, int64_t id, int64_t now_ms, int *ret_code, struct err *e);

#endif
