/* Making the wire's batch of what was gathered. */
#include "agent/batch/inside.h"

struct seal {
    struct batch *b;
    struct wire_batch w;
    struct batch_info *info;
    struct now now;
    bool key;
    enum wire_lane lane;
};

/* A fault overtakes what firmware said before it, and leaves a hole that is filled a
 * moment later: what is lost is told with the bulk, when that has come. */
static uint32_t lost_of(const struct source *src, enum wire_lane lane)
{
    return lane == LANE_BULK ? src->lost : 0;
}

/* The batch's index of a source; names it at the first use. */
static uint32_t name_source(struct seal *s, uint32_t id)
{
    struct batch *b = s->b;
    if (b->index[id] != UINT32_MAX)
        return b->index[id];
    struct source *src = &b->sources[id];
    struct wire_source *w = &b->out_sources[s->w.n_sources];
    *w = (struct wire_source){.id = id,
                              .boot = src->boot,
                              .name = slice_str(src->name),
                              .at_ms = id ? source_now_ms(src, s->now) : s->now.boot_ms,
                              .wall_ms = s->now.wall_ms,
                              .trust = s->now.trust};
    if (src->has_clock) {
        w->wall_ms = source_wall_ms(src, w->at_ms, s->now);
        w->trust = TRUST_RTC;
    }
    if (!s->key) {
        w->received = src->handled[s->lane];
        w->lost = lost_of(src, s->lane);
        if (src->has_next && s->info->n_marks < LIMIT_SOURCES) {
            uint32_t next =
                src->mark + src->handled[s->lane] + lost_of(src, s->lane) + src->skipped;
            s->info->marks[s->info->n_marks].boot = src->boot;
            s->info->marks[s->info->n_marks++].next = next;
        }
    }
    b->index[id] = (uint32_t)s->w.n_sources++;
    return b->index[id];
}

static void span(struct seal *s, uint32_t source, int64_t at_ms)
{
    const struct source *src = &s->b->sources[source];
    int64_t wall =
        source ? source_wall_ms(src, at_ms, s->now) : s->now.wall_ms - (s->now.boot_ms - at_ms);
    s->info->readings++;
    if (s->info->readings == 1 || wall < s->info->from_ms)
        s->info->from_ms = wall;
    if (s->info->readings == 1 || wall > s->info->to_ms)
        s->info->to_ms = wall;
}

static void column(struct seal *s, const struct series *from, size_t start, size_t n)
{
    struct batch *b = s->b;
    b->columns[s->w.n_columns++] = (struct wire_column){.source = name_source(s, from->source),
                                                        .metric = from->metric,
                                                        .instance = from->instance,
                                                        .exponent = from->exponent,
                                                        .keyframe = s->key,
                                                        .n = n,
                                                        .at_ms = b->at + start,
                                                        .v = b->v + start};
}

/* A counting sort: the samples, in the order they came, to their columns. */
static void put_samples(struct seal *s)
{
    struct batch *b = s->b;
    uint16_t start = 0;
    for (size_t i = 0; i < BATCH_SERIES; i++) {
        struct series *x = &b->series[i];
        if (x->kind == REPORT_HELLO || !x->n)
            continue;
        x->start = start;
        column(s, x, start, x->n);
        start = (uint16_t)(start + x->n);
    }
    for (size_t i = 0; i < b->n_samples; i++) {
        struct series *x = &b->series[b->samples[i].series];
        b->at[x->start] = b->samples[i].at_ms;
        b->v[x->start++] = b->samples[i].v;
        span(s, x->source, b->samples[i].at_ms);
    }
}

static void put_bulk(struct seal *s)
{
    struct batch *b = s->b;
    put_samples(s);
    for (size_t i = 0; i < b->n_events; i++) {
        b->out_events[i] = b->events[i];
        b->out_events[i].source = name_source(s, b->events[i].source);
        span(s, b->events[i].source, b->events[i].at_ms);
    }
    for (size_t i = 0; i < b->n_cycles; i++) {
        b->out_cycles[i] = b->cycles[i];
        b->out_cycles[i].source = name_source(s, b->cycles[i].source);
        span(s, b->cycles[i].source, b->cycles[i].at_ms);
    }
    s->w.n_events = b->n_events;
    s->w.n_cycles = b->n_cycles;
}

static void put_urgent(struct seal *s, const struct wire_identity *identity)
{
    struct batch *b = s->b;
    if (b->factory_reset && b->wiped.ref)
        s->info->refs[s->info->n_refs++] = b->wiped;
    for (size_t i = 0; i < b->n_open; i++) {
        const struct fault_record *o = &b->open[i];
        b->out_faults[i] = o->w;
        b->out_faults[i].source = name_source(s, o->w.source);
        b->out_faults[i].context = b->contexts + o->context;
        span(s, o->w.source, o->w.at_ms);
        if (o->ref && s->info->n_refs < BATCH_REFS)
            s->info->refs[s->info->n_refs++] = (struct batch_ref){o->w.source, o->boot, o->ref};
    }
    s->w.n_faults = b->n_open;
    for (size_t i = 0; i < b->n_resets; i++) {
        b->out_resets[i] = b->resets[i];
        b->out_resets[i].source = name_source(s, b->resets[i].source);
    }
    s->w.n_resets = b->n_resets;
    s->w.resets = b->out_resets;
    s->w.n_intents = b->n_intents;
    s->w.intents = b->intents;
    s->w.n_results = b->n_results;
    s->w.results = b->results;
    s->w.factory_reset = b->factory_reset;
    s->w.identity = b->identity ? identity : NULL;
}

