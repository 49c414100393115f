/* Packs in force, the gateway's status, and whether it is ready. */
#include "base/clock.h"
#include "gateway/api/rest/call.h"

#include <stdlib.h>

static json_t *rule_json(const struct pack_rule *r)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o, s:o}", "name", out_text(r->name), "severity",
                     out_severity((int64_t)r->severity), "when", out_text(r->when), "clear",
                     out_text(r->clear), "for_ms", (json_int_t)r->for_ms, "message",
                     out_text(r->message), "tell", out_audience(r->tell));
}

static json_t *fault_json(const struct pack_fault *f)
{
    return json_pack("{s:I, s:o, s:o, s:s, s:o}", "id", (json_int_t)f->id, "name",
                     out_text(f->name), "label",
                     out_text(label_of(f->labels, f->n_labels, f->name)), "severity",
                     out_severity((int64_t)f->severity), "component", out_text(f->component));
}

static json_t *pack_json(const struct pack *p)
{
    json_t *models = json_array(), *rules = json_array(), *metrics = json_array(),
           *faults = json_array();
    for (size_t i = 0; i < p->n_models; i++)
        json_array_append_new(models, out_text(p->models[i]));
    for (size_t i = 0; i < p->n_rules; i++)
        json_array_append_new(rules, rule_json(&p->rules[i]));
    for (size_t i = 0; i < p->n_metrics; i++)
        json_array_append_new(metrics, metric_json(p, p->metrics[i].id));
    for (size_t i = 0; i < p->n_faults; i++)
        json_array_append_new(faults, fault_json(&p->faults[i]));
    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "name", out_text(p->name), "label",
                     out_text(label_of(p->labels, p->n_labels, p->name)), "revision",
                     (json_int_t)p->revision, "models", models, "rules", rules, "metrics", metrics,
                     "faults", faults);
}

void packs_list(void *ctx, void *request)
{
    struct call *c = request;
    const struct pack *const *packs = NULL;
    (void)ctx;
    size_t n = c->rest->ops->packs(c->rest->ops->ctx, &packs);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, pack_json(packs[i]));
    call_json(c, 200, page_json(items, NULL));
}

/* The gateway's reasons and the store's. */
static json_t *reasons_json(const struct rest *rest)
{
    json_t *list = json_array();
    struct buf text;
    struct err e = {0};
    buf_init(&text, 8192);
    rest->ops->not_ready(rest->ops->ctx, &text);
    char *save = NULL;
    /* buf_cstr lends the buffer's own memory, which is ours to cut. */
    for (char *line = text.len ? strtok_r((char *)(uintptr_t)buf_cstr(&text), "\n", &save) : NULL;
         line; line = strtok_r(NULL, "\n", &save))
        json_array_append_new(list, out_text(line));
    buf_free(&text);
    if (store_health(rest->store, &e))
        json_array_append_new(list, out_text(e.text));
    return list;
}

void rest_ready(struct rest *rest, struct http_req *req)
{
    json_t *reasons = reasons_json(rest);
    bool ready = json_array_size(reasons) == 0;
    json_t *root = json_pack("{s:b, s:o}", "ready", ready, "reasons", reasons);
    http_reply_json(req, ready ? 200 : 503, out_dump(root));
}

/* Rows of a table in some state; -1: answered with a failure. */
static int64_t count(struct call *c, const char *sql)
{
    sqlite3_stmt *s = call_read(c, sql);
    if (!s)
        return -1;
    int64_t n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    store_release(s);
    return n;
}

static json_t *queue_json(struct call *c, const struct api_status *status)
{
    static const char *const sql[] = {
        "SELECT count(*) FROM outbox WHERE state IN ('ready', 'trying')",
        "SELECT count(*) FROM outbox WHERE state = 'dead'",
        "SELECT count(*) FROM devices WHERE presence = 'online'",
    };
    int64_t n[3];
    struct feed_counts feed;
    for (int i = 0; i < 3; i++)
        if ((n[i] = count(c, sql[i])) < 0)
            return NULL;
    feed_counts(c->rest->feed, &feed);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "intake_bytes",
                     (json_int_t)status->intake_bytes, "commit_jobs",
                     (json_int_t)status->commit_jobs, "outbox_ready", (json_int_t)n[0],
                     "outbox_dead", (json_int_t)n[1], "devices_online", (json_int_t)n[2],
                     "feed_clients", (json_int_t)feed.clients);
}

void status_get(void *ctx, void *request)
{
    struct call *c = request;
    const struct rest *rest = c->rest;
    struct api_status status = {0};
    struct err store = {0};
    (void)ctx;
    rest->ops->status(rest->ops->ctx, &status);
    json_t *queue = queue_json(c, &status);
    if (!queue)
        return;
    json_t *reasons = reasons_json(rest);
    bool store_ok = store_health(rest->store, &store) == 0;
    json_t *root = json_pack("{s:s, s:o, s:I, s:I, s:b, s:o, s:o, s:s}", "version", TOCSIN_VERSION,
                             "epoch", out_text(status.epoch), "now_ms", (json_int_t)c->now_ms,
                             "uptime_ms", (json_int_t)(c->now_ms - status.started_ms), "ready",
                             json_array_size(reasons) == 0, "reasons", reasons, "queue", queue,
                             "delivery", status.live ? "live" : "captive");
    json_object_set_new(root, "broker",
                        json_pack("{s:b, s:I, s:o}", "up", status.broker_up, "since_ms",
                                  (json_int_t)status.broker_since_ms, "reason",
                                  out_text(status.broker_reason)));
    json_object_set_new(root, "store",
                        json_pack("{s:b, s:o}", "ok", store_ok, "detail", out_text(store.text)));
    call_json(c, 200, root);
}
