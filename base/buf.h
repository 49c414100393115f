/* A growing byte buffer with a bound. One failed append makes it "broken": all
 * later appends do nothing, and buf_ok() says so once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/slice.h"

struct buf {
    uint8_t *ptr; /* owned */
    size_t len;
    size_t cap;
    size_t max; /* bytes; never grows past this */
    bool broken;
};

/* Starts empty; allocates at the first append. */
void buf_init(struct buf *b, size_t max_bytes);
void buf_free(struct buf *b);
/* Empties, keeps the memory, mends "broken". */
void buf_reset(struct buf *b);

/* Makes room for n more bytes and returns where they go (lent until the next
 * append; count them in with `b->len += n`), or NULL when broken. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *ptr, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Fixed-width little-endian numbers and LEB128 varints (zigzag for signed):
 * the encoding of snapshots and segment files. */
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_f64(struct buf *b, double v);
void buf_varint(struct buf *b, uint64_t v);
void buf_zigzag(struct buf *b, int64_t v);
/* Length (varint), then bytes. */
void buf_bytes(struct buf *b, struct slice s);

static inline bool buf_ok(const struct buf *b)
{
    return !b->broken;
}

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->ptr, b->len);
}

/* NUL-terminates (not counted in len) and lends until the next append; "" when
 * broken or empty. */
const char *buf_cstr(struct buf *b);

/* Reading back: a cursor that fails once and stays failed; reads past the end
 * give 0 and set `bad`. */
struct reader {
    const uint8_t *ptr;
    const uint8_t *end;
    bool bad;
};

static inline struct reader reader_of(struct slice s)
{
    return (struct reader){s.ptr, s.ptr ? s.ptr + s.len : s.ptr, false};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->ptr);
}

uint8_t read_u8(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
double read_f64(struct reader *r);
uint64_t read_varint(struct reader *r);
int64_t read_zigzag(struct reader *r);
/* Borrows from the reader's memory. */
struct slice read_bytes(struct reader *r);

#endif
