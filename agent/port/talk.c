/* One message, one handler: what firmware says becomes what the core hears. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/port/inside.h"
#include "base/clock.h"

static struct slice slice_text(const struct message_text *t)
{
    return slice_of(t->p, t->len);
}

static void keep_text(char to[NAME_MAX_], const struct message_text *t)
{
    snprintf(to, NAME_MAX_, "%.*s", (int)t->len, t->p ? t->p : "");
}

static struct report report_of(const struct line *line, const struct message_up *m,
                               enum report_kind kind)
{
    return (struct report){.kind = kind,
                           .source = line->source,
                           .boot = m->boot,
                           .counted = true,
                           .counter = m->counter,
                           .at_ms = (int64_t)m->source_ms,
                           .id = m->id,
                           .instance = m->instance};
}

static void tell(const struct line *line, const struct report *r)
{
    line->port->events.report(line->port->events.arg, r);
}

static void tell_value(const struct line *line, const struct message_up *m, enum report_kind kind)
{
    struct report r = report_of(line, m, kind);
    r.v = m->u.value.n;
    r.exponent = m->u.value.exponent;
    tell(line, &r);
}

/* A frame that ends here has a number too: the core must not take it for lost. */
static void tell_counted(const struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_HELLO);
    r.text = slice_str(line->port->sources[line->source].name);
    tell(line, &r);
}

/* --- what it is told --- */

void talk_time(struct line *line)
{
    struct now now = clock_now();
    struct message_down m = {.kind = MESSAGE_TIME, .boot = line->port->sources[line->source].boot};
    m.u.time.wall_ms = now.wall_ms;
    m.u.time.trusted = now.trust == TRUST_SYNCED;
    line_send(line, &m);
}

void talk_setting(struct line *line, const struct agent_port_setting *s)
{
    struct message_down m = {.kind = MESSAGE_SETTING,
                             .boot = line->port->sources[line->source].boot};
    m.u.setting.metric = (uint16_t)s->metric;
    m.u.setting.mute = s->mute;
    m.u.setting.interval_ms = s->interval_ms;
    line_send(line, &m);
}

void talk_greet(struct line *line)
{
    const struct agent_port *p = line->port;
    talk_time(line);
    for (size_t i = 0; i < p->n_settings; i++)
        talk_setting(line, &p->settings[i]);
}

static void begin_telling(struct line *line)
{
    struct agent_port *p = line->port;
    struct source *s = &p->sources[line->source];
    s->told_all = false;
    s->quiet_ms = clock_now().boot_ms;
    loop_timer_start(&p->settle, SETTLE_MS, SETTLE_MS);
}

bool talk_settle(struct agent_port *p)
{
    int64_t now_ms = clock_now().boot_ms;
    bool some = false;
    for (uint32_t i = 1; i < LIMIT_SOURCES; i++) {
        struct source *s = &p->sources[i];
        if (!s->line || s->told_all)
            continue;
        s->told_all = now_ms - s->quiet_ms >= TOLD_ALL_MS;
        some = some || !s->told_all;
        struct report r = {
            .kind = REPORT_SNAPSHOT_DONE, .source = i, .boot = s->boot, .at_ms = (int64_t)s->at_ms};
        if (s->told_all)
            tell(s->line, &r);
    }
    return some;
}

/* --- hello and what follows it --- */

static void tell_identity(struct line *line)
{
    struct agent_port *p = line->port;
    const struct source *s = &p->sources[line->source];
    struct wire_component components[MESSAGE_COMPONENTS_MAX];
    for (size_t i = 0; i < s->n_components; i++)
        components[i] = (struct wire_component){slice_str(s->component_text[i][0]),
                                                slice_str(s->component_text[i][1]),
                                                slice_str(s->component_text[i][2])};
    struct agent_port_identity identity = {.source = slice_str(s->name),
                                           .model = slice_str(s->model),
                                           .serial = slice_str(s->serial),
                                           .firmware = slice_str(s->firmware),
                                           .n_components = s->n_components,
                                           .components = components};
    if (s->model[0] && p->events.identity)
        p->events.identity(p->events.arg, &identity);
}

