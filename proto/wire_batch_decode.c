/* Reading a batch: generated message to plain structs, every count and length
 * held against the limits before anything is copied. */
#include "proto/wire_mem.h"

#include "base/err.h"

static bool exponent_ok(struct pass *p, int32_t exponent)
{
    return (exponent >= -18 && exponent <= 18) ||
           pass_fail(p, ERR_LIMIT, "exponent: outside -18..18");
}

static int64_t time_of(struct pass *p, uint64_t ms)
{
    if (ms > INT64_MAX / 4)
        pass_fail(p, ERR_LIMIT, "time: too large");
    return (int64_t)ms;
}

static int64_t wall_of(struct pass *p, int64_t ms)
{
    if (ms > INT64_MAX / 4 || ms < INT64_MIN / 4)
        pass_fail(p, ERR_LIMIT, "wall time: too large");
    return ms;
}

static void read_sources(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_source *to = pass_array(p, m->n_sources, sizeof *to);
    for (size_t i = 0; to && i < m->n_sources; i++) {
        const Tocsin__Source *s = m->sources[i];
        to[i] = (struct wire_source){
            .id = s->id,
            .boot = s->boot,
            .name = pass_text(p, s->name, "source.name: too long or not plain text"),
            .at_ms = time_of(p, s->at_ms),
            .wall_ms = wall_of(p, s->wall_ms),
            .trust = s->trust > 3 ? 0 : (uint8_t)s->trust,
            .received = s->received,
            .lost = s->lost,
        };
    }
    b->n_sources = m->n_sources;
    b->sources = to;
}

/* Sums deltas; false when a sum would leave the range. */
static bool undelta(const int64_t *deltas, size_t n, int64_t *to)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (__builtin_add_overflow(sum, deltas[i], &sum))
            return false;
        to[i] = sum;
    }
    return true;
}

/* Sums deltas of deltas: see beats() of the encoder. */
static bool unbeat(const int64_t *beats, size_t n, int64_t *to)
{
    int64_t sum = 0, delta = 0;
    for (size_t i = 0; i < n; i++) {
        if (__builtin_add_overflow(i < 2 ? 0 : delta, beats[i], &delta) ||
            __builtin_add_overflow(sum, delta, &sum))
            return false;
        to[i] = sum;
    }
    return true;
}

static void read_column(struct pass *p, const Tocsin__Column *m, size_t n_sources,
                        struct wire_column *to)
{
    size_t n = m->n_dt;
    int64_t *at_ms = pass_array(p, n, sizeof *at_ms);
    int64_t *v = pass_array(p, n, sizeof *v);
    if (m->n_dv != n || m->type != 0)
        pass_fail(p, ERR_INVALID, "column: times and values differ in number, or unknown type");
    else if (m->source >= n_sources)
        pass_fail(p, ERR_INVALID, "column.source: not in sources");
    else if (at_ms && v && (!unbeat(m->dt, n, at_ms) || !undelta(m->dv, n, v)))
        pass_fail(p, ERR_INVALID, "column: deltas overflow");
    exponent_ok(p, m->exponent);
    if (p->rc)
        return;
    for (size_t i = 0; at_ms && i < n; i++)
        if (at_ms[i] < 0 || at_ms[i] > INT64_MAX / 4)
            pass_fail(p, ERR_LIMIT, "column.dt: time outside its range");
    *to = (struct wire_column){m->source,   m->metric, m->instance, m->exponent,
                               m->keyframe, n,         at_ms,       v};
}

static void read_columns(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    size_t samples = 0;
    for (size_t i = 0; i < m->n_columns; i++)
        samples += m->columns[i]->n_dt;
    if (!pass_count(p, samples, LIMIT_SAMPLES, "columns: too many samples"))
        return;
    struct wire_column *to = pass_array(p, m->n_columns, sizeof *to);
    for (size_t i = 0; !p->rc && i < m->n_columns; i++)
        read_column(p, m->columns[i], m->n_sources, &to[i]);
    b->n_columns = m->n_columns;
    b->columns = to;
}

