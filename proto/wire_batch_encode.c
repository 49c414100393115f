/* Writing a batch: plain structs to generated messages in one scratch block that
 * lives for the call, then packed to the caller's buffer. */
#include "proto/wire_mem.h"

#include "base/err.h"

static bool batch_within_limits(const struct wire_batch *b)
{
    if (b->n_sources > LIMIT_SOURCES || b->n_columns > LIMIT_COLUMNS ||
        b->n_faults > LIMIT_FAULTS || b->n_cycles > LIMIT_RECORDS || b->n_events > LIMIT_RECORDS ||
        b->n_intents > LIMIT_RECORDS || b->n_resets > LIMIT_RECORDS ||
        b->n_results > LIMIT_RECORDS ||
        (b->identity && b->identity->n_components > LIMIT_COMPONENTS))
        return false;
    size_t samples = 0;
    for (size_t i = 0; i < b->n_columns; i++)
        samples += b->columns[i].n;
    return samples <= LIMIT_SAMPLES;
}

/* An upper bound of the scratch block: the generated structs, an array of
 * pointers to each, two arrays a column, and copies of the texts. */
static size_t scratch_bytes(const struct wire_batch *b)
{
    size_t texts = b->n_sources + b->n_resets + 2 * b->n_results + 1;
    size_t n = 1024 + texts * (LIMIT_TEXT + 32);
    n += b->n_sources * (sizeof(Tocsin__Source) + 32);
    n += b->n_columns * (sizeof(Tocsin__Column) + 96);
    for (size_t i = 0; i < b->n_columns; i++)
        n += b->columns[i].n * 2 * sizeof(int64_t);
    for (size_t i = 0; i < b->n_faults; i++)
        n += sizeof(Tocsin__Fault) + 64 +
             b->faults[i].n_context * (sizeof(Tocsin__Context) + sizeof(void *) + 16);
    n += b->n_cycles * (sizeof(Tocsin__Cycle) + 32) + b->n_events * (sizeof(Tocsin__Event) + 32);
    n += b->n_intents * (sizeof(Tocsin__Intent) + 32) + b->n_resets * (sizeof(Tocsin__Reset) + 32);
    n += b->n_results * (sizeof(Tocsin__Result) + 32);
    if (b->identity)
        n += sizeof(Tocsin__Identity) + 6 * LIMIT_TEXT +
             b->identity->n_components * (sizeof(Tocsin__Component) + 3 * LIMIT_TEXT + 96);
    return n;
}

/* An array of `n` messages, initialised, and one of pointers to them, which is
 * stored through ret_pointers (the address of a generated `Type **` member). */
static uint8_t *make_pointers(struct pass *p, size_t n, size_t size,
                              const ProtobufCMessageDescriptor *of, void *ret_pointers)
{
    uint8_t *items = pass_array(p, n, size);
    void **pointers = pass_array(p, n, sizeof *pointers);
    if (p->rc)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        pointers[i] = items + i * size;
        protobuf_c_message_init(of, pointers[i]);
    }
    memcpy(ret_pointers, &pointers, sizeof pointers);
    return items;
}

static void write_sources(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Source *to = (Tocsin__Source *)(void *)make_pointers(
        p, b->n_sources, sizeof *to, &tocsin__source__descriptor, &m->sources);
    for (size_t i = 0; to && i < b->n_sources; i++) {
        const struct wire_source *s = &b->sources[i];
        to[i].id = s->id;
        to[i].boot = s->boot;
        to[i].name = wire_cstr(p, s->name);
        to[i].at_ms = (uint64_t)s->at_ms;
        to[i].wall_ms = s->wall_ms;
        to[i].trust = s->trust;
        to[i].received = s->received;
        to[i].lost = s->lost;
    }
    m->n_sources = b->n_sources;
}

static int64_t *deltas(struct pass *p, const int64_t *values, size_t n)
{
    int64_t *to = pass_array(p, n, sizeof *to);
    int64_t last = 0;
    for (size_t i = 0; to && i < n; i++) {
        if (__builtin_sub_overflow(values[i], last, &to[i]))
            pass_fail(p, ERR_LIMIT, "column: deltas overflow");
        last = values[i];
    }
    return to;
}

