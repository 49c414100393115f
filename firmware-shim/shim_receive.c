/* What the agent says to firmware: acknowledgements, actions, time, settings. */
#include "shim.h"
#include "shim_parts.h"

#define MUTED UINT32_MAX

static void run_action(struct shim *s, const struct message_down *m)
{
    struct shim_request r;
    r.action = m->u.action.id;
    r.instance = m->u.action.instance;
    r.request = m->u.action.request;
    r.args.p = m->u.action.args.p;
    r.args.len = m->u.action.args.len;
    uint8_t result = MESSAGE_RESULT_UNSUPPORTED;
    for (uint8_t i = 0; i < s->config->action_count; i++)
        if (s->config->actions[i].id == r.action)
            result = s->config->actions[i].run(s->config->ctx, &r);
    shim_action_done(s, &r, result, NULL);
}

/* The metric's setting, else a free one, else NULL. Metric ids start at 1. Twice in
 * line it would cost flash. */
__attribute__((noinline)) static struct shim_setting *setting_of(struct shim *s, uint16_t metric)
{
    struct shim_setting *unused = NULL;
    for (struct shim_setting *i = s->settings; i < s->settings + SHIM_SETTINGS; i++) {
        if (i->metric == metric)
            return i;
        if (i->metric == 0)
            unused = i;
    }
    return unused;
}

static void set(struct shim *s, uint16_t metric, bool mute, uint32_t interval_ms)
{
    struct shim_setting *i = metric ? setting_of(s, metric) : NULL;
    if (!i)
        return;
    uint32_t was = shim_lock(s);
    i->metric = mute || interval_ms ? metric : 0;
    i->interval_ms = mute ? MUTED : interval_ms;
    i->last_ms = s->last_ms - interval_ms; /* due now */
    i->seen = 0;
    shim_unlock(s, was);
}

bool shim_wanted(struct shim *s, uint16_t metric, uint8_t instance, bool every_change)
{
    bool wanted = true;
    uint8_t bit = (uint8_t)(1u << (instance & 7));
    uint32_t was = shim_lock(s);
    struct shim_setting *i = setting_of(s, metric);
    if (i && i->metric == metric && metric != 0) {
        uint32_t now = (uint32_t)shim_now(s);
        bool muted = i->interval_ms == MUTED;
        bool elapsed = now - i->last_ms >= i->interval_ms;
        wanted = !muted && (every_change || elapsed || !(i->seen & bit));
        if (elapsed) {
            i->last_ms = now;
            i->seen = 0;
        }
        i->seen |= bit;
    }
    shim_unlock(s, was);
    return wanted;
}

static void obey(struct shim *s, const struct message_down *m)
{
    const struct shim_config *c = s->config;
    switch (m->kind) {
    case MESSAGE_ACK: shim_fault_ack(s, m->u.ack); break;
    case MESSAGE_ACTION: run_action(s, m); break;
    case MESSAGE_HELLO_REQUEST:
        s->hello_next = 0;
        shim_fault_again(s);
        if (c->on_hello)
            c->on_hello(c->ctx);
        break;
    case MESSAGE_TIME:
        if (c->on_time)
            c->on_time(c->ctx, m->u.time.wall_ms, m->u.time.trusted != 0);
        break;
    default: set(s, m->u.setting.metric, m->u.setting.mute != 0, m->u.setting.interval_ms); break;
    }
}

static void take_frame(struct shim *s)
{
    struct message_down m;
    if (message_down_decode(s->reader.payload, s->reader.payload_len, &m) != MESSAGE_OK)
        return;
    /* Words to an earlier start are not for this one: its counters were others. */
    if (m.boot == s->boot || (m.boot == 0 && m.kind != MESSAGE_ACK))
        obey(s, &m);
}

void shim_receive(struct shim *s)
{
    uint8_t bytes[16];
    for (int rounds = 0; rounds < 16; rounds++) { /* leaves time for the main loop */
        size_t n = s->config->platform->read(s->config->ctx, bytes, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            if (frame_feed(&s->reader, bytes[i]) == FRAME_READY)
                take_frame(s);
        if (n < sizeof bytes)
            break;
    }
}
