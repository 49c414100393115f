/* Tombstones: numbers that will never come, and why. In RAM an array that never
 * overlaps within a stream; on disk a journal in which a later record wins. The
 * journal also keeps the marks of records that go. */
#include "agent/spool/inside.h"

enum { TOMB_DROP = 1, TOMB_FORGET = 2, TOMB_MARKS = 3 };

#define REWRITE_BYTES (32 * 1024)

static void put_drop(struct buf *out, const struct stream *st, const struct wire_drop *d)
{
    buf_u8(out, TOMB_DROP);
    buf_u64(out, st->id);
    buf_u8(out, (uint8_t)st->lane);
    buf_u64(out, st->session);
    buf_u64(out, d->first);
    buf_u64(out, d->last);
    buf_u8(out, (uint8_t)d->reason);
    buf_u64(out, d->readings);
    buf_u64(out, (uint64_t)d->from_ms);
    buf_u64(out, (uint64_t)d->to_ms);
}

static void merge(struct wire_drop *a, const struct wire_drop *b)
{
    if (b->first < a->first)
        a->first = b->first;
    if (b->last > a->last)
        a->last = b->last;
    if (b->from_ms && (!a->from_ms || b->from_ms < a->from_ms))
        a->from_ms = b->from_ms;
    if (b->to_ms > a->to_ms)
        a->to_ms = b->to_ms;
}

static void remove_drop(struct spool *s, size_t i)
{
    s->n_drops--;
    memmove(&s->drops[i], &s->drops[i + 1], (s->n_drops - i) * sizeof s->drops[0]);
}

/* Takes in what touches it. A journal may say the same range twice, the second
 * time larger: readings of ranges that overlap are not added up. */
static void absorb(struct spool *s, uint64_t stream, struct wire_drop *d, bool any_reason)
{
    for (size_t i = s->n_drops; i-- > 0;) {
        const struct drop *o = &s->drops[i];
        bool apart = o->d.last + 1 < d->first || o->d.first > d->last + 1;
        bool overlap = o->d.last >= d->first && o->d.first <= d->last;
        if (o->stream != stream || apart)
            continue;
        if (!overlap && o->d.reason != d->reason && !any_reason)
            continue;
        d->readings = overlap ? (o->d.readings > d->readings ? o->d.readings : d->readings)
                              : o->d.readings + d->readings;
        merge(d, &o->d);
        remove_drop(s, i);
    }
}

void tomb_remember(struct spool *s, uint64_t stream, const struct wire_drop *in)
{
    struct wire_drop d = *in;
    absorb(s, stream, &d, s->n_drops == SPOOL_DROPS);
    if (s->n_drops == SPOOL_DROPS) /* the oldest one is told by `low` alone from now on */
        remove_drop(s, 0);
    size_t i = 0; /* among those of its stream, in order */
    while (i < s->n_drops && !(s->drops[i].stream == stream && s->drops[i].d.first > d.first))
        i++;
    memmove(&s->drops[i + 1], &s->drops[i], (s->n_drops - i) * sizeof s->drops[0]);
    s->drops[i] = (struct drop){stream, d};
    s->n_drops++;
}

static void put_marks(struct buf *out, const struct spool *s)
{
    buf_u8(out, TOMB_MARKS);
    for (size_t i = 0; i < s->n_marks; i++) {
        buf_u32(out, s->marks[i].boot);
        buf_u32(out, s->marks[i].next);
    }
}

static void fill(void *arg, struct journal_writer *w)
{
    struct spool *s = arg;
    struct buf out;
    buf_init(&out, 256);
    for (size_t i = 0; i < s->n_drops; i++) {
        const struct stream *st = stream_find(s, s->drops[i].stream);
        buf_reset(&out);
        if (st)
            put_drop(&out, st, &s->drops[i].d);
        if (st && buf_ok(&out))
            journal_put(w, buf_slice(&out));
    }
    buf_reset(&out);
    put_marks(&out, s);
    if (buf_ok(&out))
        journal_put(w, buf_slice(&out));
    buf_free(&out);
}

static void rewrite_if_large(struct spool *s)
{
    if (s->tombs.bytes > REWRITE_BYTES && s->tombs.bytes > 128 * s->n_drops)
        journal_rewrite(&s->tombs, fill, s);
}

void tomb_keep_marks(struct spool *s, bool durable)
{
    struct buf out;
    if (!s->n_marks)
        return;
    buf_init(&out, 1 + 8 * SPOOL_MARKS);
    put_marks(&out, s);
    if (!buf_ok(&out) || journal_append(&s->tombs, buf_slice(&out)) != 0 ||
        (durable && journal_sync(&s->tombs) != 0))
        s->marks_owed = true;
    else
        s->marks_owed = false;
    s->stats.disk_errors += s->marks_owed;
    buf_free(&out);
    rewrite_if_large(s);
}

