/* The layout of each message from firmware; see message.h for what it means. */
#include "fields.h"

#define UP(type, max, member)                                                                      \
    {                                                                                              \
        type, max, offsetof(struct message_up, member)                                             \
    }

const struct field message_up_header[] = {
    UP(U8, 255, kind), UP(FIXED32, 0, boot),  UP(VAR32, 0, counter), UP(VAR64, 0, source_ms),
    UP(VAR16, 0, id),  UP(U8, 255, instance), {END, 0, 0},
};
static const struct field up_hello[] = {
    UP(U8, 255, u.hello.protocol),
    UP(U8, 255, u.hello.reset),
    UP(U8, MESSAGE_COMPONENTS_MAX, u.hello.components),
    UP(TEXT, 0, u.hello.reset_text),
    UP(TEXT, 0, u.hello.source),
    UP(TEXT, 0, u.hello.firmware),
    UP(TEXT, 0, u.hello.model),
    UP(TEXT, 0, u.hello.serial),
    {END, 0, 0},
};
static const struct field up_component[] = {
    UP(U8, MESSAGE_COMPONENTS_MAX - 1, u.component.index),
    UP(TEXT, 0, u.component.name),
    UP(TEXT, 0, u.component.serial),
    UP(TEXT, 0, u.component.lot),
    {END, 0, 0},
};
static const struct field up_value[] = {UP(VALUE, 0, u.value), {END, 0, 0}};
static const struct field up_fault[] = {
    UP(U8, 1, u.fault.active),
    UP(VAR16, 0, u.fault.raises),
    UP(VAR32, 0, u.fault.first_age_ms),
    UP(U8, 255, u.fault.cut),
    UP(CONTEXT, MESSAGE_CONTEXT_MAX, u.fault.context),
    {END, 0, 0},
};
static const struct field up_cycle[] = {
    UP(U8, MESSAGE_CYCLE_END, u.cycle.phase),
    UP(U8, MESSAGE_OUTCOME_FAILED, u.cycle.outcome),
    {END, 0, 0},
};
static const struct field up_action_result[] = {
    UP(VAR32, 0, u.action_result.request),
    UP(U8, MESSAGE_RESULT_CONFIRM, u.action_result.result),
    UP(TEXT, 0, u.action_result.text),
    {END, 0, 0},
};
static const struct field up_intent[] = {
    UP(U8, MESSAGE_OFF, u.intent.intent), UP(VAR64, 0, u.intent.for_ms), {END, 0, 0}};
static const struct field up_nothing[] = {{END, 0, 0}};
static const struct field up_clock[] = {UP(SIGNED64, 0, u.wall_ms), {END, 0, 0}};

static const struct field *const up_bodies[] = {
    up_hello, up_component, up_value,         up_value,  up_value,   up_value,
    up_fault, up_cycle,     up_action_result, up_intent, up_nothing, up_clock,
};

const struct field *message_up_body(unsigned kind)
{
    unsigned index = kind - MESSAGE_HELLO;
    return index < sizeof up_bodies / sizeof up_bodies[0] ? up_bodies[index] : NULL;
}
