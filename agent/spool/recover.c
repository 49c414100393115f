/* Opening from whatever is in the folder.
 *
 * Tombstones first: they win over the bytes that they speak of. Then the
 * segments by name. The last segment of each stream is read to its last good
 * record; the others are taken at their names' word until they are read. What
 * cannot be used is set aside, never in the way. Nothing here needs room on the
 * disk, so a full one does not keep the agent from starting. */
#include "agent/spool/inside.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

#define BAD_FILES 4 /* kept to look at; more are removed */

static int keep_room(struct spool *s);

struct listing {
    struct spool *s;
    size_t n_bad;
};

static void each_file(void *arg, const char *name, uint64_t size)
{
    struct listing *l = arg;
    struct stream st;
    struct segment seg = {.bytes = size > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)size};
    if (strncmp(name, "bad-", 4) == 0)
        l->n_bad++;
    if (strcmp(name, "reserve") == 0)
        l->s->has_reserve = size >= RESERVE_BYTES;
    if (!segment_parse_name(name, &st, &seg.first))
        return;
    struct stream *known = stream_find(l->s, st.id);
    st.closed = true;
    size_t i;
    if (known && (known->session != st.session || known->lane != st.lane))
        return; /* not a name that we gave */
    if (!known && stream_insert(l->s, &st, &i) != 0 && keep_room(l->s) != 0)
        return;
    if (!known && !stream_find(l->s, st.id) && stream_insert(l->s, &st, &i) != 0)
        return;
    seg.stream = st.id;
    seg.last = seg.first;
    segment_insert(l->s, &seg);
}

/* The oldest stream goes when there are too many lives, bulk first; the gateway
 * learns from `low` and silence. Only what never reached it for hundreds of starts. */
static int keep_room(struct spool *s)
{
    size_t victim = 0;
    while (victim < s->n_streams && s->streams[victim].lane != LANE_BULK)
        victim++;
    victim = victim == s->n_streams ? 0 : victim;
    struct stream *st = &s->streams[victim];
    uint64_t id = st->id;
    if (st->next > st->low)
        s->stats.dropped[DROP_BUDGET] += st->next - st->low;
    for (size_t i = s->n_segments; i-- > 0;)
        if (s->segments[i].stream == id)
            room_unlink(s, i);
    tomb_forget(s, id, UINT64_MAX);
    st = stream_of(s, id);
    stream_remove(s, (size_t)(st - s->streams));
    return 0;
}

static void set_aside(struct spool *s, size_t i, size_t *n_bad)
{
    char name[SEGMENT_NAME], bad[32];
    segment_name(stream_of(s, s->segments[i].stream), s->segments[i].first, name);
    snprintf(bad, sizeof bad, "bad-%u", (unsigned)(*n_bad % BAD_FILES));
    ++*n_bad;
    s->stats.set_aside++;
    if (s->disk->rename(s->disk->ctx, name, bad) == 0)
        segment_remove(s, i);
    else
        room_unlink(s, i);
}

static void take_marks(struct spool *s, struct disk_file *f, const struct record *r)
{
    struct reader in = reader_of(buf_slice(&s->io));
    (void)f;
    for (uint32_t i = 0; i < r->n_marks; i++) {
        struct spool_mark m;
        m.boot = read_u32(&in);
        m.next = read_u32(&in);
        mark_put(s, m);
    }
}

struct scan {
    uint64_t last;  /* number of the last good record; 0 none */
    uint64_t first; /* and of the first */
    uint64_t boot;
    uint32_t end;  /* behind the last good record */
    uint32_t size; /* of the file */
    bool readable;
    bool ended; /* by a clean stop: no number behind the last one was given */
};

static void scan_segment(struct spool *s, const struct segment *seg, struct scan *ret)
{
    char name[SEGMENT_NAME];
    uint8_t head[SEGMENT_HEAD];
    struct disk_file *f;
    struct record r = {.end = SEGMENT_HEAD};
    *ret = (struct scan){.size = seg->bytes, .end = SEGMENT_HEAD};
    segment_name(stream_of(s, seg->stream), seg->first, name);
    if (s->disk->open(s->disk->ctx, name, false, &f) != 0)
        return;
    int64_t n = s->disk->read(s->disk->ctx, f, 0, head, sizeof head);
    int rc = n == SEGMENT_HEAD
                 ? segment_take_head(slice_of(head, sizeof head), seg->stream, &ret->boot)
                 : ERR_CORRUPT;
    ret->readable = rc != ERR_VERSION && n >= 0;
    while (ret->readable && record_next(s, f, seg->stream, r.end, &r) == 0) {
        if (r.body == 0 && r.seq == (ret->last ? ret->last + 1 : seg->first)) {
            ret->ended = true;
            ret->end = r.end;
            continue;
        }
        if (r.seq < seg->first || r.seq <= ret->last || record_body(s, f, &r) != 0)
            continue;
        take_marks(s, f, &r);
        ret->first = ret->first ? ret->first : r.seq;
        ret->last = r.seq;
        ret->end = r.end;
    }
    s->disk->close(s->disk->ctx, f);
}

