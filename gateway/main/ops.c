/* What the API asks of the gateway. */
#include "base/clock.h"
#include "gateway/main/gateway.h"

#include <stdio.h>
#include <stdlib.h>

static struct waiter *wait_for(struct list *list, api_done_fn done, void *arg, int64_t alert,
                               struct err *e)
{
    struct waiter *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_FULL, "no memory for the wish");
        return NULL;
    }
    w->done = done;
    w->arg = arg;
    w->alert = alert;
    list_push(list, &w->link);
    return w;
}

void ops_answer(struct list *waiters, int result, const struct err *e)
{
    struct list *node;
    while ((node = list_shift(waiters))) {
        struct waiter *w = CONTAINER(node, struct waiter, link);
        const struct err none = {0};
        w->done(w->arg, w->result ? w->result : result,
                w->result ? &w->e
                : e       ? e
                          : &none,
                w->alert);
        free(w);
    }
}

/* An answer that needs no commit comes on the next turn of the loop. */
static int answer_soon(struct gateway *g, int result, const struct err *why, api_done_fn done,
                       void *arg, int64_t alert, struct err *e)
{
    struct waiter *w = wait_for(&g->answers, done, arg, alert, e);
    if (!w)
        return ERR_FULL;
    w->result = result;
    w->e = *why;
    loop_wake_send(&g->intake_wake);
    return 0;
}

static bool ready(const struct gateway *g, struct err *e)
{
    if (!g->degraded && g->loaded)
        return true;
    err_set(e, ERR_BUSY, "nothing can be stored now: %.250s", g->why);
    return false;
}

/* The line knows alerts that are not resolved; the store knows the others. */
static bool is_resolved(struct gateway *g, int64_t alert)
{
    struct err e = {0};
    sqlite3_stmt *stmt = store_read(g->store, "SELECT 1 FROM alerts WHERE id=?", &e);
    if (!stmt)
        return false;
    sqlite3_bind_int64(stmt, 1, alert);
    bool there = sqlite3_step(stmt) == SQLITE_ROW;
    store_release(stmt);
    return there;
}

static enum alert_move move_of(const struct api_action *a)
{
    switch (a->move) {
    case API_ACKNOWLEDGE: return MOVE_ACKNOWLEDGED;
    case API_SNOOZE: return a->until_ms ? MOVE_SNOOZED : MOVE_UNSNOOZED;
    case API_RESOLVE: return MOVE_RESOLVED;
    case API_NOTE: return MOVE_NOTED;
    }
    return MOVE_NOTED;
}

static int alert_action(void *ctx, const struct api_action *a, api_done_fn done, void *arg,
                        struct err *e)
{
    struct gateway *g = ctx;
    if (!ready(g, e))
        return ERR_BUSY;
    struct alert_wish wish = {.move = move_of(a),
                              .actor = a->actor,
                              .reason = a->reason,
                              .note = a->note,
                              .until_ms = a->until_ms};
    struct err why = {0};
    int rc = line_action(g->line, (uint64_t)a->alert, &wish, shell_now(g), &why);
    if (rc == ERR_NOT_FOUND && is_resolved(g, a->alert))
        rc = err_set(&why, ERR_DENIED, "the alert is resolved");
    if (rc)
        return answer_soon(g, rc, &why, done, arg, a->alert, e);
    if (!wait_for(&g->waiting, done, arg, a->alert, e))
        return ERR_FULL;
    shell_commit(g);
    return 0;
}

static int test_alert(void *ctx, const char *device, const char *actor, int64_t at_ms,
                      api_done_fn done, void *arg, struct err *e)
{
    struct gateway *g = ctx;
    (void)at_ms;
    if (!ready(g, e))
        return ERR_BUSY;
    uint64_t alert = 0;
    struct err why = {0};
    int rc = line_test_alert(g->line, slice_str(device), actor, shell_now(g), &alert, &why);
    if (rc)
        return answer_soon(g, rc, &why, done, arg, 0, e);
    if (!wait_for(&g->waiting, done, arg, (int64_t)alert, e))
        return ERR_FULL;
    shell_commit(g);
    return 0;
}

static int set_settings(void *ctx, const char *device, const struct line_setting *settings,
                        size_t n, const char *actor, api_done_fn done, void *arg, struct err *e)
{
    struct gateway *g = ctx;
    if (!ready(g, e))
        return ERR_BUSY;
    struct err why = {0};
    int rc = line_settings(g->line, slice_str(device), settings, n, actor, shell_now(g), &why);
    if (rc)
        return answer_soon(g, rc, &why, done, arg, 0, e);
    if (!wait_for(&g->waiting, done, arg, 0, e))
        return ERR_FULL;
    shell_commit(g);
    return 0;
}

static size_t packs(void *ctx, const struct pack *const **ret_packs)
{
    struct gateway *g = ctx;
    return packs_in_force(g->packs, ret_packs);
}

