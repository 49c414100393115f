/* Faults: what is active, and a token bucket for what chatters.
 *
 * Each fault has a few tokens; a change costs one and is told at once. Without a
 * token the change is folded into count, first and last, and told when the next
 * token comes. The source holds a fault until its latest report is durable, and
 * its count goes on from the last answer it took: what was counted is taken off. */
#include "agent/batch/inside.h"

static struct fault *find(struct batch *b, const struct report *r)
{
    struct fault *room = NULL;
    for (size_t i = 0; i < BATCH_FAULTS; i++) {
        struct fault *f = &b->faults[i];
        if (f->used && f->source == r->source && f->id == r->id && f->instance == r->instance)
            return f;
        bool idle = !f->used || (!f->active && !f->waiting);
        if (idle && (!room || (room->used && (!f->used || f->at_ms < room->at_ms))))
            room = f;
    }
    if (room)
        *room = (struct fault){.used = true,
                               .source = (uint8_t)r->source,
                               .id = r->id,
                               .instance = r->instance,
                               .tokens = TOKENS,
                               .refill_ms = INT64_MIN};
    return room;
}

static void refill(struct batch *b, struct fault *f, int64_t now_ms)
{
    if (f->refill_ms == INT64_MIN)
        f->refill_ms = now_ms + b->c.chatter_refill_ms;
    while (f->refill_ms <= now_ms && f->tokens < TOKENS) {
        f->tokens++;
        f->refill_ms += b->c.chatter_refill_ms;
    }
    if (f->tokens == TOKENS)
        f->refill_ms = now_ms + b->c.chatter_refill_ms;
}

static struct fault_record *tell(struct batch *b, struct fault *f)
{
    struct fault_record *o = &b->open[b->n_open++];
    *o = (struct fault_record){.ref = f->ref, .boot = f->boot, .context = (uint16_t)b->n_contexts};
    o->w = (struct wire_fault){.source = f->source,
                               .fault = f->id,
                               .instance = f->instance,
                               .active = f->active,
                               .at_ms = f->at_ms,
                               .first_ms = f->first_ms,
                               .count = f->count};
    f->tokens--;
    f->count = 0;
    if (f->waiting)
        b->n_waiting--;
    f->waiting = false;
    return o;
}

/* A frame says it, 0 for a state that is told again; the agent's own reports need not. */
static uint32_t raises_of(const struct report *r)
{
    return r->counted || r->count ? r->count : r->active ? 1 : 0;
}

/* Raises that we have not counted. The source counts on from the last answer that it
 * took, and leaves one that came while it had more to say: only the first raise of
 * its count tells whether it is still the same. */
static uint32_t new_raises(const struct fault *f, const struct report *r)
{
    uint32_t said = raises_of(r);
    bool goes_on = f->boot == r->boot && r->ref && f->since_ms == r->first_ms && said >= f->raises;
    return goes_on ? said - f->raises : said;
}

int fault_report(struct batch *b, const struct report *r, struct now now)
{
    if (b->n_open == BATCH_OPEN || b->n_contexts + r->n_context > CONTEXTS)
        return ERR_FULL;
    struct fault *f = find(b, r);
    if (!f)
        return ERR_FULL;
    if (r->ref && f->boot == r->boot && (int32_t)(r->ref - f->ref) <= 0 && f->ref)
        return f->answered ? BATCH_AGAIN : BATCH_KNOWN;
    uint32_t raises = new_raises(f, r);
    refill(b, f, now.boot_ms);
    if (!f->waiting)
        f->first_ms = r->first_ms && r->first_ms <= r->at_ms ? r->first_ms : r->at_ms;
    f->count += raises;
    f->raises = raises_of(r);
    f->since_ms = r->first_ms;
    f->active = r->active;
    f->at_ms = r->at_ms;
    f->boot = r->boot;
    f->ref = r->ref;
    f->answered = false;
    if (!f->tokens) {
        b->n_waiting += !f->waiting;
        f->waiting = true;
        return BATCH_KEPT;
    }
    struct fault_record *o = tell(b, f);
    o->w.n_context = r->n_context;
    for (size_t i = 0; i < r->n_context; i++)
        b->contexts[b->n_contexts++] = r->context[i];
    return BATCH_KEPT;
}

void fault_release(struct batch *b, struct now now)
{
    for (size_t i = 0; b->n_waiting && i < BATCH_FAULTS && b->n_open < BATCH_OPEN; i++) {
        struct fault *f = &b->faults[i];
        if (!f->waiting)
            continue;
        refill(b, f, now.boot_ms);
        if (f->tokens || b->flush) {
            if (!f->tokens)
                f->tokens = 1;
            tell(b, f);
        }
    }
}

int64_t fault_wake_ms(const struct batch *b)
{
    int64_t wake = INT64_MAX;
    for (size_t i = 0; b->n_waiting && i < BATCH_FAULTS; i++)
        if (b->faults[i].waiting && b->faults[i].refill_ms < wake)
            wake = b->faults[i].refill_ms;
    return wake;
}

void fault_forget(struct batch *b, uint32_t source)
{
    for (size_t i = 0; i < BATCH_FAULTS; i++)
        if (b->faults[i].used && b->faults[i].source == source) {
            b->n_waiting -= b->faults[i].waiting;
            b->faults[i] = (struct fault){0};
        }
}

void batch_durable(struct batch *b, const struct batch_ref *ref)
{
    if (b->wiped.source == ref->source && b->wiped.boot == ref->boot && b->wiped.ref == ref->ref)
        b->wiped_answered = true;
    for (size_t i = 0; i < BATCH_FAULTS; i++) {
        struct fault *f = &b->faults[i];
        if (f->used && f->source == ref->source && f->boot == ref->boot && f->ref == ref->ref)
            f->answered = true;
    }
}
