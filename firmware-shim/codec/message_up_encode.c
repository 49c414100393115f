/* Messages from firmware into bytes: the firmware's half of the codec. */
#include "fields.h"
#include "wire.h"

static void put_fixed32(struct wire_out *o, uint32_t v)
{
    for (int i = 0; i < 4; i++, v >>= 8)
        wire_put_u8(o, (uint8_t)v);
}

static void put_text(struct wire_out *o, const struct message_text *text)
{
    uint8_t len = text->len < MESSAGE_TEXT_MAX ? text->len : MESSAGE_TEXT_MAX;
    wire_put_u8(o, len);
    wire_put(o, text->p, len);
}

static void put_field(struct wire_out *o, uint8_t type, const unsigned char *at)
{
    const struct message_value *value = (const void *)at;
    const struct message_bytes *bytes = (const void *)at;
    switch (type) {
    case U8: wire_put_u8(o, *at); break;
    case FIXED32: put_fixed32(o, *(const uint32_t *)(const void *)at); break;
    case VAR16: wire_put_varint(o, *(const uint16_t *)(const void *)at); break;
    case VAR32: wire_put_varint(o, *(const uint32_t *)(const void *)at); break;
    case VAR64: wire_put_varint(o, *(const uint64_t *)(const void *)at); break;
    case SIGNED64: wire_put_signed(o, *(const int64_t *)(const void *)at); break;
    case VALUE:
        wire_put_signed(o, value->exponent);
        wire_put_signed(o, value->n);
        break;
    case TEXT: put_text(o, (const void *)at); break;
    default:
        wire_put_u8(o, bytes->len);
        wire_put(o, bytes->p, bytes->len);
        break;
    }
}

int message_up_encode(const struct message_up *m, uint8_t *buf, size_t size)
{
    struct wire_out o = {.p = buf, .size = size};
    const struct field *body = message_up_body(m->kind);
    if (!body)
        return MESSAGE_UNKNOWN;
    for (const struct field *f = message_up_header; f->type != END; f++)
        put_field(&o, f->type, (const unsigned char *)m + f->at);
    for (; body->type != END; body++)
        put_field(&o, body->type, (const unsigned char *)m + body->at);
    return o.full ? MESSAGE_SHORT : (int)o.len;
}

struct message_text message_text_of(const char *s)
{
    struct message_text text = {.p = s};
    while (s && text.len < MESSAGE_TEXT_MAX && s[text.len])
        text.len++;
    return text;
}
