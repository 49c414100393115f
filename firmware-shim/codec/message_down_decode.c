/* Messages to firmware out of bytes: the firmware's half of the codec. */
#include "message.h"
#include "wire.h"

#define HEADER 5 /* kind, boot */

/* Bytes of the body up to the arguments, by kind from MESSAGE_ACK on. */
static const uint8_t body_bytes[] = {4, 7, 0, 9, 7};

static int action(const uint8_t *p, size_t args_len, struct message_down *ret)
{
    if (args_len % MESSAGE_ARG_BYTES || args_len > MESSAGE_ARGS_MAX * MESSAGE_ARG_BYTES)
        return MESSAGE_BAD;
    for (size_t i = 0; i < args_len; i += MESSAGE_ARG_BYTES)
        if ((uint8_t)(p[7 + i] + MESSAGE_EXPONENT_MAX) > 2 * MESSAGE_EXPONENT_MAX)
            return MESSAGE_BAD;
    ret->u.action.id = (uint16_t)(p[0] | p[1] << 8);
    ret->u.action.instance = p[2];
    ret->u.action.request = wire_le32(p + 3);
    ret->u.action.args.p = p + 7;
    ret->u.action.args.len = (uint8_t)args_len;
    return MESSAGE_OK;
}

int message_down_decode(const uint8_t *buf, size_t len, struct message_down *ret)
{
    if (len < HEADER)
        return MESSAGE_SHORT;
    unsigned index = (unsigned)buf[0] - MESSAGE_ACK;
    if (index >= sizeof body_bytes)
        return MESSAGE_UNKNOWN;
    if (len < HEADER + (size_t)body_bytes[index])
        return MESSAGE_SHORT;
    const uint8_t *p = buf + HEADER;
    switch (buf[0]) {
    case MESSAGE_ACK: ret->u.ack = wire_le32(p); break;
    case MESSAGE_ACTION:
        if (action(p, len - HEADER - body_bytes[index], ret) != MESSAGE_OK)
            return MESSAGE_BAD;
        break;
    case MESSAGE_TIME:
        if (p[0] > 1)
            return MESSAGE_BAD;
        ret->u.time.trusted = p[0];
        ret->u.time.wall_ms = (int64_t)((uint64_t)wire_le32(p + 5) << 32 | wire_le32(p + 1));
        break;
    case MESSAGE_SETTING:
        if (p[2] > 1)
            return MESSAGE_BAD;
        ret->u.setting.metric = (uint16_t)(p[0] | p[1] << 8);
        ret->u.setting.mute = p[2];
        ret->u.setting.interval_ms = wire_le32(p + 3);
        break;
    default: break;
    }
    ret->kind = buf[0];
    ret->boot = wire_le32(buf + 1);
    return MESSAGE_OK;
}