static void read_context(struct pass *p, const Tocsin__Fault *m, struct wire_fault *to)
{
    if (!pass_count(p, m->n_context, LIMIT_CONTEXT, "fault.context: too many values"))
        return;
    struct wire_context *c = pass_array(p, m->n_context, sizeof *c);
    for (size_t i = 0; c && i < m->n_context; i++) {
        exponent_ok(p, m->context[i]->exponent);
        c[i] =
            (struct wire_context){m->context[i]->metric, m->context[i]->v, m->context[i]->exponent};
    }
    to->n_context = m->n_context;
    to->context = c;
}

static void read_faults(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_fault *to = pass_array(p, m->n_faults, sizeof *to);
    for (size_t i = 0; !p->rc && i < m->n_faults; i++) {
        const Tocsin__Fault *f = m->faults[i];
        if (f->source >= m->n_sources)
            pass_fail(p, ERR_INVALID, "fault.source: not in sources");
        to[i] = (struct wire_fault){
            .source = f->source,
            .fault = f->fault,
            .instance = f->instance,
            .active = f->active,
            .keyframe = f->keyframe,
            .at_ms = time_of(p, f->at_ms),
            .first_ms = time_of(p, f->first_ms),
            .count = f->count,
        };
        read_context(p, f, &to[i]);
    }
    b->n_faults = m->n_faults;
    b->faults = to;
}

static void read_cycles(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_cycle *to = pass_array(p, m->n_cycles, sizeof *to);
    for (size_t i = 0; to && i < m->n_cycles; i++) {
        const Tocsin__Cycle *c = m->cycles[i];
        if (c->source >= m->n_sources || c->phase > CYCLE_OPEN)
            pass_fail(p, ERR_INVALID, "cycle: unknown source or phase");
        to[i] = (struct wire_cycle){c->source, c->cycle,  c->instance,
                                    c->phase,  c->number, time_of(p, c->at_ms)};
    }
    b->n_cycles = m->n_cycles;
    b->cycles = to;
}

static void read_events(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_event *to = pass_array(p, m->n_events, sizeof *to);
    for (size_t i = 0; to && i < m->n_events; i++) {
        const Tocsin__Event *e = m->events[i];
        if (e->source >= m->n_sources)
            pass_fail(p, ERR_INVALID, "event.source: not in sources");
        exponent_ok(p, e->exponent);
        to[i] = (struct wire_event){e->source, e->event,   e->instance, time_of(p, e->at_ms),
                                    e->v,      e->exponent};
    }
    b->n_events = m->n_events;
    b->events = to;
}

static void read_intents(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_intent *to = pass_array(p, m->n_intents, sizeof *to);
    for (size_t i = 0; to && i < m->n_intents; i++) {
        const Tocsin__Intent *n = m->intents[i];
        if (n->kind > INTENT_OFF)
            pass_fail(p, ERR_INVALID, "intent.kind: unknown");
        to[i] = (struct wire_intent){n->kind, time_of(p, n->at_ms), time_of(p, n->until_ms)};
    }
    b->n_intents = m->n_intents;
    b->intents = to;
}

static void read_resets(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_reset *to = pass_array(p, m->n_resets, sizeof *to);
    for (size_t i = 0; to && i < m->n_resets; i++) {
        const Tocsin__Reset *r = m->resets[i];
        if (r->source >= m->n_sources)
            pass_fail(p, ERR_INVALID, "reset.source: not in sources");
        to[i] = (struct wire_reset){r->source, r->reason,
                                    pass_text(p, r->text, "reset.text: too long or not plain text"),
                                    time_of(p, r->at_ms)};
    }
    b->n_resets = m->n_resets;
    b->resets = to;
}

static void read_results(struct pass *p, const Tocsin__Batch *m, struct wire_batch *b)
{
    struct wire_result *to = pass_array(p, m->n_results, sizeof *to);
    for (size_t i = 0; to && i < m->n_results; i++) {
        const Tocsin__Result *r = m->results[i];
        to[i] = (struct wire_result){
            pass_text(p, r->command, "result.command: too long or not plain text"),
            pass_text(p, r->text, "result.text: too long or not plain text"),
            r->status > RESULT_UNKNOWN ? (uint32_t)RESULT_UNKNOWN : r->status,
            time_of(p, r->at_ms),
        };
    }
    b->n_results = m->n_results;
    b->results = to;
}

