/* The list of things to do. */
#include "agent/core/inside.h"

#include <stdarg.h>
#include <stdio.h>

#define OUT_KEEP (32 * 1024) /* more than this is given back after a busy step */

struct core_action *act(struct core *c, enum core_action_kind kind)
{
    if (c->n_actions == CORE_ACTIONS)
        return NULL;
    struct core_action *a = &c->actions[c->n_actions++];
    *a = (struct core_action){.kind = kind};
    return a;
}

void say(struct core *c, enum log_level level, const char *id, const char *fmt, ...)
{
    if (c->n_texts == TEXTS)
        return;
    struct core_action *a = act(c, CORE_LOG);
    if (!a)
        return;
    va_list ap;
    va_start(ap, fmt);
    char *text = c->texts[c->n_texts++];
    vsnprintf(text, TEXT_BYTES, fmt, ap);
    va_end(ap);
    a->level = level;
    a->log_id = id;
    a->text = text;
}

void out_begin(struct core *c)
{
    c->n_actions = c->n_texts = c->n_keys = 0;
    c->more = false;
    if (c->out.cap > OUT_KEEP)
        buf_free(&c->out);
    buf_reset(&c->out);
}

/* Bytes were noted as offsets while the buffer could still move. */
void out_end(struct core *c)
{
    size_t at = 0;
    for (size_t i = 0; i < c->n_actions; i++) {
        struct core_action *a = &c->actions[i];
        if (a->kind != CORE_PUBLISH)
            continue;
        a->bytes.ptr = c->out.ptr + at;
        at += a->bytes.len;
    }
}

static void out_connect(void *arg)
{
    act(arg, CORE_CONNECT);
}

static void out_disconnect(void *arg)
{
    act(arg, CORE_DISCONNECT);
}

static bool out_publish(void *arg, const struct wire_up *up, uint64_t token)
{
    struct core *c = arg;
    size_t before = c->out.len;
    struct core_action *a = c->n_actions + TEXTS + 4 < CORE_ACTIONS ? act(c, CORE_PUBLISH) : NULL;
    if (!a)
        return false;
    if (wire_encode_up(up, &c->out) != 0 || !buf_ok(&c->out)) {
        c->out.len = before;
        c->out.broken = false;
        c->n_actions--;
        return false;
    }
    a->bytes = slice_of(NULL, c->out.len - before);
    a->qos = 1;
    a->token = token;
    return true;
}

static void out_say(void *arg, enum log_level level, const char *id, const char *text)
{
    say(arg, level, id, "%s", text);
}

struct courier_out out_of(struct core *c)
{
    return (struct courier_out){c, out_connect, out_disconnect, out_publish, out_say};
}
