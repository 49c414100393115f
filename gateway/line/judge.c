/* A batch's facts, in time order, before the rules.
 *
 * Each lane of a device has a mark: the time up to which the live rules have
 * judged. What is newer, or older by no more than what one source may lag behind
 * another, is live. What is older is judged on a second, late timeline, at its
 * own time. A fault is a state: when no newer word about it is known, it is what
 * is true now, and so a fact of the live timeline however late it came. */
#include "gateway/line/inside.h"

#include <stdlib.h>

#define LAG_MS        5000
#define URGENT_LAG_MS (60 * 1000)
#define PAST_MS       (60 * 1000)      /* a source that is so far behind tells its past */
#define TELLING_MS    (10 * 60 * 1000) /* and is waited for so long */
#define CAUGHT_UP_MS  (15 * 1000)

enum fact_kind { FACT_SAMPLE, FACT_FAULT, FACT_CYCLE };
struct fact {
    int64_t at_ms;
    uint32_t order;
    enum fact_kind kind;
    uint32_t index, sub;
};

static int by_time(const void *left, const void *right)
{
    const struct fact *a = left, *b = right;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static size_t count_facts(const struct wire_batch *b)
{
    size_t n = b->n_faults + b->n_cycles;
    for (size_t i = 0; i < b->n_columns; i++)
        n += b->columns[i].n;
    return n;
}

static struct fact *room_for(struct line *line, size_t n)
{
    if (n > line->cap_facts) {
        void *facts = realloc(line->facts, n * sizeof(struct fact));
        if (!facts) {
            line->broken = true;
            return NULL;
        }
        line->facts = facts;
        line->cap_facts = n;
    }
    return line->facts;
}

static size_t list_facts(const struct wire_batch *b, const struct line_fix *fix, struct fact *facts)
{
    size_t n = 0;
    for (uint32_t c = 0; c < b->n_columns; c++)
        for (uint32_t i = 0; i < b->columns[c].n; i++, n++)
            facts[n] = (struct fact){fix_at(fix, b->columns[c].source, b->columns[c].at_ms[i]),
                                     (uint32_t)n, FACT_SAMPLE, c, i};
    for (uint32_t i = 0; i < b->n_faults; i++, n++)
        facts[n] = (struct fact){fix_at(fix, b->faults[i].source, b->faults[i].at_ms), (uint32_t)n,
                                 FACT_FAULT, i, 0};
    for (uint32_t i = 0; i < b->n_cycles; i++, n++)
        facts[n] = (struct fact){fix_at(fix, b->cycles[i].source, b->cycles[i].at_ms), (uint32_t)n,
                                 FACT_CYCLE, i, 0};
    qsort(facts, n, sizeof facts[0], by_time);
    return n;
}

/* --- last values --- */

static struct latest *latest_of(struct line *line, struct device *d, uint32_t metric,
                                uint32_t instance)
{
    for (size_t i = 0; i < d->n_latest; i++)
        if (d->latest[i].metric == metric && d->latest[i].instance == instance)
            return &d->latest[i];
    if (d->n_latest >= DEVICE_LATEST)
        return NULL;
    if ((d->n_latest & (d->n_latest - 1)) == 0) {
        struct latest *more =
            realloc(d->latest, (d->n_latest ? d->n_latest * 2 : 1) * sizeof *more);
        if (!more) {
            line->broken = true;
            return NULL;
        }
        d->latest = more;
    }
    struct latest *l = &d->latest[d->n_latest++];
    *l = (struct latest){.metric = metric, .instance = instance, .at_ms = INT64_MIN};
    return l;
}

void note_batch(struct line *line, struct device *d, const struct wire_batch *b,
                const struct line_fix *fix)
{
    int64_t sealed = fix_at(fix, 0, b->sealed_ms);
    if (sealed > d->newest_ms)
        d->newest_ms = sealed;
    for (size_t c = 0; c < b->n_columns; c++) {
        const struct wire_column *column = &b->columns[c];
        if (column->n == 0)
            continue;
        struct latest *l = latest_of(line, d, column->metric, column->instance);
        for (size_t i = 0; l && i < column->n; i++) {
            int64_t at = fix_at(fix, column->source, column->at_ms[i]);
            if (at < l->at_ms)
                continue;
            l->at_ms = at;
            l->value = wire_value(column->v[i], column->exponent);
            l->dirty = true;
        }
    }
}

/* --- faults as states --- */

static uint64_t source_key(const struct wire_batch *b, uint32_t index)
{
    if (index >= b->n_sources)
        return 0;
    const struct wire_source *s = &b->sources[index];
    return s->name.len ? ledger_digest(s->name) : s->id;
}

static struct fault_state *fault_of(struct device *d, uint64_t source, const struct wire_fault *f)
{
    for (size_t i = 0; i < d->n_faults; i++)
        if (d->faults[i].source == source && d->faults[i].fault == f->fault &&
            d->faults[i].instance == f->instance)
            return &d->faults[i];
    return NULL;
}

static struct fault_state *fault_make(struct line *line, struct device *d, uint64_t source,
                                      const struct wire_fault *f)
{
    if (d->n_faults >= DEVICE_FAULTS)
        return NULL;
    struct fault_state *more = realloc(d->faults, (d->n_faults + 1) * sizeof *more);
    if (!more) {
        line->broken = true;
        return NULL;
    }
    d->faults = more;
    more[d->n_faults] = (struct fault_state){
        .source = source, .fault = f->fault, .instance = f->instance, .at_ms = INT64_MIN};
    return &more[d->n_faults++];
}

static int64_t keyframe_of(const struct device *d, uint64_t source)
{
    for (size_t i = 0; i < d->n_keyframes; i++)
        if (d->keyframes[i].source == source)
            return d->keyframes[i].at_ms;
    return INT64_MIN;
}

/* False: a newer one has been heard. The source unheard for longest makes room. */
static bool keyframe_take(struct device *d, uint64_t source, int64_t at_ms)
{
    size_t i = 0;
    while (i < d->n_keyframes && d->keyframes[i].source != source)
        i++;
    if (i < d->n_keyframes && at_ms < d->keyframes[i].at_ms)
        return false;
    if (i == LIMIT_SOURCES)
        i = 0;
    if (i < d->n_keyframes) {
        d->n_keyframes--;
        memmove(&d->keyframes[i], &d->keyframes[i + 1],
                (d->n_keyframes - i) * sizeof d->keyframes[0]);
    }
    d->keyframes[d->n_keyframes++] = (struct keyframe_mark){source, at_ms};
    return true;
}

/* How far the source had come, by its own clock, when the batch was sealed. It is
 * the batch's time, but for a source that tells what it lived before. */
static int64_t reached(const struct wire_batch *b, const struct line_fix *fix, uint32_t index)
{
    return index < b->n_sources ? fix_at(fix, index, b->sources[index].at_ms)
                                : fix_at(fix, 0, b->sealed_ms);
}

static bool tells_past(const struct wire_batch *b, const struct line_fix *fix, uint32_t index)
{
    return reached(b, fix, index) < fix_at(fix, 0, b->sealed_ms) - PAST_MS;
}

/* The raises that were not counted before. An agent that was killed between a sync
 * and its answer tells them again, in another stream, with those that followed:
 * firmware counts from the last answer that it heard. */
static uint32_t count_new(struct fault_state *st, const struct wire_batch *b,
                          const struct wire_fault *f)
{
    uint32_t boot = f->source < b->n_sources ? b->sources[f->source].boot : 0;
    uint32_t n = f->count;
    if (f->keyframe || !n)
        return n;
    bool same = st->told && st->boot == boot && st->first_ms == f->first_ms;
    if (same && st->stream != b->stream) {
        n = n > st->told ? n - st->told : 0;
        st->told += n;
    } else {
        st->told = same ? st->told + n : n;
    }
    st->boot = boot;
    st->stream = b->stream;
    st->first_ms = f->first_ms;
    return n;
}

/* Takes the word when it is the newest about this fault. */
static bool fault_is_now(struct line *line, struct device *d, uint64_t source,
                         const struct wire_fault *f, int64_t at_ms, bool past)
{
    struct fault_state *st = fault_of(d, source, f);
    if (!st) {
        st = fault_make(line, d, source, f);
        if (!st)
            return true;
        if (at_ms < keyframe_of(d, source) &&
            !past) /* a newer one of its source did not name it: over */
            st->at_ms = keyframe_of(d, source);
    }
    if (at_ms < st->at_ms)
        return false;
    st->at_ms = at_ms;
    st->active = f->active;
    return true;
}

/* --- feeding --- */

struct feed {
    struct judging judging;
    const struct wire_batch *batch;
    const struct line_fix *fix;
    uint32_t count; /* of the fault at hand */
    struct detect_sink sink;
};

static void give(struct feed *feed, struct detect *detect, const struct fact *fact, int64_t at_ms)
{
    const struct wire_batch *b = feed->batch;
    feed->judging.fact_ms = fact->at_ms;
    if (fact->kind == FACT_SAMPLE) {
        const struct wire_column *c = &b->columns[fact->index];
        detect_sample(detect, feed->sink, c->metric, c->instance, at_ms,
                      wire_value(c->v[fact->sub], c->exponent), c->keyframe);
    } else if (fact->kind == FACT_FAULT) {
        const struct wire_fault *f = &b->faults[fact->index];
        detect_fault(detect, feed->sink, f->fault, f->instance, at_ms, f->active, feed->count);
    } else {
        const struct wire_cycle *c = &b->cycles[fact->index];
        detect_cycle(detect, feed->sink, c->cycle, c->instance, at_ms, c->phase);
    }
}

static uint32_t source_of(const struct wire_batch *b, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_SAMPLE: return b->columns[fact->index].source;
    case FACT_FAULT: return b->faults[fact->index].source;
    default: return b->cycles[fact->index].source;
    }
}

