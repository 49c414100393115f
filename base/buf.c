/* The bounded buffer and its reader. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes};
}

void buf_free(struct buf *b)
{
    if (!b)
        return;
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->broken = false;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
    if (b->broken || n > b->max || b->len > b->max - n)
        goto broken;
    if (b->len + n > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < b->len + n)
            cap *= 2;
        uint8_t *ptr = realloc(b->ptr, cap);
        if (!ptr)
            goto broken;
        b->ptr = ptr;
        b->cap = cap;
    }
    return b->ptr + b->len;
broken:
    b->broken = true;
    return NULL;
}

void buf_put(struct buf *b, const void *ptr, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = buf_room(b, n);
    if (!at)
        return;
    memcpy(at, ptr, n);
    b->len += n;
}

void buf_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    uint8_t *at = n >= 0 ? buf_room(b, (size_t)n + 1) : NULL;
    if (at) {
        vsnprintf((char *)at, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

static void put_le(struct buf *b, uint64_t v, size_t n)
{
    uint8_t raw[8];
    for (size_t i = 0; i < n; i++)
        raw[i] = (uint8_t)(v >> (8 * i));
    buf_put(b, raw, n);
}

void buf_u32(struct buf *b, uint32_t v)
{
    put_le(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
    put_le(b, v, 8);
}

void buf_f64(struct buf *b, double v)
{
    uint64_t raw;
    memcpy(&raw, &v, sizeof raw);
    put_le(b, raw, 8);
}

void buf_varint(struct buf *b, uint64_t v)
{
    uint8_t raw[10];
    size_t n = 0;
    do {
        raw[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
        n++;
    } while (v);
    buf_put(b, raw, n);
}

void buf_zigzag(struct buf *b, int64_t v)
{
    buf_varint(b, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

void buf_bytes(struct buf *b, struct slice s)
{
    buf_varint(b, s.len);
    buf_put(b, s.ptr, s.len);
}

const char *buf_cstr(struct buf *b)
{
    uint8_t *at = buf_room(b, 1);
    if (!at)
        return "";
    *at = 0;
    return (const char *)b->ptr;
}

static uint64_t get_le(struct reader *r, size_t n)
{
    if (r->bad || reader_left(r) < n) {
        r->bad = true;
        return 0;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)r->ptr[i] << (8 * i);
    r->ptr += n;
    return v;
}

uint8_t read_u8(struct reader *r)
{
    return (uint8_t)get_le(r, 1);
}

uint32_t read_u32(struct reader *r)
{
    return (uint32_t)get_le(r, 4);
}

uint64_t read_u64(struct reader *r)
{
    return get_le(r, 8);
}

double read_f64(struct reader *r)
{
    uint64_t raw = get_le(r, 8);
    double v;
    memcpy(&v, &raw, sizeof v);
    return v;
}

uint64_t read_varint(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_u8(r);
        if (r->bad || (shift == 63 && byte > 1))
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

int64_t read_zigzag(struct reader *r)
{
    uint64_t v = read_varint(r);
    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}

struct slice read_bytes(struct reader *r)
{
    uint64_t n = read_varint(r);
    if (r->bad || n > reader_left(r)) {
        r->bad = true;
        return slice_of(NULL, 0);
    }
    struct slice s = slice_of(r->ptr, (size_t)n);
    r->ptr += n;
    return s;
}
