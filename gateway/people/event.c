#include "gateway/people/event.h"

#include <string.h>

static const char *const severities[] = {"minor", "major", "critical"};

const char *severity_word(enum severity severity)
{
    return severities[severity];
}

static enum event_move move_of(const char *kind)
{
    if (strcmp(kind, "alert.opened") == 0)
        return EVENT_OPENED;
    if (strcmp(kind, "alert.acknowledged") == 0)
        return EVENT_ACKNOWLEDGED;
    if (strcmp(kind, "alert.resolved") == 0)
        return EVENT_RESOLVED;
    return EVENT_OTHER;
}

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static int severity_of(const json_t *value)
{
    const char *word = json_string_value(value);
    if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 2)
        return (int)json_integer_value(value);
    for (int i = 0; word && i < 3; i++)
        if (strcmp(severities[i], word) == 0)
            return i;
    return -1;
}

static uint32_t tell_of(const json_t *value)
{
    static const struct {
        const char *word;
        uint32_t bit;
    } audiences[] = {{"customer", AUDIENCE_CUSTOMER},
                     {"support", AUDIENCE_SUPPORT},
                     {"manufacturer", AUDIENCE_MANUFACTURER}};
    if (json_is_integer(value))
        return (uint32_t)json_integer_value(value) & 7;
    uint32_t bits = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = json_string_value(json_array_get(value, i));
        for (size_t k = 0; word && k < 3; k++)
            if (strcmp(audiences[k].word, word) == 0)
                bits |= audiences[k].bit;
    }
    return bits;
}

static void take_alert(const json_t *a, struct event *ev)
{
    ev->alert = number(a, "id");
    ev->instance = number(a, "instance");
    ev->rule = text(a, "rule");
    ev->pack = text(a, "pack");
    ev->message = text(a, "message");
    ev->state = text(a, "state");
    ev->resolution = text(a, "resolution");
    ev->resolved_by = text(a, "resolved_by");
    ev->acked_by = text(a, "acked_by");
    ev->tell = tell_of(json_object_get(a, "tell"));
    ev->since_ms = number(a, "since_ms");
    ev->opened_ms = number(a, "opened_ms");
    ev->acked_ms = number(a, "acked_ms");
    ev->resolved_ms = number(a, "resolved_ms");
    ev->test = json_is_true(json_object_get(a, "test"));
    ev->late = json_is_true(json_object_get(a, "late"));
    const json_t *evidence = json_object_get(a, "evidence");
    ev->evidence = json_is_array(evidence) ? evidence : NULL;
}

int event_parse(int64_t no, int64_t at_ms, int64_t tenant, const char *kind, struct slice body,
                struct event *ret_event, struct err *e)
{
    struct event ev = {.no = no, .at_ms = at_ms, .tenant = tenant, .move = move_of(kind)};
    if (ev.move == EVENT_OTHER) {
        *ret_event = ev;
        return 0;
    }
    json_error_t bad;
    ev.root = json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, &bad);
    const json_t *alert = json_object_get(ev.root, "alert");
    if (!json_is_object(alert)) {
        json_decref(ev.root);
        return err_set(e, ERR_INVALID, "hand-off %lld has no alert: %s", (long long)no,
                       ev.root ? "the object is missing" : bad.text);
    }
    take_alert(alert, &ev);
    ev.device = *text(alert, "device") ? text(alert, "device") : text(ev.root, "device");
    int severity = severity_of(json_object_get(alert, "severity"));
    if (ev.alert <= 0 || severity < 0 || !*ev.device || ev.opened_ms <= 0) {
        json_decref(ev.root);
        return err_set(e, ERR_INVALID, "hand-off %lld has an alert without %s", (long long)no,
                       ev.alert <= 0       ? "id"
                       : severity < 0      ? "severity"
                       : ev.opened_ms <= 0 ? "opened_ms"
                                           : "device");
    }
    ev.severity = (enum severity)severity;
    *ret_event = ev;
    return 0;
}

void event_free(struct event *event)
{
    if (!event)
        return;
    json_decref(event->root);
    *event = (struct event){0};
}

int64_t event_time_ms(const struct event *ev)
{
    if (ev->move == EVENT_RESOLVED && ev->resolved_ms > 0)
        return ev->resolved_ms;
    return ev->opened_ms;
}
