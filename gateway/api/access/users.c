#include "gateway/api/access/users.h"

#include "gateway/api/access/row.h"

#include <stdio.h>
#include <string.h>

int users_open(const char *path, sqlite3 **ret_db, struct err *e)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return err_set(e, ERR_NOT_FOUND, "%s: there is no store here; start the gateway once",
                       path);
    }
    sqlite3_busy_timeout(db, 10000);
    *ret_db = db;
    return 0;
}

void users_close(sqlite3 *db)
{
    sqlite3_close(db);
}

int audit_put(sqlite3 *db, int64_t at_ms, const char *actor, const char *action,
              const char *subject, const char *detail, struct err *e)
{
    return row_run(db, e,
                   "INSERT INTO audit (at_ms, actor, action, subject, detail)"
                   " VALUES (?1, ?2, ?3, ?4, ?5)",
                   "issss", at_ms, actor, action, subject, detail);
}

static int check_name(const char *what, const char *name, struct err *e)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-");
    if (n < 1 || n > 64 || name[n])
        return err_set(e, ERR_INVALID, "%s: a %s has 1 to 64 letters, digits, '.', '_', '@' or '-'",
                       name, what);
    return 0;
}

static int one_of(const char *what, const char *word, const char *const *words, struct err *e)
{
    for (; *words; words++)
        if (strcmp(*words, word) == 0)
            return 0;
    return err_set(e, ERR_INVALID, "%s: no such %s", word, what);
}

int users_put(sqlite3 *db, const char *name, const char *password, const char *role, int64_t now_ms,
              struct err *e)
{
    static const char *const roles[] = {"viewer", "agent", "admin", NULL};
    char hash[PASSWORD_HASH];
    int code = check_name("user's name", name, e);
    if (!code)
        code = one_of("role (viewer, agent, admin)", role, roles, e);
    if (!code && (strlen(password) < 10 || strlen(password) > 256))
        code = err_set(e, ERR_LIMIT, "a password has 10 to 256 bytes");
    if (!code && password_hash(password, hash))
        code = err_set(e, ERR_NOMEM, "out of memory for the password's hash");
    if (!code)
        code = row_run(db, e,
                       "INSERT INTO users (name, password, role) VALUES (?1, ?2, ?3)"
                       " ON CONFLICT (name) DO UPDATE SET password = ?2, role = ?3, disabled = 0",
                       "sss", name, hash, role);
    if (!code)
        code = row_run(db, e, "DELETE FROM sessions WHERE user = ?1", "s", name);
    return code ? code : audit_put(db, now_ms, "operator", "user.put", name, role, e);
}

int users_disable(sqlite3 *db, const char *name, bool disabled, int64_t now_ms, struct err *e)
{
    int code = row_run(db, e, "UPDATE users SET disabled = ?2 WHERE name = ?1", "si", name,
                       (int64_t)disabled);
    if (!code && !sqlite3_changes(db))
        code = err_set(e, ERR_NOT_FOUND, "%s: there is no such user", name);
    if (!code)
        code = row_run(db, e, "DELETE FROM sessions WHERE user = ?1", "s", name);
    return code ? code
                : audit_put(db, now_ms, "operator", disabled ? "user.disable" : "user.enable", name,
                            "", e);
}

static int list(sqlite3 *db, const char *sql, struct buf *out, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        return err_set(e, ERR_IO, "store: %s", sqlite3_errmsg(db));
    while (sqlite3_step(s) == SQLITE_ROW)
        buf_fmt(out, "%s\n", (const char *)sqlite3_column_text(s, 0));
    return sqlite3_finalize(s) == SQLITE_OK ? 0
                                            : err_set(e, ERR_IO, "store: %s", sqlite3_errmsg(db));
}

int users_list(sqlite3 *db, struct buf *out, struct err *e)
{
    return list(db,
                "SELECT name || ' ' || role || CASE disabled WHEN 0 THEN '' ELSE ' disabled' END"
                " FROM users ORDER BY name",
                out, e);
}

int tokens_add(sqlite3 *db, const char *name, const char *scope, int64_t expires_ms, int64_t now_ms,
               char ret_token[SECRET_TEXT + 8], struct err *e)
{
    static const char *const scopes[] = {"read", "write", NULL};
    char secret[SECRET_TEXT], token[SECRET_TEXT + 8], hash[SECRET_HASH];
    int code = check_name("token's name", name, e);
    if (!code)
        code = one_of("scope (read, write)", scope, scopes, e);
    if (code)
        return code;
    secret_random(secret);
    snprintf(token, sizeof token, "tocsin_%s", secret);
    secret_hash(token, hash);
    code = row_run(db, e,
                   "INSERT INTO tokens (hash, name, scope, created_ms, expires_ms)"
                   " VALUES (?1, ?2, ?3, ?4, nullif(?5, 0))",
                   "sssii", hash, name, scope, now_ms, expires_ms);
    if (code == ERR_EXISTS)
        return err_set(e, ERR_EXISTS, "%s: there is a token of that name; remove it first", name);
    if (!code)
        code = audit_put(db, now_ms, "operator", "token.add", name, scope, e);
    if (!code)
        memcpy(ret_token, token, sizeof token);
    return code;
}

int tokens_remove(sqlite3 *db, const char *name, int64_t now_ms, struct err *e)
{
    int code = row_run(db, e, "DELETE FROM tokens WHERE name = ?1", "s", name);
    if (!code && !sqlite3_changes(db))
        code = err_set(e, ERR_NOT_FOUND, "%s: there is no such token", name);
    return code ? code : audit_put(db, now_ms, "operator", "token.remove", name, "", e);
}

int tokens_list(sqlite3 *db, struct buf *out, struct err *e)
{
    return list(db,
                "SELECT name || ' ' || scope || ' ' || coalesce(expires_ms, 0) FROM tokens"
                " ORDER BY name",
                out, e);
}