/* Readings come at a beat: from the third on, what differs from the last delta
 * is what is said, one byte where the beat holds. */
static int64_t *beats(struct pass *p, const int64_t *times, size_t n)
{
    int64_t *to = deltas(p, times, n);
    for (size_t i = n; to && i-- > 2;)
        if (__builtin_sub_overflow(to[i], to[i - 1], &to[i]))
            pass_fail(p, ERR_LIMIT, "column: deltas overflow");
    return to;
}

static void write_columns(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Column *to = (Tocsin__Column *)(void *)make_pointers(
        p, b->n_columns, sizeof *to, &tocsin__column__descriptor, &m->columns);
    for (size_t i = 0; to && i < b->n_columns; i++) {
        const struct wire_column *c = &b->columns[i];
        to[i].source = c->source;
        to[i].metric = c->metric;
        to[i].instance = c->instance;
        to[i].exponent = c->exponent;
        to[i].keyframe = c->keyframe;
        to[i].dt = beats(p, c->at_ms, c->n);
        to[i].dv = deltas(p, c->v, c->n);
        to[i].n_dt = to[i].n_dv = c->n;
    }
    m->n_columns = b->n_columns;
}

static void write_context(struct pass *p, const struct wire_fault *f, Tocsin__Fault *m)
{
    if (f->n_context > LIMIT_CONTEXT) {
        pass_fail(p, ERR_LIMIT, "fault.context: too many values");
        return;
    }
    Tocsin__Context *to = (Tocsin__Context *)(void *)make_pointers(
        p, f->n_context, sizeof *to, &tocsin__context__descriptor, &m->context);
    for (size_t i = 0; to && i < f->n_context; i++) {
        to[i].metric = f->context[i].metric;
        to[i].v = f->context[i].v;
        to[i].exponent = f->context[i].exponent;
    }
    m->n_context = f->n_context;
}

static void write_faults(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Fault *to = (Tocsin__Fault *)(void *)make_pointers(
        p, b->n_faults, sizeof *to, &tocsin__fault__descriptor, &m->faults);
    for (size_t i = 0; to && i < b->n_faults; i++) {
        const struct wire_fault *f = &b->faults[i];
        to[i].source = f->source;
        to[i].fault = f->fault;
        to[i].instance = f->instance;
        to[i].active = f->active;
        to[i].keyframe = f->keyframe;
        to[i].at_ms = (uint64_t)f->at_ms;
        to[i].first_ms = (uint64_t)f->first_ms;
        to[i].count = f->count;
        write_context(p, f, &to[i]);
    }
    m->n_faults = b->n_faults;
}

static void write_cycles(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Cycle *to = (Tocsin__Cycle *)(void *)make_pointers(
        p, b->n_cycles, sizeof *to, &tocsin__cycle__descriptor, &m->cycles);
    for (size_t i = 0; to && i < b->n_cycles; i++) {
        const struct wire_cycle *c = &b->cycles[i];
        to[i].source = c->source;
        to[i].cycle = c->cycle;
        to[i].instance = c->instance;
        to[i].phase = c->phase;
        to[i].number = c->number;
        to[i].at_ms = (uint64_t)c->at_ms;
    }
    m->n_cycles = b->n_cycles;
}

static void write_events(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Event *to = (Tocsin__Event *)(void *)make_pointers(
        p, b->n_events, sizeof *to, &tocsin__event__descriptor, &m->events);
    for (size_t i = 0; to && i < b->n_events; i++) {
        const struct wire_event *e = &b->events[i];
        to[i].source = e->source;
        to[i].event = e->event;
        to[i].instance = e->instance;
        to[i].at_ms = (uint64_t)e->at_ms;
        to[i].v = e->v;
        to[i].exponent = e->exponent;
    }
    m->n_events = b->n_events;
}

