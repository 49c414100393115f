/* An agent's core on a simulated disk, before a pretend gateway that keeps a
 * ledger of every number and a count of every reading. */
#ifndef TESTS_UNIT_AGENT_CORE_BENCH_H
#define TESTS_UNIT_AGENT_CORE_BENCH_H

#include "agent/core/core.h"
#include "base/rng.h"
#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>
#include <stdlib.h>

#define LEDGERS 64
#define NUMBERS 4096

struct ledger {
    uint64_t stream, closed_last;
    uint8_t held[NUMBERS]; /* 1 stored, 2 accounted for */
    uint64_t accounted_readings;
};

struct bench {
    struct simdisk *sim;
    struct core *core;
    struct core_config c;
    struct now now;
    uint64_t lives;
    /* the link */
    bool up, wants_up, wants_down, mute, deaf; /* mute: no acks; deaf: publishes vanish */
    struct rng rng;
    uint32_t lose; /* of 100 messages, each way */
    /* the gateway */
    uint64_t epoch;
    uint32_t credit, hold_off_ms;
    struct ledger ledgers[LEDGERS];
    size_t n_ledgers;
    struct arena arena;
    uint64_t hellos, wills, batches, doubles, heartbeats, keyframes, identities, results;
    uint64_t samples, faults, raised, told_lost, key_faults, key_sources;
    uint32_t last_fault_count;
    bool last_fault_active;
    uint64_t poison_seq; /* of the bulk lane: refused for ever */
    char trace[1 << 16];
    /* the firmware */
    uint32_t durable_ref;
    int64_t newest_v; /* last value of the last column that came */
    bool slow;        /* acks come once a second */
    int64_t acked_ms;
    uint64_t syncs, acts;
    uint32_t act_ref;
    char log[4096];
};

static inline void bench_event(struct bench *b, struct core_event e);

static inline void trace(struct bench *b, const char *text)
{
    size_t n = strlen(b->trace);
    snprintf(b->trace + n, sizeof b->trace - n, "%s ", text);
}

static inline struct ledger *ledger_of(struct bench *b, uint64_t stream)
{
    for (size_t i = 0; i < b->n_ledgers; i++)
        if (b->ledgers[i].stream == stream)
            return &b->ledgers[i];
    if (b->n_ledgers == LEDGERS)
        abort();
    b->ledgers[b->n_ledgers].stream = stream;
    return &b->ledgers[b->n_ledgers++];
}

static inline uint64_t contiguous(const struct ledger *l)
{
    uint64_t n = 0;
    while (n + 1 < NUMBERS && l->held[n + 1])
        n++;
    return n;
}

static inline void bench_say(struct bench *b, const struct wire_down *d)
{
    struct buf out;
    buf_init(&out, LIMIT_MESSAGE);
    if (wire_encode_down(d, &out) != 0)
        abort();
    if (b->up && !b->mute && rng_below(&b->rng, 100) >= b->lose)
        bench_event(b, (struct core_event){.kind = CORE_EVENT_RECEIVED, .bytes = buf_slice(&out)});
    buf_free(&out);
}

static inline void bench_ack(struct bench *b, uint64_t stream, const struct wire_refusal *refusal)
{
    if (b->slow && b->now.boot_ms < b->acked_ms + 1000)
        return;
    b->acked_ms = b->now.boot_ms;
    struct ledger *l = ledger_of(b, stream);
    struct wire_range above[LIMIT_RANGES];
    struct wire_stream_ack a = {.stream = stream, .contiguous = contiguous(l), .above = above};
    for (uint64_t n = a.contiguous + 1; n < NUMBERS && a.n_above < 16; n++) {
        if (!l->held[n])
            continue;
        above[a.n_above].first = n;
        while (n + 1 < NUMBERS && l->held[n + 1])
            n++;
        above[a.n_above++].last = n;
    }
    struct wire_down d = {.epoch = b->epoch, .kind = DOWN_ACK};
    d.ack = (struct wire_ack){.credit = b->credit,
                              .hold_off_ms = b->hold_off_ms,
                              .n_streams = stream ? 1 : 0,
                              .streams = &a,
                              .n_refusals = refusal ? 1 : 0,
                              .refusals = refusal};
    bench_say(b, &d);
}