static bool speaks_for(const struct batch *b, uint32_t source)
{
    const struct source *s = &b->sources[source];
    return s->known && s->complete && !s->gone;
}

static void put_key_cycles(struct seal *s)
{
    struct batch *b = s->b;
    for (size_t i = 0; i < CYCLES_OPEN; i++) {
        const struct cycle_open *c = &b->cycles_open[i];
        if (c->used && speaks_for(b, c->source))
            b->out_cycles[s->w.n_cycles++] = (struct wire_cycle){
                name_source(s, c->source), c->cycle, c->instance, CYCLE_OPEN, c->number, c->at_ms};
    }
}

static void put_key(struct seal *s)
{
    struct batch *b = s->b;
    size_t at = 0;
    for (uint32_t i = 0; i < LIMIT_SOURCES; i++)
        if (speaks_for(b, i))
            name_source(s, i);
    for (size_t i = 0; i < BATCH_SERIES; i++) {
        const struct series *x = &b->series[i];
        if (x->kind != REPORT_STATE || !x->known || !speaks_for(b, x->source))
            continue;
        b->at[at] = x->at_ms;
        b->v[at] = x->v;
        column(s, x, at++, 1);
    }
    for (size_t i = 0; i < BATCH_FAULTS; i++) {
        const struct fault *f = &b->faults[i];
        if (!f->used || !f->active || !speaks_for(b, f->source))
            continue;
        b->out_faults[s->w.n_faults++] = (struct wire_fault){.source = name_source(s, f->source),
                                                             .fault = f->id,
                                                             .instance = f->instance,
                                                             .active = true,
                                                             .keyframe = true,
                                                             .at_ms = f->at_ms,
                                                             .first_ms = f->at_ms};
    }
    put_key_cycles(s);
}

int batch_seal(struct batch *b, enum batch_kind kind, struct wire_head head,
               uint64_t settings_version, const struct wire_identity *identity, struct now now,
               struct buf *out, struct batch_info *ret)
{
    struct seal s = {.b = b, .info = ret, .now = now, .lane = batch_lane(kind)};
    *ret = (struct batch_info){0};
    s.key = kind == BATCH_KEY_URGENT || kind == BATCH_KEY_BULK;
    s.w = (struct wire_batch){.stream = head.stream,
                              .lane = head.lane,
                              .seq = head.seq,
                              .low = head.low,
                              .pack = slice_str(b->pack),
                              .pack_revision = b->c.pack_revision,
                              .boot = b->c.boot,
                              .sealed_ms = now.boot_ms,
                              .keyframe = s.key,
                              .settings_version = settings_version,
                              .sources = b->out_sources,
                              .columns = b->columns,
                              .faults = b->out_faults,
                              .cycles = b->out_cycles,
                              .events = b->out_events};
    for (size_t i = 0; i < LIMIT_SOURCES; i++)
        b->index[i] = UINT32_MAX;
    name_source(&s, 0);
    for (uint32_t i = 1; !s.key && i < LIMIT_SOURCES; i++) /* what has something to count */
        if (b->sources[i].known && (lost_of(&b->sources[i], s.lane) ||
                                    b->sources[i].handled[s.lane] || b->sources[i].skipped))
            name_source(&s, i);
    if (s.key)
        put_key(&s);
    else if (kind == BATCH_BULK)
        put_bulk(&s);
    else
        put_urgent(&s, identity);
    for (size_t i = 0; i < s.w.n_sources; i++) /* when it is dropped, so is that word */
        ret->readings += (uint32_t)b->out_sources[i].lost;
    buf_reset(out);
    return wire_encode_batch(&s.w, out);
}

static void counted(struct batch *b, enum wire_lane lane)
{
    for (size_t i = 0; i < LIMIT_SOURCES; i++) {
        struct source *src = &b->sources[i];
        src->mark += src->handled[lane] + lost_of(src, lane) + src->skipped;
        src->handled[lane] = src->skipped = 0;
        if (lane == LANE_BULK)
            src->lost = 0;
    }
}

static void bulk_done(struct batch *b)
{
    for (size_t i = 0; i < BATCH_SERIES; i++)
        b->series[i].n = 0;
    b->n_samples = b->n_events = b->n_cycles = 0;
}

static void urgent_done(struct batch *b)
{
    b->n_open = b->n_contexts = b->n_intents = b->n_resets = b->n_results = b->n_texts = 0;
    b->identity = b->factory_reset = false;
}

void batch_sealed(struct batch *b, enum batch_kind kind, struct now now)
{
    enum wire_lane lane = batch_lane(kind);
    if (kind == BATCH_KEY_URGENT || kind == BATCH_KEY_BULK) {
        b->key_ms[lane] = now.boot_ms + b->c.keyframe_ms;
        return;
    }
    counted(b, lane);
    if (lane == LANE_BULK)
        bulk_done(b);
    else
        urgent_done(b);
    if (lane == LANE_BULK)
        b->bulk_sealed_ms = now.boot_ms;
    else
        b->urgent_sealed_ms = now.boot_ms;
}