static void write_intents(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Intent *to = (Tocsin__Intent *)(void *)make_pointers(
        p, b->n_intents, sizeof *to, &tocsin__intent__descriptor, &m->intents);
    for (size_t i = 0; to && i < b->n_intents; i++) {
        to[i].kind = b->intents[i].kind;
        to[i].at_ms = (uint64_t)b->intents[i].at_ms;
        to[i].until_ms = (uint64_t)b->intents[i].until_ms;
    }
    m->n_intents = b->n_intents;
}

static void write_resets(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Reset *to = (Tocsin__Reset *)(void *)make_pointers(
        p, b->n_resets, sizeof *to, &tocsin__reset__descriptor, &m->resets);
    for (size_t i = 0; to && i < b->n_resets; i++) {
        to[i].source = b->resets[i].source;
        to[i].reason = b->resets[i].reason;
        to[i].text = wire_cstr(p, b->resets[i].text);
        to[i].at_ms = (uint64_t)b->resets[i].at_ms;
    }
    m->n_resets = b->n_resets;
}

static void write_results(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    Tocsin__Result *to = (Tocsin__Result *)(void *)make_pointers(
        p, b->n_results, sizeof *to, &tocsin__result__descriptor, &m->results);
    for (size_t i = 0; to && i < b->n_results; i++) {
        to[i].command = wire_cstr(p, b->results[i].command);
        to[i].status = b->results[i].status;
        to[i].text = wire_cstr(p, b->results[i].text);
        to[i].at_ms = (uint64_t)b->results[i].at_ms;
    }
    m->n_results = b->n_results;
}

static void write_identity(struct pass *p, const struct wire_identity *from, Tocsin__Batch *m)
{
    Tocsin__Identity *to = from ? pass_array(p, 1, sizeof *to) : NULL;
    if (!to)
        return;
    tocsin__identity__init(to);
    to->model = wire_cstr(p, from->model);
    to->serial = wire_cstr(p, from->serial);
    to->firmware = wire_cstr(p, from->firmware);
    to->hardware = wire_cstr(p, from->hardware);
    to->agent = wire_cstr(p, from->agent);
    Tocsin__Component *parts = (Tocsin__Component *)(void *)make_pointers(
        p, from->n_components, sizeof *parts, &tocsin__component__descriptor, &to->components);
    for (size_t i = 0; parts && i < from->n_components; i++) {
        parts[i].name = wire_cstr(p, from->components[i].name);
        parts[i].serial = wire_cstr(p, from->components[i].serial);
        parts[i].lot = wire_cstr(p, from->components[i].lot);
    }
    to->n_components = from->n_components;
    m->identity = to;
}

static void write_all(struct pass *p, const struct wire_batch *b, Tocsin__Batch *m)
{
    m->version = WIRE_VERSION;
    m->stream = b->stream;
    m->lane = b->lane;
    m->seq = b->seq;
    m->low = b->low;
    m->pack = wire_cstr(p, b->pack);
    m->pack_revision = b->pack_revision;
    m->boot = b->boot;
    m->sealed_ms = (uint64_t)b->sealed_ms;
    m->keyframe = b->keyframe;
    m->factory_reset = b->factory_reset;
    m->settings_version = b->settings_version;
    write_sources(p, b, m);
    write_columns(p, b, m);
    write_faults(p, b, m);
    write_cycles(p, b, m);
    write_events(p, b, m);
    write_intents(p, b, m);
    write_resets(p, b, m);
    write_results(p, b, m);
    write_identity(p, b->identity, m);
}

int wire_encode_batch(const struct wire_batch *batch, struct buf *out)
{
    struct arena scratch;
    Tocsin__Batch m;
    if (!batch_within_limits(batch))
        return ERR_LIMIT;
    if (arena_init(&scratch, scratch_bytes(batch)) != 0)
        return ERR_NOMEM;
    struct pass p = {.arena = &scratch};
    tocsin__batch__init(&m);
    write_all(&p, batch, &m);
    int rc = p.rc ? p.rc : wire_pack(&m.base, out, LIMIT_BATCH);
    arena_free(&scratch);
    return rc;
}
