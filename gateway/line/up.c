/* What devices say: looked at, journalled when it changes something, applied.
 * Looking changes nothing, so that what is refused or was seen leaves no trace in
 * the state and a replay of the journal is the whole truth. */
#include "gateway/line/inside.h"

#include "proto/topic.h"

#include <stdio.h>

static int refused(struct line *line, int rc)
{
    switch (rc) {
    case ERR_LIMIT: line->stats.refused_limit++; break;
    case ERR_VERSION: line->stats.refused_version++; break;
    case ERR_FULL: line->stats.refused_full++; break;
    case ERR_EXISTS: line->stats.refused_conflict++; break;
    default: line->stats.refused_malformed++; break;
    }
    return rc;
}

/* Tells the device, when we know it; a stranger's word costs no memory. */
static int refuse(struct line *line, struct device *d, const struct wire_head *head, int rc,
                  bool never, const char *reason)
{
    if (d && d->n_refusals < DEVICE_REFUSALS) {
        d->refusals[d->n_refusals++] = (struct refusal){head->stream, head->seq, never, reason};
        line_queue(line, d);
    }
    return refused(line, rc);
}

/* A seen message is answered again, from what is committed. */
static int answer_again(struct line *line, struct device *d, struct stream *s)
{
    line->stats.duplicates++;
    s->ack_due = true;
    line_queue(line, d);
    return 0;
}

static bool has_place(const struct device *d, uint64_t stream)
{
    if (!d || d->n_streams < DEVICE_STREAMS)
        return true;
    for (size_t i = 0; i < d->n_streams; i++)
        if (d->streams[i].l.stream == stream || ledger_drained(&d->streams[i].l))
            return true;
    return false;
}

static void span_of(const struct wire_batch *b, const struct line_fix *fix, struct row_input *row)
{
    int64_t from = fix_at(fix, 0, b->sealed_ms), to = from;
    for (size_t c = 0; c < b->n_columns; c++) {
        const struct wire_column *column = &b->columns[c];
        for (size_t i = 0; i < column->n; i++) {
            int64_t at = fix_at(fix, column->source, column->at_ms[i]);
            from = at < from ? at : from;
            to = at > to ? at : to;
        }
    }
    for (size_t i = 0; i < b->n_faults; i++) {
        int64_t at = fix_at(fix, b->faults[i].source, b->faults[i].at_ms);
        from = at < from ? at : from;
        to = at > to ? at : to;
    }
    row->from_ms = from;
    row->to_ms = to;
}

static void set_row(struct row_input *row, enum input_kind kind, const char *id,
                    struct line_now now)
{
    *row = (struct row_input){.kind = kind, .arrived_ms = now.wall_ms};
    snprintf(row->device, sizeof row->device, "%s", id);
}

/* `decoded` NULL: of a wire version to come. */
static int store_batch(struct line *line, const char *id, const struct wire_up *up,
                       const struct wire_batch *decoded, uint64_t digest, struct line_now now)
{
    struct device *d = line_device(line, id);
    if (!d)
        return refused(line, ERR_FULL);
    struct line_fix fix = {.boot = up->boot,
                           .session = up->session,
                           .sent_ms = up->sent_ms,
                           .listen_ms = now.listen_ms};
    struct row_input row;
    set_row(&row, INPUT_BATCH, id, now);
    struct fix_anchor anchor = d->anchor;
    fix_anchor_move(&anchor, up->boot, up->sent_ms, now.wall_ms);
    if (decoded) {
        fix_batch(decoded, &anchor, now.wall_ms, &fix);
        span_of(decoded, &fix, &row);
    }
    struct input in = {.now = now};
    if (!line_journal(line, &row, &fix, up->batch, &in))
        return ERR_NOMEM;
    line->stats.batches++;
    apply_batch(line, d, &in, &fix, up->batch, decoded, digest);
    return 0;
}

static int take_conflict(struct line *line, struct device *d, const struct wire_up *up,
                         struct line_now now)
{
    if (!alert_find(d, "cloned_device", 0)) {
        struct row_input row;
        struct input in = {.now = now};
        struct line_fix fix = line_plain_fix(now);
        set_row(&row, INPUT_CONFLICT, d->id, now);
        if (!line_journal(line, &row, &fix, up->batch, &in))
            return ERR_NOMEM;
        apply_conflict(line, d, &in, up->batch);
    }
    return refused(line, ERR_EXISTS);
}

static int up_batch(struct line *line, const char *id, const struct wire_up *up,
                    struct line_now now)
{
    struct wire_head head;
    int rc = wire_batch_head(up->batch, &head);
    if (rc)
        return refused(line, rc);
    struct device *d = line_find(line, id);
    if (head.seq == 0 || head.low > head.seq || head.lane >= LANE_COUNT)
        return refuse(line, d, &head, ERR_INVALID, true, "numbers");
    struct stream *s = d ? dev_stream(d, head.stream) : NULL;
    uint64_t digest = ledger_digest(up->batch);
    switch (s ? ledger_look(&s->l, head.seq, digest) : LOOK_NEW) {
    case LOOK_SEEN: return answer_again(line, d, s);
    case LOOK_CONFLICT: return take_conflict(line, d, up, now);
    case LOOK_FULL: return refuse(line, d, &head, ERR_FULL, false, "too many gaps");
    case LOOK_NEW: break;
    }
    if (!has_place(d, head.stream))
        return refuse(line, d, &head, ERR_FULL, false, "too many streams");
    struct wire_batch batch;
    const char *reason = "malformed";
    arena_reset(&line->arena2);
    rc = wire_decode_batch(up->batch, &line->arena2, &batch, &reason);
    if (rc && rc != ERR_VERSION)
        return refuse(line, d, &head, rc, true, reason);
    return store_batch(line, id, up, rc ? NULL : &batch, digest, now);
}

