/* The store: SQLite behind one commit thread. (contract)
 *
 * Writers hand in jobs; the commit thread runs all waiting jobs in one
 * transaction (WAL, synchronous=FULL), commits, and their `done` run on the
 * loop's thread, in the order the jobs were queued. A job whose own rows are
 * refused is undone alone and told why; when the disk, memory or the COMMIT fails,
 * the whole transaction is rolled back and every job of the group is told; when
 * the result is not known, ERR_UNKNOWN. Readers use store_read on the loop's
 * thread. */
#ifndef GATEWAY_STORE_STORE_H
#define GATEWAY_STORE_STORE_H

#include "base/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

/* Runs on the commit thread inside the group's transaction. 0 or an error code. */
typedef int (*store_apply_fn)(sqlite3 *db, void *arg, struct err *e);
/* Runs on the loop's thread after the commit: 0, ERR_FULL, ERR_IO, ERR_UNKNOWN... */
typedef void (*store_done_fn)(void *arg, int result, const struct err *e);

/* Opens or makes the store; runs upgrades; takes the fence (ERR_BUSY when another
 * gateway holds it; ERR_VERSION when a newer program wrote it). `wake` is called
 * from the commit thread when results wait: the shell then calls store_poll on
 * the loop. */
struct store_config {
    const char *path; /* ":memory:" for simulation */
    void (*wake)(void *arg);
    void *arg;
    bool inline_commits; /* no thread: store_write commits before it returns (simulation) */
};
int store_open(const struct store_config *config, struct store **ret_store, struct err *e);
void store_close(struct store *store);

/* Queues a job. The job and its arg live until done is called. ERR_FULL when the
 * queue is (done is then not called). */
struct store_job {
    store_apply_fn apply;
    store_done_fn done;
    void *arg;
};
int store_write(struct store *store, const struct store_job *job);
/* Calls `done` of all finished jobs, in the order they were queued. */
void store_poll(struct store *store);

/* The loop thread's read-only connection, with a statement cache: the prepared
 * statement is lent until store_release. NULL: e says why. */
sqlite3_stmt *store_read(struct store *store, const char *sql, struct err *e);
void store_release(sqlite3_stmt *stmt);
/* On the commit thread, inside apply: a cached statement of the writer. */
sqlite3_stmt *store_stmt(sqlite3 *db, const char *sql, struct err *e);

/* For /readyz: 0 or why the last commit failed. */
int store_health(struct store *store, struct err *e);

/* Simulation and tests: the next `n`-th commit fails with `result`; when
 * `really_done`, it is durable all the same (an unknown result). */
void store_fail(struct store *store, int countdown, int result, bool really_done);

#endif
