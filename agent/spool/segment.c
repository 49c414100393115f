/* The bytes of a segment: names, heads and records. */
#include "agent/spool/inside.h"

#include "base/crc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SEGMENT_MAGIC   0x47455354u /* "TSEG" */
#define SEGMENT_VERSION 1u
#define RECORD_MAGIC    0x43455254u /* "TREC" */

void segment_name(const struct stream *st, uint64_t first, char *to)
{
    snprintf(to, SEGMENT_NAME, "s-%016" PRIx64 "-%u-%016" PRIx64 "-%016" PRIx64, st->session,
             (unsigned)st->lane, st->id, first);
}

bool segment_parse_name(const char *name, struct stream *ret_stream, uint64_t *ret_first)
{
    if (strlen(name) != 54 || strspn(name + 2, "0123456789abcdef-") != 52)
        return false;
    struct stream st = {0};
    st.session = strtoull(name + 2, NULL, 16);
    st.lane = (enum wire_lane)(name[19] - '0');
    st.id = strtoull(name + 21, NULL, 16);
    uint64_t first = strtoull(name + 38, NULL, 16);
    if (st.lane >= LANE_COUNT || st.id == 0 || first == 0 || first > INT64_MAX)
        return false;
    char again[SEGMENT_NAME];
    segment_name(&st, first, again);
    if (strcmp(again, name) != 0)
        return false;
    *ret_stream = st;
    *ret_first = first;
    return true;
}

void segment_put_head(struct buf *out, uint64_t stream, uint64_t boot)
{
    size_t at = out->len;
    buf_u32(out, SEGMENT_MAGIC);
    buf_u32(out, SEGMENT_VERSION);
    buf_u64(out, stream);
    buf_u64(out, boot);
    buf_u32(out, 0);
    if (buf_ok(out))
        buf_u32(out, crc32c(0, out->ptr + at, out->len - at));
}

int segment_take_head(struct slice bytes, uint64_t stream, uint64_t *ret_boot)
{
    struct reader r = reader_of(bytes);
    uint32_t magic = read_u32(&r);
    uint32_t version = read_u32(&r);
    uint64_t id = read_u64(&r);
    uint64_t boot = read_u64(&r);
    read_u32(&r);
    uint32_t crc = read_u32(&r);
    if (r.bad || magic != SEGMENT_MAGIC || crc != crc32c(0, bytes.ptr, SEGMENT_HEAD - 4))
        return ERR_CORRUPT;
    if (version != SEGMENT_VERSION)
        return ERR_VERSION;
    if (id != stream)
        return ERR_CORRUPT;
    *ret_boot = boot;
    return 0;
}

static uint32_t head_crc(uint64_t stream, const uint8_t *head)
{
    uint8_t id[8];
    for (size_t i = 0; i < 8; i++)
        id[i] = (uint8_t)(stream >> (8 * i));
    return crc32c(crc32c(0, id, sizeof id), head, RECORD_HEAD - 4);
}

void record_put(struct buf *out, uint64_t stream, uint64_t seq, const struct spool_record *r)
{
    uint8_t marks[SPOOL_MARKS * 8];
    for (size_t i = 0; i < r->n_marks; i++)
        for (size_t k = 0; k < 4; k++) {
            marks[i * 8 + k] = (uint8_t)(r->marks[i].boot >> (8 * k));
            marks[i * 8 + 4 + k] = (uint8_t)(r->marks[i].next >> (8 * k));
        }
    uint32_t body_crc = crc32c(0, marks, r->n_marks * 8);
    body_crc = crc32c(body_crc, r->bytes.ptr, r->bytes.len);
    size_t at = out->len;
    buf_u32(out, RECORD_MAGIC);
    buf_u32(out, (uint32_t)(r->n_marks * 8 + r->bytes.len));
    buf_u64(out, seq);
    buf_u32(out, r->readings);
    buf_u32(out, (uint32_t)r->n_marks);
    buf_u64(out, (uint64_t)r->from_ms);
    buf_u64(out, (uint64_t)r->to_ms);
    buf_u32(out, body_crc);
    if (buf_ok(out))
        buf_u32(out, head_crc(stream, out->ptr + at));
    buf_put(out, marks, r->n_marks * 8);
    buf_put(out, r->bytes.ptr, r->bytes.len);
}

static bool take_record(const uint8_t *head, uint64_t stream, struct record *ret)
{
    struct reader r = reader_of(slice_of(head, RECORD_HEAD));
    if (read_u32(&r) != RECORD_MAGIC)
        return false;
    struct record rec = {0};
    rec.body = read_u32(&r);
    rec.seq = read_u64(&r);
    rec.readings = read_u32(&r);
    rec.n_marks = read_u32(&r);
    rec.from_ms = (int64_t)read_u64(&r);
    rec.to_ms = (int64_t)read_u64(&r);
    rec.body_crc = read_u32(&r);
    if (read_u32(&r) != head_crc(stream, head) || rec.body > RECORD_BODY_MAX ||
        rec.n_marks > SPOOL_MARKS || rec.n_marks * 8 > rec.body || rec.seq == 0 ||
        rec.seq > INT64_MAX)
        return false;
    *ret = rec;
    return true;
}

int record_next(struct spool *s, struct disk_file *f, uint64_t stream, uint32_t offset,
                struct record *ret)
{
    uint8_t window[2048];
    size_t want = RECORD_HEAD; /* the record is here as a rule; else look further */
    for (;;) {
        int64_t n = s->disk->read(s->disk->ctx, f, offset, window, want);
        if (n < 0)
            return (int)n;
        if (n < (int64_t)RECORD_HEAD)
            return ERR_END;
        for (uint32_t i = 0; i + RECORD_HEAD <= (uint32_t)n; i++) {
            if (!take_record(window + i, stream, ret))
                continue;
            if (offset > UINT32_MAX - i - RECORD_HEAD - ret->body)
                return ERR_END;
            ret->offset = offset + i;
            ret->end = ret->offset + RECORD_HEAD + ret->body;
            return 0;
        }
        uint32_t step = (uint32_t)n - RECORD_HEAD + 1;
        if (offset > UINT32_MAX - step)
            return ERR_END;
        offset += step;
        want = sizeof window;
    }
}

int record_body(struct spool *s, struct disk_file *f, const struct record *r)
{
    buf_reset(&s->io);
    uint8_t *to = buf_room(&s->io, r->body);
    if (!to)
        return ERR_NOMEM;
    int64_t n = s->disk->read(s->disk->ctx, f, r->offset + RECORD_HEAD, to, r->body);
    if (n < 0)
        return (int)n;
    if ((uint64_t)n != r->body || crc32c(0, to, r->body) != r->body_crc)
        return ERR_CORRUPT;
    s->io.len = r->body;
    return 0;
}
