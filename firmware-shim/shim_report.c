/* One function a kind of report. */
#include "shim.h"
#include "shim_parts.h"

bool shim_value(struct shim *s, uint8_t kind, uint16_t id, uint8_t instance,
                struct message_value value)
{
    struct message_up m;
    m.kind = kind;
    m.id = id;
    m.instance = instance;
    m.u.value = value;
    if (kind != MESSAGE_EVENT && !shim_wanted(s, id, instance, kind == MESSAGE_STATE))
        return true;
    return shim_say(s, &m);
}

bool shim_cycle(struct shim *s, uint16_t cycle, uint8_t instance, uint8_t phase, uint8_t outcome)
{
    struct message_up m;
    m.kind = MESSAGE_CYCLE;
    m.id = cycle;
    m.instance = instance;
    m.u.cycle.phase = phase;
    m.u.cycle.outcome = outcome;
    return shim_say(s, &m);
}

bool shim_intent(struct shim *s, uint8_t intent, uint64_t for_ms)
{
    struct message_up m;
    m.kind = MESSAGE_INTENT;
    m.id = 0;
    m.instance = 0;
    m.u.intent.intent = intent;
    m.u.intent.for_ms = for_ms;
    return shim_say(s, &m);
}

bool shim_wall(struct shim *s, int64_t wall_ms)
{
    struct message_up m;
    m.kind = MESSAGE_CLOCK;
    m.id = 0;
    m.instance = 0;
    m.u.wall_ms = wall_ms;
    return shim_say(s, &m);
}

bool shim_action_done(struct shim *s, const struct shim_request *request, uint8_t result,
                      const char *text)
{
    struct message_up m;
    m.kind = MESSAGE_ACTION_RESULT;
    m.id = request->action;
    m.instance = request->instance;
    m.u.action_result.request = request->request;
    m.u.action_result.result = result;
    m.u.action_result.text = message_text_of(text);
    return shim_say(s, &m);
}
