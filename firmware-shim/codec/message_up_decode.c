/* Messages from firmware out of bytes: the agent's half of the codec. */
#include "fields.h"
#include "wire.h"

/* True where packed values read to their end in at most `max` steps. */
static bool context_ok(struct message_bytes bytes, unsigned max)
{
    struct message_value value;
    uint16_t metric;
    while (bytes.len > 0)
        if (max-- == 0 || !message_context_next(&bytes, &metric, &value))
            return false;
    return true;
}

static int get_unsigned(struct wire_in *in, uint8_t type, unsigned char *at)
{
    uint64_t v;
    if (!wire_get_varint(in, &v))
        return MESSAGE_SHORT;
    if (type == VAR64) {
        *(uint64_t *)(void *)at = v;
    } else if (type == VAR32) {
        if (v > UINT32_MAX)
            return MESSAGE_BAD;
        *(uint32_t *)(void *)at = (uint32_t)v;
    } else {
        if (v > UINT16_MAX)
            return MESSAGE_BAD;
        *(uint16_t *)(void *)at = (uint16_t)v;
    }
    return MESSAGE_OK;
}

static int get_fixed32(struct wire_in *in, unsigned char *at)
{
    const uint8_t *p;
    if (!wire_get(in, 4, &p))
        return MESSAGE_SHORT;
    *(uint32_t *)(void *)at = wire_le32(p);
    return MESSAGE_OK;
}

static int get_value(struct wire_in *in, struct message_value *ret)
{
    int64_t exponent;
    if (!wire_get_signed(in, &exponent) || !wire_get_signed(in, &ret->n))
        return MESSAGE_SHORT;
    if (exponent < -MESSAGE_EXPONENT_MAX || exponent > MESSAGE_EXPONENT_MAX)
        return MESSAGE_BAD;
    ret->exponent = (int8_t)exponent;
    return MESSAGE_OK;
}

static int get_text(struct wire_in *in, struct message_text *ret)
{
    uint8_t len;
    const uint8_t *p;
    if (!wire_get_u8(in, &len) || !wire_get(in, len, &p))
        return MESSAGE_SHORT;
    if (len > MESSAGE_TEXT_MAX)
        return MESSAGE_BAD;
    *ret = (struct message_text){.p = (const char *)p, .len = len};
    return MESSAGE_OK;
}

static int get_context(struct wire_in *in, const struct field *f, struct message_bytes *ret)
{
    uint8_t len;
    const uint8_t *p;
    if (!wire_get_u8(in, &len) || !wire_get(in, len, &p))
        return MESSAGE_SHORT;
    *ret = (struct message_bytes){.p = p, .len = len};
    return context_ok(*ret, f->max) ? MESSAGE_OK : MESSAGE_BAD;
}

static int get_field(struct wire_in *in, const struct field *f, unsigned char *at)
{
    switch (f->type) {
    case U8:
        if (!wire_get_u8(in, at))
            return MESSAGE_SHORT;
        return *at <= f->max ? MESSAGE_OK : MESSAGE_BAD;
    case FIXED32: return get_fixed32(in, at);
    case SIGNED64: return wire_get_signed(in, (void *)at) ? MESSAGE_OK : MESSAGE_SHORT;
    case VALUE: return get_value(in, (void *)at);
    case TEXT: return get_text(in, (void *)at);
    case CONTEXT: return get_context(in, f, (void *)at);
    default: return get_unsigned(in, f->type, at);
    }
}

static int get_fields(struct wire_in *in, const struct field *f, void *message)
{
    int err = MESSAGE_OK;
    for (; err == MESSAGE_OK && f->type != END; f++)
        err = get_field(in, f, (unsigned char *)message + f->at);
    return err;
}

int message_up_decode(const uint8_t *buf, size_t len, struct message_up *ret)
{
    struct wire_in in = {.p = buf, .len = len};
    struct message_up m = {0};
    int err = get_fields(&in, message_up_header, &m);
    const struct field *body = message_up_body(m.kind);
    if (err == MESSAGE_OK)
        err = body ? get_fields(&in, body, &m) : MESSAGE_UNKNOWN;
    if (err == MESSAGE_OK)
        *ret = m;
    return err;
}
