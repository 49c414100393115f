/* Stories of power cuts, torn writes, full disks and bytes that nobody wrote. */
#include "tests/unit/agent/spool/bench.h"

/* The name of a file in the folder that starts with `prefix`. */
struct search {
    const char *prefix;
    char name[96];
};

static void match(void *arg, const char *name, uint64_t size)
{
    struct search *s = arg;
    (void)size;
    if (strncmp(name, s->prefix, strlen(s->prefix)) == 0)
        snprintf(s->name, sizeof s->name, "%s", name);
}

static const char *file_like(struct bench *b, const char *prefix)
{
    static struct search s;
    struct disk *d = simdisk_disk(b->sim);
    s = (struct search){.prefix = prefix};
    d->list(d->ctx, match, &s);
    return s.name;
}

/* holds: START-1 (torn tails are cut to the last good record, at whatever byte) */
static void a_segment_torn_at_every_byte(void)
{
    struct bench b;
    bench_start(&b, 1);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 4; i++)
        bench_put(&b, LANE_BULK, 60);
    struct slice whole;
    char name[96];
    snprintf(name, sizeof name, "%s", file_like(&b, "s-"));
    CU_ASSERT_FATAL(simdisk_get(b.sim, name, &whole));
    static uint8_t bytes[4096];
    size_t len = whole.len;
    CU_ASSERT_FATAL(len < sizeof bytes);
    memcpy(bytes, whole.ptr, len);
    bench_end(&b);
    for (size_t cut = 0; cut <= len; cut++) {
        struct bench c = {.sim = simdisk_new(cut, 0), .c = {.boot = 7}, .lives = 1};
        simdisk_put(c.sim, name, slice_of(bytes, cut));
        bench_open(&c);
        uint64_t whole_records = cut < 32 ? 0 : (cut - 32) / 108;
        for (uint64_t seq = 1; seq <= whole_records; seq++)
            CU_ASSERT(bench_holds(&c, bulk, seq));
        CU_ASSERT_FALSE(bench_holds(&c, bulk, whole_records + 1));
        CU_ASSERT_EQUAL(bench_put(&c, LANE_BULK, 60), 1);
        bench_check(&c);
        bench_end(&c);
    }
}

/* holds: START-1 (a damaged record is counted, its neighbours are used) */
static void a_segment_damaged_at_every_byte(void)
{
    struct bench b;
    bench_start(&b, 2);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 4; i++)
        bench_put(&b, LANE_BULK, 60);
    struct slice whole;
    char name[96];
    snprintf(name, sizeof name, "%s", file_like(&b, "s-"));
    CU_ASSERT_FATAL(simdisk_get(b.sim, name, &whole));
    static uint8_t bytes[4096];
    size_t len = whole.len;
    memcpy(bytes, whole.ptr, len);
    bench_end(&b);
    for (size_t at = 0; at < len; at++) {
        struct bench c = {.sim = simdisk_new(at, 0), .c = {.boot = 7}, .lives = 1};
        bytes[at] ^= 0x41;
        simdisk_put(c.sim, name, slice_of(bytes, len));
        bytes[at] ^= 0x41;
        bench_open(&c);
        size_t hit = at < 32 ? 99 : (at - 32) / 108 + 1; /* the record that was hit */
        struct spool_stream st;
        CU_ASSERT_FATAL(spool_find(c.spool, bulk, &st));
        for (uint64_t seq = 1; seq <= 4; seq++) {
            CU_ASSERT_EQUAL(bench_holds(&c, bulk, seq), seq != hit);
            CU_ASSERT_NOT_EQUAL(bench_dropped(&c, bulk, seq), seq != hit);
        }
        bench_check(&c);
        bench_end(&c);
    }
}

struct promise { /* what the spool said before the power went */
    uint64_t stream[LANE_COUNT], given[LANE_COUNT], durable[LANE_COUNT];
};

static void a_busy_hour(struct bench *b, struct promise *p, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        p->stream[lane] = spool_next(b->spool, (enum wire_lane)lane).stream;
    for (int i = 0; i < 60 && !simdisk_is_cut(b->sim); i++) {
        enum wire_lane lane = rng_below(&rng, 4) ? LANE_BULK : LANE_URGENT;
        uint64_t seq = bench_put(b, lane, 100 + rng_below(&rng, 3000));
        if (seq)
            p->given[lane] = seq;
        if ((lane == LANE_URGENT || rng_below(&rng, 8) == 0) &&
            spool_sync(b->spool, lane, 1000) == 0)
            p->durable[lane] = p->given[lane];
        if (rng_below(&rng, 16) == 0)
            spool_tick(b->spool, 1000);
    }
}

