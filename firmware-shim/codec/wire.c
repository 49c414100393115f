/* Bounded reads and writes; see wire.h. */
#include "wire.h"

void wire_put(struct wire_out *o, const void *p, size_t len)
{
    const uint8_t *from = p;
    if (o->full || len > o->size - o->len) {
        o->full = true;
        return;
    }
    for (size_t i = 0; i < len; i++)
        o->p[o->len++] = from[i];
}

void wire_put_u8(struct wire_out *o, uint8_t v)
{
    wire_put(o, &v, 1);
}

void wire_put_varint(struct wire_out *o, uint64_t v)
{
    while (v >= 0x80) {
        wire_put_u8(o, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    wire_put_u8(o, (uint8_t)v);
}

void wire_put_signed(struct wire_out *o, int64_t v)
{
    uint64_t sign = v < 0 ? UINT64_MAX : 0;
    wire_put_varint(o, ((uint64_t)v << 1) ^ sign);
}

bool wire_get_u8(struct wire_in *in, uint8_t *ret)
{
    if (in->at >= in->len)
        return false;
    *ret = in->p[in->at++];
    return true;
}

bool wire_get_varint(struct wire_in *in, uint64_t *ret)
{
    uint64_t v = 0;
    uint8_t byte;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!wire_get_u8(in, &byte))
            return false;
        if (shift == 63 && byte > 1)
            return false;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = v;
            return true;
        }
    }
    return false;
}

bool wire_get_signed(struct wire_in *in, int64_t *ret)
{
    uint64_t v;
    if (!wire_get_varint(in, &v))
        return false;
    uint64_t sign = v & 1 ? UINT64_MAX : 0;
    *ret = (int64_t)((v >> 1) ^ sign);
    return true;
}

bool wire_get(struct wire_in *in, size_t len, const uint8_t **ret)
{
    if (len > in->len - in->at)
        return false;
    *ret = in->p + in->at;
    in->at += len;
    return true;
}