/* Hellos, wills and accounts cost a row each, and nothing acknowledges them one by
 * one: a device that says them without end must not fill the disk. So many at once,
 * then one in so long (the generic cell rate algorithm, ITU-T I.371). */
#define WORD_EVERY_MS 500
#define WORDS_AT_ONCE 128

static bool too_many_words(struct device *d, int64_t wall_ms)
{
    int64_t ahead_ms = d->words_due_ms - wall_ms;
    if (ahead_ms < 0 || ahead_ms > (WORDS_AT_ONCE + 1) * WORD_EVERY_MS) /* or our clock went back */
        ahead_ms = 0;
    if (ahead_ms > (WORDS_AT_ONCE - 1) * WORD_EVERY_MS)
        return true;
    d->words_due_ms = wall_ms + ahead_ms + WORD_EVERY_MS;
    return false;
}

/* Journals the whole message and makes it an input of the device. */
static struct device *journal_up(struct line *line, enum input_kind kind, const char *id,
                                 struct slice payload, struct input *in)
{
    struct device *d = line_device(line, id);
    if (!d || too_many_words(d, in->now.wall_ms)) {
        refused(line, ERR_FULL);
        return NULL;
    }
    struct row_input row;
    struct line_fix fix = line_plain_fix(in->now);
    set_row(&row, kind, id, in->now);
    return line_journal(line, &row, &fix, payload, in) ? d : NULL;
}

static int up_hello(struct line *line, const char *id, const struct wire_up *up,
                    struct slice payload, struct line_now now)
{
    struct device *known = line_find(line, id);
    if (known && !presence_accepts(known, up->session))
        return 0; /* of a session that is over */
    struct input in = {.now = now};
    struct device *d = journal_up(line, INPUT_HELLO, id, payload, &in);
    if (!d)
        return ERR_FULL;
    line->stats.hellos++;
    apply_hello(line, d, &in, up);
    return 0;
}

static bool account_is_news(const struct ledger *l, const struct wire_account *a)
{
    if (a->low > l->contiguous + 1 || (a->closed_last && a->closed_last != l->closed_last))
        return true;
    for (size_t i = 0; i < a->n_drops; i++)
        if (ledger_drop_is_news(l, &a->drops[i]))
            return true;
    return false;
}

static int up_account(struct line *line, const char *id, const struct wire_up *up,
                      struct slice payload, struct line_now now)
{
    struct device *known = line_find(line, id);
    struct stream *s = known ? dev_stream(known, up->account.stream) : NULL;
    if (s && !account_is_news(&s->l, &up->account))
        return answer_again(line, known, s);
    if (!has_place(known, up->account.stream) || up->account.lane >= LANE_COUNT)
        return refused(line, ERR_FULL);
    struct input in = {.now = now};
    struct device *d = journal_up(line, INPUT_ACCOUNT, id, payload, &in);
    if (!d)
        return ERR_FULL;
    line->stats.accounts++;
    apply_account(line, d, &in, up);
    return 0;
}

/* A will that comes late, of a session that has a successor, says nothing. */
static int up_will(struct line *line, const char *id, const struct wire_up *up,
                   struct slice payload, struct line_now now)
{
    struct device *d = line_find(line, id);
    line->stats.wills++;
    if (!d || up->session < d->presence.session ||
        (d->presence.ended && up->session <= d->presence.ended))
        return 0;
    struct input in = {.now = now};
    if (!journal_up(line, INPUT_WILL, id, payload, &in))
        return ERR_FULL;
    apply_will(line, d, &in, up);
    return 0;
}

int line_up(struct line *line, struct slice device, struct slice payload, struct line_now now)
{
    line->stats.messages++;
    if (!topic_id_valid(device)) {
        line->stats.refused_device++;
        return ERR_INVALID;
    }
    char id[LINE_DEVICE_MAX] = "";
    memcpy(id, device.ptr, device.len);
    if (now.listen_ms < line->listen_ms)
        now.listen_ms = line->listen_ms;
    line->listen_ms = now.listen_ms;
    struct wire_up up;
    arena_reset(&line->arena);
    int rc = wire_decode_up(payload, &line->arena, &up, NULL);
    if (rc)
        return refused(line, rc);
    switch (up.kind) {
    case UP_BATCH: return up_batch(line, id, &up, now);
    case UP_HELLO: return up_hello(line, id, &up, payload, now);
    case UP_WILL: return up_will(line, id, &up, payload, now);
    case UP_ACCOUNT: return up_account(line, id, &up, payload, now);
    }
    return refused(line, ERR_INVALID);
}