static int write_drop(struct spool *s, const struct stream *st, const struct wire_drop *d)
{
    struct buf out;
    buf_init(&out, 256);
    put_drop(&out, st, d);
    int rc = buf_ok(&out) ? journal_append(&s->tombs, buf_slice(&out)) : ERR_NOMEM;
    if (rc == 0)
        rc = journal_sync(&s->tombs);
    if (rc == ERR_FULL && s->has_reserve) {
        s->has_reserve = false;
        s->disk->unlink(s->disk->ctx, "reserve");
        rc = journal_append(&s->tombs, buf_slice(&out));
        if (rc == 0)
            rc = journal_sync(&s->tombs);
    }
    buf_free(&out);
    return rc;
}

int tomb_add(struct spool *s, uint64_t stream, const struct wire_drop *d)
{
    const struct stream *st = stream_find(s, stream);
    if (!st)
        return ERR_NOT_FOUND;
    int rc = write_drop(s, st, d);
    if (rc != 0) {
        s->stats.disk_errors++;
        return rc;
    }
    tomb_remember(s, stream, d);
    s->stats.dropped[d->reason <= DROP_RESTORE ? d->reason : 0] += d->last - d->first + 1;
    rewrite_if_large(s);
    return 0;
}

void tomb_forget(struct spool *s, uint64_t stream, uint64_t up_to)
{
    for (size_t i = s->n_drops; i-- > 0;)
        if (s->drops[i].stream == stream && s->drops[i].d.last <= up_to)
            remove_drop(s, i);
    if (up_to != UINT64_MAX || !s->tombs.file)
        return;
    struct buf out; /* not synced: said twice does no harm, that it was said is only tidy */
    buf_init(&out, 16);
    buf_u8(&out, TOMB_FORGET);
    buf_u64(&out, stream);
    if (buf_ok(&out))
        journal_append(&s->tombs, buf_slice(&out));
    buf_free(&out);
}

uint64_t tomb_skip(const struct spool *s, uint64_t stream, uint64_t seq)
{
    for (size_t i = 0; i < s->n_drops; i++) {
        const struct drop *o = &s->drops[i];
        if (o->stream == stream && seq >= o->d.first && seq <= o->d.last)
            seq = o->d.last + 1;
    }
    return seq;
}

static void load_drop(struct spool *s, struct reader *r)
{
    struct stream st = {.closed = true};
    struct wire_drop d = {0};
    st.id = read_u64(r);
    st.lane = (enum wire_lane)read_u8(r);
    st.session = read_u64(r);
    d.first = read_u64(r);
    d.last = read_u64(r);
    d.reason = read_u8(r);
    d.readings = read_u64(r);
    d.from_ms = (int64_t)read_u64(r);
    d.to_ms = (int64_t)read_u64(r);
    if (r->bad || st.id == 0 || st.lane >= LANE_COUNT || d.first == 0 || d.first > d.last ||
        d.last >= INT64_MAX || d.reason > DROP_RESTORE)
        return;
    size_t i;
    struct stream *known = stream_find(s, st.id);
    if (!known && stream_insert(s, &st, &i) != 0)
        return;
    known = known ? known : &s->streams[i];
    if (known->next < d.last + 1)
        known->next = d.last + 1;
    tomb_remember(s, st.id, &d);
}

static void load(void *arg, struct slice record)
{
    struct spool *s = arg;
    struct reader r = reader_of(record);
    uint8_t kind = read_u8(&r);
    if (kind == TOMB_DROP)
        load_drop(s, &r);
    while (kind == TOMB_MARKS && reader_left(&r) >= 8) {
        struct spool_mark m;
        m.boot = read_u32(&r);
        m.next = read_u32(&r);
        mark_put(s, m);
    }
    if (kind != TOMB_FORGET)
        return;
    uint64_t id = read_u64(&r);
    struct stream *st = stream_find(s, id);
    if (r.bad || !st)
        return;
    for (size_t i = s->n_drops; i-- > 0;)
        if (s->drops[i].stream == id)
            remove_drop(s, i);
    stream_remove(s, (size_t)(st - s->streams));
}

void tomb_load(struct spool *s)
{
    journal_open(&s->tombs, s->disk, "tombs", load, s);
}

size_t spool_drops(const struct spool *s, uint64_t stream, struct wire_drop *ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_drops && n < max; i++)
        if (s->drops[i].stream == stream)
            ret[n++] = s->drops[i].d;
    return n;
}
