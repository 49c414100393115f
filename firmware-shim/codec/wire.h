/* Bytes, varints and zigzag over a bounded buffer: the codec's own tools. */
#ifndef FIRMWARE_SHIM_WIRE_H
#define FIRMWARE_SHIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_out {
    uint8_t *p;
    size_t size;
    size_t len;
    bool full; /* something did not fit; nothing is written after that */
};

struct wire_in {
    const uint8_t *p;
    size_t len;
    size_t at;
};

void wire_put(struct wire_out *o, const void *p, size_t len);
void wire_put_u8(struct wire_out *o, uint8_t v);
void wire_put_varint(struct wire_out *o, uint64_t v);
void wire_put_signed(struct wire_out *o, int64_t v);

/* False where the bytes end inside the field or a varint is longer than 64 bits. */
bool wire_get_u8(struct wire_in *in, uint8_t *ret);
bool wire_get_varint(struct wire_in *in, uint64_t *ret);
bool wire_get_signed(struct wire_in *in, int64_t *ret);
/* Lends `len` bytes of the input. */
bool wire_get(struct wire_in *in, size_t len, const uint8_t **ret);

/* Four little-endian bytes. */
static inline uint32_t wire_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
