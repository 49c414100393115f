/* Frames on a byte stream: COBS stuffing, CRC-32C, a zero byte between frames.
 *
 *     stuffed{ payload (1..249 bytes), CRC-32C of the payload (little-endian) } 0x00
 *
 * A frame is at most 254 bytes before its delimiter, so COBS needs exactly one
 * byte more than it carries and both directions work in place. After any noise
 * the reader is in step again at the next zero byte. Freestanding.
 *
 * COBS: Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM
 * Transactions on Networking 7(2), 1999. CRC-32C: RFC 3720, appendix B.4. */
#ifndef FIRMWARE_SHIM_FRAME_H
#define FIRMWARE_SHIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_PAYLOAD_MAX 249
#define FRAME_OVERHEAD    6 /* COBS code, CRC, delimiter */
#define FRAME_BYTES_MAX   (FRAME_PAYLOAD_MAX + FRAME_OVERHEAD)
#define FRAME_PAYLOAD_AT  1 /* where the payload starts in a buffer to seal */

/* Makes a frame of the payload that the caller wrote at buf[FRAME_PAYLOAD_AT],
 * in place. `buf` must have room for payload_len + FRAME_OVERHEAD bytes.
 * Returns the frame's size with its delimiter, 0 when payload_len is 0 or above
 * FRAME_PAYLOAD_MAX. */
size_t frame_seal(uint8_t *buf, size_t payload_len);

enum frame_event {
    FRAME_MORE,     /* nothing yet */
    FRAME_READY,    /* a whole frame: payload and payload_len are set */
    FRAME_DAMAGED,  /* the stuffing or the checksum does not hold: noise */
    FRAME_TOO_LONG, /* more bytes than the buffer holds came without a delimiter */
};

struct frame_reader {
    uint8_t *buf;
    uint16_t size;
    uint16_t used;
    bool skipping; /* until the next delimiter */
    const uint8_t *payload;
    uint16_t payload_len;
};

/* Borrows `buf` for the reader's life; size FRAME_BYTES_MAX takes any frame. */
void frame_reader_init(struct frame_reader *r, uint8_t *buf, size_t size);

/* Takes one byte. With FRAME_READY it lends `payload` until the next call.
 * Each frame that is not good is reported once, at its delimiter or, when it is
 * too long, at the first byte too many. */
enum frame_event frame_feed(struct frame_reader *r, uint8_t byte);

#endif
