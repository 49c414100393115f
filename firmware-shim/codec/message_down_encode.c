/* Messages to firmware into bytes: the agent's half of the codec. */
#include "message.h"
#include "wire.h"

static void put_le(struct wire_out *o, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, v >>= 8)
        wire_put_u8(o, (uint8_t)v);
}

int message_down_encode(const struct message_down *m, uint8_t *buf, size_t size)
{
    struct wire_out o = {.p = buf, .size = size};
    put_le(&o, m->kind, 1);
    put_le(&o, m->boot, 4);
    switch (m->kind) {
    case MESSAGE_ACK: put_le(&o, m->u.ack, 4); break;
    case MESSAGE_ACTION:
        put_le(&o, m->u.action.id, 2);
        put_le(&o, m->u.action.instance, 1);
        put_le(&o, m->u.action.request, 4);
        wire_put(&o, m->u.action.args.p, m->u.action.args.len);
        break;
    case MESSAGE_HELLO_REQUEST: break;
    case MESSAGE_TIME:
        put_le(&o, m->u.time.trusted, 1);
        put_le(&o, (uint64_t)m->u.time.wall_ms, 8);
        break;
    case MESSAGE_SETTING:
        put_le(&o, m->u.setting.metric, 2);
        put_le(&o, m->u.setting.mute, 1);
        put_le(&o, m->u.setting.interval_ms, 4);
        break;
    default: return MESSAGE_UNKNOWN;
    }
    return o.full ? MESSAGE_SHORT : (int)o.len;
}
