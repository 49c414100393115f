/* Users and API tokens in the store, for `tocsin-gateway user ...` and `token ...`.
 *
 * Functions work on any connection that may write: the commit thread's inside a
 * job, or one from users_open beside a gateway that runs (SQLite's own locking
 * orders the two; what they change holds from the next request on). */
#ifndef GATEWAY_API_ACCESS_USERS_H
#define GATEWAY_API_ACCESS_USERS_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/api/access/secret.h"

#include <sqlite3.h>

/* A store that exists already (store_open makes one). ERR_NOT_FOUND, ERR_IO. */
int users_open(const char *path, sqlite3 **ret_db, struct err *e);
void users_close(sqlite3 *db);

/* Adds the user or gives a new password and role; ends the user's sessions.
 * Roles: viewer, agent, admin. ERR_INVALID, ERR_LIMIT (password under 10 bytes or
 * over 256), ERR_NOMEM, ERR_IO. */
int users_put(sqlite3 *db, const char *name, const char *password, const char *role, int64_t now_ms,
              struct err *e);
/* Disabled users cannot log in; their sessions end. ERR_NOT_FOUND. */
int users_disable(sqlite3 *db, const char *name, bool disabled, int64_t now_ms, struct err *e);
/* Lines "name role [disabled]". */
int users_list(sqlite3 *db, struct buf *out, struct err *e);

/* Scope: read or write. expires_ms 0: never. The token is shown once, here.
 * ERR_EXISTS: the name is taken. */
int tokens_add(sqlite3 *db, const char *name, const char *scope, int64_t expires_ms, int64_t now_ms,
               char ret_token[SECRET_TEXT + 8], struct err *e);
/* ERR_NOT_FOUND. */
int tokens_remove(sqlite3 *db, const char *name, int64_t now_ms, struct err *e);
/* Lines "name scope expires_ms". */
int tokens_list(sqlite3 *db, struct buf *out, struct err *e);

/* A row of the audit trail. */
int audit_put(sqlite3 *db, int64_t at_ms, const char *actor, const char *action,
              const char *subject, const char *detail, struct err *e);

#endif
