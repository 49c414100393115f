/* The streams of a device. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

static size_t place(const struct device *d, uint64_t id)
{
    size_t i = 0;
    while (i < d->n_streams && d->streams[i].l.stream < id)
        i++;
    return i;
}

struct stream *dev_stream(struct device *d, uint64_t id)
{
    size_t i = place(d, id);
    return i < d->n_streams && d->streams[i].l.stream == id ? &d->streams[i] : NULL;
}

void stream_free(struct stream *s)
{
    ledger_free(&s->l);
    free(s->done);
    s->done = NULL;
}

/* The oldest stream of which nothing is missing; n_streams: there is none. */
static size_t oldest_drained(const struct device *d)
{
    size_t best = d->n_streams;
    for (size_t i = 0; i < d->n_streams; i++)
        if (ledger_drained(&d->streams[i].l) &&
            (best == d->n_streams || d->streams[i].l.updated_ms < d->streams[best].l.updated_ms))
            best = i;
    return best;
}

static void forget(struct line *line, struct device *d, size_t i)
{
    if (!line->replaying) {
        struct row_stream *row = rows_add(&line->open->streams);
        if (!row)
            line->broken = true;
        else {
            snprintf(row->device, sizeof row->device, "%s", d->id);
            row->stream = d->streams[i].l.stream;
            row->forgotten = true;
        }
    }
    stream_free(&d->streams[i]);
    memmove(&d->streams[i], &d->streams[i + 1], (d->n_streams - i - 1) * sizeof d->streams[0]);
    d->n_streams--;
}

static bool make_room(struct line *line, struct device *d)
{
    if (d->n_streams >= DEVICE_STREAMS) {
        size_t i = oldest_drained(d);
        if (i == d->n_streams)
            return false;
        forget(line, d, i);
    }
    if (d->n_streams < d->cap_streams)
        return true;
    size_t cap = d->cap_streams ? d->cap_streams * 2 : 4;
    struct stream *streams = realloc(d->streams, cap * sizeof *streams);
    if (!streams) {
        line->broken = true;
        return false;
    }
    d->streams = streams;
    d->cap_streams = cap;
    return true;
}

struct stream *dev_stream_make(struct line *line, struct device *d, uint64_t id, uint32_t lane,
                               const struct input *in)
{
    struct stream *s = dev_stream(d, id);
    if (s)
        return s;
    if (!make_room(line, d))
        return NULL;
    size_t i = place(d, id);
    memmove(&d->streams[i + 1], &d->streams[i], (d->n_streams - i) * sizeof d->streams[0]);
    d->n_streams++;
    d->streams[i] = (struct stream){.l = {.stream = id,
                                          .lane = lane,
                                          .updated_ms = in->now.wall_ms,
                                          .progress_listen_ms = in->now.listen_ms}};
    return &d->streams[i];
}

struct sink_arg {
    struct line *line;
    struct device *d;
    const struct input *in;
};

static void drop_row(void *arg, const struct ledger *l, const struct wire_drop *drop, bool gone)
{
    const struct sink_arg *a = arg;
    if (a->line->replaying)
        return;
    struct row_drop *row = rows_add(&a->line->open->drops);
    if (!row) {
        a->line->broken = true;
        return;
    }
    *row = (struct row_drop){.stream = l->stream,
                             .first = drop->first,
                             .last = drop->last,
                             .readings = drop->readings,
                             .reason = drop->reason,
                             .from_ms = drop->from_ms,
                             .to_ms = drop->to_ms,
                             .told_ms = a->in->now.wall_ms,
                             .gone = gone};
    snprintf(row->device, sizeof row->device, "%s", a->d->id);
}

bool stream_low(struct line *line, struct device *d, struct stream *s, const struct input *in,
                uint64_t low)
{
    struct sink_arg arg = {line, d, in};
    return ledger_low(&s->l, low, (struct ledger_sink){drop_row, &arg});
}

bool stream_tombstone(struct line *line, struct device *d, struct stream *s, const struct input *in,
                      const struct wire_drop *drop)
{
    struct sink_arg arg = {line, d, in};
    return ledger_drop(&s->l, drop, (struct ledger_sink){drop_row, &arg});
}

void stream_moved(struct stream *s, const struct input *in, uint64_t was_contiguous)
{
    s->dirty = true;
    s->l.updated_ms = in->now.wall_ms;
    if (s->l.contiguous > was_contiguous || ledger_drained(&s->l))
        s->l.progress_listen_ms = in->now.listen_ms;
    if (s->l.closed_last && s->l.contiguous >= s->l.closed_last)
        ledger_forget(&s->l);
}

bool dev_drained(const struct device *d)
{
    for (size_t i = 0; i < d->n_streams; i++)
        if (!ledger_drained(&d->streams[i].l))
            return false;
    return true;
}
