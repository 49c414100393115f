/* The budget: bytes, files and flash. The oldest bulk goes first, faults last. */
#include "agent/spool/inside.h"

#define DAY_MS        86400000
#define SYNC_OVERHEAD 4096 /* what a sync costs the flash beside the bytes: a block of its own */

void flash_count(struct spool *s, uint64_t bytes, int64_t boot_ms)
{
    if (boot_ms - s->day_ms >= DAY_MS) {
        s->day_ms = boot_ms - boot_ms % DAY_MS;
        s->stats.flash_today_bytes = 0;
    }
    s->stats.flash_today_bytes += bytes;
}

/* A quarter of the day is kept for what is urgent. */
bool flash_allows(const struct spool *s, enum wire_lane lane)
{
    uint64_t day = s->c.daily_write_bytes;
    return s->stats.flash_today_bytes + SYNC_OVERHEAD <= (lane == LANE_BULK ? day - day / 4 : day);
}

void room_unlink(struct spool *s, size_t i)
{
    const struct segment *seg = &s->segments[i];
    const struct stream *st = stream_of(s, seg->stream);
    char name[SEGMENT_NAME];
    segment_name(st, seg->first, name);
    if (s->reading && s->reading_stream == seg->stream && s->reading_first == seg->first) {
        s->disk->close(s->disk->ctx, s->reading);
        s->reading = NULL;
    }
    if (seg->last >= seg->first)
        tomb_keep_marks(s, false);
    int rc = s->disk->unlink(s->disk->ctx, name);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        s->stats.disk_errors++;
    segment_remove(s, i);
}

/* What a tombstone says of the records of a segment; unreadable ones count nothing. */
static void describe(struct spool *s, const struct segment *seg, struct wire_drop *d)
{
    const struct stream *st = stream_of(s, seg->stream);
    char name[SEGMENT_NAME];
    struct disk_file *f;
    struct record r;
    segment_name(st, seg->first, name);
    if (s->disk->open(s->disk->ctx, name, false, &f) != 0)
        return;
    uint32_t at = SEGMENT_HEAD;
    while (record_next(s, f, seg->stream, at, &r) == 0) {
        at = r.end;
        if (r.seq < d->first || r.seq > d->last)
            continue;
        d->readings += r.readings;
        if (r.from_ms && (!d->from_ms || r.from_ms < d->from_ms))
            d->from_ms = r.from_ms;
        if (r.to_ms > d->to_ms)
            d->to_ms = r.to_ms;
    }
    s->disk->close(s->disk->ctx, f);
}

int room_drop_segment(struct spool *s, size_t i, enum wire_drop_reason reason)
{
    struct segment seg = s->segments[i];
    struct stream *st = stream_of(s, seg.stream);
    struct wire_drop d = {.first = seg.first, .last = seg.last, .reason = reason};
    if (d.first < st->low)
        d.first = st->low;
    if (d.first <= d.last && tomb_skip(s, seg.stream, d.first) <= d.last) {
        describe(s, &seg, &d);
        int rc = tomb_add(s, seg.stream, &d);
        if (rc != 0)
            return rc;
    }
    room_unlink(s, segment_of(s, seg.stream, seg.first));
    stream_settle(s, stream_of(s, seg.stream));
    return 0;
}

/* The oldest segment of a lane that may go; a current one is ended first. */
static size_t oldest(struct spool *s, enum wire_lane lane)
{
    for (size_t i = 0; i < s->n_segments; i++) {
        const struct stream *st = stream_of(s, s->segments[i].stream);
        if (st->lane != lane || s->segments[i].last < s->segments[i].first)
            continue;
        if (s->segments[i].open_end) {
            struct lane *l = &s->lanes[lane];
            if (lane == LANE_URGENT || l->unsynced)
                continue;
            lane_finish(s, l);
        }
        return i;
    }
    return s->n_segments;
}

static int drop_oldest(struct spool *s)
{
    size_t i = oldest(s, LANE_BULK);
    if (i == s->n_segments)
        i = oldest(s, LANE_URGENT);
    return i == s->n_segments ? ERR_FULL : room_drop_segment(s, i, DROP_BUDGET);
}

static bool fits(const struct spool *s, uint64_t need_bytes)
{
    return s->bytes + need_bytes <= s->c.budget_bytes && s->n_segments < s->c.budget_files;
}

int room_make(struct spool *s, uint64_t need_bytes)
{
    uint64_t bytes = 0, inodes = 0;
    int rc = 0;
    while (rc == 0 && !fits(s, need_bytes))
        rc = drop_oldest(s);
    if (rc != 0 || s->disk->free_space(s->disk->ctx, &bytes, &inodes) != 0)
        return rc;
    /* The rest of the device comes first: one segment a turn is enough. */
    if (bytes < s->c.head_room_bytes + need_bytes || inodes < s->c.head_room_inodes + 1) {
        rc = drop_oldest(s);
        if (bytes >= need_bytes && inodes > 0)
            rc = 0;
    }
    return rc;
}

/* Bytes that can be given back when even a tombstone finds no room. */
void room_reserve(struct spool *s)
{
    static const uint8_t zeros[RESERVE_BYTES];
    uint64_t bytes, inodes;
    struct disk_file *f;
    if (s->has_reserve || s->disk->free_space(s->disk->ctx, &bytes, &inodes) != 0 ||
        bytes < s->c.head_room_bytes + 2 * RESERVE_BYTES ||
        s->disk->open(s->disk->ctx, "reserve", true, &f) != 0)
        return;
    int64_t size = s->disk->size(s->disk->ctx, f);
    if (size < 0 || (uint64_t)size >= RESERVE_BYTES)
        s->has_reserve = size >= 0;
    else
        s->has_reserve =
            s->disk->append(s->disk->ctx, f, slice_of(zeros, RESERVE_BYTES - (size_t)size)) == 0;
    s->disk->close(s->disk->ctx, f);
}
