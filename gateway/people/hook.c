#include "gateway/people/hook.h"

#include "gateway/people/render.h"
#include "gateway/people/words.h"

#include <math.h>
#include <stdio.h>

static void put_time(int64_t ms, char to[40])
{
    struct zone_time t = zone_local(NULL, ms);
    snprintf(to, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.year, t.month, t.day, t.hour,
             t.minute, t.second, (int)((ms % 1000 + 1000) % 1000));
}

/* Who did it, as far as that audience may know. */
static const char *actor(const char *by, enum audience audience)
{
    if (audience == AUDIENCE_SUPPORT || strcmp(by, "data") == 0 || strcmp(by, "customer") == 0)
        return by;
    return *by ? "support" : "";
}

static void set_time(json_t *object, const char *key, int64_t ms)
{
    if (ms > 0)
        json_object_set_new(object, key, json_integer(ms));
}

/* Text from inside the house is UTF-8; what is not, is left out by jansson. */
static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *alert_json(const struct event *ev, enum audience audience)
{
    json_t *a = json_object();
    json_object_set_new(a, "id", json_integer(ev->alert));
    set_text(a, "state", ev->state);
    set_text(a, "severity", severity_word(ev->severity));
    set_text(a, "rule", ev->rule);
    set_text(a, "pack", ev->pack);
    json_object_set_new(a, "instance", json_integer(ev->instance));
    set_time(a, "since_ms", ev->since_ms);
    set_time(a, "opened_ms", ev->opened_ms);
    set_time(a, "acknowledged_ms", ev->acked_ms);
    set_text(a, "acknowledged_by", actor(ev->acked_by, audience));
    set_time(a, "resolved_ms", ev->resolved_ms);
    set_text(a, "resolved_by", actor(ev->resolved_by, audience));
    set_text(a, "resolution", ev->resolution);
    json_object_set_new(a, "evidence", ev->evidence ? json_deep_copy(ev->evidence) : json_array());
    return a;
}

static json_t *device_json(const struct plan_input *in, enum audience audience)
{
    json_t *d = json_object();
    set_text(d, "id", in->event->device);
    set_text(d, "model", in->model);
    set_text(d, "family", render_family(in->pack, "en"));
    if (audience == AUDIENCE_SUPPORT)
        set_text(d, "name", in->device_name);
    return d;
}

static json_t *text_json(const struct plan_input *in, enum audience audience)
{
    struct words w = plan_words(in);
    json_t *t = json_object();
    struct buf title, headline, line;
    w.device_name = ""; /* the owner's word is nobody else's business */
    buf_init(&title, 8192);
    buf_init(&headline, 8192);
    buf_init(&line, 8192);
    words_title(&w, &title);
    words_headline(&w, &headline);
    words_line(&w, audience, &line);
    set_text(t, "title", buf_cstr(&title));
    if (audience == AUDIENCE_SUPPORT)
        set_text(t, "headline", buf_cstr(&headline));
    set_text(t, "line", buf_cstr(&line));
    buf_free(&title);
    buf_free(&headline);
    buf_free(&line);
    return t;
}

static json_t *data_json(const struct plan_input *in, enum audience audience)
{
    json_t *data = json_object();
    set_text(data, "audience", audience == AUDIENCE_SUPPORT ? "support" : "manufacturer");
    json_object_set_new(data, "test", json_boolean(in->event->test));
    json_object_set_new(data, "alert", alert_json(in->event, audience));
    json_object_set_new(data, "device", device_json(in, audience));
    json_object_set_new(data, "text", text_json(in, audience));
    if (audience == AUDIENCE_SUPPORT && in->customer) {
        json_t *c = json_object();
        set_text(c, "id", in->customer->id);
        set_text(c, "name", in->customer->name);
        set_text(c, "language", in->customer->language);
        json_object_set_new(data, "customer", c);
    }
    return data;
}

int hook_body(const struct plan_input *in, enum audience audience, const char *id, struct buf *out,
              struct err *e)
{
    static const char *const types[] = {[EVENT_OPENED] = "tocsin.alert.opened",
                                        [EVENT_ACKNOWLEDGED] = "tocsin.alert.acknowledged",
                                        [EVENT_RESOLVED] = "tocsin.alert.resolved"};
    char time[40], subject[40];
    put_time(in->event->at_ms, time);
    snprintf(subject, sizeof subject, "alert/%lld", (long long)in->event->alert);
    json_t *root = json_object();
    set_text(root, "specversion", "1.0");
    set_text(root, "id", id);
    set_text(root, "source", in->source);
    set_text(root, "type", types[in->event->move]);
    set_text(root, "subject", subject);
    set_text(root, "time", time);
    set_text(root, "datacontenttype", "application/json");
    json_object_set_new(root, "data", data_json(in, audience));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text)
        buf_str(out, text);
    free(text);
    return text && buf_ok(out) ? 0 : err_set(e, ERR_NOMEM, "no memory for a webhook's body");
}
