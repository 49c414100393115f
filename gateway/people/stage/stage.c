/* Reads hand-off rows, plans, writes. One batch is under way at a time: the next
 * begins where the last was committed, so order and cursor need no lock. When a
 * write fails, or nobody knows whether it did, the cursor is read again. */
#include "gateway/people/stage/stage.h"

#include "base/log.h"
#include "gateway/builtin/builtin.h"
#include "gateway/people/stage/batch.h"
#include "gateway/people/stage/lookup.h"
#include "gateway/people/stage/zones.h"

#include <stdio.h>
#include <stdlib.h>

struct stage {
    struct store *store;
    struct stage_config config;
    char mail_domain[128], source[200];
    struct zones zones;
    bool cursor_known, writing;
    bool running, again; /* a commit that ends inside store_write must not recurse */
    int64_t cursor;
    struct batch batch;
    struct lookup lookup;
};

int stage_new(struct store *store, const struct stage_config *config, struct stage **ret_stage,
              struct err *e)
{
    struct stage *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "no memory for the people stage");
    s->store = store;
    s->config = *config;
    snprintf(s->mail_domain, sizeof s->mail_domain, "%s",
             config->mail_domain && *config->mail_domain ? config->mail_domain : "tocsin.invalid");
    snprintf(s->source, sizeof s->source, "%s",
             config->source && *config->source ? config->source : "urn:tocsin:gateway");
    zones_init(&s->zones, config->zone_folder);
    buf_init(&s->batch.rows, BATCH_MAX);
    *ret_stage = s;
    return 0;
}

void stage_free(struct stage *s)
{
    if (!s)
        return;
    zones_free(&s->zones);
    buf_free(&s->batch.rows);
    free(s);
}

int64_t stage_cursor(const struct stage *s)
{
    return s->cursor;
}

bool stage_idle(const struct stage *s)
{
    return !s->writing;
}

static int read_cursor(struct stage *s, struct err *e)
{
    sqlite3_stmt *stmt = store_read(s->store, "SELECT no FROM cursors WHERE stage = 'people'", e);
    if (!stmt)
        return ERR_IO;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        s->cursor = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
        s->cursor_known = true;
    }
    store_release(stmt);
    return s->cursor_known ? 0 : err_set(e, ERR_IO, "the people stage's cursor is not read");
}

static const struct pack *find_pack(const struct stage *s, const char *name)
{
    const struct pack *const *packs = NULL;
    size_t n = s->config.packs ? s->config.packs(s->config.ctx, &packs) : 0;
    if (strcmp(name, BUILTIN_PACK) == 0)
        return builtin_pack();
    for (size_t i = 0; i < n; i++)
        if (strcmp(packs[i]->name, name) == 0)
            return packs[i];
    return NULL;
}

struct emitting {
    struct batch *batch;
    const struct event *event;
};

static int add_row(void *arg, const struct plan_row *row)
{
    struct emitting *to = arg;
    batch_add(to->batch, to->event, row);
    return buf_ok(&to->batch->rows) ? 0 : ERR_LIMIT;
}

static int plan_one(struct stage *s, const struct event *ev, struct err *e)
{
    struct lookup *l = &s->lookup;
    int rc = lookup_event(s->store, ev, l, e);
    if (rc)
        return rc;
    struct plan_customer customer = {l->id, l->name, l->language, l->email, l->channel, NULL};
    if (l->owned)
        customer.zone = zones_get(&s->zones, l->zone);
    struct plan_input in = {
        .event = ev,
        .device_name = l->device_name,
        .model = l->model,
        .customer = l->owned ? &customer : NULL,
        .opening_told = l->opening_told,
        .pack = find_pack(s, ev->pack),
        .n_hooks = l->n_hooks,
        .hooks = l->hooks,
        .mail_domain = s->mail_domain,
        .source = s->source,
    };
    struct emitting to = {&s->batch, ev};
    size_t len = s->batch.rows.len, rows = s->batch.n_rows, openings = s->batch.n_openings;
    rc = plan_event(&in, add_row, &to, e);
    if (rc == ERR_LIMIT || rc == ERR_INVALID) { /* this event will never do better */
        LOG_ERROR("PE002", "hand-off %lld is told to nobody: %s", (long long)ev->no, e->text);
        s->batch.rows.len = len;
        s->batch.rows.broken = false;
        s->batch.n_rows = rows;
        s->batch.n_openings = openings;
        rc = 0;
    }
    return rc;
}