static inline void count_batch(struct bench *b, const struct wire_batch *w)
{
    size_t samples = 0;
    for (size_t i = 0; i < w->n_columns; i++) {
        samples += w->keyframe ? 0 : w->columns[i].n;
        if (!w->keyframe && w->columns[i].v[w->columns[i].n - 1] == 7777)
            b->newest_v = 7777;
    }
    b->samples += samples;
    for (size_t i = 0; i < w->n_faults; i++) {
        if (w->keyframe) {
            b->key_faults++;
            continue;
        }
        b->faults++;
        b->raised += w->faults[i].count;
        b->last_fault_count = w->faults[i].count;
        b->last_fault_active = w->faults[i].active;
    }
    for (size_t i = 0; i < w->n_sources; i++)
        b->told_lost += w->sources[i].lost;
    b->key_sources += w->keyframe ? w->n_sources : 0;
    b->keyframes += w->keyframe;
    b->identities += w->identity != NULL;
    b->results += w->n_results;
    b->heartbeats +=
        w->lane == LANE_BULK && !samples && !w->n_events && !w->n_cycles && !w->keyframe;
}

static inline void take_batch(struct bench *b, struct slice bytes)
{
    struct wire_batch w;
    CU_ASSERT_EQUAL_FATAL(wire_decode_batch(bytes, &b->arena, &w, NULL), 0);
    CU_ASSERT_FATAL(w.seq < NUMBERS && w.low <= w.seq);
    char name[32];
    snprintf(name, sizeof name, "%c%llu", w.lane == LANE_URGENT ? 'u' : 'b',
             (unsigned long long)w.seq);
    trace(b, name);
    if (b->poison_seq && w.lane == LANE_BULK && w.seq == b->poison_seq) {
        struct wire_refusal r = {w.stream, w.seq, true, slice_str("malformed")};
        bench_ack(b, w.stream, &r);
        return;
    }
    struct ledger *l = ledger_of(b, w.stream);
    b->batches++;
    if (l->held[w.seq] == 1) {
        b->doubles++;
    } else {
        l->held[w.seq] = 1;
        count_batch(b, &w);
    }
    bench_ack(b, w.stream, NULL);
}

static inline void take_account(struct bench *b, const struct wire_account *a)
{
    struct ledger *l = ledger_of(b, a->stream);
    trace(b, "account");
    for (size_t i = 0; i < a->n_drops; i++)
        for (uint64_t n = a->drops[i].first; n <= a->drops[i].last && n < NUMBERS; n++)
            if (!l->held[n]) {
                l->held[n] = 2;
                l->accounted_readings += a->drops[i].readings ? 1 : 0;
            }
    l->closed_last = a->closed_last ? a->closed_last : l->closed_last;
    bench_ack(b, a->stream, NULL);
}

static inline void take_up(struct bench *b, struct slice bytes)
{
    struct wire_up up;
    arena_reset(&b->arena);
    CU_ASSERT_EQUAL_FATAL(wire_decode_up(bytes, &b->arena, &up, NULL), 0);
    switch (up.kind) {
    case UP_HELLO:
        b->hellos++;
        trace(b, "hello");
        for (size_t i = 0; i < up.hello.n_streams; i++)
            if (up.hello.streams[i].closed)
                ledger_of(b, up.hello.streams[i].stream)->closed_last =
                    up.hello.streams[i].next - 1;
        if (up.hello.n_streams)
            bench_ack(b, up.hello.streams[0].stream, NULL);
        break;
    case UP_WILL: b->wills++; break;
    case UP_BATCH: take_batch(b, up.batch); break;
    case UP_ACCOUNT: take_account(b, &up.account); break;
    }
}

/* Does what the core asks, in order. What is published is copied first: the
 * gateway's answer is an event of its own. */
static inline void bench_event(struct bench *b, struct core_event e)
{
    const struct core_action *actions;
    e.now = b->now;
    size_t n = core_step(b->core, &e, &actions);
    struct core_action *copy = calloc(n + 1, sizeof *copy);
    uint8_t **bytes = calloc(n + 1, sizeof *bytes);
    for (size_t i = 0; i < n; i++) {
        copy[i] = actions[i];
        bytes[i] = malloc(copy[i].bytes.len + 1);
        if (copy[i].bytes.len)
            memcpy(bytes[i], copy[i].bytes.ptr, copy[i].bytes.len);
        if (copy[i].kind == CORE_LOG) {
            size_t len = strlen(b->log);
            snprintf(b->log + len, sizeof b->log - len, "%s ", copy[i].log_id);
        }
    }
    for (size_t i = 0; i < n; i++) {
        switch (copy[i].kind) {
        case CORE_CONNECT: b->wants_up = true; break;
        case CORE_DISCONNECT: b->wants_down = true; break;
        case CORE_PUBLISH:
            if (b->up && !b->deaf && rng_below(&b->rng, 100) >= b->lose)
                take_up(b, slice_of(bytes[i], copy[i].bytes.len));
            break;
        case CORE_FAULT_DURABLE:
            b->durable_ref = copy[i].ref;
            trace(b, "durable");
            break;
        case CORE_ACT:
            b->acts++;
            b->act_ref = copy[i].ref;
            break;
        case CORE_SYNC:
            b->syncs++;
            trace(b, "sync");
            bench_event(b, (struct core_event){.kind = CORE_EVENT_SYNC});
            break;
        default: break;
        }
    }
    for (size_t i = 0; i < n; i++)
        free(bytes[i]);
    free(bytes);
    free(copy);
}

