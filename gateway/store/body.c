#include "gateway/store/body.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* Bytes of the well-formed UTF-8 character at s; 0: it is none. */
static size_t character(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : 4;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return n;
}

/* A JSON string; what is not UTF-8 becomes a question mark. */
static void put_string(struct buf *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    buf_u8(out, '"');
    while (*s) {
        size_t n = character(s);
        if (n == 0)
            buf_u8(out, '?');
        else if (*s == '"' || *s == '\\')
            buf_fmt(out, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7f)
            buf_fmt(out, "\\u%04x", *s);
        else
            buf_put(out, s, n);
        s += n ? n : 1;
    }
    buf_u8(out, '"');
}

static void put_text(struct buf *out, const char *name, const char *text)
{
    buf_fmt(out, ",\"%s\":", name);
    put_string(out, text);
}

static void put_time(struct buf *out, const char *name, int64_t ms, bool known)
{
    if (known)
        buf_fmt(out, ",\"%s\":%lld", name, (long long)ms);
    else
        buf_fmt(out, ",\"%s\":null", name);
}

static void put_real(struct buf *out, const char *name, double value)
{
    if (isfinite(value))
        buf_fmt(out, ",\"%s\":%.17g", name, value);
    else
        buf_fmt(out, ",\"%s\":null", name);
}

void body_evidence(const struct alert *a, struct buf *out)
{
    buf_u8(out, '[');
    for (size_t i = 0; i < a->n_evidence; i++) {
        const struct evidence *ev = &a->evidence[i];
        buf_str(out, i ? ",{\"text\":" : "{\"text\":");
        put_string(out, ev->text);
        put_real(out, "value", ev->value);
        put_real(out, "limit", ev->limit);
        buf_fmt(out, ",\"metric\":%u,\"fault\":%u,\"window_ms\":%lld}", ev->metric, ev->fault,
                (long long)ev->window_ms);
    }
    buf_u8(out, ']');
}

void body_metrics(const struct alert *a, struct buf *out)
{
    buf_u8(out, '[');
    for (size_t i = 0; i < a->n_metrics; i++)
        buf_fmt(out, i ? ",%u" : "%u", a->metrics[i]);
    buf_u8(out, ']');
}

void body_components(const struct row_device *row, struct buf *out)
{
    buf_u8(out, '[');
    for (size_t i = 0; i < row->n_components; i++) {
        buf_str(out, i ? ",{\"name\":" : "{\"name\":");
        put_string(out, row->components[i].name);
        put_text(out, "serial", row->components[i].serial);
        put_text(out, "lot", row->components[i].lot);
        buf_u8(out, '}');
    }
    buf_u8(out, ']');
}

void body_settings(const struct row_twin *row, struct buf *out)
{
    static const char *const kinds[] = {"report_ms", "mute", "log_level"};
    buf_u8(out, '[');
    for (size_t i = 0; i < row->n; i++)
        buf_fmt(out, "%s{\"kind\":\"%s\",\"metric\":%u,\"value\":%lld}", i ? "," : "",
                kinds[row->settings[i].kind], row->settings[i].metric,
                (long long)row->settings[i].value);
    buf_u8(out, ']');
}

static void put_tell(struct buf *out, uint32_t tell)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } audiences[] = {{AUDIENCE_CUSTOMER, "customer"},
                     {AUDIENCE_SUPPORT, "support"},
                     {AUDIENCE_MANUFACTURER, "manufacturer"}};
    const char *between = "";
    buf_str(out, ",\"tell\":[");
    for (size_t i = 0; i < sizeof audiences / sizeof audiences[0]; i++) {
        if (!(tell & audiences[i].bit))
            continue;
        buf_fmt(out, "%s\"%s\"", between, audiences[i].name);
        between = ",";
    }
    buf_u8(out, ']');
}

static void put_alert(struct buf *out, const char *device, const struct alert *a)
{
    bool resolved = a->state == ALERT_RESOLVED;
    buf_fmt(out, ",\"alert\":{\"id\":%llu", (unsigned long long)a->id);
    put_text(out, "device", device);
    buf_fmt(out, ",\"instance\":%u", a->instance);
    put_text(out, "rule", a->rule);
    put_text(out, "pack", a->pack);
    put_text(out, "message", a->message);
    put_text(out, "severity", severity_name(a->severity));
    put_text(out, "state", alert_state_name(a->state));
    put_time(out, "snoozed_until_ms", a->snoozed_until_ms, true);
    put_time(out, "since_ms", a->since_ms, true);
    put_time(out, "opened_ms", a->opened_ms, true);
    put_time(out, "opened_arrival_ms", a->opened_arrival_ms, true);
    put_time(out, "acked_ms", a->acked_ms, a->acked_ms != 0);
    put_text(out, "acked_by", a->acked_by);
    put_time(out, "resolved_ms", a->resolved_ms, resolved);
    put_text(out, "resolved_by", a->resolved_by);
    put_text(out, "resolution", a->resolution);
    buf_fmt(out, ",\"test\":%s,\"late\":%s", a->test ? "true" : "false",
            a->late ? "true" : "false");
    put_tell(out, a->tell);
    buf_str(out, ",\"evidence\":");
    body_evidence(a, out);
    buf_u8(out, '}');
}

void body_handoff(const struct row_handoff *row, struct buf *out)
{
    buf_fmt(out, "{\"no\":%llu,\"at_ms\":%lld", (unsigned long long)row->no, (long long)row->at_ms);
    put_text(out, "type", row->kind);
    put_text(out, "device", row->device);
    if (row->has_alert)
        put_alert(out, row->device, &row->alert);
    else {
        put_text(out, "presence", presence_name(row->presence));
        put_time(out, "presence_ms", row->presence_ms, true);
    }
    buf_u8(out, '}');
}

/* --- back --- */

static double real_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void read_clause(const json_t *value, struct evidence *ev)
{
    const char *text = json_string_value(json_object_get(value, "text"));
    *ev = (struct evidence){
        .value = real_of(json_object_get(value, "value")),
        .limit = real_of(json_object_get(value, "limit")),
        .metric = (uint32_t)json_integer_value(json_object_get(value, "metric")),
        .fault = (uint32_t)json_integer_value(json_object_get(value, "fault")),
        .window_ms = json_integer_value(json_object_get(value, "window_ms")),
    };
    snprintf(ev->text, sizeof ev->text, "%s", text ? text : "");
}

void body_read_evidence(const char *json, struct alert *a)
{
    json_t *list = json_loads(json ? json : "", 0, NULL);
    a->n_evidence = 0;
    for (size_t i = 0; i < json_array_size(list) && i < VERDICT_EVIDENCE; i++)
        read_clause(json_array_get(list, i), &a->evidence[a->n_evidence++]);
    json_decref(list);
}

void body_read_metrics(const char *json, struct alert *a)
{
    json_t *list = json_loads(json ? json : "", 0, NULL);
    a->n_metrics = 0;
    for (size_t i = 0; i < json_array_size(list) && i < ALERT_METRICS; i++)
        a->metrics[a->n_metrics++] = (uint32_t)json_integer_value(json_array_get(list, i));
    json_decref(list);
}
