/* Reads the journal as any maintainer could: decodes every stored batch and counts. */
#include "tests/sim/judge.h"

#include "gateway/line/rows.h"

#include <stdlib.h>
#include <string.h>

struct tally {
    uint8_t *seen; /* by energy reading: how often it is stored */
    uint64_t n;
    struct verdicts *v;
    const struct durable_fault *faults;
    bool *found;
    size_t n_faults;
    struct account_books books;
    size_t cap_batches;
};

static void tally_columns(struct tally *t, const struct wire_batch *b)
{
    for (size_t i = 0; i < b->n_columns; i++) {
        const struct wire_column *c = &b->columns[i];
        for (size_t k = 0; c->metric == SIM_METRIC_ENERGY && !c->keyframe && k < c->n; k++)
            if (c->v[k] > 0 && (uint64_t)c->v[k] <= t->n && t->seen[c->v[k]] < 255)
                t->seen[c->v[k]]++;
    }
}

static void tally_faults(struct tally *t, const struct wire_batch *b)
{
    for (size_t i = 0; i < b->n_faults; i++) {
        const struct wire_fault *f = &b->faults[i];
        uint32_t boot = b->sources[f->source].boot;
        for (size_t k = 0; k < t->n_faults; k++)
            if (t->faults[k].boot == boot && t->faults[k].at_ms >= f->first_ms &&
                t->faults[k].at_ms <= f->at_ms)
                t->found[k] = true;
    }
}

static void tally_sources(struct tally *t, const struct wire_batch *b)
{
    struct account_books *k = &t->books;
    if (k->n_batches == t->cap_batches) {
        t->cap_batches = t->cap_batches ? t->cap_batches * 2 : 1024;
        k->batches = realloc(k->batches, t->cap_batches * sizeof *k->batches);
        if (!k->batches)
            abort();
    }
    struct stored_batch *s = &k->batches[k->n_batches++];
    *s = (struct stored_batch){.stream = b->stream, .seq = b->seq};
    for (size_t i = 0; i < b->n_sources; i++)
        if (b->sources[i].id == 1) {
            s->boot = b->sources[i].boot;
            s->received = b->sources[i].received;
            s->lost = b->sources[i].lost;
        }
    t->v->source_lost += s->lost;
}

static sqlite3_stmt *prepare(struct store *store, const char *sql, const char *device)
{
    struct err e = {0};
    sqlite3_stmt *q = store_read(store, sql, &e);
    if (!q) {
        fprintf(stderr, "simulation: %s\n", e.text);
        abort();
    }
    if (device)
        sqlite3_bind_text(q, 1, device, -1, SQLITE_STATIC);
    return q;
}

