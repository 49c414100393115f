/* Reading back, releasing and dropping. */
#include "agent/spool/inside.h"

static int from_ram(struct spool *s, const struct lane *l, uint64_t seq, struct slice *ret)
{
    size_t at = l->ram_off;
    while (at < l->ram.len) {
        struct reader r = reader_of(slice_of(l->ram.ptr + at, l->ram.len - at));
        read_u32(&r);
        uint32_t body = read_u32(&r);
        uint64_t number = read_u64(&r);
        read_u32(&r);
        uint32_t n_marks = read_u32(&r);
        if (number == seq) {
            buf_reset(&s->io);
            buf_put(&s->io, l->ram.ptr + at + RECORD_HEAD + n_marks * 8, body - n_marks * 8);
            *ret = buf_slice(&s->io);
            return buf_ok(&s->io) ? 0 : ERR_NOMEM;
        }
        at += RECORD_HEAD + body;
    }
    return ERR_NOT_FOUND;
}

static int open_segment(struct spool *s, const struct segment *seg, struct disk_file **ret)
{
    if (s->reading && s->reading_stream == seg->stream && s->reading_first == seg->first) {
        *ret = s->reading;
        return 0;
    }
    if (s->reading)
        s->disk->close(s->disk->ctx, s->reading);
    s->reading = NULL;
    char name[SEGMENT_NAME];
    segment_name(stream_of(s, seg->stream), seg->first, name);
    int rc = s->disk->open(s->disk->ctx, name, false, &s->reading);
    if (rc != 0) {
        s->reading = NULL;
        return rc;
    }
    s->reading_stream = seg->stream;
    s->reading_first = seg->first;
    *ret = s->reading;
    return 0;
}

static uint32_t start_at(const struct spool *s, const struct segment *seg, uint64_t seq)
{
    const struct position *p = &s->positions[(seg->stream ^ seq) % POSITIONS];
    bool hit = p->stream == seg->stream && p->first == seg->first && p->seq == seq;
    return hit ? p->offset : SEGMENT_HEAD;
}

/* Numbers first..last cannot be read: they will never come. */
static int corrupt(struct spool *s, uint64_t stream, uint64_t first, uint64_t last)
{
    struct wire_drop d = {.first = first, .last = last, .reason = DROP_CORRUPT};
    int rc = tomb_add(s, stream, &d);
    if (rc != 0)
        return rc;
    stream_settle(s, stream_of(s, stream));
    return ERR_CORRUPT;
}

int spool_read(struct spool *s, uint64_t stream, uint64_t seq, struct slice *ret)
{
    const struct stream *st = stream_find(s, stream);
    if (!st || seq < st->low || seq >= st->next || tomb_skip(s, stream, seq) != seq)
        return ERR_NOT_FOUND;
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        if (s->lanes[lane].stream == stream && from_ram(s, &s->lanes[lane], seq, ret) == 0)
            return 0;
    size_t i = segment_of(s, stream, seq);
    if (i == s->n_segments)
        return corrupt(s, stream, seq, seq);
    struct segment seg = s->segments[i];
    struct disk_file *f;
    int rc = open_segment(s, &seg, &f);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? corrupt(s, stream, seq, seg.last) : rc;
    struct record r = {.end = start_at(s, &seg, seq)};
    do {
        rc = record_next(s, f, stream, r.end, &r);
    } while (rc == 0 && r.seq < seq);
    if (rc == ERR_END || (rc == 0 && r.seq > seq))
        return corrupt(s, stream, seq, rc == 0 && r.seq <= seg.last ? r.seq - 1 : seg.last);
    if (rc == 0)
        rc = record_body(s, f, &r);
    if (rc == ERR_CORRUPT)
        return corrupt(s, stream, seq, seq);
    if (rc != 0)
        return rc;
    s->positions[(stream ^ (seq + 1)) % POSITIONS] =
        (struct position){stream, seq + 1, seg.first, r.end};
    *ret = slice_of(s->io.ptr + r.n_marks * 8, s->io.len - r.n_marks * 8);
    return 0;
}

static void unlink_all(struct spool *s, uint64_t id)
{
    for (size_t i = s->n_segments; i-- > 0;)
        if (s->segments[i].stream == id)
            room_unlink(s, i);
}

static void forget(struct spool *s, struct stream *st)
{
    uint64_t id = st->id;
    if (st->next > 1)
        tomb_keep_marks(s, true);
    unlink_all(s, id);
    tomb_forget(s, id, UINT64_MAX);
    stream_remove(s, (size_t)(stream_of(s, id) - s->streams));
}

uint64_t spool_release(struct spool *s, uint64_t stream, uint64_t contiguous)
{
    struct stream *st = stream_find(s, stream);
    if (!st || contiguous < st->acked)
        return 0;
    if (contiguous >= st->next)
        contiguous = st->next - 1;
    uint64_t before = st->low;
    st->acked = contiguous;
    tomb_forget(s, stream, contiguous);
    stream_settle(s, st);
    uint64_t n = st->low - before;
    if (st->closed && st->acked + 1 == st->next)
        forget(s, st);
    return n;
}

int spool_drop(struct spool *s, uint64_t stream, uint64_t seq, enum wire_drop_reason reason)
{
    struct stream *st = stream_find(s, stream);
    if (!st || seq < st->low || seq >= st->next)
        return ERR_NOT_FOUND;
    struct wire_drop d = {.first = seq, .last = seq, .readings = 1, .reason = reason};
    int rc = tomb_add(s, stream, &d);
    if (rc == 0)
        stream_settle(s, st);
    return rc;
}

int spool_purge(struct spool *s, enum wire_drop_reason reason)
{
    int result = 0;
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        lane_finish(s, &s->lanes[lane]);
        s->lanes[lane].unsynced = 0;
    }
    for (size_t i = 0; i < s->n_streams; i++) {
        struct stream *st = &s->streams[i];
        struct wire_drop d = {.first = st->low, .last = st->next - 1, .reason = reason};
        if (st->low >= st->next)
            continue;
        int rc = tomb_add(s, st->id, &d);
        result = rc ? rc : result;
        stream_settle(s, st);
        if (rc == 0)
            unlink_all(s, st->id);
    }
    if (s->disk->sync_dir(s->disk->ctx) != 0)
        s->stats.disk_errors++;
    return result;
}

void spool_stats(const struct spool *s, struct spool_stats *ret)
{
    *ret = s->stats;
    ret->bytes = s->bytes;
    ret->segments = s->n_segments;
    ret->streams = s->n_streams;
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        ret->ram_bytes += s->lanes[lane].ram.len - s->lanes[lane].ram_off;
    for (size_t i = 0; i < s->n_streams; i++)
        ret->owed += s->streams[i].next - s->streams[i].low;
}