static void give_late(struct feed *feed, const struct fact *fact, enum wire_lane lane)
{
    struct device *d = feed->judging.d;
    struct line *line = feed->judging.line;
    if (!d->past) {
        d->past = detect_new(d->pack_used->rules);
        if (!d->past) {
            line->broken = true;
            return;
        }
    }
    int64_t mark = d->past_mark_ms[lane];
    if (mark != INT64_MIN && fact->at_ms < mark - LAG_MS) {
        line->stats.unjudged += !line->replaying;
        return;
    }
    line->stats.late += !line->replaying;
    if (tells_past(feed->batch, feed->fix, source_of(feed->batch, fact)))
        d->telling_listen_ms = feed->judging.in->now.listen_ms + TELLING_MS;
    d->past_mark_ms[lane] = fact->at_ms > mark ? fact->at_ms : mark;
    feed->judging.late = true;
    give(feed, d->past, fact, d->past_mark_ms[lane]);
    feed->judging.late = false;
}

/* A late word about a fault that is known to be over by now: the live rules hear
 * that, so that "is it still true" has an answer. */
static void say_over(struct feed *feed, const struct fact *fact)
{
    struct device *d = feed->judging.d;
    const struct wire_fault *f = &feed->batch->faults[fact->index];
    const struct fault_state *st = fault_of(d, source_key(feed->batch, f->source), f);
    int64_t mark = d->mark_ms[LANE_URGENT];
    if (!st || st->active || mark == INT64_MIN)
        return;
    feed->judging.fact_ms = mark;
    detect_fault(d->live, feed->sink, f->fault, f->instance, mark, false, 0);
    detect_advance(d->live, feed->sink, LANE_URGENT, mark);
}

