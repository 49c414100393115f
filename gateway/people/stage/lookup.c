#include "gateway/people/stage/lookup.h"

#include <stdio.h>

static void take_text(sqlite3_stmt *stmt, int column, char *to, size_t cap)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);
    snprintf(to, cap, "%s", text ? (const char *)text : "");
}

static int failed(sqlite3_stmt *stmt, const char *what, struct err *e)
{
    int rc = err_set(e, ERR_IO, "the store does not give %s: %s", what,
                     sqlite3_errmsg(sqlite3_db_handle(stmt)));
    store_release(stmt);
    return rc;
}

static int read_device(struct store *store, const struct event *ev, struct lookup *l, struct err *e)
{
    sqlite3_stmt *stmt = store_read(store, "SELECT name, model FROM devices WHERE id = ?1", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_text(stmt, 1, ev->device, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        take_text(stmt, 0, l->device_name, sizeof l->device_name);
        take_text(stmt, 1, l->model, sizeof l->model);
    } else if (rc != SQLITE_DONE) {
        return failed(stmt, "a device", e);
    }
    store_release(stmt);
    return 0;
}

static int read_owner(struct store *store, const struct event *ev, struct lookup *l, struct err *e)
{
    sqlite3_stmt *stmt =
        store_read(store,
                   "SELECT c.id, c.name, c.language, c.timezone, c.email, c.channel"
                   " FROM ownership o JOIN customers c ON c.id = o.customer"
                   " WHERE o.device = ?1 AND o.from_ms <= ?2 AND (o.to_ms IS NULL OR o.to_ms > ?2)"
                   " AND c.tenant = ?3 ORDER BY o.from_ms DESC LIMIT 1",
                   e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_text(stmt, 1, ev->device, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, event_time_ms(ev));
    sqlite3_bind_int64(stmt, 3, ev->tenant);
    int rc = sqlite3_step(stmt);
    l->owned = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(stmt, "an owner", e);
    if (l->owned) {
        take_text(stmt, 0, l->id, sizeof l->id);
        take_text(stmt, 1, l->name, sizeof l->name);
        take_text(stmt, 2, l->language, sizeof l->language);
        take_text(stmt, 3, l->zone, sizeof l->zone);
        take_text(stmt, 4, l->email, sizeof l->email);
        take_text(stmt, 5, l->channel, sizeof l->channel);
    }
    store_release(stmt);
    return 0;
}

static int read_opening(struct store *store, const struct event *ev, struct lookup *l,
                        struct err *e)
{
    if (!l->owned || ev->move != EVENT_RESOLVED)
        return 0;
    sqlite3_stmt *stmt = store_read(
        store, "SELECT 1 FROM outbox WHERE key = ?1 AND state NOT IN ('dead', 'dropped')", e);
    if (!stmt)
        return ERR_IO;
    char key[PLAN_KEY];
    plan_opening_key(ev, l->id, key);
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(stmt, "an outbox row", e);
    l->opening_told = rc == SQLITE_ROW;
    store_release(stmt);
    return 0;
}

static int read_hooks(struct store *store, const struct event *ev, struct lookup *l, struct err *e)
{
    sqlite3_stmt *stmt = store_read(
        store, "SELECT id, audience FROM webhooks WHERE tenant = ?1 AND enabled ORDER BY id", e);
    if (!stmt)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, ev->tenant);
    int rc = sqlite3_step(stmt);
    for (; rc == SQLITE_ROW && l->n_hooks < LOOKUP_HOOKS; rc = sqlite3_step(stmt)) {
        take_text(stmt, 0, l->hook_ids[l->n_hooks], sizeof l->hook_ids[0]);
        l->hooks[l->n_hooks] =
            (struct plan_hook){l->hook_ids[l->n_hooks], (uint32_t)sqlite3_column_int64(stmt, 1)};
        l->n_hooks++;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(stmt, "the webhooks", e);
    store_release(stmt);
    return 0;
}

int lookup_event(struct store *store, const struct event *event, struct lookup *l, struct err *e)
{
    l->device_name[0] = l->model[0] = '\0';
    l->owned = l->opening_told = false;
    l->n_hooks = 0;
    int rc = read_device(store, event, l, e);
    if (rc == 0)
        rc = read_owner(store, event, l, e);
    if (rc == 0)
        rc = read_opening(store, event, l, e);
    if (rc == 0)
        rc = read_hooks(store, event, l, e);
    return rc;
}
