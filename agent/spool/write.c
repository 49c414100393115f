/* Appending and syncing.
 *
 * Happy path: a record goes behind the last one of the lane's current segment,
 * and a later sync makes it durable. What the disk does not take waits in RAM in
 * the same encoding, and is written before anything younger. A sync that failed
 * says nothing about later ones, so what was unsynced is read back into RAM and
 * written anew, into another file. */
#include "agent/spool/inside.h"

#define SYNC_OVERHEAD 4096

static size_t ram_len(const struct lane *l)
{
    return l->ram.len - l->ram_off;
}

static size_t current(const struct spool *s, const struct lane *l)
{
    size_t i = s->n_segments;
    while (i > 0 && !(s->segments[i - 1].stream == l->stream && s->segments[i - 1].open_end))
        i--;
    return i ? i - 1 : s->n_segments;
}

void lane_finish(struct spool *s, struct lane *l)
{
    size_t i = current(s, l);
    if (l->file)
        s->disk->close(s->disk->ctx, l->file);
    l->file = NULL;
    if (i == s->n_segments)
        return;
    s->segments[i].open_end = false;
    if (s->segments[i].last < s->segments[i].first)
        room_unlink(s, i);
}

static int segment_start(struct spool *s, struct lane *l, uint64_t first, struct buf *head)
{
    const struct stream *st = stream_of(s, l->stream);
    char name[SEGMENT_NAME];
    segment_name(st, first, name);
    int rc = s->disk->open(s->disk->ctx, name, true, &l->file);
    if (rc != 0)
        return rc;
    struct segment seg = {l->stream, first, first - 1, 0, true};
    rc = segment_insert(s, &seg);
    if (rc != 0) {
        s->disk->close(s->disk->ctx, l->file);
        l->file = NULL;
        return rc;
    }
    l->fresh = true;
    l->unsynced_from = 0;
    segment_put_head(head, l->stream, s->c.boot);
    return 0;
}

/* After a failed append: back to where the good bytes end, or at least know where. */
static void cut_back(struct spool *s, struct lane *l, struct segment *seg)
{
    if (s->disk->truncate(s->disk->ctx, l->file, seg->bytes) == 0)
        return;
    int64_t size = s->disk->size(s->disk->ctx, l->file);
    if (size > (int64_t)seg->bytes && size < (int64_t)UINT32_MAX) {
        s->bytes += (uint64_t)size - seg->bytes;
        seg->bytes = (uint32_t)size;
    }
}

static int put_on_disk(struct spool *s, struct lane *l, uint64_t seq, struct slice record,
                       int64_t boot_ms)
{
    struct buf head;
    buf_init(&head, SEGMENT_HEAD);
    int rc = l->file ? 0 : segment_start(s, l, seq, &head);
    size_t i = current(s, l);
    if (rc == 0 && head.len)
        rc = s->disk->append(s->disk->ctx, l->file, buf_slice(&head));
    if (rc == 0 && head.len) {
        s->segments[i].bytes = SEGMENT_HEAD;
        s->bytes += SEGMENT_HEAD;
        l->unsynced_from = SEGMENT_HEAD;
    }
    uint32_t at = i < s->n_segments ? s->segments[i].bytes : 0;
    if (rc == 0)
        rc = s->disk->append(s->disk->ctx, l->file, record);
    flash_count(s, head.len + record.len, boot_ms);
    buf_free(&head);
    if (rc != 0) {
        s->stats.disk_errors++;
        if (l->file && s->segments[i].last < s->segments[i].first)
            lane_finish(s, l); /* nothing in it yet: take the name away again */
        else if (l->file)
            cut_back(s, l, &s->segments[i]);
        return rc;
    }
    s->segments[i].bytes += (uint32_t)record.len;
    s->bytes += record.len;
    s->segments[i].last = seq;
    l->unsynced++;
    s->positions[(l->stream ^ seq) % POSITIONS] =
        (struct position){l->stream, seq, s->segments[i].first, at};
    return 0;
}

static int sync_file(struct spool *s, struct lane *l, int64_t boot_ms);

static int write_record(struct spool *s, struct lane *l, uint64_t seq, struct slice record,
                        int64_t boot_ms)
{
    size_t i = current(s, l);
    if (l->file && s->segments[i].bytes + record.len > s->segment_bytes) {
        int rc = sync_file(s, l, boot_ms);
        if (rc != 0)
            return rc;
        lane_finish(s, l);
    }
    int rc = room_make(s, record.len + SEGMENT_HEAD);
    for (int tries = 0; rc == 0; tries++) {
        rc = put_on_disk(s, l, seq, record, boot_ms);
        if (rc != ERR_FULL || tries == 3)
            break;
        rc = room_make(s, s->c.budget_bytes - s->bytes + 1); /* full for real: one segment less */
    }
    return rc;
}

