/* Values packed behind one another: a fault's context, an action's arguments. */
#include "message.h"
#include "wire.h"

static bool exponent_ok(int8_t exponent)
{
    return exponent >= -MESSAGE_EXPONENT_MAX && exponent <= MESSAGE_EXPONENT_MAX;
}

bool message_context_put(uint8_t *buf, size_t size, size_t *len, uint16_t metric,
                         struct message_value value)
{
    struct wire_out o = {.p = buf, .size = size, .len = *len};
    wire_put_varint(&o, metric);
    wire_put_signed(&o, value.exponent);
    wire_put_signed(&o, value.n);
    if (o.full || !exponent_ok(value.exponent))
        return false;
    *len = o.len;
    return true;
}

bool message_context_next(struct message_bytes *bytes, uint16_t *ret_metric,
                          struct message_value *ret_value)
{
    struct wire_in in = {.p = bytes->p, .len = bytes->len};
    uint64_t metric;
    int64_t exponent, n;
    if (!wire_get_varint(&in, &metric) || metric > UINT16_MAX || !wire_get_signed(&in, &exponent) ||
        !wire_get_signed(&in, &n))
        return false;
    if (exponent < -MESSAGE_EXPONENT_MAX || exponent > MESSAGE_EXPONENT_MAX)
        return false;
    *ret_metric = (uint16_t)metric;
    *ret_value = (struct message_value){.n = n, .exponent = (int8_t)exponent};
    bytes->p += in.at;
    bytes->len = (uint8_t)(bytes->len - in.at);
    return true;
}

bool message_arg_put(uint8_t *buf, size_t size, size_t *len, struct message_value value)
{
    if (size - *len < MESSAGE_ARG_BYTES || value.n < INT32_MIN || value.n > INT32_MAX ||
        !exponent_ok(value.exponent))
        return false;
    uint8_t *p = buf + *len;
    p[0] = (uint8_t)value.exponent;
    for (unsigned i = 0; i < 4; i++)
        p[1 + i] = (uint8_t)(value.n >> (8 * i));
    *len += MESSAGE_ARG_BYTES;
    return true;
}

bool message_arg_next(struct message_bytes *bytes, struct message_value *ret_value)
{
    const uint8_t *p = bytes->p;
    if (bytes->len < MESSAGE_ARG_BYTES)
        return false;
    ret_value->exponent = (int8_t)p[0];
    ret_value->n = (int32_t)wire_le32(p + 1);
    bytes->p += MESSAGE_ARG_BYTES;
    bytes->len = (uint8_t)(bytes->len - MESSAGE_ARG_BYTES);
    return true;
}
