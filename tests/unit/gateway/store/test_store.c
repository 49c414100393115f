/* The store: groups of jobs, failures, the fence, versions. */
#include "gateway/store/store.h"

#include "tests/support/cu.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];

static void fresh(void)
{
    snprintf(dir, sizeof dir, "/tmp/tocsin-store-XXXXXX");
    if (!mkdtemp(dir))
        abort();
    snprintf(path, sizeof path, "%s/store.db", dir);
}

static void remove_all(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(dir);
}

struct job {
    const char *key;
    int refuse; /* what apply says */
    int result; /* 1: not told yet */
};

static int apply(sqlite3 *db, void *arg, struct err *e)
{
    struct job *j = arg;
    sqlite3_stmt *stmt = store_stmt(db, "INSERT INTO meta (key,value) VALUES (?,'')", e);
    if (!stmt)
        return e->code;
    sqlite3_bind_text(stmt, 1, j->key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE)
        return err_set(e, ERR_EXISTS, "%s is there", j->key);
    return j->refuse ? err_set(e, j->refuse, "%s is refused", j->key) : 0;
}

static void done(void *arg, int result, const struct err *e)
{
    (void)e;
    ((struct job *)arg)->result = result;
}

static void wait_told(struct store *s, const struct job *j)
{
    for (int i = 0; i < 2000 && j->result == 1; i++) {
        store_poll(s);
        poll(NULL, 0, 5);
    }
}

static int64_t rows(struct store *s)
{
    struct err e = {0};
    sqlite3_stmt *stmt = store_read(s, "SELECT count(*) FROM meta", &e);
    if (!stmt || sqlite3_step(stmt) != SQLITE_ROW)
        return -1;
    int64_t n = sqlite3_column_int64(stmt, 0);
    store_release(stmt);
    return n;
}

/* A store of the first schema, as a program wrote it that knew no settings. */
static void an_older_store_is_brought_up(void)
{
    struct store *s;
    struct err e = {0};
    sqlite3 *db;
    fresh();
    CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &s, &e), 0);
    store_close(s);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "DROP TABLE twins; PRAGMA user_version=1", NULL, NULL, NULL),
                    SQLITE_OK);
    sqlite3_close(db);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &s, &e), 0);
        sqlite3_stmt *stmt = store_read(s, "SELECT count(*) FROM twins", &e);
        CU_ASSERT_PTR_NOT_NULL_FATAL(stmt);
        store_release(stmt);
        store_close(s);
    }
    remove_all();
}

static void a_refused_job_does_not_pull_the_others_down(void)
{
    struct store *s;
    struct err e = {0};
    fresh();
    CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &s, &e), 0);
    struct job jobs[] = {{"a", 0, 1}, {"a", 0, 1}, {"b", ERR_INVALID, 1}, {"c", 0, 1}};
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(store_write(s, &(struct store_job){apply, done, &jobs[i]}), 0);
    for (size_t i = 0; i < 4; i++)
        wait_told(s, &jobs[i]);
    CU_ASSERT_EQUAL(jobs[0].result, 0);
    CU_ASSERT_EQUAL(jobs[1].result, ERR_EXISTS);
    CU_ASSERT_EQUAL(jobs[2].result, ERR_INVALID);
    CU_ASSERT_EQUAL(jobs[3].result, 0);
    CU_ASSERT_EQUAL(rows(s), 2);
    CU_ASSERT_EQUAL(store_health(s, NULL), 0);
    store_close(s);
    remove_all();
}

static void a_failed_commit_tells_everybody_and_heals(void)
{
    struct store *s;
    struct err e = {0};
    struct store_config config = {.path = ":memory:", .inline_commits = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s, &e), 0);
    struct job lost = {"a", 0, 1}, unknown = {"b", 0, 1}, fine = {"c", 0, 1};
    store_fail(s, 1, ERR_FULL, false);
    store_write(s, &(struct store_job){apply, done, &lost});
    store_poll(s);
    CU_ASSERT_EQUAL(lost.result, ERR_FULL);
    CU_ASSERT_EQUAL(rows(s), 0);
    CU_ASSERT_EQUAL(store_health(s, &e), ERR_FULL);
    store_fail(s, 1, ERR_UNKNOWN, true);
    store_write(s, &(struct store_job){apply, done, &unknown});
    store_poll(s);
    CU_ASSERT_EQUAL(unknown.result, ERR_UNKNOWN);
    CU_ASSERT_EQUAL(rows(s), 1); /* it was done all the same */
    store_write(s, &(struct store_job){apply, done, &fine});
    store_poll(s);
    CU_ASSERT_EQUAL(fine.result, 0);
    CU_ASSERT_EQUAL(store_health(s, NULL), 0);
    store_close(s);
}

/* A real full disk, as SQLite sees it: no page more. */
static void no_room_rolls_the_group_back(void)
{
    struct store *s;
    struct err e = {0};
    struct store_config config = {.path = ":memory:", .inline_commits = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s, &e), 0);
    sqlite3_stmt *stmt = store_read(s, "PRAGMA max_page_count=1", &e);
    sqlite3_step(stmt);
    store_release(stmt);
    char key[200000];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = 0;
    struct job job = {key, 0, 1};
    store_write(s, &(struct store_job){apply, done, &job});
    store_poll(s);
    CU_ASSERT_NOT_EQUAL(job.result, 0);
    CU_ASSERT_EQUAL(rows(s), 0);
    store_close(s);
}

/* holds: START-3 */
static void one_gateway_a_store(void)
{
    struct store *first, *second;
    struct err e = {0};
    fresh();
    CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &first, &e), 0);
    CU_ASSERT_EQUAL(store_open(&(struct store_config){.path = path}, &second, &e), ERR_BUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "another gateway"));
    store_close(first);
    CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &second, &e), 0);
    store_close(second);
    remove_all();
}

static void set_pragma(const char *sql)
{
    sqlite3 *db;
    if (sqlite3_open(path, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
        CU_FAIL("pragma");
    sqlite3_close(db);
}

/* holds: START-3 */
static void a_newer_store_and_a_stranger_are_refused(void)
{
    struct store *s;
    struct err e = {0};
    fresh();
    CU_ASSERT_EQUAL_FATAL(store_open(&(struct store_config){.path = path}, &s, &e), 0);
    store_close(s);
    set_pragma("PRAGMA user_version=99");
    CU_ASSERT_EQUAL(store_open(&(struct store_config){.path = path}, &s, &e), ERR_VERSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "newer"));
    set_pragma("PRAGMA application_id=7");
    CU_ASSERT_EQUAL(store_open(&(struct store_config){.path = path}, &s, &e), ERR_INVALID);
    remove_all();
}

TESTS(STORY(an_older_store_is_brought_up), STORY(a_refused_job_does_not_pull_the_others_down),
      STORY(a_failed_commit_tells_everybody_and_heals), STORY(no_room_rolls_the_group_back),
      STORY(one_gateway_a_store), STORY(a_newer_store_and_a_stranger_are_refused))