/* The number of this name: the one it had, or a free one; 0: none is left. */
static uint32_t number_of(struct agent_port *p, const char *name)
{
    uint32_t free_one = 0;
    for (uint32_t i = LIMIT_SOURCES - 1; i > 0; i--) {
        if (strcmp(p->sources[i].name, name) == 0)
            return i;
        if (!p->sources[i].name[0])
            free_one = i;
    }
    return free_one;
}

static void take_hello(struct line *line, const struct message_up *m)
{
    struct agent_port *p = line->port;
    char name[NAME_MAX_];
    keep_text(name, &m->u.hello.source);
    if (!name[0])
        snprintf(name, sizeof name, "appliance");
    uint32_t number = number_of(p, name);
    if (!number) {
        p->stats.refused++;
        return;
    }
    struct source *s = &p->sources[number];
    if (s->line && s->line != line)
        line_shut(s->line); /* the same name again: the newer line is the living one */
    bool again = line->source == number && s->boot == m->boot && s->line == line;
    memcpy(s->name, name, sizeof s->name);
    keep_text(s->model, &m->u.hello.model);
    keep_text(s->serial, &m->u.hello.serial);
    keep_text(s->firmware, &m->u.hello.firmware);
    s->boot = m->boot;
    s->line = line;
    s->n_components = 0;
    s->want_components = m->u.hello.components < MESSAGE_COMPONENTS_MAX ? m->u.hello.components
                                                                        : MESSAGE_COMPONENTS_MAX;
    line->source = number;
    struct report r = report_of(line, m, REPORT_HELLO);
    r.text = slice_str(s->name);
    tell(line, &r);
    if (!again && m->u.hello.reset != MESSAGE_RESET_UNKNOWN) {
        r.kind = REPORT_RESET;
        r.counted = false;
        r.id = m->u.hello.reset;
        r.text = slice_text(&m->u.hello.reset_text);
        tell(line, &r);
    }
    if (!again) {
        talk_greet(line);
        begin_telling(line);
    }
    if (s->want_components == 0)
        tell_identity(line);
}

static void take_component(struct line *line, const struct message_up *m)
{
    struct source *s = &line->port->sources[line->source];
    size_t i = m->u.component.index;
    tell_counted(line, m);
    if (i >= MESSAGE_COMPONENTS_MAX)
        return;
    keep_text(s->component_text[i][0], &m->u.component.name);
    keep_text(s->component_text[i][1], &m->u.component.serial);
    keep_text(s->component_text[i][2], &m->u.component.lot);
    if (i + 1 > s->n_components)
        s->n_components = (uint8_t)(i + 1);
    if (s->want_components > 0 && i + 1 == s->want_components)
        tell_identity(line);
}

/* --- the rest --- */

static void take_fault(struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_FAULT);
    struct wire_context context[MESSAGE_CONTEXT_MAX];
    struct message_bytes bytes = m->u.fault.context;
    struct message_value value;
    uint16_t metric;
    while (r.n_context < MESSAGE_CONTEXT_MAX && message_context_next(&bytes, &metric, &value))
        context[r.n_context++] = (struct wire_context){metric, value.n, value.exponent};
    r.context = context;
    r.active = m->u.fault.active;
    r.count = m->u.fault.raises;
    r.first_ms = r.at_ms - (int64_t)m->u.fault.first_age_ms;
    if (r.first_ms < 0)
        r.first_ms = 0;
    r.ref = m->counter;
    line->port->sources[line->source].quiet_ms = clock_now().boot_ms;
    tell(line, &r);
}