static void read_identity(struct pass *p, const Tocsin__Identity *m, struct wire_batch *b)
{
    static const char *const reason = "identity: a text is too long or not plain";
    if (!m || !pass_count(p, m->n_components, LIMIT_COMPONENTS, "identity: too many components"))
        return;
    struct wire_identity *to = pass_array(p, 1, sizeof *to);
    struct wire_component *parts = pass_array(p, m->n_components, sizeof *parts);
    if (p->rc)
        return;
    for (size_t i = 0; i < m->n_components; i++) {
        const Tocsin__Component *c = m->components[i];
        parts[i] =
            (struct wire_component){pass_text(p, c->name, reason), pass_text(p, c->serial, reason),
                                    pass_text(p, c->lot, reason)};
    }
    *to = (struct wire_identity){
        pass_text(p, m->model, reason),
        pass_text(p, m->serial, reason),
        pass_text(p, m->firmware, reason),
        pass_text(p, m->hardware, reason),
        pass_text(p, m->agent, reason),
        m->n_components,
        parts,
    };
    b->identity = to;
}

static bool counts_ok(struct pass *p, const Tocsin__Batch *m)
{
    return pass_count(p, m->n_sources, LIMIT_SOURCES, "sources: too many") &&
           pass_count(p, m->n_columns, LIMIT_COLUMNS, "columns: too many") &&
           pass_count(p, m->n_faults, LIMIT_FAULTS, "faults: too many") &&
           pass_count(p, m->n_cycles, LIMIT_RECORDS, "cycles: too many") &&
           pass_count(p, m->n_events, LIMIT_RECORDS, "events: too many") &&
           pass_count(p, m->n_intents, LIMIT_RECORDS, "intents: too many") &&
           pass_count(p, m->n_resets, LIMIT_RECORDS, "resets: too many") &&
           pass_count(p, m->n_results, LIMIT_RECORDS, "results: too many");
}

/* The ledger goes by wire_batch_head: the two readings must be one. */
static bool head_ok(struct pass *p, const Tocsin__Batch *m, struct slice bytes)
{
    struct wire_head head;
    if (m->version == 0 || m->version > WIRE_VERSION)
        return pass_fail(p, ERR_VERSION, "version: not known to this program");
    if (m->seq > (uint64_t)INT64_MAX || wire_batch_head(bytes, &head) != 0 ||
        head.stream != m->stream || head.lane != m->lane || head.seq != m->seq ||
        head.low != m->low)
        return pass_fail(p, ERR_INVALID, "stream, lane, seq or low: outside its range");
    return true;
}

int wire_decode_batch(struct slice bytes, struct arena *arena, struct wire_batch *ret,
                      const char **ret_reason)
{
    struct pass p = {.arena = arena};
    struct wire_batch b = {0};
    Tocsin__Batch *m = NULL;

    if (pass_count(&p, bytes.len, LIMIT_BATCH, "batch: too large"))
        m = (Tocsin__Batch *)pass_unpack(&p, &tocsin__batch__descriptor, bytes);
    if (!m || !head_ok(&p, m, bytes) || !counts_ok(&p, m))
        return pass_end(&p, ret_reason);
    b.stream = m->stream;
    b.lane = m->lane;
    b.seq = m->seq;
    b.low = m->low;
    b.pack = pass_text(&p, m->pack, "pack: too long or not plain text");
    b.pack_revision = m->pack_revision;
    b.boot = m->boot;
    b.sealed_ms = time_of(&p, m->sealed_ms);
    b.keyframe = m->keyframe;
    b.factory_reset = m->factory_reset;
    b.settings_version = m->settings_version;
    read_sources(&p, m, &b);
    read_columns(&p, m, &b);
    read_faults(&p, m, &b);
    read_cycles(&p, m, &b);
    read_events(&p, m, &b);
    read_intents(&p, m, &b);
    read_resets(&p, m, &b);
    read_results(&p, m, &b);
    read_identity(&p, m->identity, &b);
    if (p.rc == 0)
        *ret = b;
    return pass_end(&p, ret_reason);
}