static void give_fact(struct feed *feed, const struct fact *fact)
{
    struct device *d = feed->judging.d;
    enum wire_lane lane = fact->kind == FACT_FAULT ? LANE_URGENT : LANE_BULK;
    int64_t mark = d->mark_ms[lane];
    bool live = mark == INT64_MIN || fact->at_ms >= mark - LAG_MS;
    if (fact->kind == FACT_FAULT) {
        const struct wire_fault *f = &feed->batch->faults[fact->index];
        uint64_t source = source_key(feed->batch, f->source);
        live = fault_is_now(feed->judging.line, d, source, f, fact->at_ms,
                            tells_past(feed->batch, feed->fix, f->source));
        struct fault_state *st = fault_of(d, source, f);
        feed->count = st ? count_new(st, feed->batch, f) : f->count;
    }
    if (!live) {
        if (fact->kind == FACT_FAULT)
            say_over(feed, fact);
        give_late(feed, fact, lane);
        return;
    }
    d->mark_ms[lane] = fact->at_ms > mark ? fact->at_ms : mark;
    give(feed, d->live, fact, d->mark_ms[lane]);
    if (fact->kind == FACT_FAULT) /* judged while its own time is known */
        detect_advance(d->live, feed->sink, lane, d->mark_ms[lane]);
}

/* --- keyframes and marks --- */

static bool says_active(const struct wire_batch *b, const struct fault_state *st)
{
    for (size_t i = 0; i < b->n_faults; i++) {
        const struct wire_fault *f = &b->faults[i];
        if (f->active && f->fault == st->fault && f->instance == st->instance &&
            source_key(b, f->source) == st->source)
            return true;
    }
    return false;
}

static void end_unsaid(struct feed *feed, struct fault_state *st, int64_t sealed_ms)
{
    struct device *d = feed->judging.d;
    st->active = false;
    st->at_ms = sealed_ms;
    if (sealed_ms > d->mark_ms[LANE_URGENT])
        d->mark_ms[LANE_URGENT] = sealed_ms;
    feed->judging.fact_ms = sealed_ms;
    detect_fault(d->live, feed->sink, st->fault, st->instance, d->mark_ms[LANE_URGENT], false, 0);
    detect_advance(d->live, feed->sink, LANE_URGENT, d->mark_ms[LANE_URGENT]);
}

