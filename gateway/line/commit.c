/* From what changed to the rows of one transaction, and back: what is committed
 * becomes the marks that acks are made of. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

const char *presence_name(enum presence presence)
{
    static const char *const names[] = {"unknown", "online", "offline", "asleep", "off"};
    return presence <= PRESENCE_OFF ? names[presence] : "?";
}

static void copy_id(char *to, const char *id)
{
    snprintf(to, LINE_DEVICE_MAX, "%s", id);
}

static bool add_mark(struct txn *t, const struct device *d, const struct ledger *l)
{
    struct txn_mark *m = rows_add(&t->marks);
    struct slice above;
    if (!m || !txn_copy(t, slice_of(l->above, l->n_above * sizeof l->above[0]), &above))
        return false;
    copy_id(m->device, d->id);
    m->stream = l->stream;
    m->contiguous = l->contiguous;
    m->n_above = l->n_above;
    m->above = (const struct wire_range *)(const void *)above.ptr;
    return true;
}

static bool add_stream(struct txn *t, const struct device *d, struct stream *s)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    ledger_save(&s->l, &b);
    struct slice marks;
    if (!txn_take(t, &b, &marks)) {
        buf_free(&b);
        return false;
    }
    struct row_stream *row = rows_add(&t->streams);
    if (!row)
        return false;
    *row = (struct row_stream){.stream = s->l.stream,
                               .lane = s->l.lane,
                               .contiguous = s->l.contiguous,
                               .highest = s->l.highest,
                               .closed_last = s->l.closed_last,
                               .expected = s->l.expected,
                               .stored = s->l.stored,
                               .dropped = s->l.dropped,
                               .updated_ms = s->l.updated_ms,
                               .marks = marks};
    copy_id(row->device, d->id);
    s->dirty = false;
    return add_mark(t, d, &s->l);
}

static bool add_latest(struct txn *t, struct device *d)
{
    for (size_t i = 0; i < d->n_latest; i++) {
        struct latest *l = &d->latest[i];
        if (!l->dirty)
            continue;
        struct row_latest *row = rows_add(&t->latest);
        if (!row)
            return false;
        copy_id(row->device, d->id);
        row->metric = l->metric;
        row->instance = l->instance;
        row->at_ms = l->at_ms;
        row->value = l->value;
        l->dirty = false;
    }
    return true;
}

static bool add_snapshot(struct txn *t, struct device *d)
{
    struct buf b;
    buf_init(&b, 16 * 1024 * 1024);
    dev_save(d, &b);
    struct slice bytes;
    struct row_snapshot *row = rows_add(&t->snapshots);
    if (!row || !txn_take(t, &b, &bytes)) {
        buf_free(&b);
        return false;
    }
    copy_id(row->device, d->id);
    row->input_no = d->last_input;
    row->version = STATE_VERSION;
    row->bytes = bytes;
    d->since_snapshot = 0;
    return true;
}

#define TEXT(member) snprintf(row->member, sizeof row->member, "%s", d->member)
static bool add_device(struct txn *t, const struct device *d)
{
    struct row_device *row = rows_add(&t->devices);
    struct slice components;
    if (!row || !txn_copy(t, slice_of(d->components, d->n_components * sizeof d->components[0]),
                          &components))
        return false;
    copy_id(row->id, d->id);
    row->tenant = 1;
    TEXT(model);
    TEXT(serial);
    TEXT(firmware);
    TEXT(hardware);
    TEXT(agent);
    TEXT(pack);
    row->pack_revision = d->pack_revision;
    row->n_components = d->n_components;
    row->components = (const struct row_component *)(const void *)components.ptr;
    row->presence = d->presence.now;
    row->presence_ms = d->presence.since_ms;
    row->session = d->presence.session;
    row->first_seen_ms = d->first_seen_ms;
    row->last_seen_ms = d->last_seen_ms;
    row->newest_ms = d->newest_ms;
    row->readings = d->readings;
    row->batches = d->batches;
    row->source_lost = d->source_lost;
    return true;
}
#undef TEXT

static bool gather(struct line *line, struct txn *t, struct device *d)
{
    d->dirty = false;
    for (size_t i = 0; i < d->n_streams; i++)
        if (d->streams[i].dirty && !add_stream(t, d, &d->streams[i]))
            return false;
    if (!add_device(t, d) || !add_latest(t, d))
        return false;
    if (!twin_gather(t, d))
        return false;
    return d->since_snapshot < line->limits.snapshot_inputs || add_snapshot(t, d);
}

const struct line_commit *line_take_commit(struct line *line)
{
    if (line->flying || line->broken || txn_empty(line->open))
        return NULL;
    for (size_t i = 0; i < line->n_dirty; i++)
        if (!gather(line, line->open, line->dirty[i])) {
            line->broken = true;
            return NULL;
        }
    line->n_dirty = 0;
    struct txn *t = line->open;
    line->open = line->away;
    line->away = t;
    line->flying = true;
    return txn_view(t, line->config.index);
}

static void mark_done(struct line *line, const struct txn_mark *m)
{
    struct device *d = line_find(line, m->device);
    struct stream *s = d ? dev_stream(d, m->stream) : NULL;
    if (!s)
        return;
    if (m->n_above) {
        struct wire_range *done = realloc(s->done, m->n_above * sizeof *done);
        if (!done)
            return; /* the old marks stay: they are true, only older */
        s->done = done;
        memcpy(done, m->above, m->n_above * sizeof *done);
    }
    s->n_done = m->n_above;
    s->done_contiguous = m->contiguous;
    s->ack_due = true;
    line_queue(line, d);
}

void line_committed(struct line *line)
{
    if (!line->flying)
        return;
    const struct txn_mark *marks = line->away->marks.ptr;
    for (size_t i = 0; i < line->away->marks.n; i++)
        mark_done(line, &marks[i]);
    const struct txn_ack *acks = line->away->acks.ptr;
    for (size_t i = 0; i < line->away->acks.n; i++) {
        struct device *d = line_find(line, acks[i].device);
        if (!d)
            continue;
        d->twin.due |= acks[i].settings;
        line_queue(line, d);
    }
    txn_reset(line->away);
    line->flying = false;
    line->stats.commits++;
}