/* How many records so many bytes may have been: a batch is never under 32 bytes. */
static uint64_t room_for(uint64_t bytes)
{
    return (bytes + RECORD_HEAD + 31) / (RECORD_HEAD + 32);
}

/* Numbers that may have been given behind the last good record: those that a
 * power cut can have taken, and those that the damaged rest has room for. */
static uint64_t doubt(const struct spool *s, const struct stream *st, const struct scan *sc)
{
    uint64_t n = sc->size > sc->end ? room_for(sc->size - sc->end) : 0;
    if (sc->boot != s->c.boot && !sc->ended)
        n += st->lane == LANE_BULK ? SPOOL_UNSYNCED_BULK : SPOOL_UNSYNCED_URGENT;
    return n;
}

/* Finds the end of a closed stream; its tail segments that hold nothing go. */
static void close_stream(struct spool *s, struct stream *st, size_t *n_bad)
{
    struct scan sc = {.boot = s->c.boot};
    uint64_t low_first = 0, junk = 0, end = 0;
    size_t i;
    for (;;) {
        for (i = s->n_segments; i > 0 && s->segments[i - 1].stream != st->id;)
            i--;
        if (i == 0)
            break;
        scan_segment(s, &s->segments[i - 1], &sc);
        low_first = s->segments[i - 1].first;
        if (sc.last)
            break;
        end = end > low_first ? end : low_first;
        if (sc.size > SEGMENT_HEAD) {
            junk += sc.size;
            set_aside(s, i - 1, n_bad);
        } else {
            room_unlink(s, i - 1);
        }
    }
    if (sc.last) {
        s->segments[i - 1].last = sc.last;
        end = end > sc.last + 1 ? end : sc.last + 1;
    }
    if (!end)
        return; /* tombstones only, or nothing at all */
    uint64_t in_doubt = doubt(s, st, &sc) + (sc.last ? room_for(junk) : 0);
    if (end + in_doubt > st->next)
        st->next = end + in_doubt;
    if (sc.last + 1 < st->next) {
        struct wire_drop d = {.first = sc.last ? sc.last + 1 : low_first,
                              .last = st->next - 1,
                              .reason = sc.boot != s->c.boot ? DROP_POWER : DROP_CORRUPT};
        tomb_remember(s, st->id, &d);
    }
}

/* Each segment reaches to where the next begins; the stream starts at its first. */
static void chain(struct spool *s, struct stream *st)
{
    struct segment *before = NULL;
    uint64_t first = 0;
    for (size_t i = 0; i < s->n_segments; i++) {
        struct segment *seg = &s->segments[i];
        if (seg->stream != st->id)
            continue;
        if (before)
            before->last = seg->first - 1;
        first = first ? first : seg->first;
        before = seg;
    }
    for (size_t i = 0; i < s->n_drops; i++)
        if (s->drops[i].stream == st->id && (!first || s->drops[i].d.first < first))
            first = s->drops[i].d.first;
    st->low = first ? first : 1;
    st->acked = st->low - 1;
    stream_settle(s, st);
}

static void close_all(struct spool *s, size_t *n_bad)
{
    for (size_t i = s->n_streams; i-- > 0;) {
        uint64_t id = s->streams[i].id;
        close_stream(s, &s->streams[i], n_bad);
        chain(s, stream_of(s, id));
        struct stream *st = stream_of(s, id);
        if (st->next <= 1 ||
            (st->low >= st->next && tomb_skip(s, id, st->acked + 1) == st->acked + 1))
            stream_remove(s, (size_t)(st - s->streams));
    }
}

static int birth(struct spool *s)
{
    struct rng rng;
    rng_seed(&rng, s->c.random);
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        struct stream st = {.session = s->c.session, .low = 1, .next = 1, .boot = s->c.boot};
        st.lane = (enum wire_lane)lane;
        do {
            st.id = rng_next(&rng);
        } while (st.id == 0 || stream_find(s, st.id));
        /* A folder that was copied from elsewhere may hold later sessions. */
        if (s->n_streams && s->streams[s->n_streams - 1].session > st.session)
            st.session = s->streams[s->n_streams - 1].session;
        if (s->n_streams && lane == 0 && s->streams[s->n_streams - 1].session == st.session &&
            st.session < UINT64_MAX)
            st.session++;
        while (s->n_streams + LANE_COUNT > SPOOL_STREAMS)
            keep_room(s);
        size_t i;
        int rc = stream_insert(s, &st, &i);
        if (rc != 0)
            return rc;
        s->lanes[lane].stream = st.id;
    }
    return 0;
}

int recover(struct spool *s)
{
    struct listing l = {.s = s};
    tomb_load(s);
    if (s->disk->list(s->disk->ctx, each_file, &l) != 0)
        s->stats.disk_errors++;
    close_all(s, &l.n_bad);
    room_reserve(s);
    return birth(s);
}
