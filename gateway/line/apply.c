/* Applying what devices said: the same way for a live input and for a replay. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

static void copy_text(char *to, size_t size, struct slice s)
{
    size_t n = s.len < size - 1 ? s.len : size - 1;
    if (n)
        memcpy(to, s.ptr, n);
    to[n] = 0;
}
#define COPY(to, s) copy_text(to, sizeof(to), s)

static void seen(struct device *d, const struct input *in)
{
    if (!d->first_seen_ms)
        d->first_seen_ms = in->now.wall_ms;
    d->last_seen_ms = in->now.wall_ms;
}

/* News overtakes backlog: the newest identity may well arrive before an older one.
 * `now_boot` is the boot of the message; what was sealed in it is the newest. */
static bool is_newer(const struct said *said, const struct said *than, uint64_t now_boot)
{
    if (said->boot != than->boot && (said->boot == now_boot || than->boot == now_boot))
        return said->boot == now_boot;
    if (said->boot != than->boot)
        return said->at_ms >= than->at_ms;
    if (said->sealed_ms != than->sealed_ms)
        return said->sealed_ms > than->sealed_ms;
    return said->seq >= than->seq;
}

/* A word that is left out is not known: an agent that has just started knows no more
 * than its settings until the firmware has said hello. */
#define COPY_SAID(to, s)                                                                           \
    do {                                                                                           \
        if ((s).len)                                                                               \
            COPY(to, s);                                                                           \
    } while (0)

static void take_components(struct line *line, struct device *d,
                            const struct wire_identity *identity)
{
    if (!identity->n_components)
        return;
    struct row_component *components = calloc(identity->n_components + 1, sizeof *components);
    if (!components) {
        line->broken = true;
        return;
    }
    for (size_t i = 0; i < identity->n_components; i++) {
        COPY(components[i].name, identity->components[i].name);
        COPY(components[i].serial, identity->components[i].serial);
        COPY(components[i].lot, identity->components[i].lot);
    }
    free(d->components);
    d->components = components;
    d->n_components = identity->n_components;
}

static void take_identity(struct line *line, struct device *d, const struct wire_identity *identity)
{
    COPY_SAID(d->model, identity->model);
    COPY_SAID(d->serial, identity->serial);
    COPY_SAID(d->firmware, identity->firmware);
    COPY_SAID(d->hardware, identity->hardware);
    COPY_SAID(d->agent, identity->agent);
    take_components(line, d, identity);
}

static void take_pack(struct device *d, struct slice pack, uint32_t revision)
{
    if (!pack.len)
        return;
    COPY(d->pack, pack);
    d->pack_revision = revision;
}

/* What a batch says beside its readings: read even while its rules are unknown. */
static void take_words(struct line *line, struct device *d, const struct wire_batch *batch,
                       const struct line_fix *fix)
{
    take_pack(d, batch->pack, batch->pack_revision);
    struct said said = {batch->boot, batch->sealed_ms, fix_at(fix, 0, batch->sealed_ms),
                        batch->seq};
    if (batch->identity && is_newer(&said, &d->said, fix->boot)) {
        d->said = said;
        take_identity(line, d, batch->identity);
    }
    for (size_t i = 0; i < batch->n_sources; i++)
        d->source_lost += batch->sources[i].lost;
    for (size_t i = 0; i < batch->n_intents; i++) {
        const struct wire_intent *w = &batch->intents[i];
        presence_intent(d, w->kind, fix_at(fix, 0, w->at_ms),
                        w->until_ms ? fix_until(fix, w->until_ms) : 0);
    }
    for (size_t i = 0; i < batch->n_columns; i++)
        d->readings += batch->columns[i].n;
}

static void mark_batch(struct line *line, struct device *d, const struct input *in,
                       struct slice bytes, uint64_t digest)
{
    struct wire_head head;
    if (wire_batch_head(bytes, &head))
        return;
    struct stream *s = dev_stream_make(line, d, head.stream, head.lane, in);
    if (!s)
        return;
    uint64_t was = s->l.contiguous;
    int rc = ledger_take(&s->l, head.seq, digest);
    if (rc == ERR_NOMEM)
        line->broken = true;
    stream_low(line, d, s, in, head.low);
    stream_moved(s, in, was);
}

