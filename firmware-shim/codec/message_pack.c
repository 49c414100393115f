/* Values packed behind one another: a fault's context, an action's arguments. */
#include "message.h"
#include "wire.h"

static bool exponent_ok(int8_t exponent)
{
    return exponent >= -MESSAGE_EXPONENT_MAX && exponent <= MESSAGE_EXPONENT_MAX;
}

static bool put_value(struct wire_out *o, size_t *len, struct message_value value)
{
    wire_put_signed(o, value.exponent);
    wire_put_signed(o, value.n);
    if (o->full || !exponent_ok(value.exponent))
        return false;
    *len = o->len;
    return true;
}

bool message_context_put(uint8_t *buf, size_t size, size_t *len, uint16_t metric,
                         struct message_value value)
{
    struct wire_out o = {.p = buf, .size = size, .len = *len};
    wire_put_varint(&o, metric);
    return put_value(&o, len, value);
}

bool message_arg_put(uint8_t *buf, size_t size, size_t *len, struct message_value value)
{
    struct wire_out o = {.p = buf, .size = size, .len = *len};
    return put_value(&o, len, value);
}

static bool get_value(struct wire_in *in, struct message_value *ret)
{
    int64_t exponent, n;
    if (!wire_get_signed(in, &exponent) || !wire_get_signed(in, &n))
        return false;
    if (exponent < -MESSAGE_EXPONENT_MAX || exponent > MESSAGE_EXPONENT_MAX)
        return false;
    *ret = (struct message_value){.n = n, .exponent = (int8_t)exponent};
    return true;
}

static void take(struct message_bytes *bytes, const struct wire_in *in)
{
    bytes->p += in->at;
    bytes->len = (uint8_t)(bytes->len - in->at);
}

bool message_context_next(struct message_bytes *bytes, uint16_t *ret_metric,
                          struct message_value *ret_value)
{
    struct wire_in in = {.p = bytes->p, .len = bytes->len};
    uint64_t metric;
    if (!wire_get_varint(&in, &metric) || metric > UINT16_MAX || !get_value(&in, ret_value))
        return false;
    *ret_metric = (uint16_t)metric;
    take(bytes, &in);
    return true;
}

bool message_arg_next(struct message_bytes *bytes, struct message_value *ret_value)
{
    struct wire_in in = {.p = bytes->p, .len = bytes->len};
    if (!get_value(&in, ret_value))
        return false;
    take(bytes, &in);
    return true;
}