/* The record at the front of the lane's RAM. */
static struct slice ram_front(const struct lane *l, uint64_t *ret_seq)
{
    struct reader r = reader_of(slice_of(l->ram.ptr + l->ram_off, ram_len(l)));
    read_u32(&r);
    uint32_t body = read_u32(&r);
    *ret_seq = read_u64(&r);
    return slice_of(l->ram.ptr + l->ram_off, RECORD_HEAD + body);
}

static void ram_pop(struct lane *l, size_t len)
{
    l->ram_off += len;
    if (l->ram_off == l->ram.len) {
        buf_free(&l->ram); /* RAM is for bad days only */
        l->ram_off = 0;
    }
}

static void ram_trim(struct spool *s, struct lane *l, uint64_t low)
{
    uint64_t seq;
    while (ram_len(l)) {
        struct slice r = ram_front(l, &seq);
        if (seq >= low && tomb_skip(s, l->stream, seq) == seq)
            break;
        ram_pop(l, r.len);
    }
}

static void ram_compact(struct lane *l)
{
    if (!l->ram_off)
        return;
    memmove(l->ram.ptr, l->ram.ptr + l->ram_off, ram_len(l));
    l->ram.len -= l->ram_off;
    l->ram_off = 0;
}

/* Bulk that has no way to the disk gives up its older half. */
static int ram_drop_half(struct spool *s, struct lane *l)
{
    struct wire_drop d = {.reason = DROP_BUDGET};
    size_t at = l->ram_off;
    uint64_t low = stream_of(s, l->stream)->low;
    while (at - l->ram_off < ram_len(l) / 2 || !d.last) {
        struct reader r = reader_of(slice_of(l->ram.ptr + at, l->ram.len - at));
        read_u32(&r);
        uint32_t body = read_u32(&r);
        d.last = read_u64(&r);
        d.first = d.first ? d.first : d.last;
        d.readings += read_u32(&r);
        read_u32(&r);
        int64_t from = (int64_t)read_u64(&r);
        d.from_ms = d.from_ms ? d.from_ms : from;
        d.to_ms = (int64_t)read_u64(&r);
        at += RECORD_HEAD + body;
    }
    d.first = d.first < low ? low : d.first;
    int rc = d.first <= d.last ? tomb_add(s, l->stream, &d) : 0;
    if (rc != 0)
        return rc;
    ram_trim(s, l, d.last + 1);
    stream_settle(s, stream_of(s, l->stream));
    return 0;
}

static int ram_push(struct spool *s, struct lane *l, enum wire_lane lane, struct slice record)
{
    while (ram_len(l) && ram_len(l) + record.len > RAM_MAX) {
        if (lane != LANE_BULK)
            return ERR_FULL;
        int rc = ram_drop_half(s, l);
        if (rc != 0)
            return ERR_FULL;
    }
    ram_compact(l);
    buf_put(&l->ram, record.ptr, record.len);
    if (buf_ok(&l->ram))
        return 0;
    l->ram.broken = false;
    return ERR_NOMEM;
}

static int ram_flush(struct spool *s, struct lane *l, int64_t boot_ms)
{
    uint64_t seq;
    const struct stream *st = stream_of(s, l->stream);
    while (ram_len(l)) {
        if (!flash_allows(s, st->lane))
            return ERR_FULL;
        struct slice r = ram_front(l, &seq);
        int rc = write_record(s, l, seq, r, boot_ms);
        if (rc != 0)
            return rc;
        ram_pop(l, r.len);
    }
    return 0;
}

/* What a failed sync left in doubt goes back to RAM, in front of what is there. */
static void reclaim(struct spool *s, struct lane *l)
{
    size_t i = current(s, l);
    struct segment *seg = &s->segments[i];
    size_t len = seg->bytes - (size_t)l->unsynced_from, rest = ram_len(l);
    if (l->unsynced_from < SEGMENT_HEAD || len + rest > RAM_MAX || !l->unsynced)
        return;
    struct buf all;
    buf_init(&all, RAM_MAX);
    uint8_t *to = buf_room(&all, len + rest);
    if (!to || s->disk->read(s->disk->ctx, l->file, l->unsynced_from, to, len) != (int64_t)len) {
        buf_free(&all);
        return;
    }
    if (rest)
        memcpy(to + len, l->ram.ptr + l->ram_off, rest);
    all.len = len + rest;
    buf_free(&l->ram);
    l->ram = all;
    l->ram_off = 0;
    seg->last -= l->unsynced;
    if (s->disk->truncate(s->disk->ctx, l->file, l->unsynced_from) == 0) {
        s->bytes -= len;
        seg->bytes = (uint32_t)l->unsynced_from;
    }
    l->unsynced = 0;
    lane_finish(s, l);
}