void apply_batch(struct line *line, struct device *d, const struct input *in,
                 const struct line_fix *fix, struct slice bytes, const struct wire_batch *decoded,
                 uint64_t digest)
{
    mark_batch(line, d, in, bytes, digest);
    fix_anchor_move(&d->anchor, fix->boot, fix->sent_ms, in->now.wall_ms);
    presence_heard(line, d, in, fix->session);
    seen(d, in);
    d->batches++;
    if (decoded) {
        take_words(line, d, decoded, fix);
        twin_batch(line, d, in, decoded->settings_version);
    }
    bind_device(line, d, in);
    if (decoded)
        note_batch(line, d, decoded, fix);
    if (decoded && d->live)
        judge_batch(line, d, in, decoded, fix);
    else
        defer_batch(line, d, in, fix, bytes);
    held_settle(line, d, in);
    gaps_settle(line, d, in);
    line_touch(line, d, in);
}

static void hello_stream(struct line *line, struct device *d, const struct input *in,
                         const struct wire_stream_state *st)
{
    if (st->lane >= LANE_COUNT || (st->next <= 1 && !dev_stream(d, st->stream)))
        return;
    struct stream *s = dev_stream_make(line, d, st->stream, st->lane, in);
    if (!s)
        return;
    uint64_t was = s->l.contiguous;
    uint64_t last = st->next ? st->next - 1 : 0;
    ledger_expect(&s->l, last);
    if (st->closed)
        ledger_close(&s->l, last);
    stream_low(line, d, s, in, st->low);
    stream_moved(s, in, was);
}

static void ack_after(struct line *line, const struct device *d)
{
    if (line->replaying)
        return;
    struct txn_ack *ack = rows_add(&line->open->acks);
    if (!ack)
        line->broken = true;
    else
        snprintf(ack->device, sizeof ack->device, "%s", d->id);
}

void apply_hello(struct line *line, struct device *d, const struct input *in,
                 const struct wire_up *up)
{
    seen(d, in);
    fix_anchor_move(&d->anchor, up->boot, up->sent_ms, in->now.wall_ms);
    take_pack(d, up->hello.pack, up->hello.pack_revision);
    if (up->hello.agent.len)
        COPY(d->agent, up->hello.agent);
    for (size_t i = 0; i < up->hello.n_streams; i++)
        hello_stream(line, d, in, &up->hello.streams[i]);
    presence_hello(line, d, in, up->session);
    twin_hello(line, d, in, up->hello.settings_version);
    bind_device(line, d, in);
    gaps_settle(line, d, in);
    ack_after(line, d);
    line_touch(line, d, in);
}

void apply_account(struct line *line, struct device *d, const struct input *in,
                   const struct wire_up *up)
{
    const struct wire_account *a = &up->account;
    seen(d, in);
    fix_anchor_move(&d->anchor, up->boot, up->sent_ms, in->now.wall_ms);
    struct stream *s = dev_stream_make(line, d, a->stream, a->lane, in);
    if (s) {
        uint64_t was = s->l.contiguous;
        for (size_t i = 0; i < a->n_drops; i++)
            stream_tombstone(line, d, s, in, &a->drops[i]);
        if (a->closed_last)
            ledger_close(&s->l, a->closed_last);
        stream_low(line, d, s, in, a->low);
        stream_moved(s, in, was);
    }
    presence_heard(line, d, in, up->session);
    held_settle(line, d, in);
    gaps_settle(line, d, in);
    line_touch(line, d, in);
}

void apply_will(struct line *line, struct device *d, const struct input *in,
                const struct wire_up *up)
{
    presence_will(line, d, in, up->session);
    line_touch(line, d, in);
}

void apply_conflict(struct line *line, struct device *d, const struct input *in, struct slice bytes)
{
    struct wire_head head = {0};
    wire_batch_head(bytes, &head);
    char text[96];
    snprintf(text, sizeof text, "stream %016llx has two batches with number %llu",
             (unsigned long long)head.stream, (unsigned long long)head.seq);
    struct alert a;
    alert_builtin(&a, "cloned_device", SEVERITY_MAJOR, AUDIENCE_SUPPORT | AUDIENCE_MANUFACTURER,
                  in->now.wall_ms, text);
    alert_raise(line, d, in, &a);
    line_touch(line, d, in);
}