static void status(void *ctx, struct api_status *ret)
{
    struct gateway *g = ctx;
    struct intake_stats in;
    intake_stats(g->intake, &in);
    *ret = (struct api_status){.started_ms = g->started_ms,
                               .broker_up = g->subscribed,
                               .broker_since_ms = g->up_since_ms,
                               .intake_bytes = in.used_bytes,
                               .commit_jobs = g->flying,
                               .live = g->config->delivery == 1};
    snprintf(ret->epoch, sizeof ret->epoch, "%016llx", (unsigned long long)g->epoch);
    snprintf(ret->broker_reason, sizeof ret->broker_reason, "%s", g->broker_reason);
}

static void not_ready(void *ctx, struct buf *out)
{
    struct gateway *g = ctx;
    if (!g->subscribed)
        buf_fmt(out, "no broker: %s\n", g->broker_reason);
    if (g->degraded)
        buf_fmt(out, "nothing is stored or acknowledged: %s\n", g->why);
    if (g->canary.state == CANARY_SANG)
        buf_str(out, "the broker's access list does not hold: the canary was let through\n");
}

static void put(struct metrics *m, const char *name, enum metrics_type type, const char *help,
                double value)
{
    metrics_family(m, name, type, help);
    metrics_value(m, value);
}

static void refusals(struct metrics *m, const struct line_stats *s, const struct intake_stats *in)
{
    const struct {
        const char *reason;
        uint64_t n;
    } rows[] = {
        {"malformed", s->refused_malformed}, {"limit", s->refused_limit + in->refused_size},
        {"version", s->refused_version},     {"not_now", s->refused_full},
        {"conflict", s->refused_conflict},   {"device", s->refused_device + in->refused_topic},
        {"ring_full", in->dropped_full},
    };
    metrics_family(m, "tocsin_refused_total", METRICS_COUNTER, "Messages not taken, by reason");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        metrics_labelled(m, "reason", rows[i].reason, (double)rows[i].n);
}

static void line_metrics(struct metrics *m, const struct line_stats *s)
{
    put(m, "tocsin_messages_total", METRICS_COUNTER, "Messages from devices", (double)s->messages);
    put(m, "tocsin_batches_total", METRICS_COUNTER, "Batches taken", (double)s->batches);
    put(m, "tocsin_duplicates_total", METRICS_COUNTER, "Messages seen before",
        (double)s->duplicates);
    put(m, "tocsin_late_facts_total", METRICS_COUNTER, "Facts judged on the late timeline",
        (double)s->late);
    put(m, "tocsin_unjudged_total", METRICS_COUNTER, "Stored, but too old to be judged",
        (double)s->unjudged);
    put(m, "tocsin_alerts_opened_total", METRICS_COUNTER, "Alerts opened", (double)s->opened);
    put(m, "tocsin_alerts_resolved_total", METRICS_COUNTER, "Alerts resolved", (double)s->resolved);
    put(m, "tocsin_alerts_open", METRICS_GAUGE, "Alerts not resolved", (double)s->open_alerts);
    put(m, "tocsin_devices", METRICS_GAUGE, "Devices known", (double)s->devices);
    put(m, "tocsin_devices_online", METRICS_GAUGE, "Devices online", (double)s->online);
    put(m, "tocsin_batches_waiting", METRICS_GAUGE, "Stored, and not yet judged",
        (double)s->deferred);
    put(m, "tocsin_commits_total", METRICS_COUNTER, "Commits of the line", (double)s->commits);
    put(m, "tocsin_line_restores_total", METRICS_COUNTER, "Times the line was read back",
        (double)s->drops);
    put(m, "tocsin_replay_defects_total", METRICS_COUNTER,
        "Differences between a replay and the store", (double)s->defects);
}

static void write_metrics(void *ctx, struct metrics *m)
{
    struct gateway *g = ctx;
    struct line_stats line;
    struct intake_stats in;
    struct notify_stats told;
    line_stats(g->line, &line);
    intake_stats(g->intake, &in);
    notify_stats(g->notify, &told);
    line_metrics(m, &line);
    refusals(m, &line, &in);
    put(m, "tocsin_intake_bytes", METRICS_GAUGE, "Bytes that wait for the loop",
        (double)in.used_bytes);
    put(m, "tocsin_commits_failed_total", METRICS_COUNTER, "Commits that failed or are unknown",
        (double)g->failed_commits);
    put(m, "tocsin_acks_lost_total", METRICS_COUNTER, "Acks that the link did not take",
        (double)g->acks_lost);
    put(m, "tocsin_broker_up", METRICS_GAUGE, "1 while devices are heard", g->subscribed);
    put(m, "tocsin_listening_seconds_total", METRICS_COUNTER, "The listening clock",
        (double)g->ear.listen_ms / 1000);
    put(m, "tocsin_told_accepted_total", METRICS_COUNTER, "Mails and webhooks accepted",
        (double)told.accepted);
    put(m, "tocsin_told_dead_total", METRICS_COUNTER, "Mails and webhooks given up",
        (double)told.dead);
}

const struct api_ops gateway_ops = {.alert_action = alert_action,
                                    .test_alert = test_alert,
                                    .set_settings = set_settings,
                                    .packs = packs,
                                    .status = status,
                                    .not_ready = not_ready,
                                    .metrics = write_metrics};
