/* From a request's headers to an identity, and from that to a yes or no. */
#include "gateway/api/access/inside.h"

#include "gateway/api/access/row.h"

#include <stdio.h>
#include <stdlib.h>

#define TOUCH_MS 60000 /* how exactly the last use of a session is kept */

struct access *access_new(struct loop *loop, struct store *store,
                          const struct access_config *config, struct err *e)
{
    if (secret_init(e))
        return NULL;
    struct access *a = calloc(1, sizeof *a);
    if (!a || !(a->hasher = hasher_new(loop))) {
        free(a);
        err_set(e, ERR_NOMEM, "access: out of memory");
        return NULL;
    }
    a->loop = loop;
    a->store = store;
    a->config = *config;
    throttle_init(&a->throttle, secret_seed());
    return a;
}

uint32_t access_owed(const struct access *a)
{
    return a->owed + hasher_owed(a->hasher);
}

void access_free(struct access *a)
{
    if (!a)
        return;
    hasher_free(a->hasher);
    free(a);
}

void access_counts(const struct access *a, struct access_counts *ret_counts)
{
    *ret_counts = a->counts;
}

/* The value of our cookie in a Cookie header; false when it is not there. */
static bool cookie_value(const char *header, char *ret, size_t cap)
{
    size_t name_len = strlen(COOKIE_NAME);
    while (header && *header) {
        header += strspn(header, " \t;");
        size_t len = strcspn(header, ";");
        if (len > name_len && memcmp(header, COOKIE_NAME "=", name_len + 1) == 0) {
            if (len - name_len - 1 >= cap)
                return false;
            memcpy(ret, header + name_len + 1, len - name_len - 1);
            ret[len - name_len - 1] = 0;
            return true;
        }
        header += len;
    }
    return false;
}

static void copy_text(char *to, size_t cap, sqlite3_stmt *s, int column)
{
    snprintf(to, cap, "%s", (const char *)sqlite3_column_text(s, column));
}

static enum access_level level_of(const char *role)
{
    if (strcmp(role, "admin") == 0 || strcmp(role, "write") == 0)
        return ACCESS_ADMIN;
    return strcmp(role, "agent") == 0 ? ACCESS_ACT : ACCESS_READ;
}

/* --- the last use of a session, written now and then --- */
struct touch {
    struct access *a;
    int64_t now_ms;
    char session[SECRET_HASH];
};

static int touch_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct touch *t = arg;
    return row_run(db, e, "UPDATE sessions SET seen_ms = ?2 WHERE id = ?1", "si", t->session,
                   t->now_ms);
}

static void touch_done(void *arg, int result, const struct err *e)
{
    struct touch *t = arg;
    (void)result; /* the next use tries again */
    (void)e;
    t->a->owed--;
    free(t);
}

static void touch(struct access *a, const char *session, int64_t now_ms)
{
    struct touch *t = calloc(1, sizeof *t);
    if (!t)
        return;
    t->a = a;
    t->now_ms = now_ms;
    memcpy(t->session, session, sizeof t->session);
    struct store_job job = {touch_apply, touch_done, t};
    a->owed++;
    if (store_write(a->store, &job)) {
        a->owed--;
        free(t);
    }
}

static int by_session(struct access *a, const char *cookie, int64_t now_ms, struct identity *ret,
                      struct err *e)
{
    secret_hash(cookie, ret->session);
    sqlite3_stmt *s =
        store_read(a->store,
                   "SELECT s.user, u.role, s.csrf, s.seen_ms FROM sessions s JOIN users u"
                   " ON u.name = s.user WHERE s.id = ?1 AND u.disabled = 0 AND s.expires_ms > ?2"
                   " AND s.seen_ms > ?3",
                   e);
    if (!s)
        return e->code;
    sqlite3_bind_text(s, 1, ret->session, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, now_ms);
    sqlite3_bind_int64(s, 3, now_ms - a->config.idle_ms);
    int code = sqlite3_step(s) == SQLITE_ROW ? 0 : ERR_DENIED;
    int64_t seen_ms = 0;
    if (!code) {
        copy_text(ret->name, sizeof ret->name, s, 0);
        copy_text(ret->role, sizeof ret->role, s, 1);
        copy_text(ret->csrf, sizeof ret->csrf, s, 2);
        seen_ms = sqlite3_column_int64(s, 3);
        snprintf(ret->actor, sizeof ret->actor, "user:%s", ret->name);
        ret->by_session = true;
        ret->level = level_of(ret->role);
    }
    store_release(s);
    if (!code && now_ms - seen_ms > TOUCH_MS)
        touch(a, ret->session, now_ms);
    return code;
}

static int by_token(struct access *a, const char *token, int64_t now_ms, struct identity *ret,
                    struct err *e)
{
    char hash[SECRET_HASH];
    secret_hash(token, hash);
    sqlite3_stmt *s = store_read(a->store,
                                 "SELECT name, scope FROM tokens WHERE hash = ?1 AND"
                                 " (expires_ms IS NULL OR expires_ms > ?2)",
                                 e);
    if (!s)
        return e->code;
    sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, now_ms);
    int code = sqlite3_step(s) == SQLITE_ROW ? 0 : ERR_DENIED;
    if (!code) {
        copy_text(ret->name, sizeof ret->name, s, 0);
        copy_text(ret->role, sizeof ret->role, s, 1);
        snprintf(ret->actor, sizeof ret->actor, "token:%s", ret->name);
        ret->level = level_of(ret->role);
    }
    store_release(s);
    return code;
}

static int identify(struct access *a, const struct http_req *req, int64_t now_ms,
                    struct identity *ret, struct err *e)
{
    const char *auth = http_header(req, HTTP_AUTHORIZATION);
    char cookie[SECRET_TEXT + 16];
    if (auth)
        return strncmp(auth, "Bearer ", 7) == 0 ? by_token(a, auth + 7, now_ms, ret, e)
                                                : ERR_DENIED;
    if (cookie_value(http_header(req, HTTP_COOKIE), cookie, sizeof cookie))
        return by_session(a, cookie, now_ms, ret, e);
    return ERR_DENIED;
}

/* Whether a browser says that another site sent this. */
static bool is_cross_site(const struct http_req *req)
{
    const char *site = http_header(req, HTTP_SEC_FETCH_SITE);
    return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

int access_check(struct access *a, const struct http_req *req, enum access_level need,
                 int64_t now_ms, struct identity *ret, struct problem *p)
{
    bool changes = http_method(req) != HTTP_GET && http_method(req) != HTTP_HEAD;
    struct err e = {0};
    memset(ret, 0, sizeof *ret);
    if (changes && is_cross_site(req)) {
        problem_set(p, 403, "requests from other sites may change nothing");
        return ERR_DENIED;
    }
    if (need == ACCESS_OPEN)
        return 0;
    int code = identify(a, req, now_ms, ret, &e);
    if (code == ERR_DENIED)
        problem_set(p, 401, "log in, or send a valid token");
    else if (code)
        problem_set(p, 503, "%s", e.text);
    else if (ret->level < need)
        problem_set(p, 403, "%s may not do this: its role is %s", ret->actor, ret->role);
    else if (changes && ret->by_session && !secret_equal(http_header(req, HTTP_CSRF), ret->csrf))
        problem_set(p, 403, "the X-CSRF-Token header is missing or wrong: see GET /session");
    return problem_is(p) ? ERR_DENIED : 0;
}
