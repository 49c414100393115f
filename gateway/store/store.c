/* The commit thread, and the loop's side of it.
 *
 * Happy path: jobs gather while a commit is under way; the thread takes all of
 * them, runs each in a savepoint of one transaction and commits once. A job whose
 * own rows are refused is undone alone; when the disk, the memory or the COMMIT
 * fails, every job of the group is told the same. Nobody is told before the
 * transaction's fate is known; when it is not, that is said (ERR_UNKNOWN). */
#include "gateway/store/store.h"

#include "gateway/store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define QUEUE_JOBS 4096
#define GROUP_JOBS 256

struct slot {
    struct store_job job;
    int result;
    struct err e;
};

struct store {
    struct store_config config;
    sqlite3 *writer, *reader; /* the same one where commits are inline */
    int fence;                /* descriptor of the lock file; -1: none */
    pthread_t thread;
    bool running, stopping;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    /* One ring: [done_from, run_from) finished, [run_from, put_at) waiting. */
    struct slot *slots;
    uint64_t done_from, run_from, put_at;
    int fail_countdown, fail_result;
    bool fail_really_done;
    struct err health; /* code 0: fine */
};

int store_fault(sqlite3 *db, int sqlite_rc, struct err *e, const char *what)
{
    int code = ERR_IO;
    switch (sqlite_rc & 0xff) {
    case SQLITE_FULL: code = ERR_FULL; break;
    case SQLITE_NOMEM: code = ERR_NOMEM; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = ERR_BUSY; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: code = ERR_CORRUPT; break;
    case SQLITE_CONSTRAINT: code = ERR_EXISTS; break;
    default: break;
    }
    return err_set(e, code, "store: %s: %s", what, db ? sqlite3_errmsg(db) : "no memory");
}

/* --- the transaction --- */

static int run(sqlite3 *db, const char *sql, struct err *e)
{
    sqlite3_stmt *stmt = stmt_get(db, sql, false, e);
    if (!stmt)
        return e->code;
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : store_fault(db, rc, e, sql);
}

static bool dooms_all(sqlite3 *db, int result)
{
    return sqlite3_get_autocommit(db) || result == ERR_FULL || result == ERR_IO ||
           result == ERR_NOMEM || result == ERR_CORRUPT;
}

/* 0, or what ends the whole group. A refused job keeps its own result. */
static int run_job(struct store *s, struct slot *slot, struct err *e)
{
    int rc = run(s->writer, "SAVEPOINT job", e);
    if (rc)
        return rc;
    slot->result = slot->job.apply(s->writer, slot->job.arg, &slot->e);
    if (slot->result == 0)
        return run(s->writer, "RELEASE job", e);
    if (slot->e.code == 0)
        err_set(&slot->e, slot->result, "%s", err_name(slot->result));
    if (dooms_all(s->writer, slot->result)) {
        *e = slot->e;
        return slot->result;
    }
    rc = run(s->writer, "ROLLBACK TO job", e);
    return rc ? rc : run(s->writer, "RELEASE job", e);
}