static void tally_journal(struct tally *t, struct store *store, const char *device)
{
    struct arena arena;
    struct wire_batch b;
    if (arena_init(&arena, LIMIT_DECODE) != 0)
        abort();
    sqlite3_stmt *q = prepare(
        store, "SELECT bytes FROM inputs WHERE device = ? AND kind = 1 ORDER BY no", device);
    while (sqlite3_step(q) == SQLITE_ROW) {
        arena_reset(&arena);
        struct slice bytes =
            slice_of(sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
        if (wire_decode_batch(bytes, &arena, &b, NULL) != 0)
            abort(); /* the gateway stored what it cannot read */
        tally_columns(t, &b);
        tally_faults(t, &b);
        tally_sources(t, &b);
    }
    store_release(q);
    arena_free(&arena);
}

static void tally_drops(struct tally *t, struct store *store, const char *device)
{
    struct account_books *k = &t->books;
    size_t cap = 0;
    sqlite3_stmt *q = prepare(
        store, "SELECT stream, first, last, readings, reason FROM drops WHERE device = ?", device);
    while (sqlite3_step(q) == SQLITE_ROW) {
        if (k->n_drops == cap) {
            cap = cap ? cap * 2 : 64;
            k->drops = realloc(k->drops, cap * sizeof *k->drops);
            if (!k->drops)
                abort();
        }
        k->drops[k->n_drops++] = (struct stored_drop){
            .stream = strtoull((const char *)sqlite3_column_text(q, 0), NULL, 16),
            .first = (uint64_t)sqlite3_column_int64(q, 1),
            .last = (uint64_t)sqlite3_column_int64(q, 2),
            .readings = (uint64_t)sqlite3_column_int64(q, 3),
            .reason = (uint32_t)sqlite3_column_int(q, 4),
        };
        t->v->dropped += k->drops[k->n_drops - 1].readings;
    }
    store_release(q);
}

static uint64_t number(struct store *store, const char *sql, const char *device)
{
    sqlite3_stmt *q = prepare(store, sql, device);
    uint64_t n = sqlite3_step(q) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    store_release(q);
    return n;
}

static void judge_readings(struct verdicts *v, const struct tally *t)
{
    for (uint64_t i = 1; i <= t->n; i++) {
        v->stored += t->seen[i] > 0;
        v->doubled += t->seen[i] > 1;
        v->unheard += t->seen[i] == 0;
    }
    for (size_t i = 0; i < t->n_faults; i++)
        v->faults_lost += !t->found[i];
}

void judge_device(struct verdicts *v, struct store *store, struct device *d)
{
    const struct firmware_record *said = firmware_record(simdev_firmware(d));
    struct tally t = {.n = said->readings, .v = v};
    t.n_faults = firmware_durable_faults(simdev_firmware(d), &t.faults);
    t.seen = calloc(t.n + 1, 1);
    t.found = calloc(t.n_faults + 1, sizeof *t.found);
    if (!t.seen || !t.found)
        abort();
    tally_journal(&t, store, simdev_id(d));
    tally_drops(&t, store, simdev_id(d));
    judge_readings(v, &t);
    t.books.device = simdev_id(d);
    t.books.seen = t.seen;
    t.books.readings = t.n;
    account_close(&v->account, simdev_truth(d), &t.books, stderr);
    v->sent += t.n;
    v->faults += t.n_faults;
    v->missing += number(store,
                         "SELECT coalesce(sum(expected - stored - dropped), 0) FROM streams "
                         "WHERE device = ?",
                         simdev_id(d));
    uint64_t open = number(store,
                           "SELECT count(*) FROM alerts WHERE device = ? AND rule = 'heater_open' "
                           "AND state <> 'resolved'",
                           simdev_id(d));
    v->alerts_wrong += open != (said->fault_active ? 1 : 0);
    free(t.books.batches);
    free(t.books.drops);
    free(t.seen);
    free(t.found);
}

/* What was to be told of each alert, as the alerts and their log say, against the outbox:
 * c customer, s support, m manufacturer; each is told of the opening once, of the end
 * once when the opening was told, and of late alerts nothing. */
static const char wanted[] =
    "SELECT 'alert/' || a.id || '/' || l.move || w.tail AS key FROM alerts a"
    " JOIN alert_log l ON l.alert = a.id AND l.move IN ('opened', 'resolved', 'acknowledged')"
    " JOIN (SELECT 1 AS bit, '/customer/email/c-' AS tail UNION ALL"
    "       SELECT 2, '/support/webhook/desk' UNION ALL"
    "       SELECT 4, '/manufacturer/webhook/maker') w ON a.tell & w.bit"
    " WHERE NOT a.late AND NOT (w.bit = 1 AND (l.move = 'acknowledged' OR a.pack = 'tocsin'))";
static const char told[] = "SELECT CASE channel WHEN 'email' THEN substr(key, 1, instr(key, "
                           "'/c-') + 2) ELSE key END AS key FROM outbox";

static void judge_people(struct verdicts *v, struct store *store)
{
    char sql[2048];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s EXCEPT %s)", wanted, told);
    v->untold = number(store, sql, NULL);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s EXCEPT %s)", told, wanted);
    v->told_wrongly = number(store, sql, NULL);
    v->told_others = number(store,
                            "SELECT count(*) FROM outbox o WHERE channel = 'email' AND o.customer "
                            "<> 'c-' || substr(o.device, 8)",
                            NULL);
    v->told_twice = number(
        store, "SELECT count(*) FROM (SELECT 1 FROM outbox GROUP BY key HAVING count(*) > 1)",
        NULL);
    v->handoff_gaps = number(
        store, "SELECT coalesce(max(no) - min(no) + 1 - count(*) + min(no) - 1, 0) FROM handoff",
        NULL);
}

void judge_store(struct verdicts *v, struct store *store)
{
    v->alerts = number(store, "SELECT count(*) FROM alerts", NULL);
    v->doubled_open = number(store,
                             "SELECT count(*) FROM (SELECT 1 FROM alerts WHERE state <> 'resolved' "
                             "GROUP BY tenant, device, instance, rule HAVING count(*) > 1)",
                             NULL);
    v->messages = number(store, "SELECT count(*) FROM outbox", NULL);
    judge_people(v, store);
    v->unplanned = number(store,
                          "SELECT coalesce(max(no), 0) - coalesce((SELECT no FROM cursors WHERE "
                          "stage = 'people'), 0) FROM handoff",
                          NULL);
}

static bool is_zero(FILE *to, uint64_t n, const char *what)
{
    if (n)
        fprintf(to, "broken: %llu %s\n", (unsigned long long)n, what);
    return n == 0;
}

bool judge_passes(const struct verdicts *v, FILE *to)
{
    bool fine = is_zero(to, v->doubled, "readings are stored twice");
    fine &= is_zero(to, v->missing, "numbers are neither stored nor accounted for");
    fine &= is_zero(to, v->faults_lost, "faults that firmware was told are durable are not stored");
    fine &= is_zero(to, v->alerts_wrong,
                    "devices have an open alert that does not hold, or none that does");
    fine &= is_zero(to, v->doubled_open, "alerts are open twice");
    fine &= is_zero(to, v->unplanned, "hand-off rows were not planned");
    fine &= is_zero(to, v->untold, "messages about alerts were not planned");
    fine &= is_zero(to, v->told_wrongly, "messages tell what nobody is to be told");
    fine &= is_zero(to, v->told_others, "mails are for somebody who does not own the device");
    fine &= is_zero(to, v->told_twice, "keys are in the outbox twice");
    fine &= is_zero(to, v->handoff_gaps, "numbers of hand-off rows are missing");
    fine &= is_zero(to, v->account.holes, "frames are neither stored nor accounted for");
    fine &= is_zero(to, v->account.invented, "frames are told as lost, or stored, that are not");
    fine &= is_zero(to, v->account.tombstones_lie, "tombstones say a wrong number of readings");
    fine &= is_zero(to, v->account.doubt_too_large, "power cuts took more than may be unsynced");
    return fine;
}
