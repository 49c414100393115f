/* Between a line and the store: its rows as SQL, and back after a crash. (contract) */
#ifndef GATEWAY_STORE_LINE_STORE_H
#define GATEWAY_STORE_LINE_STORE_H

#include "gateway/line/line.h"
#include "gateway/store/store.h"

/* A store_apply_fn; arg: const struct line_commit *, lent until `done`. */
int store_apply_line(sqlite3 *db, void *arg, struct err *e);

/* After line_new or line_drop: restores the line from what is committed. On the
 * loop's thread, with no job of the line waiting. The line's packs must be found
 * by its find_pack by then. ERR_IO, ERR_NOMEM, ERR_CORRUPT. */
int store_load_line(struct store *store, struct line *line, struct err *e);

/* Packs that were ever in force, so that any part of the journal can be replayed. */
struct store_pack {
    uint64_t fingerprint;
    const char *name;
    uint32_t revision;
    struct slice file; /* as built */
};
/* A store_apply_fn; arg: const struct store_pack *. Storing one again is fine. */
int store_apply_pack(sqlite3 *db, void *arg, struct err *e);
/* Calls `each` for every stored pack; the file is lent during the call. */
int store_each_pack(struct store *store, void (*each)(void *arg, struct slice file), void *arg,
                    struct err *e);

/* Hand-off rows after `no`, ascending, at most `limit`; strings are lent during the
 * call. Returns how many, or an error. */
struct store_handoff {
    int64_t no, at_ms, alert; /* alert 0: none */
    const char *kind, *device, *body;
};
int store_each_handoff(struct store *store, int64_t after, int limit,
                       void (*each)(void *arg, const struct store_handoff *row), void *arg,
                       struct err *e);
/* The highest number; 0: none, negative: an error. */
int64_t store_last_handoff(struct store *store, struct err *e);

#endif
