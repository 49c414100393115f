/* What the gateway says. */
#include "agent/core/inside.h"

#include <stdio.h>

static void settings(struct core *c, const struct wire_settings *s)
{
    int rc = twin_apply(c->twin, s);
    if (rc == ERR_EXISTS)
        return;
    if (rc == ERR_LIMIT) {
        say(c, LOG_WARN_, "AG126", "settings refused: more than %d", TWIN_SETTINGS);
        return;
    }
    if (rc != 0)
        say(c, LOG_WARN_, "AG127", "settings are in force but not durable: the disk refuses");
    tell_settings(c);
    courier_rehello(c->courier);
}

void tell_settings(struct core *c)
{
    struct slice key;
    int64_t value;
    struct core_action *first = act(c, CORE_SETTING);
    if (!first)
        return;
    first->text = "";
    for (size_t i = 0; twin_at(c->twin, i, &key, &value) && c->n_keys < KEYS; i++) {
        if (c->n_actions + TEXTS + 8 > CORE_ACTIONS)
            return;
        char *text = c->keys[c->n_keys++];
        snprintf(text, sizeof c->keys[0], "%.*s", (int)key.len, (const char *)key.ptr);
        struct core_action *a = act(c, CORE_SETTING);
        a->text = text;
        a->value = value;
    }
}

static const struct ability *who_can(const struct core *c, uint32_t action)
{
    for (size_t i = 0; i < c->n_abilities; i++)
        if (c->abilities[i].action == action)
            return &c->abilities[i];
    return NULL;
}

static void command(struct core *c, const struct wire_command *w, struct now now)
{
    const struct ability *who = who_can(c, w->action);
    bool well = c->c.signed_well && c->c.signed_well(c->c.arg, w);
    struct command_verdict v = commands_take(c->commands, w, who != NULL, well, now);
    if (v.answer)
        batch_result(c->batch, w->id, v.status, slice_str(v.text), now);
    struct core_action *a = v.act ? act(c, CORE_ACT) : NULL;
    if (!a || !who)
        return;
    a->source = who->source;
    a->id = w->action;
    a->instance = w->instance;
    a->ref = v.ref;
    a->n_args = w->n_args < LIMIT_ARGS ? w->n_args : LIMIT_ARGS;
    for (size_t i = 0; i < a->n_args; i++)
        c->args[i] = w->args[i];
    a->args = c->args;
}

void tell_orphans(struct core *c, struct now now)
{
    struct slice id;
    while (commands_orphan(c->commands, &id))
        if (batch_result(c->batch, id, RESULT_UNKNOWN,
                         slice_str("the agent stopped before the answer"), now) != 0)
            return;
}

void down(struct core *c, struct slice bytes, struct now now)
{
    struct wire_down d;
    const char *why = NULL;
    arena_reset(&c->down_memory);
    if (wire_decode_down(bytes, &c->down_memory, &d, &why) != 0) {
        say(c, LOG_WARN_, "AG128", "a message of the gateway was not understood: %s",
            why ? why : "no memory");
        return;
    }
    switch (d.kind) {
    case DOWN_ACK: c->stats.released += courier_ack(c->courier, d.epoch, &d.ack, now); break;
    case DOWN_COMMAND:
        courier_word(c->courier, d.epoch, now);
        command(c, &d.command, now);
        break;
    case DOWN_SETTINGS:
        courier_word(c->courier, d.epoch, now);
        settings(c, &d.settings);
        break;
    }
}
