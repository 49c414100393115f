/* The frame codec: see frame.h for the layout. */
#include "frame.h"

#define CRC_BYTES 4

static uint32_t checksum(const uint8_t *p, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t crc = ~(uint32_t)0;
    while (len--) {
        crc ^= *p++;
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return ~crc;
}

size_t frame_seal(uint8_t *buf, size_t payload_len)
{
    if (payload_len == 0 || payload_len > FRAME_PAYLOAD_MAX)
        return 0;
    uint32_t crc = checksum(buf + FRAME_PAYLOAD_AT, payload_len);
    size_t end = FRAME_PAYLOAD_AT + payload_len;
    for (int i = 0; i < CRC_BYTES; i++, crc >>= 8)
        buf[end++] = (uint8_t)crc;
    size_t code_at = 0;
    for (size_t i = 1; i < end; i++) {
        if (buf[i] != 0)
            continue;
        buf[code_at] = (uint8_t)(i - code_at);
        code_at = i;
    }
    buf[code_at] = (uint8_t)(end - code_at);
    buf[end++] = 0;
    return end;
}

void frame_reader_init(struct frame_reader *r, uint8_t *buf, size_t size)
{
    r->buf = buf;
    r->size = (uint16_t)(size < 0xffff ? size : 0xffff);
    r->used = 0;
    r->skipping = false;
    r->payload = NULL;
    r->payload_len = 0;
}

/* Puts the zeros back in place: each code byte stood for the next one. */
static bool unstuff(uint8_t *buf, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint8_t code = buf[at];
        if (code == 0)
            return false;
        buf[at] = 0;
        at += code;
    }
    return at == len;
}

static enum frame_event close_frame(struct frame_reader *r, size_t len)
{
    const size_t fixed = FRAME_PAYLOAD_AT + CRC_BYTES;
    if (len <= fixed || !unstuff(r->buf, len))
        return FRAME_DAMAGED;
    size_t payload_len = len - fixed;
    const uint8_t *payload = r->buf + FRAME_PAYLOAD_AT;
    uint32_t crc = checksum(payload, payload_len);
    for (size_t i = 0; i < CRC_BYTES; i++, crc >>= 8)
        if (payload[payload_len + i] != (uint8_t)crc)
            return FRAME_DAMAGED;
    r->payload = payload;
    r->payload_len = (uint16_t)payload_len;
    return FRAME_READY;
}

enum frame_event frame_feed(struct frame_reader *r, uint8_t byte)
{
    if (byte == 0) {
        size_t len = r->used;
        bool skipped = r->skipping;
        r->used = 0;
        r->skipping = false;
        return skipped || len == 0 ? FRAME_MORE : close_frame(r, len);
    }
    if (r->skipping)
        return FRAME_MORE;
    if (r->used == r->size) {
        r->skipping = true;
        return FRAME_TOO_LONG;
    }
    r->buf[r->used++] = byte;
    return FRAME_MORE;
}