static void check_promise(struct bench *b, const struct promise *p)
{
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        uint64_t id = p->stream[lane];
        for (uint64_t seq = 1; seq <= p->durable[lane]; seq++) /* durable is durable */
            CU_ASSERT(bench_holds(b, id, seq) || bench_dropped(b, id, seq));
        struct spool_stream st;
        if (spool_find(b->spool, id, &st)) /* what was given is never given again */
            CU_ASSERT(st.next > p->durable[lane]);
        CU_ASSERT_NOT_EQUAL(spool_next(b->spool, (enum wire_lane)lane).stream, id);
    }
    bench_check(b);
}

/* holds: LOSS-3, LOSS-4, LOSS-5 (durable after sync, whatever write the power cut hits) */
static void power_goes_at_each_write_in_turn(void)
{
    bool untouched = false;
    int64_t cut = 1;
    for (; !untouched && cut < 2000; cut++) {
        struct bench b;
        struct promise p = {0};
        bench_start(&b, (uint64_t)cut);
        b.c.budget_bytes = 128 * 1024;
        bench_kill(&b);
        simdisk_cut_at(b.sim, cut);
        a_busy_hour(&b, &p, 42);
        untouched = !simdisk_is_cut(b.sim);
        bench_power_cut(&b);
        if (p.durable[LANE_URGENT]) {
            struct spool_stream st;
            CU_ASSERT(spool_find(b.spool, p.stream[LANE_URGENT], &st));
        }
        for (uint64_t seq = 1; seq <= p.durable[LANE_URGENT]; seq++)
            CU_ASSERT(bench_holds(&b, p.stream[LANE_URGENT], seq)); /* no budget drop is due */
        check_promise(&b, &p);
        CU_ASSERT(bench_put(&b, LANE_URGENT, 100) == 1);
        bench_end(&b);
    }
    CU_ASSERT(untouched && cut > 50);
}

/* holds: LOSS-3 (every number that may have been given) */
static void numbers_in_doubt_are_accounted_for(void)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct bench b;
        bench_start(&b, seed);
        uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
        uint64_t last = 0;
        for (uint64_t i = 0; i < seed; i++)
            last = bench_put(&b, LANE_BULK, 300);
        bench_power_cut(&b);
        struct spool_stream st;
        CU_ASSERT_FATAL(spool_find(b.spool, bulk, &st));
        CU_ASSERT(st.next > last);
        for (uint64_t seq = 1; seq <= last; seq++)
            CU_ASSERT(bench_holds(&b, bulk, seq) || bench_dropped(&b, bulk, seq));
        bench_end(&b);
    }
}

/* What is in doubt stays known until the gateway has heard of it, even when all
 * the rest is with it and the agent is killed once more. */
static void doubt_outlives_another_kill(void)
{
    struct bench b;
    bench_start(&b, 3);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 5; i++)
        bench_put(&b, LANE_BULK, 300);
    spool_sync(b.spool, LANE_BULK, 1000);
    bench_power_cut(&b);
    struct spool_stream before, after;
    CU_ASSERT_FATAL(spool_find(b.spool, bulk, &before));
    CU_ASSERT_EQUAL(before.next, 6 + SPOOL_UNSYNCED_BULK);
    CU_ASSERT_EQUAL(spool_release(b.spool, bulk, 5), SPOOL_UNSYNCED_BULK + 5);
    bench_kill(&b);
    CU_ASSERT_FATAL(spool_find(b.spool, bulk, &after));
    CU_ASSERT_EQUAL(after.next, before.next);
    CU_ASSERT(after.to_account && bench_dropped(&b, bulk, 6));
    spool_release(b.spool, bulk, before.next - 1);
    CU_ASSERT_FALSE(spool_find(b.spool, bulk, &after));
    bench_end(&b);
}

static void each_call_fails_in_turn(int code, int64_t repeat)
{
    bool bitten = true;
    int64_t at = 1;
    for (; bitten && at < 3000; at++) {
        struct bench b;
        struct promise p = {0};
        bench_start(&b, (uint64_t)at);
        b.c.budget_bytes = 128 * 1024;
        bench_kill(&b);
        simdisk_fail(b.sim, at, repeat, code);
        a_busy_hour(&b, &p, 42);
        bitten = simdisk_bitten(b.sim);
        simdisk_fail(b.sim, 0, 0, 0);
        for (size_t lane = 0; lane < LANE_COUNT; lane++) {
            for (uint64_t seq = 1; seq <= p.given[lane]; seq++)
                CU_ASSERT(bench_holds(&b, p.stream[lane], seq) ||
                          bench_dropped(&b, p.stream[lane], seq));
            CU_ASSERT_EQUAL(spool_sync(b.spool, (enum wire_lane)lane, 1000), 0);
        }
        memcpy(p.durable, p.given, sizeof p.durable); /* it recovered: now all is durable */
        bench_power_cut(&b);
        check_promise(&b, &p);
        bench_end(&b);
    }
    CU_ASSERT(at > 50);
}

static void a_disk_that_refuses_once_at_each_call(void)
{
    each_call_fails_in_turn(ERR_IO, 1);
}