/* One hand-off row into the batch. ERR_BUSY: the batch must be committed first. */
static int take_row(struct stage *s, sqlite3_stmt *row, struct err *e)
{
    struct event ev;
    int64_t no = sqlite3_column_int64(row, 0);
    const char *kind = (const char *)sqlite3_column_text(row, 2);
    const void *body = sqlite3_column_blob(row, 4);
    int rc =
        event_parse(no, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 3),
                    kind ? kind : "", slice_of(body, (size_t)sqlite3_column_bytes(row, 4)), &ev, e);
    if (rc) {
        LOG_ERROR("PE001", "told to nobody: %s", e->text);
        s->batch.to = no;
        return 0;
    }
    if (ev.move == EVENT_RESOLVED && batch_opens(&s->batch, ev.alert))
        rc = ERR_BUSY; /* whether the opening is told is asked of the store */
    else if (ev.move != EVENT_OTHER)
        rc = plan_one(s, &ev, e);
    if (rc == 0)
        s->batch.to = no;
    event_free(&ev);
    return rc;
}

static int fill_batch(struct stage *s, struct err *e)
{
    sqlite3_stmt *rows = store_read(s->store,
                                    "SELECT no, at_ms, kind, tenant, body FROM handoff"
                                    " WHERE no > ?1 ORDER BY no LIMIT ?2",
                                    e);
    if (!rows)
        return ERR_IO;
    sqlite3_bind_int64(rows, 1, s->cursor);
    sqlite3_bind_int64(rows, 2, BATCH_EVENTS);
    int rc = 0, step = sqlite3_step(rows);
    while (rc == 0 && step == SQLITE_ROW && s->batch.rows.len < BATCH_BYTES) {
        rc = take_row(s, rows, e);
        if (rc == 0)
            step = sqlite3_step(rows);
    }
    store_release(rows);
    if (rc == ERR_BUSY)
        return 0;
    if (rc == 0 && step != SQLITE_ROW && step != SQLITE_DONE)
        return err_set(e, ERR_IO, "the hand-off rows are not read");
    return rc;
}

static int apply(sqlite3 *db, void *arg, struct err *e)
{
    const struct stage *s = arg;
    return batch_apply(db, &s->batch, e);
}

static void done(void *arg, int result, const struct err *e)
{
    struct stage *s = arg;
    s->writing = false;
    if (result) {
        LOG_WARN("PE004", "what people are to be told is not stored yet: %s", e ? e->text : "");
        s->cursor_known = false;
        return;
    }
    bool told = s->batch.n_rows > 0;
    s->cursor = s->batch.to;
    if (told && s->config.wrote)
        s->config.wrote(s->config.ctx);
    stage_run(s, s->batch.now_ms);
}

static void run_once(struct stage *s, int64_t now_ms)
{
    struct err e = {0};
    if (!s->cursor_known && read_cursor(s, &e))
        goto failed;
    batch_reset(&s->batch, s->cursor, now_ms);
    int rc = fill_batch(s, &e);
    if (rc && s->batch.to == s->batch.from)
        goto failed;
    if (s->batch.to == s->batch.from)
        return; /* nothing new */
    struct store_job job = {apply, done, s};
    s->writing = true;
    rc = store_write(s->store, &job);
    if (rc) {
        s->writing = false;
        err_set(&e, rc, "the store's queue is full");
        goto failed;
    }
    return;
failed:
    LOG_WARN("PE005", "the people stage waits: %s", e.text);
}

void stage_run(struct stage *s, int64_t now_ms)
{
    s->again = true;
    if (s->running)
        return;
    s->running = true;
    while (s->again && !s->writing) {
        s->again = false;
        run_once(s, now_ms);
    }
    s->running = false;
}
