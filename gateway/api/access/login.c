/* POST /session: throttle, check the password elsewhere, make a session, commit,
 * then say so. A wrong user and a wrong password look and last alike. */
#include "gateway/api/access/inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "gateway/api/access/row.h"
#include "gateway/api/form/body.h"

#include <stdio.h>
#include <stdlib.h>

struct login {
    struct access *a;
    struct http_req *req;
    int64_t now_ms;
    char user[72], role[16], peer[48];
    char cookie[SECRET_TEXT], csrf[SECRET_TEXT], id[SECRET_HASH];
    uint64_t keys[3]; /* user from address, address, user */
};

/* A person who mistypes is not locked out; who guesses is, from one address or
 * many. The user's own rule is loose, or strangers could lock people out. */
static const struct throttle_rule rules[3] = {
    {5, 30000, 900000, 3600000},
    {20, 30000, 900000, 3600000},
    {50, 10000, 60000, 3600000},
};

static void login_free(struct login *l)
{
    secret_wipe(l, sizeof *l);
    free(l);
}

/* The address to count by: the proxy's word where one is trusted. */
static void take_peer(const struct access *a, const struct http_req *req, char *ret, size_t cap)
{
    const char *forwarded = a->config.trust_forwarded ? http_header(req, HTTP_FORWARDED_FOR) : NULL;
    const char *comma = forwarded ? strrchr(forwarded, ',') : NULL;
    const char *from = comma ? comma + 1 : forwarded;
    snprintf(ret, cap, "%s", from ? from + strspn(from, " ") : http_peer(req));
}

static int64_t locked_ms(const struct login *l)
{
    int64_t worst = 0;
    for (size_t i = 0; i < 3; i++) {
        int64_t wait = throttle_wait(&l->a->throttle, l->keys[i], l->now_ms);
        worst = wait > worst ? wait : worst;
    }
    return worst;
}

static int session_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct login *l = arg;
    int code = row_run(db, e, "DELETE FROM sessions WHERE expires_ms <= ?1 OR seen_ms <= ?2", "ii",
                       l->now_ms, l->now_ms - l->a->config.idle_ms);
    return code ? code
                : row_run(db, e,
                          "INSERT INTO sessions (id, user, csrf, created_ms, expires_ms, seen_ms,"
                          " address) VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6)",
                          "sssiis", l->id, l->user, l->csrf, l->now_ms,
                          l->now_ms + l->a->config.session_ms, l->peer);
}

static void reply_session(struct http_req *req, const char *user, const char *role,
                          const char *csrf, const char *extra)
{
    json_t *root = json_pack("{s:s, s:s, s:s?}", "user", user, "role", role, "csrf", csrf);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    struct http_reply reply = {.status = 200,
                               .type = "application/json",
                               .body = slice_str(text),
                               .free_body = free,
                               .extra = extra};
    json_decref(root);
    if (text)
        http_reply(req, &reply);
    else
        http_refuse(req, 500, "out of memory");
}

static void session_done(void *arg, int result, const struct err *e)
{
    struct login *l = arg;
    char cookie[256];
    l->a->owed--;
    if (result) {
        http_refuse(l->req, 503, "the session could not be stored: %s", e ? e->text : "");
    } else {
        snprintf(cookie, sizeof cookie,
                 "Set-Cookie: " COOKIE_NAME "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s"
                 "\r\n",
                 l->cookie, (long long)(l->a->config.session_ms / 1000),
                 l->a->config.secure_cookie ? "; Secure" : "");
        l->a->counts.logins++;
        LOG_INFO("HT020", "user %s logged in from %s", l->user, l->peer);
        reply_session(l->req, l->user, l->role, l->csrf, cookie);
    }
    login_free(l);
}

static void make_session(struct login *l)
{
    secret_random(l->cookie);
    secret_random(l->csrf);
    secret_hash(l->cookie, l->id);
    struct store_job job = {session_apply, session_done, l};
    l->a->owed++;
    if (store_write(l->a->store, &job) == 0)
        return;
    l->a->owed--;
    http_refuse(l->req, 503, "the store takes no writes now: try again");
    login_free(l);
}