/* A keyframe says all active faults of the sources it names: what it leaves out is
 * over. It says nothing about other sources. */
static void converge(struct feed *feed)
{
    struct device *d = feed->judging.d;
    const struct wire_batch *b = feed->batch;
    if (!b->keyframe || b->lane != LANE_URGENT)
        return;
    for (uint32_t s = 0; s < b->n_sources; s++) {
        uint64_t source = source_key(b, s);
        int64_t said_ms = reached(b, feed->fix, s);
        if (!keyframe_take(d, source, said_ms))
            continue;
        for (size_t i = 0; i < d->n_faults; i++) {
            struct fault_state *st = &d->faults[i];
            if (st->active && st->source == source && st->at_ms <= said_ms && !says_active(b, st))
                end_unsaid(feed, st, said_ms);
        }
    }
}

static void advance(struct feed *feed, enum wire_lane lane, int64_t to_ms)
{
    struct device *d = feed->judging.d;
    if (to_ms > d->mark_ms[lane])
        d->mark_ms[lane] = to_ms;
    feed->judging.fact_ms = d->mark_ms[lane];
    detect_advance(d->live, feed->sink, lane, d->mark_ms[lane]);
}

static bool urgent_is_complete(const struct device *d)
{
    for (size_t i = 0; i < d->n_streams; i++)
        if (d->streams[i].l.lane == LANE_URGENT && !ledger_drained(&d->streams[i].l))
            return false;
    return true;
}

/* The late timeline has come as far as its facts, and, when all of the batch is
 * old, to where it was sealed. */
static void advance_late(struct feed *feed, enum wire_lane lane, int64_t to_ms)
{
    struct device *d = feed->judging.d;
    if (!d->past)
        return;
    if (to_ms > d->past_mark_ms[lane])
        d->past_mark_ms[lane] = to_ms;
    feed->judging.late = true;
    for (int l = 0; l < LANE_COUNT; l++) {
        feed->judging.fact_ms = d->past_mark_ms[l];
        if (d->past_mark_ms[l] != INT64_MIN)
            detect_advance(d->past, feed->sink, (enum wire_lane)l, d->past_mark_ms[l]);
    }
    feed->judging.late = false;
}

/* A bulk batch of appliances that are all in the present: the telling has ended. */
static void caught_up(struct feed *feed)
{
    struct device *d = feed->judging.d;
    const struct wire_batch *b = feed->batch;
    int64_t soon = feed->judging.in->now.listen_ms + CAUGHT_UP_MS;
    if (b->lane != LANE_BULK || b->n_sources < 2 || d->telling_listen_ms <= soon)
        return;
    for (uint32_t i = 1; i < b->n_sources; i++)
        if (tells_past(b, feed->fix, i))
            return;
    d->telling_listen_ms = soon;
}

void judge_batch(struct line *line, struct device *d, const struct input *in,
                 const struct wire_batch *batch, const struct line_fix *fix)
{
    struct feed feed = {.judging = {line, d, in, false, 0}, .batch = batch, .fix = fix};
    feed.sink = (struct detect_sink){verdict_take, &feed.judging};
    int64_t sealed = fix_at(fix, 0, batch->sealed_ms);
    enum wire_lane lane = (enum wire_lane)batch->lane;
    size_t n = count_facts(batch);
    struct fact *facts = room_for(line, n ? n : 1);
    if (!facts)
        return;
    n = list_facts(batch, fix, facts);
    bool old = d->mark_ms[lane] != INT64_MIN && sealed < d->mark_ms[lane] - LAG_MS;
    for (size_t i = 0; i < n; i++)
        give_fact(&feed, &facts[i]);
    if (batch->factory_reset && !old) {
        d->n_faults = 0;
        feed.judging.fact_ms = sealed;
        detect_reset(d->live, feed.sink, sealed > d->mark_ms[lane] ? sealed : d->mark_ms[lane]);
    }
    converge(&feed);
    caught_up(&feed);
    advance_late(&feed, lane, old ? sealed : INT64_MIN);
    if (d->mark_ms[LANE_BULK] != INT64_MIN) /* samples may come on either lane */
        advance(&feed, LANE_BULK, INT64_MIN);
    if (old)
        return;
    advance(&feed, lane, sealed);
    if (lane == LANE_BULK && urgent_is_complete(d))
        advance(&feed, LANE_URGENT, sealed - URGENT_LAG_MS);
}