static int sync_file(struct spool *s, struct lane *l, int64_t boot_ms)
{
    if (!l->file || (!l->unsynced && !l->fresh))
        return 0;
    int rc = s->disk->sync(s->disk->ctx, l->file);
    if (rc == 0 && l->fresh)
        rc = s->disk->sync_dir(s->disk->ctx);
    flash_count(s, SYNC_OVERHEAD, boot_ms);
    if (rc != 0) {
        s->stats.disk_errors++;
        reclaim(s, l);
        return rc;
    }
    s->stats.syncs++;
    l->fresh = false;
    l->unsynced = 0;
    l->unsynced_from = s->segments[current(s, l)].bytes;
    return 0;
}

int spool_sync(struct spool *s, enum wire_lane lane, int64_t boot_ms)
{
    struct lane *l = &s->lanes[lane];
    int rc = ram_flush(s, l, boot_ms);
    return rc ? rc : sync_file(s, l, boot_ms);
}

bool spool_dirty(const struct spool *s, enum wire_lane lane)
{
    const struct lane *l = &s->lanes[lane];
    return l->unsynced || ram_len(l) || (l->file && l->fresh);
}

static int take(struct spool *s, enum wire_lane lane, uint64_t seq, struct slice record,
                int64_t boot_ms)
{
    struct lane *l = &s->lanes[lane];
    int rc = ERR_FULL;
    if (ram_flush(s, l, boot_ms) == 0 && flash_allows(s, lane))
        rc = write_record(s, l, seq, record, boot_ms);
    return rc == 0 ? 0 : ram_push(s, l, lane, record);
}

int spool_append(struct spool *s, enum wire_lane lane, const struct spool_record *record,
                 int64_t boot_ms)
{
    struct lane *l = &s->lanes[lane];
    uint64_t seq = stream_of(s, l->stream)->next;
    if (record->bytes.len > LIMIT_BATCH || record->n_marks > SPOOL_MARKS || !record->bytes.len)
        return ERR_LIMIT;
    struct buf out;
    buf_init(&out, RECORD_HEAD + RECORD_BODY_MAX);
    record_put(&out, l->stream, seq, record);
    int rc = buf_ok(&out) ? take(s, lane, seq, buf_slice(&out), boot_ms) : ERR_NOMEM;
    buf_free(&out);
    if (rc != 0)
        return rc;
    stream_of(s, l->stream)->next = seq + 1;
    for (size_t i = 0; i < record->n_marks; i++)
        mark_put(s, record->marks[i]);
    /* A stream that may be spoken of must be known after a power cut. */
    uint64_t most = lane == LANE_BULK ? SPOOL_UNSYNCED_BULK : SPOOL_UNSYNCED_URGENT;
    if (seq == 1 || l->unsynced >= most)
        spool_sync(s, lane, boot_ms);
    return 0;
}

/* The first number still owed, and what is below it goes. */
void stream_settle(struct spool *s, struct stream *st)
{
    if (st->acked + 1 > st->low)
        st->low = st->acked + 1;
    st->low = tomb_skip(s, st->id, st->low);
    if (st->low > st->next)
        st->low = st->next;
    for (size_t i = s->n_segments; i-- > 0;) {
        const struct segment *seg = &s->segments[i];
        bool tail = i + 1 == s->n_segments || seg[1].stream != st->id;
        if (seg->stream != st->id || seg->open_end || seg->last >= st->low)
            continue;
        if (!st->closed || !tail) /* where it ended is known from its last segment */
            room_unlink(s, i);
    }
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        if (s->lanes[lane].stream == st->id)
            ram_trim(s, &s->lanes[lane], st->low);
}

void spool_end(struct spool *s, int64_t boot_ms)
{
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        struct lane *l = &s->lanes[lane];
        struct spool_record none = {0};
        struct buf out;
        if (spool_sync(s, (enum wire_lane)lane, boot_ms) != 0 || !l->file)
            continue;
        buf_init(&out, RECORD_HEAD);
        record_put(&out, l->stream, stream_of(s, l->stream)->next, &none);
        if (buf_ok(&out) && s->disk->append(s->disk->ctx, l->file, buf_slice(&out)) == 0)
            s->disk->sync(s->disk->ctx, l->file);
        buf_free(&out);
    }
}

void spool_tick(struct spool *s, int64_t boot_ms)
{
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        ram_flush(s, &s->lanes[lane], boot_ms);
    if (s->marks_owed)
        tomb_keep_marks(s, true);
    room_reserve(s);
    flash_count(s, s->tombs.written_bytes, boot_ms);
    s->tombs.written_bytes = 0;
}
