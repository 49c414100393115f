#include "ctl/doctor/mqtt.h"

#include <string.h>

struct out {
    uint8_t *at;
};

static void put_u8(struct out *o, unsigned v)
{
    *o->at++ = (uint8_t)v;
}

static void put_text(struct out *o, const char *text)
{
    size_t n = strlen(text);
    put_u8(o, (unsigned)(n >> 8));
    put_u8(o, (unsigned)(n & 0xff));
    memcpy(o->at, text, n);
    o->at += n;
}

/* The head: type and flags, then the length in one or two bytes. */
static void put_head(struct out *o, unsigned first, size_t length)
{
    put_u8(o, first);
    if (length > 127)
        put_u8(o, (unsigned)(length & 127) | 128);
    put_u8(o, (unsigned)(length > 127 ? length >> 7 : length));
}

size_t mqtt_connect(uint8_t to[MQTT_PACKET_MAX], const char *client_id, uint16_t keepalive_s)
{
    struct out o = {to};
    put_head(&o, 0x10, 12 + strlen(client_id));
    put_text(&o, "MQTT");
    put_u8(&o, 4);    /* 3.1.1 */
    put_u8(&o, 0x02); /* a clean session */
    put_u8(&o, keepalive_s >> 8);
    put_u8(&o, keepalive_s & 0xff);
    put_text(&o, client_id);
    return (size_t)(o.at - to);
}

size_t mqtt_subscribe(uint8_t to[MQTT_PACKET_MAX], const char *const *filters, size_t n)
{
    struct out o = {to};
    size_t length = 2;
    for (size_t i = 0; i < n; i++)
        length += 3 + strlen(filters[i]);
    put_head(&o, 0x82, length);
    put_u8(&o, 0);
    put_u8(&o, 1); /* its number */
    for (size_t i = 0; i < n; i++) {
        put_text(&o, filters[i]);
        put_u8(&o, 0);
    }
    return (size_t)(o.at - to);
}

size_t mqtt_publish(uint8_t to[MQTT_PACKET_MAX], const char *topic, const char *text)
{
    struct out o = {to};
    put_head(&o, 0x30, 2 + strlen(topic) + strlen(text));
    put_text(&o, topic);
    memcpy(o.at, text, strlen(text));
    return (size_t)(o.at - to) + strlen(text);
}

size_t mqtt_disconnect(uint8_t to[MQTT_PACKET_MAX])
{
    to[0] = 0xe0;
    to[1] = 0;
    return 2;
}

bool mqtt_length(uint8_t byte, size_t *length, unsigned *shift, bool *bad)
{
    *length |= (size_t)(byte & 127) << *shift;
    *shift += 7;
    *bad = *shift > 21 && (byte & 128);
    return !(byte & 128);
}

const char *mqtt_refusal(uint8_t code)
{
    static const char *const texts[] = {
        "accepted",
        "it does not speak MQTT 3.1.1",
        "it does not take this client id",
        "it is not available",
        "it does not know this name",
        "this name is not allowed to connect",
    };
    return code < sizeof texts / sizeof texts[0] ? texts[code] : "a reason of its own";
}
