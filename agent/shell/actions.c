/* What the core asks for. Actions are lent until the next call of the core, so
 * whatever leads back into it (a connect asks for the will, a refused publish is
 * an event, a sync) waits until the list is done. */
#include "agent/shell/agent.h"

#include <inttypes.h>
#include <stdio.h>

struct later {
    bool connect, disconnect, sync, settings;
    size_t n_unsent, n_undone;
    uint64_t unsent[CORE_ACTIONS];
    struct {
        uint32_t source, boot, ref;
    } undone[CORE_ACTIONS];
};

static void publish(struct agent *a, const struct core_action *action, struct later *later)
{
    int rc = a->link.publish(a->link.ctx, slice_str(a->up_topic), action->bytes, action->qos,
                             action->token);
    if (rc)
        later->unsent[later->n_unsent++] = action->token;
}

static void act(struct agent *a, const struct core_action *action, struct later *later)
{
    if (agent_port_act(a->port, action->source, action->id, action->instance, action->ref,
                       action->n_args, action->args))
        return;
    later->undone[later->n_undone].source = action->source;
    later->undone[later->n_undone].boot = action->boot;
    later->undone[later->n_undone++].ref = action->ref;
}

/* "report_ms/5" for sources that can be told so. */
static void set_metric(struct agent *a, const struct core_action *action)
{
    uint32_t metric;
    bool mute = sscanf(action->text, "mute/%" SCNu32, &metric) == 1;
    if ((!mute && sscanf(action->text, "report_ms/%" SCNu32, &metric) != 1) || metric > UINT16_MAX)
        return;
    size_t i = 0;
    while (i < a->n_settings && a->settings[i].metric != metric)
        i++;
    if (i == AGENT_PORT_SETTINGS)
        return;
    if (i == a->n_settings)
        a->settings[a->n_settings++] = (struct agent_port_setting){.metric = metric};
    if (mute)
        a->settings[i].mute = action->value != 0;
    else
        a->settings[i].interval_ms = (uint32_t)action->value;
}

static void set(struct agent *a, const struct core_action *action)
{
    if (action->text[0] == 0) {
        a->n_settings = 0;
        return;
    }
    set_metric(a, action);
    if (strcmp(action->text, "log_level") == 0 && action->value >= LOG_DEBUG_ &&
        action->value <= LOG_ERROR_)
        log_set_level((enum log_level)action->value);
    LOG_INFO("AG010", "setting %s is now %lld", action->text, (long long)action->value);
}

static void do_one(struct agent *a, const struct core_action *action, struct later *later)
{
    switch (action->kind) {
    case CORE_CONNECT: later->connect = true; break;
    case CORE_DISCONNECT: later->disconnect = true; break;
    case CORE_PUBLISH: publish(a, action, later); break;
    case CORE_FAULT_DURABLE:
        agent_port_durable(a->port, action->source, action->boot, action->ref);
        break;
    case CORE_ACT: act(a, action, later); break;
    case CORE_SETTING:
        set(a, action);
        later->settings = true;
        break;
    case CORE_SYNC: later->sync = true; break;
    case CORE_LOG: log_line(action->level, action->log_id, "%s", action->text); break;
    }
}

static void connect_link(struct agent *a)
{
    int rc = a->stopping ? ERR_CLOSED : a->link.connect(a->link.ctx);
    if (rc == 0) {
        a->session = AGENT_CONNECTING;
        return;
    }
    agent_give(a, (struct core_event){.kind = CORE_EVENT_DOWN, .bytes = slice_str(err_name(rc))});
}

static void disconnect_link(struct agent *a)
{
    if (a->stopping) {
        loop_timer_start(&a->goodbye, 20, 20); /* once what is in flight has left */
        return;
    }
    a->link.disconnect(a->link.ctx);
}

static void do_later(struct agent *a, const struct later *later)
{
    for (size_t i = 0; i < later->n_unsent; i++)
        agent_give(a, (struct core_event){
                          .kind = CORE_EVENT_SENT, .token = later->unsent[i], .ok = false});
    for (size_t i = 0; i < later->n_undone; i++) {
        struct report r = {.kind = REPORT_ACTION_DONE,
                           .source = later->undone[i].source,
                           .boot = later->undone[i].boot,
                           .ref = later->undone[i].ref,
                           .phase = RESULT_REFUSED,
                           .text = slice_str("the appliance is not connected")};
        agent_report(a, &r);
    }
    if (later->settings)
        agent_port_settings(a->port, a->settings, a->n_settings);
    if (later->connect)
        connect_link(a);
    if (later->disconnect)
        disconnect_link(a);
    if (later->sync)
        agent_give(a, (struct core_event){.kind = CORE_EVENT_SYNC});
}

void agent_do(struct agent *a, const struct core_action *actions, size_t n)
{
    struct later later = {0};
    for (size_t i = 0; i < n && i < CORE_ACTIONS; i++)
        do_one(a, &actions[i], &later);
    do_later(a, &later);
}