/* What a test asked for; 0: nothing. */
static int asked_to_fail(struct store *s, bool *ret_really_done)
{
    int result = 0;
    pthread_mutex_lock(&s->lock);
    if (s->fail_countdown > 0 && --s->fail_countdown == 0) {
        result = s->fail_result;
        *ret_really_done = s->fail_really_done;
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

static int commit(struct store *s, struct err *e)
{
    bool really_done = false;
    int asked = asked_to_fail(s, &really_done);
    if (asked && !really_done)
        return err_set(e, asked, "store: the commit failed, as asked");
    int rc = run(s->writer, "COMMIT", e);
    if (rc == ERR_IO && sqlite3_get_autocommit(s->writer))
        return err_set(e, ERR_UNKNOWN, "%s (it may have happened)", "store: the commit failed");
    if (rc == 0 && asked)
        return err_set(e, asked, "store: the commit's result was lost, as asked");
    return rc;
}

static int run_group(struct store *s, struct slot **slots, size_t n, struct err *e)
{
    int rc = run(s->writer, "BEGIN IMMEDIATE", e);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = run_job(s, slots[i], e);
    if (rc == 0)
        rc = commit(s, e);
    if (!sqlite3_get_autocommit(s->writer))
        sqlite3_exec(s->writer, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static void finish_group(struct store *s, struct slot **slots, size_t n)
{
    struct err e = {0};
    int rc = run_group(s, slots, n, &e);
    for (size_t i = 0; rc && i < n; i++) {
        slots[i]->result = rc;
        slots[i]->e = e;
    }
    pthread_mutex_lock(&s->lock);
    s->run_from += n;
    s->health = rc ? e : (struct err){0};
    pthread_mutex_unlock(&s->lock);
    if (s->config.wake)
        s->config.wake(s->config.arg);
}

static size_t take_group(struct store *s, struct slot **slots)
{
    size_t n = 0;
    while (s->run_from + n < s->put_at && n < GROUP_JOBS) {
        slots[n] = &s->slots[(s->run_from + n) % QUEUE_JOBS];
        n++;
    }
    return n;
}

static void *commit_thread(void *arg)
{
    struct store *s = arg;
    struct slot *slots[GROUP_JOBS];
    for (;;) {
        pthread_mutex_lock(&s->lock);
        while (s->run_from == s->put_at && !s->stopping)
            pthread_cond_wait(&s->wake, &s->lock);
        size_t n = take_group(s, slots);
        pthread_mutex_unlock(&s->lock);
        if (n == 0)
            return NULL;
        finish_group(s, slots, n);
    }
}

int store_write(struct store *s, const struct store_job *job)
{
    pthread_mutex_lock(&s->lock);
    if (s->put_at - s->done_from >= QUEUE_JOBS) {
        pthread_mutex_unlock(&s->lock);
        return ERR_FULL;
    }
    struct slot *slot = &s->slots[s->put_at++ % QUEUE_JOBS];
    slot->job = *job;
    slot->result = 0;
    slot->e.code = 0;
    slot->e.text[0] = 0;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->config.inline_commits)
        finish_group(s, &slot, 1);
    return 0;
}

void store_poll(struct store *s)
{
    for (;;) {
        pthread_mutex_lock(&s->lock);
        bool any = s->done_from < s->run_from;
        struct slot slot;
        if (any)
            slot = s->slots[s->done_from++ % QUEUE_JOBS];
        pthread_mutex_unlock(&s->lock);
        if (!any)
            return;
        slot.job.done(slot.job.arg, slot.result, &slot.e);
    }
}

sqlite3_stmt *store_read(struct store *s, const char *sql, struct err *e)
{
    return stmt_get(s->reader, sql, true, e);
}

void store_release(sqlite3_stmt *stmt)
{
    if (stmt)
        stmt_give_back(stmt);
}

sqlite3_stmt *store_stmt(sqlite3 *db, const char *sql, struct err *e)
{
    return stmt_get(db, sql, false, e);
}

int store_health(struct store *s, struct err *e)
{
    pthread_mutex_lock(&s->lock);
    struct err health = s->health;
    pthread_mutex_unlock(&s->lock);
    if (health.code && e)
        *e = health;
    return health.code;
}

void store_fail(struct store *s, int countdown, int result, bool really_done)
{
    pthread_mutex_lock(&s->lock);
    s->fail_countdown = countdown;
    s->fail_result = result;
    s->fail_really_done = really_done;
    pthread_mutex_unlock(&s->lock);
}

/* --- opening --- */

static bool in_memory(const char *path)
{
    return strcmp(path, ":memory:") == 0;
}

/* One gateway a store: the lock lives as long as the process. */
static int take_fence(struct store *s, struct err *e)
{
    s->fence = -1;
    if (in_memory(s->config.path))
        return 0;
    char path[4096];
    snprintf(path, sizeof path, "%s.lock", s->config.path);
    s->fence = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->fence < 0)
        return err_set(e, ERR_IO, "%s cannot be made: %s", path, strerror(errno));
    if (flock(s->fence, LOCK_EX | LOCK_NB) == 0)
        return 0;
    close(s->fence);
    s->fence = -1;
    return err_set(e, ERR_BUSY, "another gateway holds %s: end it first", s->config.path);
}

static int open_db(const char *path, int flags, sqlite3 **ret_db, struct err *e)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc) {
        rc = store_fault(db, rc, e, path);
        sqlite3_close(db);
        return rc;
    }
    sqlite3_busy_timeout(db, 5000);
    rc = stmt_cache_open(db);
    if (rc) {
        sqlite3_close(db);
        return err_set(e, rc, "no memory for the store");
    }
    *ret_db = db;
    return 0;
}

static void close_db(sqlite3 *db)
{
    if (!db)
        return;
    stmt_cache_close(db);
    sqlite3_close(db);
}

static int open_writer(struct store *s, struct err *e)
{
    int rc = open_db(s->config.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &s->writer, e);
    if (rc)
        return rc;
    int sq = sqlite3_exec(s->writer,
                          "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                          "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864",
                          NULL, NULL, NULL);
    return sq ? store_fault(s->writer, sq, e, s->config.path)
              : store_upgrade(s->writer, s->config.path, e);
}

static int open_reader(struct store *s, struct err *e)
{
    if (s->config.inline_commits) {
        s->reader = s->writer;
        return 0;
    }
    if (in_memory(s->config.path))
        return err_set(e, ERR_INVALID, "a store in memory needs inline commits");
    return open_db(s->config.path, SQLITE_OPEN_READONLY, &s->reader, e);
}

static int start(struct store *s, struct err *e)
{
    if (s->config.inline_commits)
        return 0;
    if (pthread_create(&s->thread, NULL, commit_thread, s))
        return err_set(e, ERR_NOMEM, "the commit thread does not start");
    s->running = true;
    return 0;
}

int store_open(const struct store_config *config, struct store **ret_store, struct err *e)
{
    struct store *s = calloc(1, sizeof *s);
    struct slot *slots = calloc(QUEUE_JOBS, sizeof *slots);
    char *path = strdup(config->path);
    if (!s || !slots || !path) {
        free(s);
        free(slots);
        free(path);
        return err_set(e, ERR_NOMEM, "no memory for the store");
    }
    s->config = *config;
    s->config.path = path;
    s->slots = slots;
    s->fence = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    int rc = take_fence(s, e);
    if (rc == 0)
        rc = open_writer(s, e);
    if (rc == 0)
        rc = open_reader(s, e);
    if (rc == 0)
        rc = start(s, e);
    if (rc) {
        store_close(s);
        return rc;
    }
    *ret_store = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->running) {
        pthread_mutex_lock(&s->lock);
        s->stopping = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    if (s->reader != s->writer)
        close_db(s->reader);
    close_db(s->writer);
    if (s->fence >= 0)
        close(s->fence);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s->slots);
    free((void *)(uintptr_t)s->config.path);
    free(s);
}
