/* A look through the gateway's store. Where the gateway runs (or was killed) its
 * write-ahead log is there, and the file is read through it; where it ended well the
 * file stands alone and is opened as one that nobody changes, so that no file of
 * another owner is left beside it. */
#include "ctl/doctor/machine.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_S 10

static int out_of_time(void *arg)
{
    const struct timespec *end = arg;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec >= end->tv_sec;
}

static void look(struct report *r, const char *path, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += MOST_S;
    sqlite3_progress_handler(db, 10000, out_of_time, &end);
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (said && strcmp(said, "ok") == 0)
        report_fine(r, "store", "%s: whole", path);
    else if (rc == SQLITE_INTERRUPT)
        report_note(r, "store",
                    "%s: whole as far as was read in %d s; to read all of it: sqlite3 "
                    "-readonly FILE 'PRAGMA integrity_check'",
                    path, MOST_S);
    else
        report_bad(r, "store", "stop the gateway, keep the file, and restore the last backup",
                   "%s: %s", path, said ? said : sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
}

void store_check(struct report *r, const char *path)
{
    char log[4096], uri[4096 + 32];
    sqlite3 *db = NULL;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        report_note(r, "store", "%s: not there yet; the gateway makes it", path);
        return;
    }
    snprintf(log, sizeof log, "%s-wal", path);
    snprintf(uri, sizeof uri, "file:%s?mode=ro%s", path,
             access(log, F_OK) == 0 ? "" : "&immutable=1");
    int rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db, 2000);
        look(r, path, db);
    } else
        report_bad(r, "store", "give the file to the program's user, or correct 'store'", "%s: %s",
                   path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    sqlite3_close(db);
}
