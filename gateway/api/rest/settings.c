/* PUT /devices/{id}/settings, and what a device's page shows of its twin. The pack
 * bounds what can be wished: a metric that it does not have is refused. */
#include "gateway/api/rest/call.h"
#include "gateway/builtin/builtin.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

struct wish {
    const struct pack *pack;
    size_t n;
    struct line_setting settings[LINE_SETTINGS];
};

static const struct pack_metric *metric_named(const struct pack *pack, const char *name)
{
    const struct pack_metric *m = pack ? pack_metric_named(pack, name) : NULL;
    return m ? m : pack_metric_named(builtin_pack(), name);
}

static void add(struct wish *w, enum line_setting_kind kind, uint32_t metric, int64_t value,
                struct problem *p)
{
    if (w->n == LINE_SETTINGS)
        problem_field(p, 422, "", "are more than 64 settings");
    else
        w->settings[w->n++] = (struct line_setting){kind, metric, value};
}

static void parse_report(struct wish *w, const json_t *report, struct problem *p)
{
    const char *name;
    json_t *value;
    char field[100];
    if (report && !json_is_object(report))
        problem_field(p, 422, "report_ms", "must be an object: a metric's name and milliseconds");
    json_object_foreach((json_t *)(uintptr_t)report, name, value)
    {
        const struct pack_metric *m = metric_named(w->pack, name);
        int64_t ms = json_is_integer(value) ? json_integer_value(value) : 0;
        snprintf(field, sizeof field, "report_ms.%.64s", name);
        if (!m)
            problem_field(p, 422, field, "is no metric of the device's pack");
        else if (ms < LINE_REPORT_MIN_MS || ms > LINE_REPORT_MAX_MS)
            problem_field(p, 422, field, "must be 1000 (1 s) to 86400000 (1 d)");
        else
            add(w, SETTING_REPORT_MS, m->id, ms, p);
    }
}

static void parse_mute(struct wish *w, const json_t *mute, struct problem *p)
{
    if (mute && !json_is_array(mute))
        problem_field(p, 422, "mute", "must be a list of metrics' names");
    for (size_t i = 0; i < json_array_size(mute); i++) {
        const char *name = json_string_value(json_array_get(mute, i));
        const struct pack_metric *m = name ? metric_named(w->pack, name) : NULL;
        if (m)
            add(w, SETTING_MUTE, m->id, 1, p);
        else
            problem_field(p, 422, "mute", "names what is no metric of the device's pack");
    }
}

static void parse_level(struct wish *w, const json_t *body, struct problem *p)
{
    const char *level = NULL;
    body_word(body, "log_level", false, levels, &level, p);
    for (int i = 0; level && levels[i]; i++)
        if (strcmp(level, levels[i]) == 0)
            add(w, SETTING_LOG_LEVEL, 0, i, p);
}

static void parse(const json_t *body, struct wish *w, struct problem *p)
{
    static const char *const known[] = {"report_ms", "mute", "log_level", NULL};
    body_only(body, known, p);
    parse_report(w, json_object_get(body, "report_ms"), p);
    parse_mute(w, json_object_get(body, "mute"), p);
    parse_level(w, body, p);
}

/* False: answered. */
static bool read_pack(struct call *c, const struct pack **ret)
{
    sqlite3_stmt *s = call_read(c, "SELECT pack FROM devices WHERE id = ?1");
    if (!s)
        return false;
    bind_text(s, 1, call_param(c));
    bool found = sqlite3_step(s) == SQLITE_ROW;
    *ret = found ? pack_of(c->rest, col_text(s, 0)) : NULL;
    store_release(s);
    if (!found)
        call_not_found(c, "device");
    return found;
}

static void settings_put(void *arg, int result, const struct err *e, int64_t alert)
{
    struct call *c = arg;
    (void)alert;
    if (result)
        call_move_failed(c, "device", result, e);
    else
        device_reply(c, call_param(c));
}

void device_settings_put(void *ctx, void *request)
{
    struct call *c = request;
    struct wish w = {0};
    struct err e = {0};
    (void)ctx;
    if (!call_body(c) || !read_pack(c, &w.pack))
        return;
    parse(c->body, &w, &c->problem);
    if (call_failed(c))
        return;
    int code = c->rest->ops->set_settings(c->rest->ops->ctx, call_param(c), w.settings, w.n,
                                          c->who.actor, settings_put, c, &e);
    if (code)
        call_move_failed(c, "device", code, &e);
}

/* --- what is shown --- */

static void show_one(json_t *to, const struct pack *pack, const json_t *s)
{
    const char *kind = json_string_value(json_object_get(s, "kind"));
    uint32_t id = (uint32_t)json_integer_value(json_object_get(s, "metric"));
    int64_t value = json_integer_value(json_object_get(s, "value"));
    const struct pack_metric *m = builtin_metric(pack, id);
    char unknown[32];
    snprintf(unknown, sizeof unknown, "metric %u", id);
    const char *name = m ? m->name : unknown;
    if (strcmp(kind ? kind : "", "report_ms") == 0)
        json_object_set_new(json_object_get(to, "report_ms"), name, json_integer(value));
    else if (strcmp(kind ? kind : "", "mute") == 0)
        json_array_append_new(json_object_get(to, "mute"), json_string(name));
    else if (value >= 0 && value < 4)
        json_object_set_new(to, "log_level", json_string(levels[value]));
}

json_t *device_settings(struct call *c, const char *id, const struct pack *pack)
{
    sqlite3_stmt *s =
        call_read(c, "SELECT desired, reported, settings FROM twins WHERE device = ?1");
    if (!s)
        return NULL;
    bind_text(s, 1, id);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    json_t *o = json_pack("{s:I, s:I, s:{}, s:[], s:n}", "desired_version",
                          (json_int_t)(found ? sqlite3_column_int64(s, 0) : 0), "reported_version",
                          (json_int_t)(found ? sqlite3_column_int64(s, 1) : 0), "report_ms", "mute",
                          "log_level");
    json_t *list = found ? json_loads(col_text(s, 2), 0, NULL) : NULL;
    for (size_t i = 0; i < json_array_size(list); i++)
        show_one(o, pack, json_array_get(list, i));
    json_decref(list);
    store_release(s);
    return o;
}