static inline void bench_open(struct bench *b)
{
    b->lives++;
    b->c.disk = simdisk_disk(b->sim);
    b->c.seed = 100 + b->lives;
    b->c.session = b->lives;
    b->up = b->wants_up = b->wants_down = false;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(core_new(&b->c, b->now, &b->core, &e), 0);
    bench_event(b, (struct core_event){.kind = CORE_EVENT_TICK});
}

static inline struct bench *bench_start(uint64_t seed)
{
    struct bench *b = calloc(1, sizeof *b);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    b->sim = simdisk_new(seed, 0);
    rng_seed(&b->rng, seed);
    b->now = (struct now){1000, INT64_C(1700000000000), TRUST_SYNCED};
    b->epoch = 5;
    b->credit = 16;
    b->c = (struct core_config){.boot = 7,
                                .agent = "1.0",
                                .pack = "fridge",
                                .pack_revision = 1,
                                .consents = CONSENT_ALL,
                                .identity = {.model = slice_str("CK-1")}};
    CU_ASSERT_EQUAL_FATAL(arena_init(&b->arena, LIMIT_DECODE), 0);
    bench_open(b);
    return b;
}

static inline void bench_end(struct bench *b)
{
    core_free(b->core);
    simdisk_free(b->sim);
    arena_free(&b->arena);
    free(b);
}

static inline void bench_kill(struct bench *b)
{
    core_free(b->core);
    simdisk_kill(b->sim);
    bench_open(b);
}

static inline void bench_power_cut(struct bench *b)
{
    core_free(b->core);
    simdisk_power_cut(b->sim);
    b->c.boot++;
    bench_open(b);
}

static inline void bench_link(struct bench *b, bool up)
{
    if (up == b->up)
        return;
    b->up = up;
    b->wants_up = b->wants_down = false;
    bench_event(b, (struct core_event){.kind = up ? CORE_EVENT_UP : CORE_EVENT_DOWN});
}

/* Lets time pass, doing what comes due. `network`: attempts to connect succeed. */
static inline void bench_pass(struct bench *b, int64_t ms, bool network)
{
    int64_t until = b->now.boot_ms + ms;
    for (;;) {
        if (b->wants_down || (b->up && !network)) {
            b->up = true;
            bench_link(b, false);
        }
        if (b->wants_up && network)
            bench_link(b, true);
        if (b->wants_up && !network) {
            b->wants_up = false;
            bench_event(b, (struct core_event){.kind = CORE_EVENT_DOWN});
        }
        int64_t wake = core_wake_ms(b->core);
        if (wake > until)
            break;
        if (wake > b->now.boot_ms) {
            b->now.wall_ms += wake - b->now.boot_ms;
            b->now.boot_ms = wake;
        }
        bench_event(b, (struct core_event){.kind = CORE_EVENT_TICK});
    }
    b->now.wall_ms += until - b->now.boot_ms;
    b->now.boot_ms = until;
    bench_event(b, (struct core_event){.kind = CORE_EVENT_TICK});
}

struct firmware {
    uint32_t boot, counter;
};

static inline void fw_say(struct bench *b, struct firmware *f, struct report r)
{
    r.source = 1;
    r.boot = f->boot;
    r.counted = true;
    r.counter = ++f->counter;
    r.at_ms = b->now.boot_ms;
    if (r.kind == REPORT_FAULT)
        r.ref = r.counter;
    bench_event(b, (struct core_event){.kind = CORE_EVENT_REPORT, .report = &r});
}

static inline void fw_hello(struct bench *b, struct firmware *f)
{
    fw_say(b, f, (struct report){.kind = REPORT_HELLO, .text = slice_str("fridge")});
}

static inline void fw_gauge(struct bench *b, struct firmware *f, int64_t v)
{
    fw_say(b, f, (struct report){.kind = REPORT_GAUGE, .id = 1, .v = v, .exponent = -1});
}

static inline void fw_fault(struct bench *b, struct firmware *f, uint32_t id, bool active)
{
    fw_say(b, f,
           (struct report){.kind = REPORT_FAULT, .id = id, .active = active, .count = active});
}

/* Every number of every stream that is closed or known is stored or accounted for. */
static inline void bench_no_gaps(struct bench *b)
{
    for (size_t i = 0; i < b->n_ledgers; i++)
        if (b->ledgers[i].closed_last) {
            CU_ASSERT(contiguous(&b->ledgers[i]) >= b->ledgers[i].closed_last);
        }
}

#endif