static void take_intent(struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_INTENT);
    r.phase = m->u.intent.intent == MESSAGE_ASLEEP ? INTENT_ASLEEP
              : m->u.intent.intent == MESSAGE_OFF  ? INTENT_OFF
                                                   : INTENT_AWAKE;
    if (m->u.intent.for_ms)
        r.until_ms = r.at_ms + (int64_t)m->u.intent.for_ms;
    tell(line, &r);
}

static void take_result(struct line *line, const struct message_up *m)
{
    static const char *const words[] = {"", "", "", "", "failed", ""};
    struct report r = report_of(line, m, REPORT_ACTION_DONE);
    switch (m->u.action_result.result) {
    case MESSAGE_RESULT_STARTED:
    case MESSAGE_RESULT_CONFIRM: tell_counted(line, m); return; /* the end is to come */
    case MESSAGE_RESULT_DONE: r.phase = RESULT_DONE; break;
    case MESSAGE_RESULT_UNSUPPORTED: r.phase = RESULT_UNSUPPORTED; break;
    default: r.phase = RESULT_REFUSED;
    }
    r.ref = m->u.action_result.request;
    r.text = slice_text(&m->u.action_result.text);
    if (r.text.len == 0)
        r.text = slice_str(words[m->u.action_result.result % 6]);
    tell(line, &r);
}

static void take_cycle(struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_CYCLE);
    r.phase = m->u.cycle.phase == MESSAGE_CYCLE_BEGIN ? CYCLE_BEGIN : CYCLE_END;
    tell(line, &r);
}

static void take_factory_reset(struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_FACTORY_RESET);
    r.ref = m->counter;
    tell(line, &r);
}

static void take_clock(struct line *line, const struct message_up *m)
{
    struct report r = report_of(line, m, REPORT_CLOCK);
    r.wall_ms = m->u.wall_ms;
    tell(line, &r);
}

static void take_known(struct line *line, const struct message_up *m)
{
    line->port->sources[line->source].at_ms = m->source_ms;
    switch (m->kind) {
    case MESSAGE_COMPONENT: take_component(line, m); break;
    case MESSAGE_GAUGE: tell_value(line, m, REPORT_GAUGE); break;
    case MESSAGE_COUNTER: tell_value(line, m, REPORT_COUNTER); break;
    case MESSAGE_STATE: tell_value(line, m, REPORT_STATE); break;
    case MESSAGE_EVENT: tell_value(line, m, REPORT_EVENT); break;
    case MESSAGE_FAULT: take_fault(line, m); break;
    case MESSAGE_CYCLE: take_cycle(line, m); break;
    case MESSAGE_ACTION_RESULT: take_result(line, m); break;
    case MESSAGE_INTENT: take_intent(line, m); break;
    case MESSAGE_FACTORY_RESET: take_factory_reset(line, m); break;
    case MESSAGE_CLOCK: take_clock(line, m); break;
    default: tell_counted(line, m); break;
    }
}

void talk_take(struct line *line, const uint8_t *payload, size_t len)
{
    struct message_up m;
    struct agent_port *p = line->port;
    p->stats.frames++;
    int rc = message_up_decode(payload, len, &m);
    if (rc != MESSAGE_OK) {
        p->stats.malformed += rc != MESSAGE_UNKNOWN;
        return;
    }
    if (m.kind == MESSAGE_HELLO) {
        take_hello(line, &m);
    } else if (line->source && p->sources[line->source].boot == m.boot) {
        take_known(line, &m);
    } else {
        /* It has started again, or we have: who is it? */
        p->stats.early++;
        line_send(line, &(struct message_down){.kind = MESSAGE_HELLO_REQUEST});
    }
}

void talk_gone(struct line *line)
{
    struct source *s = &line->port->sources[line->source];
    if (!line->source || s->line != line)
        return;
    s->line = NULL;
    struct report r = {.kind = REPORT_GONE, .source = line->source, .boot = s->boot};
    tell(line, &r);
    line->source = 0;
}
