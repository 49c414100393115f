/* From batch to spool, and from spool to durable. */
#include "agent/core/inside.h"

#define PAST_MS (5 * 60 * 1000) /* a source tells what it lived so long ago: no news */

static void wait_for_sync(struct core *c, const struct batch_info *info)
{
    for (size_t i = 0; i < info->n_refs && c->n_pending < PENDING; i++)
        c->pending[c->n_pending++] = info->refs[i];
}

static int store(struct core *c, enum batch_kind kind, const struct batch_info *info,
                 struct now now)
{
    struct spool_mark marks[SPOOL_MARKS];
    for (size_t i = 0; i < info->n_marks; i++)
        marks[i] = (struct spool_mark){info->marks[i].boot, info->marks[i].next};
    struct spool_record record = {buf_slice(&c->bytes), info->readings, info->from_ms,
                                  info->to_ms,          info->n_marks,  marks};
    enum wire_lane lane = batch_lane(kind);
    uint64_t seq = spool_next(c->spool, lane).seq;
    int rc = spool_append(c->spool, lane, &record, now.boot_ms);
    if (rc != 0 || lane != LANE_BULK)
        return rc;
    if (info->readings) /* a keyframe between others is as old as they are */
        c->bulk_past = info->from_ms < now.wall_ms - c->c.bulk_age_ms - PAST_MS;
    if (c->bulk_past)
        courier_past(c->courier, lane, seq);
    return 0;
}

/* False: it has to wait, and nothing behind it may overtake in its lane. */
static bool seal_one(struct core *c, enum batch_kind kind, struct now now)
{
    struct batch_info info;
    enum wire_lane lane = batch_lane(kind);
    if (c->n_pending + BATCH_REFS > PENDING)
        sync_urgent(c, now);
    if (c->n_pending + BATCH_REFS > PENDING)
        return false;
    int rc = batch_seal(c->batch, kind, spool_next(c->spool, lane), twin_version(c->twin),
                        &c->identity, now, &c->bytes, &info);
    if (rc == ERR_LIMIT || rc == ERR_INVALID) { /* ours to prevent: say it, and go on */
        say(c, LOG_ERROR_, "AG124", "a batch broke a limit of the wire and was dropped");
        batch_sealed(c->batch, kind, now);
        return true;
    }
    if (rc == 0)
        rc = store(c, kind, &info, now);
    if (rc != 0)
        return false;
    batch_sealed(c->batch, kind, now);
    wait_for_sync(c, &info);
    c->stats.sealed[lane]++;
    c->stats.keyframes[lane] += kind == BATCH_KEY_URGENT || kind == BATCH_KEY_BULK;
    if (lane == LANE_BULK && !c->bulk_since_ms)
        c->bulk_since_ms = now.boot_ms;
    return true;
}

void seal_due(struct core *c, struct now now)
{
    if (now.boot_ms < c->seal_after_ms)
        return;
    for (int i = 0; i < 16; i++) {
        enum batch_kind kind = batch_due(c->batch, now);
        if (kind == BATCH_NONE)
            return;
        if (!seal_one(c, kind, now)) {
            c->seal_after_ms = now.boot_ms + RETRY_MS;
            say(c, LOG_WARN_, "AG125", "the spool has no room for a batch: trying again");
            return;
        }
    }
    c->more = true;
}

/* The fault is durable: only now may the firmware forget it. */
void sync_urgent(struct core *c, struct now now)
{
    if (spool_sync(c->spool, LANE_URGENT, now.boot_ms) != 0) {
        c->sync_after_ms = now.boot_ms + RETRY_MS;
        return;
    }
    c->sync_after_ms = 0;
    size_t done = 0;
    for (; done < c->n_pending; done++) {
        struct core_action *a =
            c->n_actions + TEXTS + 4 < CORE_ACTIONS ? act(c, CORE_FAULT_DURABLE) : NULL;
        if (!a)
            break;
        a->source = c->pending[done].source;
        a->boot = c->pending[done].boot;
        a->ref = c->pending[done].ref;
        batch_durable(c->batch, &c->pending[done]);
    }
    c->n_pending -= done;
    memmove(c->pending, c->pending + done, c->n_pending * sizeof c->pending[0]);
    c->more = c->more || c->n_pending;
}

void sync_bulk(struct core *c, struct now now)
{
    if (spool_sync(c->spool, LANE_BULK, now.boot_ms) == 0)
        c->bulk_since_ms = 0;
    else
        c->bulk_since_ms = now.boot_ms; /* again after the same wait */
}
