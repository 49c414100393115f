/* After a crash, or a commit that failed: snapshots, then the inputs after them,
 * applied the same way as when they came; nothing is emitted. What the store
 * holds as committed is compared with the outcome, and is the law. */
#include "gateway/line/inside.h"

#include <stdlib.h>

int line_restore_snapshot(struct line *line, const struct row_snapshot *row)
{
    if (row->version != STATE_VERSION)
        return ERR_VERSION;
    struct device *d;
    int rc = dev_load(line, row->bytes, &d);
    if (rc)
        return rc;
    if (strcmp(d->id, row->device) != 0 || d->last_input != row->input_no ||
        line_find(line, d->id)) {
        dev_free(d);
        return ERR_CORRUPT;
    }
    rc = line_adopt(line, d);
    if (rc)
        dev_free(d);
    return rc;
}

uint64_t line_replay_from(const struct line *line, const char *device)
{
    const struct device *d = line_find(line, device);
    return d ? d->snapshot_input : 0;
}

static void replay_batch(struct line *line, struct device *d, const struct input *in,
                         const struct line_fix *fix, struct slice bytes)
{
    struct wire_batch batch;
    arena_reset(&line->arena2);
    int rc = wire_decode_batch(bytes, &line->arena2, &batch, NULL);
    /* It was journalled with sources only when it could be read. */
    bool read = rc == 0 && fix->n_sources > 0;
    apply_batch(line, d, in, fix, bytes, read ? &batch : NULL, ledger_digest(bytes));
}

static void replay_up(struct line *line, struct device *d, const struct input *in,
                      const struct row_input *row)
{
    struct wire_up up;
    arena_reset(&line->arena);
    if (wire_decode_up(row->bytes, &line->arena, &up, NULL)) {
        line->stats.defects++;
        return;
    }
    if (row->kind == INPUT_HELLO)
        apply_hello(line, d, in, &up);
    else if (row->kind == INPUT_WILL)
        apply_will(line, d, in, &up);
    else
        apply_account(line, d, in, &up);
}

static void replay_device(struct line *line, struct device *d, const struct input *in,
                          const struct line_fix *fix, const struct row_input *row)
{
    switch (row->kind) {
    case INPUT_BATCH: replay_batch(line, d, in, fix, row->bytes); break;
    case INPUT_HELLO:
    case INPUT_WILL:
    case INPUT_ACCOUNT: replay_up(line, d, in, row); break;
    case INPUT_TICK: apply_tick(line, d, in); break;
    case INPUT_ACTION: apply_action(line, d, in, row->bytes); break;
    case INPUT_TEST: apply_test(line, d, in, row->bytes); break;
    case INPUT_CONFLICT: apply_conflict(line, d, in, row->bytes); break;
    case INPUT_REBIND: apply_rebind(line, d, in); break;
    case INPUT_SETTINGS: apply_settings(line, d, in, row->bytes); break;
    case INPUT_PACK:
    case INPUT_START: break;
    }
}

int line_replay(struct line *line, const struct row_input *row)
{
    struct line_fix fix;
    if (fix_decode(row->fix, &fix)) {
        line->stats.defects++;
        return ERR_CORRUPT;
    }
    line->replaying = true;
    line->alerts_of_input = 0;
    struct input in = {row->no, {row->arrived_ms, fix.listen_ms}};
    if (fix.listen_ms > line->listen_ms)
        line->listen_ms = fix.listen_ms;
    if (row->no >= line->next_input)
        line->next_input = row->no + 1;
    if (row->kind == INPUT_START)
        apply_start(line, &in);
    else if (row->kind == INPUT_PACK)
        return apply_pack(line, row->bytes);
    if (!row->device[0])
        return 0;
    struct device *d = line_device(line, row->device);
    if (!d)
        return ERR_NOMEM;
    if (row->no > d->snapshot_input)
        replay_device(line, d, &in, &fix, row);
    return line->broken ? ERR_NOMEM : 0;
}

static bool same_marks(const struct ledger *a, const struct ledger *b)
{
    return a->contiguous == b->contiguous && a->stored == b->stored && a->dropped == b->dropped &&
           a->n_above == b->n_above &&
           (a->n_above == 0 || memcmp(a->above, b->above, a->n_above * sizeof a->above[0]) == 0);
}

static int set_done(struct stream *s)
{
    struct wire_range *done = NULL;
    if (s->l.n_above) {
        done = malloc(s->l.n_above * sizeof *done);
        if (!done)
            return ERR_NOMEM;
        memcpy(done, s->l.above, s->l.n_above * sizeof *done);
    }
    free(s->done);
    s->done = done;
    s->n_done = s->l.n_above;
    s->done_contiguous = s->l.contiguous;
    s->dirty = false;
    return 0;
}

int line_restore_stream(struct line *line, const struct row_stream *row)
{
    struct ledger committed;
    struct reader r = reader_of(row->marks);
    if (!ledger_load(&r, &committed))
        return ERR_CORRUPT;
    struct device *d = line_device(line, row->device);
    struct input in = {0};
    bool known = d && dev_stream(d, row->stream);
    struct stream *s = d ? dev_stream_make(line, d, row->stream, row->lane, &in) : NULL;
    if (!s || committed.stream != row->stream) {
        ledger_free(&committed);
        return s ? ERR_CORRUPT : ERR_NOMEM;
    }
    if (known && same_marks(&s->l, &committed)) {
        ledger_free(&committed);
        return set_done(s);
    }
    line->stats.defects++;
    ledger_free(&s->l);
    s->l = committed;
    return set_done(s);
}

static bool same_alert(const struct alert *a, const struct alert *b)
{
    return a->id == b->id && a->state == b->state && a->snoozed_until_ms == b->snoozed_until_ms;
}

int line_restore_alert(struct line *line, const struct row_alert *row)
{
    struct device *d = line_device(line, row->device);
    if (!d)
        return ERR_NOMEM;
    struct open_alert *oa = alert_find(d, row->alert.rule, row->alert.instance);
    if (oa && same_alert(&oa->a, &row->alert)) {
        oa->confirmed = true;
        return 0;
    }
    line->stats.defects++;
    if (!oa) {
        struct open_alert *more = realloc(d->alerts, (d->n_alerts + 1) * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        d->alerts = more;
        oa = &more[d->n_alerts++];
    }
    *oa = (struct open_alert){.a = row->alert, .confirmed = true};
    return 0;
}

/* What the store does not hold as open is not. */
static void confirm_alerts(struct line *line, struct device *d)
{
    for (size_t i = d->n_alerts; i-- > 0;) {
        struct open_alert *oa = &d->alerts[i];
        if (oa->confirmed) {
            oa->confirmed = false;
            continue;
        }
        line->stats.defects++;
        memmove(oa, oa + 1, (d->n_alerts - i - 1) * sizeof *oa);
        d->n_alerts--;
    }
}

void line_restored(struct line *line, const struct line_numbers *highest)
{
    for (size_t i = 0; i < line->n_devices; i++) {
        struct device *d = line->devices[i];
        confirm_alerts(line, d);
        d->dirty = d->twin.dirty = false;
        d->snapshot_input = 0;
        for (size_t k = 0; k < d->n_streams; k++)
            d->streams[k].dirty = false;
        for (size_t k = 0; k < d->n_latest; k++)
            d->latest[k].dirty = false;
        dev_due(line, d);
    }
    if (highest->input >= line->next_input)
        line->next_input = highest->input + 1;
    line->next_handoff = highest->handoff + 1;
    line->replaying = false;
}
