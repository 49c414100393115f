/* The message codec: one table of fields a kind, read by the encoder and the
 * decoder alike, so the two cannot part. */
#include "message.h"
#include "wire.h"

enum field_type {
    END,
    U8, /* at most `max` */
    FIXED32,
    VAR16,
    VAR32,
    VAR64,
    SIGNED64,
    VALUE,
    TEXT,
    CONTEXT, /* packed values with metrics, at most `max` */
    ARGS,    /* packed values, at most `max` */
};

struct field {
    uint8_t type;
    uint8_t max;
    uint8_t at; /* its offset in the struct */
};

#define UP(type, max, member)                                                                      \
    {                                                                                              \
        type, max, offsetof(struct message_up, member)                                             \
    }
#define DOWN(type, max, member)                                                                    \
    {                                                                                              \
        type, max, offsetof(struct message_down, member)                                           \
    }

static const struct field up_header[] = {
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

static const struct field down_header[] = {
    DOWN(U8, 255, kind), DOWN(FIXED32, 0, boot), {END, 0, 0}};
static const struct field down_ack[] = {DOWN(VAR32, 0, u.ack), {END, 0, 0}};
static const struct field down_action[] = {
    DOWN(VAR16, 0, u.action.id),
    DOWN(U8, 255, u.action.instance),
    DOWN(VAR32, 0, u.action.request),
    DOWN(ARGS, MESSAGE_ARGS_MAX, u.action.args),
    {END, 0, 0},
};
static const struct field down_nothing[] = {{END, 0, 0}};
static const struct field down_time[] = {
    DOWN(SIGNED64, 0, u.time.wall_ms), DOWN(U8, 1, u.time.trusted), {END, 0, 0}};
static const struct field down_setting[] = {
    DOWN(VAR16, 0, u.setting.metric),
    DOWN(U8, 1, u.setting.mute),
    DOWN(VAR32, 0, u.setting.interval_ms),
    {END, 0, 0},
};

static const struct field *const down_bodies[] = {
    down_ack, down_action, down_nothing, down_time, down_setting,
};

static const struct field *body_of(const struct field *const *bodies, size_t count, unsigned kind,
                                   unsigned first)
{
    return kind >= first && kind - first < count ? bodies[kind - first] : NULL;
}

static const struct field *up_body(unsigned kind)
{
    return body_of(up_bodies, sizeof up_bodies / sizeof up_bodies[0], kind, MESSAGE_HELLO);
}

static const struct field *down_body(unsigned kind)
{
    return body_of(down_bodies, sizeof down_bodies / sizeof down_bodies[0], kind, MESSAGE_ACK);
}

/* True where packed bytes read to their end in at most `max` values. */
static bool packed_ok(uint8_t type, unsigned max, struct message_bytes bytes)
{
    struct message_value value;
    uint16_t metric;
    while (bytes.len > 0) {
        bool ok = type == CONTEXT ? message_context_next(&bytes, &metric, &value)
                                  : message_arg_next(&bytes, &value);
        if (!ok || max-- == 0)
            return false;
    }
    return true;
}

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

static void put_fields(struct wire_out *o, const struct field *f, const void *message)
{
    for (; f->type != END; f++)
        put_field(o, f->type, (const unsigned char *)message + f->at);
}

static int encode(const struct field *header, const struct field *body, const void *message,
                  uint8_t *buf, size_t size)
{
    struct wire_out o = {.p = buf, .size = size};
    if (!body)
        return MESSAGE_UNKNOWN;
    put_fields(&o, header, message);
    put_fields(&o, body, message);
    return o.full ? MESSAGE_SHORT : (int)o.len;
}

int message_up_encode(const struct message_up *m, uint8_t *buf, size_t size)
{
    return encode(up_header, up_body(m->kind), m, buf, size);
}

int message_down_encode(const struct message_down *m, uint8_t *buf, size_t size)
{
    return encode(down_header, down_body(m->kind), m, buf, size);
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
    *(uint32_t *)(void *)at =
        (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
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

static int get_packed(struct wire_in *in, const struct field *f, struct message_bytes *ret)
{
    uint8_t len;
    const uint8_t *p;
    if (!wire_get_u8(in, &len) || !wire_get(in, len, &p))
        return MESSAGE_SHORT;
    *ret = (struct message_bytes){.p = p, .len = len};
    return packed_ok(f->type, f->max, *ret) ? MESSAGE_OK : MESSAGE_BAD;
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
    case CONTEXT:
    case ARGS: return get_packed(in, f, (void *)at);
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
    int err = get_fields(&in, up_header, &m);
    const struct field *body = up_body(m.kind);
    if (err == MESSAGE_OK)
        err = body ? get_fields(&in, body, &m) : MESSAGE_UNKNOWN;
    if (err == MESSAGE_OK)
        *ret = m;
    return err;
}

int message_down_decode(const uint8_t *buf, size_t len, struct message_down *ret)
{
    struct wire_in in = {.p = buf, .len = len};
    struct message_down m = {0};
    int err = get_fields(&in, down_header, &m);
    const struct field *body = down_body(m.kind);
    if (err == MESSAGE_OK)
        err = body ? get_fields(&in, body, &m) : MESSAGE_UNKNOWN;
    if (err == MESSAGE_OK)
        *ret = m;
    return err;
}

struct message_text message_text_of(const char *s)
{
    struct message_text text = {.p = s};
    while (s && text.len < MESSAGE_TEXT_MAX && s[text.len])
        text.len++;
    return text;
}
