/* Link and port to the core, each callback one event. */
#include "agent/shell/agent.h"

/* No certificate that this program is meant to meet is older. */
#define BUILD_MS INT64_C(1767225600000)

static void on_up(void *arg, bool session_present)
{
    struct agent *a = (struct agent *)arg;
    struct slice filter = slice_str(a->down_topic);
    (void)session_present;
    if (a->link.subscribe(a->link.ctx, &filter, 1, 1))
        a->link.disconnect(a->link.ctx);
}

static void on_subscribed(void *arg, int result)
{
    struct agent *a = (struct agent *)arg;
    if (result) {
        LOG_ERROR("AG011", "the broker does not let us hear %s: check its access list",
                  a->down_topic);
        a->link.disconnect(a->link.ctx);
        return;
    }
    a->session = AGENT_UP;
    LOG_INFO("AG012", "connected as %s", a->id);
    agent_give(a, (struct core_event){.kind = CORE_EVENT_UP});
}

static void on_down(void *arg, const struct link_reason *why)
{
    struct agent *a = (struct agent *)arg;
    bool slow = why->retry != LINK_RETRY_NETWORK;
    a->session = AGENT_DOWN;
    a->reason = *why;
    if (slow)
        LOG_ERROR("AG013", "%s", why->text);
    else
        LOG_WARN("AG014", "%s", why->text);
    agent_give(a, (struct core_event){
                      .kind = CORE_EVENT_DOWN, .slow = slow, .bytes = slice_str(a->reason.text)});
}

static void on_message(void *arg, struct slice topic, struct slice payload)
{
    struct agent *a = (struct agent *)arg;
    if (!slice_is(topic, a->down_topic))
        return;
    agent_give(a, (struct core_event){.kind = CORE_EVENT_RECEIVED, .bytes = payload});
    struct core_stats s;
    core_stats(a->core, &s);
    if (s.released > a->released)
        a->acked_ms = clock_now().boot_ms;
    a->released = s.released;
}

static void on_sent(void *arg, uint64_t token)
{
    agent_give((struct agent *)arg,
               (struct core_event){.kind = CORE_EVENT_SENT, .token = token, .ok = true});
}

static void will(void *arg, struct link_will *ret_will)
{
    struct agent *a = (struct agent *)arg;
    *ret_will = (struct link_will){
        .topic = slice_str(a->up_topic), .payload = core_will(a->core), .qos = 1};
}

static struct link_time judge_at(void *arg)
{
    const struct agent *a = (const struct agent *)arg;
    struct now now = clock_now();
    int64_t at = now.wall_ms > a->kept.wall_floor_ms ? now.wall_ms : a->kept.wall_floor_ms;
    return (struct link_time){.at_ms = at > BUILD_MS ? at : BUILD_MS,
                              .exact = now.trust >= TRUST_RTC};
}

struct link_events agent_link_events(struct agent *a)
{
    return (struct link_events){.arg = a,
                                .on_up = on_up,
                                .on_down = on_down,
                                .on_message = on_message,
                                .on_sent = on_sent,
                                .on_subscribed = on_subscribed,
                                .will = will,
                                .judge_at = judge_at};
}

static struct slice first_of(const char *configured, struct slice said)
{
    return configured && configured[0] ? slice_str(configured) : said;
}

/* The appliance says who it is; what the config says holds against it. */
static void on_identity(void *arg, const struct agent_port_identity *said)
{
    struct agent *a = (struct agent *)arg;
    struct wire_identity identity = {.model = first_of(a->config.model, said->model),
                                     .serial = first_of(a->config.serial_number, said->serial),
                                     .firmware = first_of(a->config.firmware, said->firmware),
                                     .hardware = slice_str(a->config.hardware),
                                     .agent = slice_str(TOCSIN_VERSION),
                                     .n_components = said->n_components,
                                     .components = said->components};
    agent_give(a, (struct core_event){.kind = CORE_EVENT_IDENTITY, .identity = &identity});
}

struct agent_port_events agent_port_events_of(struct agent *a)
{
    return (struct agent_port_events){.arg = a, .report = agent_report, .identity = on_identity};
}
