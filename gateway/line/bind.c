/* Which rules a device is under, and what waits for rules to come. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

void pack_take(struct line *line, uint64_t fingerprint, const struct line_pack *pack)
{
    size_t i = 0;
    while (i < line->n_packs && strcmp(line->packs[i].name, pack->pack->name) != 0)
        i++;
    if (i == sizeof line->packs / sizeof line->packs[0])
        return;
    if (i == line->n_packs)
        line->n_packs++;
    snprintf(line->packs[i].name, sizeof line->packs[i].name, "%s", pack->pack->name);
    line->packs[i].fingerprint = fingerprint;
    line->packs[i].pack = pack;
}

/* NULL: the device's pack or model is not known. */
const struct line_pack *pack_in_force(const struct line *line, const struct device *d,
                                      uint64_t *ret_fingerprint)
{
    *ret_fingerprint = 0;
    for (size_t i = 0; i < line->n_packs; i++) {
        if (strcmp(line->packs[i].name, d->pack) != 0)
            continue;
        if (d->model[0] && !pack_fits(line->packs[i].pack->pack, d->model))
            return NULL;
        *ret_fingerprint = line->packs[i].fingerprint;
        return line->packs[i].pack;
    }
    return NULL;
}

bool bind_waits(const struct line *line, const struct device *d)
{
    uint64_t fingerprint;
    const struct line_pack *pack = pack_in_force(line, d, &fingerprint);
    return (pack && d->n_deferred) || fingerprint != d->bound;
}

/* Waiting verdicts name rules by index: the same rule under the new pack, or none. */
static void carry_held(struct line *line, struct device *d, const struct input *in,
                       const struct line_pack *was)
{
    for (size_t i = d->n_held; i-- > 0;) {
        struct held *h = &d->held[i];
        size_t rule = rule_index(d, ruleset_rule(was->rules, h->v.rule)->name);
        if (rule != SIZE_MAX && !h->late) {
            h->v.rule = rule;
            continue;
        }
        memmove(h, h + 1, (d->n_held - i - 1) * sizeof *h);
        d->n_held--;
    }
    (void)line;
    (void)in;
}

/* An alert of a rule that is no more would stay open for ever. */
static void end_orphans(struct line *line, struct device *d, const struct input *in)
{
    for (size_t i = d->n_alerts; i-- > 0;) {
        struct open_alert *oa = &d->alerts[i];
        if (oa->a.test || strcmp(oa->a.pack, "tocsin") == 0)
            continue;
        if (strcmp(oa->a.pack, d->pack_used->pack->name) == 0 &&
            rule_index(d, oa->a.rule) != SIZE_MAX)
            continue;
        struct alert_wish wish = {.move = MOVE_RESOLVED,
                                  .actor = "data",
                                  .reason = "other",
                                  .note = "its rule is no longer in the pack",
                                  .at_ms = in->now.wall_ms,
                                  .arrival_ms = in->now.wall_ms};
        alert_move(line, d, oa, in, &wish);
    }
}

static void rebind(struct line *line, struct device *d, const struct input *in,
                   const struct line_pack *pack, uint64_t fingerprint)
{
    struct detect *fresh = pack ? detect_new(pack->rules) : NULL;
    if (pack && !fresh) {
        line->broken = true;
        return;
    }
    if (d->live && fresh) {
        struct buf state;
        buf_init(&state, 16 * 1024 * 1024);
        detect_save(d->live, &state);
        if (buf_ok(&state))
            detect_load(fresh, buf_slice(&state)); /* or it learns anew */
        buf_free(&state);
    }
    const struct line_pack *was = d->pack_used;
    detect_free(d->live);
    detect_free(d->past);
    d->live = fresh;
    d->past = NULL;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        d->past_mark_ms[lane] = INT64_MIN;
    d->pack_used = pack;
    d->bound = fingerprint;
    if (was && pack)
        carry_held(line, d, in, was);
    else
        d->n_held = 0;
    if (pack)
        end_orphans(line, d, in);
}

static void forget_deferred(struct device *d, size_t i)
{
    free((void *)(uintptr_t)d->deferred[i].fix.ptr);
    d->deferred_bytes -= d->deferred[i].fix.len + d->deferred[i].bytes.len;
    memmove(&d->deferred[i], &d->deferred[i + 1], (d->n_deferred - i - 1) * sizeof d->deferred[0]);
    d->n_deferred--;
}

void defer_drop(struct device *d)
{
    while (d->n_deferred)
        forget_deferred(d, d->n_deferred - 1);
}

/* Judges what waited, oldest first; what is of a wire version to come waits on. */
static void judge_deferred(struct line *line, struct device *d, const struct input *in)
{
    for (size_t i = 0; i < d->n_deferred;) {
        struct line_fix fix;
        struct wire_batch batch;
        arena_reset(&line->arena);
        int rc = wire_decode_batch(d->deferred[i].bytes, &line->arena, &batch, NULL);
        if (rc == ERR_VERSION) {
            i++;
            continue;
        }
        if (rc == 0 && fix_decode(d->deferred[i].fix, &fix) == 0)
            judge_batch(line, d, in, &batch, &fix);
        forget_deferred(d, i);
    }
}

void bind_device(struct line *line, struct device *d, const struct input *in)
{
    uint64_t fingerprint;
    const struct line_pack *pack = pack_in_force(line, d, &fingerprint);
    if (fingerprint != d->bound)
        rebind(line, d, in, pack, fingerprint);
    if (d->pack_used && d->live && d->n_deferred)
        judge_deferred(line, d, in);
}

bool defer_add(struct device *d, int64_t arrived_ms, struct slice fix, struct slice bytes)
{
    struct deferred *more = realloc(d->deferred, (d->n_deferred + 1) * sizeof *more);
    if (!more)
        return false;
    d->deferred = more;
    uint8_t *block = malloc(fix.len + bytes.len + 1);
    if (!block)
        return false;
    memcpy(block, fix.ptr, fix.len);
    if (bytes.len)
        memcpy(block + fix.len, bytes.ptr, bytes.len);
    more[d->n_deferred++] = (struct deferred){arrived_ms, slice_of(block, fix.len),
                                              slice_of(block + fix.len, bytes.len)};
    d->deferred_bytes += fix.len + bytes.len;
    return true;
}

void defer_batch(struct line *line, struct device *d, const struct input *in,
                 const struct line_fix *fix, struct slice bytes)
{
    if (!d->pack[0] && !d->n_deferred)
        return; /* a device without a pack has nothing to wait for */
    buf_reset(&line->scratch);
    fix_encode(fix, &line->scratch);
    if (!defer_add(d, in->now.wall_ms, buf_slice(&line->scratch), bytes))
        line->broken = true;
    while (d->deferred_bytes > line->limits.deferred_bytes && d->n_deferred > 1) {
        forget_deferred(d, 0);
        line->stats.unjudged += !line->replaying;
    }
}