static void checked(void *arg, bool right)
{
    struct login *l = arg;
    if (right) {
        throttle_forget(&l->a->throttle, l->keys[0]);
        make_session(l);
        return;
    }
    for (size_t i = 0; i < 3; i++)
        throttle_fail(&l->a->throttle, l->keys[i], rules[i], l->now_ms);
    l->a->counts.refused++;
    LOG_WARN("HT021", "login of %s from %s refused", l->user, l->peer);
    http_refuse(l->req, 401, "wrong user or password");
    login_free(l);
}

/* The stored hash of an active user and the role; false: there is none. */
static bool find_user(struct login *l, char *ret_hash, struct err *e)
{
    sqlite3_stmt *s = store_read(
        l->a->store, "SELECT password, role FROM users WHERE name = ?1 AND disabled = 0", e);
    if (!s)
        return false;
    sqlite3_bind_text(s, 1, l->user, -1, SQLITE_STATIC);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    if (found) {
        snprintf(ret_hash, PASSWORD_HASH, "%s", (const char *)sqlite3_column_text(s, 0));
        snprintf(l->role, sizeof l->role, "%s", (const char *)sqlite3_column_text(s, 1));
    }
    store_release(s);
    return found;
}

static void try_login(struct login *l, const char *password)
{
    char hash[PASSWORD_HASH];
    struct err e = {0};
    int64_t wait = locked_ms(l);
    struct problem p = {.retry_s = (int)(wait / 1000) + 1};
    if (wait) {
        l->a->counts.locked_out++;
        problem_set(&p, 429, "too many failed logins: try again in %d s", p.retry_s);
    } else {
        bool known = find_user(l, hash, &e);
        if (e.code)
            problem_set(&p, 503, "%s", e.text);
        else if (hasher_check(l->a->hasher, known ? hash : NULL, password, checked, l))
            problem_set(&p, 503, "too many logins at once: try again");
        else
            return; /* checked() goes on */
    }
    http_reply_problem(l->req, &p);
    login_free(l);
}

void access_login(struct access *a, struct http_req *req, int64_t now_ms)
{
    struct body_login body = {"", ""};
    struct problem p = {0};
    json_t *json = body_parse(http_body(req), &p);
    if (json)
        body_login(json, &body, &p);
    struct login *l = problem_is(&p) ? NULL : calloc(1, sizeof *l);
    if (!l) {
        if (!problem_is(&p))
            problem_set(&p, 500, "out of memory");
        http_reply_problem(req, &p);
    } else {
        l->a = a;
        l->req = req;
        l->now_ms = now_ms;
        snprintf(l->user, sizeof l->user, "%s", body.user);
        take_peer(a, req, l->peer, sizeof l->peer);
        l->keys[0] = throttle_key(&a->throttle, 'b', l->user, l->peer);
        l->keys[1] = throttle_key(&a->throttle, 'a', l->peer, "");
        l->keys[2] = throttle_key(&a->throttle, 'u', l->user, "");
        try_login(l, body.password);
    }
    json_decref(json);
}

void access_whoami(const struct identity *who, struct http_req *req)
{
    reply_session(req, who->name, who->role, who->by_session ? who->csrf : NULL, NULL);
}

/* --- DELETE /session --- */
struct logout {
    struct access *a;
    struct http_req *req;
    char session[SECRET_HASH];
};

static int logout_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct logout *l = arg;
    return row_run(db, e, "DELETE FROM sessions WHERE id = ?1", "s", l->session);
}

static void logout_done(void *arg, int result, const struct err *e)
{
    struct logout *l = arg;
    static const char extra[] =
        "Set-Cookie: " COOKIE_NAME "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict\r\n";
    struct http_reply reply = {.status = 204, .extra = extra};
    l->a->owed--;
    if (result)
        http_refuse(l->req, 503, "the session could not be ended: %s", e ? e->text : "");
    else
        http_reply(l->req, &reply);
    free(l);
}

void access_logout(struct access *a, const struct identity *who, struct http_req *req)
{
    if (!who->by_session) {
        http_refuse(req, 403, "a token has no session to end");
        return;
    }
    struct logout *l = calloc(1, sizeof *l);
    struct store_job job = {logout_apply, logout_done, l};
    if (l) {
        l->a = a;
        l->req = req;
        memcpy(l->session, who->session, sizeof l->session);
        a->owed++;
        if (store_write(a->store, &job) == 0)
            return;
        a->owed--;
        free(l);
    }
    http_refuse(req, 503, "the store takes no writes now: try again");
}
