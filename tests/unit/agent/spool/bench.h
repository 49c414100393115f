/* A spool on a simulated disk, and a model of what it promised. */
#ifndef TESTS_UNIT_AGENT_SPOOL_BENCH_H
#define TESTS_UNIT_AGENT_SPOOL_BENCH_H

#include "agent/spool/spool.h"
#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>
#include <stdlib.h>

struct bench {
    struct simdisk *sim;
    struct spool *spool;
    struct spool_config c;
    uint64_t lives;
};

static inline void bench_open(struct bench *b)
{
    b->lives++;
    b->c.disk = simdisk_disk(b->sim);
    b->c.random = 1000 + b->lives;
    b->c.session = b->lives;
    CU_ASSERT_EQUAL_FATAL(spool_open(&b->c, &b->spool), 0);
}

static inline void bench_start(struct bench *b, uint64_t seed)
{
    *b = (struct bench){.sim = simdisk_new(seed, 0), .c = {.boot = 7}};
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sim);
    bench_open(b);
}

static inline void bench_kill(struct bench *b)
{
    spool_close(b->spool);
    simdisk_kill(b->sim);
    bench_open(b);
}

static inline void bench_power_cut(struct bench *b)
{
    spool_close(b->spool);
    simdisk_power_cut(b->sim);
    b->c.boot++;
    bench_open(b);
}

static inline void bench_end(struct bench *b)
{
    spool_close(b->spool);
    simdisk_free(b->sim);
}

/* Appends "<stream>/<seq>" padded to len; returns the number, 0 when refused. */
static inline uint64_t bench_put(struct bench *b, enum wire_lane lane, size_t len)
{
    static char text[LIMIT_BATCH];
    struct wire_head h = spool_next(b->spool, lane);
    memset(text, '.', len);
    int n =
        snprintf(text, len, "%llx/%llu", (unsigned long long)h.stream, (unsigned long long)h.seq);
    text[n] = '.';
    struct spool_record r = {slice_of(text, len),   3, 1000 + (int64_t)h.seq,
                             2000 + (int64_t)h.seq, 0, NULL};
    return spool_append(b->spool, lane, &r, 1000) == 0 ? h.seq : 0;
}

static inline bool bench_holds(struct bench *b, uint64_t stream, uint64_t seq)
{
    struct slice got;
    char want[64];
    if (spool_read(b->spool, stream, seq, &got) != 0)
        return false;
    int n = snprintf(want, sizeof want, "%llx/%llu.", (unsigned long long)stream,
                     (unsigned long long)seq);
    return got.len >= (size_t)n && memcmp(got.ptr, want, (size_t)n) == 0;
}

/* Under a tombstone, of whatever reason. */
static inline bool bench_dropped(struct bench *b, uint64_t stream, uint64_t seq)
{
    static struct wire_drop d[SPOOL_DROPS];
    size_t n = spool_drops(b->spool, stream, d, SPOOL_DROPS);
    for (size_t i = 0; i < n; i++)
        if (seq >= d[i].first && seq <= d[i].last)
            return true;
    return false;
}

/* Every number of every stream is delivered or accounted for. */
static inline void bench_check(struct bench *b)
{
    for (size_t i = 0; i < spool_count(b->spool); i++) {
        struct spool_stream st = spool_at(b->spool, i);
        CU_ASSERT(st.low >= 1 && st.low <= st.next);
        uint64_t id = st.id;
        for (uint64_t seq = st.low; seq < st.next; seq++)
            CU_ASSERT(bench_holds(b, id, seq) || bench_dropped(b, id, seq));
    }
}

#endif