static void a_disk_that_is_full_for_a_while_from_each_call(void)
{
    each_call_fails_in_turn(ERR_FULL, 25);
}

static void the_spool_opens_whatever_call_fails(void)
{
    bool bitten = true;
    for (int64_t at = 1; bitten && at < 500; at++) {
        struct bench b;
        bench_start(&b, (uint64_t)at);
        for (int i = 0; i < 40; i++)
            bench_put(&b, i % 4 ? LANE_BULK : LANE_URGENT, 900);
        spool_close(b.spool);
        simdisk_kill(b.sim);
        simdisk_fail(b.sim, at, -1, ERR_IO);
        bench_open(&b);
        bitten = simdisk_bitten(b.sim);
        CU_ASSERT(bench_put(&b, LANE_URGENT, 100) == 1); /* in RAM if need be */
        simdisk_fail(b.sim, 0, 0, 0);
        CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_URGENT, 1000), 0);
        bench_end(&b);
    }
}

/* holds: START-1, BOUND-5 (a full disk costs bulk before faults, and never the start) */
static void a_disk_full_to_the_last_byte(void)
{
    struct bench b;
    bench_start(&b, 11);
    uint64_t urgent = spool_next(b.spool, LANE_URGENT).stream;
    bench_put(&b, LANE_URGENT, 100);
    for (int i = 0; i < 400; i++)
        bench_put(&b, LANE_BULK, 1000);
    spool_sync(b.spool, LANE_BULK, 1000);
    simdisk_set_cap(b.sim, simdisk_used(b.sim));
    bench_kill(&b);
    CU_ASSERT(bench_holds(&b, urgent, 1));
    uint64_t now = spool_next(b.spool, LANE_URGENT).stream;
    for (uint64_t i = 1; i <= 100; i++) {
        CU_ASSERT_EQUAL(bench_put(&b, LANE_URGENT, 1000), i);
        CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_URGENT, 1000), 0);
    }
    for (uint64_t i = 1; i <= 100; i++)
        CU_ASSERT(bench_holds(&b, now, i));
    struct spool_stats stats;
    spool_stats(b.spool, &stats);
    CU_ASSERT(stats.dropped[DROP_BUDGET] > 0);
    bench_check(&b);
    bench_end(&b);
}

/* holds: BOUND-5 (the rest of the device keeps its head-room) */
static void the_spool_makes_way_for_the_rest_of_the_device(void)
{
    struct bench b;
    bench_start(&b, 12);
    b.c.head_room_bytes = 500 * 1000;
    bench_kill(&b);
    simdisk_set_cap(b.sim, 1500 * 1000);
    for (int i = 0; i < 3000; i++)
        CU_ASSERT(bench_put(&b, LANE_BULK, 1000) != 0);
    CU_ASSERT(simdisk_used(b.sim) <= 1010 * 1000);
    bench_check(&b);
    bench_end(&b);
}

/* holds: START-1 */
static void a_folder_full_of_strangers(void)
{
    static const char *const names[] = {"s-",
                                        "tombs",
                                        "reserve",
                                        "bad-0",
                                        "s-0000000000000001-1-00000000000000aa-0000000000000001",
                                        "s-0000000000000001-0-00000000000000aa-0000000000000001",
                                        "s-ffffffffffffffff-1-00000000000000ab-7fffffffffffffff",
                                        "s-0000000000000001-1-0000000000000000-0000000000000001",
                                        "s-0000000000000002-1-00000000000000ac-0000000000000005",
                                        "twin.new"};
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct bench b = {.sim = simdisk_new(seed, 0), .c = {.boot = 7}};
        struct rng rng;
        rng_seed(&rng, seed);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            uint8_t noise[600];
            for (size_t k = 0; k < sizeof noise; k++)
                noise[k] = (uint8_t)rng_next(&rng);
            simdisk_put(b.sim, names[i], slice_of(noise, (size_t)rng_below(&rng, sizeof noise)));
        }
        bench_open(&b);
        CU_ASSERT_EQUAL(bench_put(&b, LANE_BULK, 100), 1);
        CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_BULK, 0), 0);
        bench_check(&b);
        uint64_t mine = spool_next(b.spool, LANE_BULK).stream;
        bench_kill(&b);
        CU_ASSERT(bench_holds(&b, mine, 1));
        bench_end(&b);
    }
}

TESTS(STORY(a_segment_torn_at_every_byte), STORY(a_segment_damaged_at_every_byte),
      STORY(power_goes_at_each_write_in_turn), STORY(numbers_in_doubt_are_accounted_for),
      STORY(doubt_outlives_another_kill), STORY(a_disk_that_refuses_once_at_each_call),
      STORY(a_disk_that_is_full_for_a_while_from_each_call),
      STORY(the_spool_opens_whatever_call_fails), STORY(a_disk_full_to_the_last_byte),
      STORY(the_spool_makes_way_for_the_rest_of_the_device), STORY(a_folder_full_of_strangers))
