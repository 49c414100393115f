/* Streams, segments and marks in RAM: small sorted arrays, made once. */
#include "agent/spool/inside.h"

#include <stdlib.h>

struct stream *stream_find(const struct spool *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_streams; i++)
        if (s->streams[i].id == id)
            return &s->streams[i];
    return NULL;
}

/* Segments and lanes have a stream: otherwise the tables are wrong, and no number
 * that they give can be trusted. */
struct stream *stream_of(const struct spool *s, uint64_t id)
{
    struct stream *st = stream_find(s, id);
    if (!st)
        abort();
    return st;
}

static bool older(const struct stream *a, const struct stream *b)
{
    if (a->session != b->session)
        return a->session < b->session;
    if (a->lane != b->lane)
        return a->lane < b->lane;
    return a->id < b->id;
}

int stream_insert(struct spool *s, const struct stream *st, size_t *ret_index)
{
    if (s->n_streams == SPOOL_STREAMS)
        return ERR_FULL;
    size_t i = s->n_streams;
    while (i > 0 && older(st, &s->streams[i - 1]))
        i--;
    memmove(&s->streams[i + 1], &s->streams[i], (s->n_streams - i) * sizeof s->streams[0]);
    s->streams[i] = *st;
    s->n_streams++;
    *ret_index = i;
    return 0;
}

void stream_remove(struct spool *s, size_t i)
{
    s->n_streams--;
    memmove(&s->streams[i], &s->streams[i + 1], (s->n_streams - i) * sizeof s->streams[0]);
}

size_t segment_of(const struct spool *s, uint64_t stream, uint64_t seq)
{
    size_t i = 0;
    while (i < s->n_segments && (s->segments[i].stream != stream || seq < s->segments[i].first ||
                                 seq > s->segments[i].last))
        i++;
    return i;
}

/* After the last one of its stream; a new stream's goes where its age says. */
int segment_insert(struct spool *s, const struct segment *seg)
{
    if (s->n_segments == SPOOL_SEGMENTS)
        return ERR_FULL;
    const struct stream *mine = stream_of(s, seg->stream);
    size_t i = s->n_segments;
    for (; i > 0; i--) {
        const struct segment *before = &s->segments[i - 1];
        if (before->stream == seg->stream ? before->first < seg->first
                                          : !older(mine, stream_of(s, before->stream)))
            break;
    }
    memmove(&s->segments[i + 1], &s->segments[i], (s->n_segments - i) * sizeof s->segments[0]);
    s->segments[i] = *seg;
    s->n_segments++;
    s->bytes += seg->bytes;
    return 0;
}

void segment_remove(struct spool *s, size_t i)
{
    s->bytes -= s->segments[i].bytes;
    s->n_segments--;
    memmove(&s->segments[i], &s->segments[i + 1], (s->n_segments - i) * sizeof s->segments[0]);
}

/* Counters wrap: later is what is less than half the circle ahead. */
void mark_put(struct spool *s, struct spool_mark m)
{
    for (size_t i = 0; i < s->n_marks; i++)
        if (s->marks[i].boot == m.boot) {
            if ((int32_t)(m.next - s->marks[i].next) > 0)
                s->marks[i].next = m.next;
            return;
        }
    if (s->n_marks == SPOOL_MARKS) { /* the oldest boot goes */
        memmove(&s->marks[0], &s->marks[1], (SPOOL_MARKS - 1) * sizeof s->marks[0]);
        s->n_marks--;
    }
    s->marks[s->n_marks++] = m;
}

bool spool_marked(const struct spool *s, uint32_t boot, uint32_t *ret_next)
{
    for (size_t i = 0; i < s->n_marks; i++)
        if (s->marks[i].boot == boot) {
            *ret_next = s->marks[i].next;
            return true;
        }
    return false;
}

size_t spool_count(const struct spool *s)
{
    return s->n_streams;
}

static bool has_drops(const struct spool *s, uint64_t stream)
{
    for (size_t i = 0; i < s->n_drops; i++)
        if (s->drops[i].stream == stream)
            return true;
    return false;
}

struct spool_stream spool_at(const struct spool *s, size_t i)
{
    const struct stream *st = &s->streams[i];
    bool gone = st->closed && st->low == st->next;
    return (struct spool_stream){st->id,   st->lane,   st->low,
                                 st->next, st->closed, gone || has_drops(s, st->id)};
}

bool spool_find(const struct spool *s, uint64_t stream, struct spool_stream *ret)
{
    const struct stream *st = stream_find(s, stream);
    if (st)
        *ret = spool_at(s, (size_t)(st - s->streams));
    return st != NULL;
}

uint64_t spool_seek(const struct spool *s, uint64_t stream, uint64_t from)
{
    const struct stream *st = stream_find(s, stream);
    if (!st)
        return UINT64_MAX;
    uint64_t seq = tomb_skip(s, stream, from > st->low ? from : st->low);
    return seq < st->next ? seq : st->next;
}

struct wire_head spool_next(const struct spool *s, enum wire_lane lane)
{
    const struct stream *st = stream_of(s, s->lanes[lane].stream);
    return (struct wire_head){st->id, st->next, st->low, (uint32_t)lane};
}
