/* Prepared statements, kept a connection. SQLite gives no place to hang them on a
 * connection, so they are found through a short list of open connections. */
#include "base/list.h"
#include "gateway/store/inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    const char *sql; /* the caller's pointer, compared first */
    sqlite3_stmt *stmt;
    bool lent;
};
struct cache {
    struct list link;
    sqlite3 *db;
    struct entry *entries;
};

static struct list caches = {&caches, &caches};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct cache *cache_of(sqlite3 *db)
{
    struct cache *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct list *n = caches.next; n != &caches && !found; n = n->next)
        if (CONTAINER(n, struct cache, link)->db == db)
            found = CONTAINER(n, struct cache, link);
    pthread_mutex_unlock(&lock);
    return found;
}

int stmt_cache_open(sqlite3 *db)
{
    struct cache *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->db = db;
    pthread_mutex_lock(&lock);
    list_push(&caches, &c->link);
    pthread_mutex_unlock(&lock);
    return 0;
}

void stmt_cache_close(sqlite3 *db)
{
    struct cache *c = cache_of(db);
    if (!c)
        return;
    pthread_mutex_lock(&lock);
    list_remove(&c->link);
    pthread_mutex_unlock(&lock);
    for (struct entry *e = c->entries, *next; e; e = next) {
        next = e->next;
        sqlite3_finalize(e->stmt);
        free(e);
    }
    free(c);
}

static struct entry *find(struct cache *c, const char *sql)
{
    for (struct entry *e = c->entries; e; e = e->next)
        if (!e->lent && e->sql == sql && strcmp(sqlite3_sql(e->stmt), sql) == 0)
            return e;
    for (struct entry *e = c->entries; e; e = e->next)
        if (!e->lent && strcmp(sqlite3_sql(e->stmt), sql) == 0)
            return e;
    return NULL;
}

static struct entry *make(struct cache *c, const char *sql, struct err *e)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        err_set(e, ERR_NOMEM, "no memory for a statement");
        return NULL;
    }
    int rc = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &entry->stmt, NULL);
    if (rc || !entry->stmt) {
        store_fault(c->db, rc, e, "a statement");
        free(entry);
        return NULL;
    }
    entry->sql = sql;
    entry->next = c->entries;
    c->entries = entry;
    return entry;
}

sqlite3_stmt *stmt_get(sqlite3 *db, const char *sql, bool lend, struct err *e)
{
    struct cache *c = cache_of(db);
    if (!c) {
        err_set(e, ERR_CLOSED, "the store is closed");
        return NULL;
    }
    struct entry *entry = find(c, sql);
    if (!entry)
        entry = make(c, sql, e);
    if (!entry)
        return NULL;
    sqlite3_reset(entry->stmt);
    sqlite3_clear_bindings(entry->stmt);
    entry->lent = lend;
    return entry->stmt;
}

void stmt_give_back(sqlite3_stmt *stmt)
{
    struct cache *c = cache_of(sqlite3_db_handle(stmt));
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    for (struct entry *e = c ? c->entries : NULL; e; e = e->next)
        if (e->stmt == stmt)
            e->lent = false;
}
