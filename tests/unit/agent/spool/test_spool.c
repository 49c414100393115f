/* Stories of a spool whose disk behaves. */
#include "tests/unit/agent/spool/bench.h"

static void what_goes_in_comes_out_in_order(void)
{
    struct bench b;
    bench_start(&b, 1);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    uint64_t urgent = spool_next(b.spool, LANE_URGENT).stream;
    CU_ASSERT_NOT_EQUAL(bulk, urgent);
    for (uint64_t i = 1; i <= 100; i++)
        CU_ASSERT_EQUAL(bench_put(&b, LANE_BULK, 400), i);
    CU_ASSERT_EQUAL(bench_put(&b, LANE_URGENT, 60), 1);
    for (uint64_t i = 1; i <= 100; i++)
        CU_ASSERT(bench_holds(&b, bulk, i));
    CU_ASSERT(bench_holds(&b, urgent, 1));
    CU_ASSERT(bench_holds(&b, bulk, 7)); /* again, and out of order */
    CU_ASSERT_EQUAL(spool_release(b.spool, bulk, 60), 60);
    CU_ASSERT_FALSE(bench_holds(&b, bulk, 60));
    CU_ASSERT(bench_holds(&b, bulk, 61));
    CU_ASSERT_EQUAL(spool_next(b.spool, LANE_BULK).low, 61);
    bench_end(&b);
}

static void released_segments_leave_the_disk(void)
{
    struct bench b;
    bench_start(&b, 2);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    uint64_t last = 0;
    for (int i = 0; i < 2000; i++)
        last = bench_put(&b, LANE_BULK, 1000);
    struct spool_stats before, after;
    spool_stats(b.spool, &before);
    CU_ASSERT(before.segments > 10 && before.bytes > 2000000);
    spool_release(b.spool, bulk, last);
    spool_stats(b.spool, &after);
    CU_ASSERT_EQUAL(after.segments, 1);
    CU_ASSERT(after.bytes < 200000);
    CU_ASSERT_EQUAL(after.owed, 0);
    bench_end(&b);
}

/* holds: LOSS-5 (a stream is born at each start, and a number is never given twice) */
static void each_life_has_streams_of_its_own_and_the_old_ones_close(void)
{
    struct bench b;
    bench_start(&b, 3);
    uint64_t old = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 10; i++)
        bench_put(&b, LANE_BULK, 200);
    bench_kill(&b);
    CU_ASSERT_NOT_EQUAL(spool_next(b.spool, LANE_BULK).stream, old);
    CU_ASSERT_EQUAL(spool_next(b.spool, LANE_BULK).seq, 1);
    struct spool_stream st;
    CU_ASSERT_FATAL(spool_find(b.spool, old, &st));
    CU_ASSERT(st.closed);
    CU_ASSERT_EQUAL(st.next, 11); /* killed, not unplugged: the last number is known */
    CU_ASSERT_EQUAL(st.low, 1);
    CU_ASSERT(bench_holds(&b, old, 10));
    spool_release(b.spool, old, 10);
    CU_ASSERT_FALSE(spool_find(b.spool, old, &st));
    bench_end(&b);
}

/* holds: LOSS-3, BOUND-5 */
static void a_full_budget_drops_the_oldest_bulk_and_says_so(void)
{
    struct bench b;
    bench_start(&b, 4);
    b.c.budget_bytes = 256 * 1024;
    bench_kill(&b);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    uint64_t urgent = spool_next(b.spool, LANE_URGENT).stream;
    for (int i = 0; i < 20; i++)
        bench_put(&b, LANE_URGENT, 100);
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++)
        last = bench_put(&b, LANE_BULK, 1000);
    CU_ASSERT_EQUAL(last, 1000);
    struct spool_stats stats;
    spool_stats(b.spool, &stats);
    CU_ASSERT(stats.bytes <= 256 * 1024);
    struct wire_drop d[4];
    CU_ASSERT_EQUAL(spool_drops(b.spool, bulk, d, 4), 1);
    CU_ASSERT_EQUAL(d[0].first, 1);
    CU_ASSERT_EQUAL(d[0].reason, DROP_BUDGET);
    CU_ASSERT_EQUAL(d[0].readings, 3 * d[0].last);
    CU_ASSERT_EQUAL(d[0].from_ms, 1001);
    CU_ASSERT_EQUAL(d[0].to_ms, 2000 + (int64_t)d[0].last);
    CU_ASSERT_EQUAL(spool_next(b.spool, LANE_BULK).low, d[0].last + 1);
    CU_ASSERT(bench_holds(&b, bulk, 1000));
    for (uint64_t i = 1; i <= 20; i++)
        CU_ASSERT(bench_holds(&b, urgent, i));
    bench_check(&b);
    bench_end(&b);
}

/* holds: LOSS-4 (tombstones win on recovery) */
static void a_dropped_number_stays_dropped_after_a_restart(void)
{
    struct bench b;
    bench_start(&b, 5);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 5; i++)
        bench_put(&b, LANE_BULK, 100);
    spool_sync(b.spool, LANE_BULK, 0);
    CU_ASSERT_EQUAL(spool_drop(b.spool, bulk, 3, DROP_POISON), 0);
    CU_ASSERT_EQUAL(spool_seek(b.spool, bulk, 3), 4);
    bench_power_cut(&b);
    CU_ASSERT_FALSE(bench_holds(&b, bulk, 3));
    CU_ASSERT(bench_dropped(&b, bulk, 3));
    CU_ASSERT(bench_holds(&b, bulk, 2) && bench_holds(&b, bulk, 4));
    bench_end(&b);
}

static void a_purge_leaves_nothing_but_its_tombstones(void)
{
    struct bench b;
    bench_start(&b, 6);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    for (int i = 0; i < 50; i++)
        bench_put(&b, LANE_BULK, 1000);
    bench_put(&b, LANE_URGENT, 100);
    CU_ASSERT_EQUAL(spool_purge(b.spool, DROP_PURGED), 0);
    struct spool_stats stats;
    spool_stats(b.spool, &stats);
    CU_ASSERT_EQUAL(stats.segments, 0);
    CU_ASSERT_EQUAL(stats.owed, 0);
    struct wire_drop d[2];
    CU_ASSERT_EQUAL(spool_drops(b.spool, bulk, d, 2), 1);
    CU_ASSERT_EQUAL(d[0].last, 50);
    CU_ASSERT_EQUAL(bench_put(&b, LANE_BULK, 100), 51); /* life goes on */
    CU_ASSERT(bench_holds(&b, bulk, 51));
    bench_end(&b);
}

/* The flash has a daily budget, and it is kept. */
static void bulk_stays_off_a_flash_that_had_enough_for_today(void)
{
    struct bench b;
    bench_start(&b, 7);
    b.c.daily_write_bytes = 200 * 1000;
    bench_kill(&b);
    uint64_t bulk = spool_next(b.spool, LANE_BULK).stream;
    uint64_t before = simdisk_used(b.sim);
    for (uint64_t i = 1; i <= 500; i++)
        CU_ASSERT_EQUAL(bench_put(&b, LANE_BULK, 1000), i);
    struct spool_stats stats;
    spool_stats(b.spool, &stats);
    CU_ASSERT(stats.flash_today_bytes <= 200 * 1000);
    CU_ASSERT(simdisk_used(b.sim) - before <= 200 * 1000);
    CU_ASSERT(stats.ram_bytes > 0 && stats.ram_bytes <= 96 * 1024);
    CU_ASSERT(stats.dropped[DROP_BUDGET] > 0);
    bench_check(&b);
    CU_ASSERT(bench_holds(&b, bulk, 500));
    CU_ASSERT_EQUAL(bench_put(&b, LANE_URGENT, 100), 1); /* a fault still gets through */
    CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_URGENT, 1000), 0);
    CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_BULK, 1000), ERR_FULL);
    CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_BULK, 86400001), ERR_FULL);
    bench_put(&b, LANE_URGENT, 100);
    CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_URGENT, 86400001), 0); /* another day has begun */
    CU_ASSERT_EQUAL(spool_sync(b.spool, LANE_BULK, 86400001), 0);
    bench_end(&b);
}

/* holds: BOUND-2, BOUND-5 */
static void a_long_backlog_costs_no_more_files_than_the_budget_says(void)
{
    struct bench b;
    bench_start(&b, 8);
    b.c.budget_files = 40;
    b.c.budget_bytes = 64 * 1024 * 1024;
    b.c.daily_write_bytes = UINT64_C(1) << 40;
    bench_kill(&b);
    for (int i = 0; i < 3000; i++)
        bench_put(&b, LANE_BULK, 16000);
    struct spool_stats stats;
    spool_stats(b.spool, &stats);
    CU_ASSERT(stats.segments <= 40);
    CU_ASSERT(simdisk_files(b.sim) <= 42);
    bench_end(&b);
}

static void what_a_source_had_said_is_known_in_the_next_life(void)
{
    struct bench b;
    bench_start(&b, 9);
    struct spool_mark marks[] = {{0xaaaa, 120}, {0xbbbb, 7}};
    struct spool_record r = {slice_str("batch"), 1, 0, 0, 2, marks};
    CU_ASSERT_EQUAL(spool_append(b.spool, LANE_BULK, &r, 0), 0);
    uint64_t stream = spool_next(b.spool, LANE_BULK).stream;
    bench_kill(&b);
    uint32_t next = 0;
    CU_ASSERT(spool_marked(b.spool, 0xaaaa, &next));
    CU_ASSERT_EQUAL(next, 120);
    CU_ASSERT(spool_marked(b.spool, 0xbbbb, &next));
    CU_ASSERT_EQUAL(next, 7);
    CU_ASSERT_FALSE(spool_marked(b.spool, 0xcccc, &next));
    struct slice got;
    CU_ASSERT_EQUAL(spool_read(b.spool, stream, 1, &got), 0);
    CU_ASSERT(slice_is(got, "batch"));
    bench_end(&b);
}

static void hundreds_of_lives_without_a_word_from_the_gateway(void)
{
    struct bench b;
    bench_start(&b, 10);
    for (int i = 0; i < 300; i++) {
        CU_ASSERT_EQUAL(bench_put(&b, LANE_URGENT, 80), 1);
        CU_ASSERT_EQUAL(bench_put(&b, LANE_BULK, 80), 1);
        bench_kill(&b);
    }
    CU_ASSERT(spool_count(b.spool) <= SPOOL_STREAMS);
    uint64_t before = 0;
    for (size_t i = 0; i < spool_count(b.spool); i++)
        before += spool_at(b.spool, i).lane == LANE_URGENT;
    CU_ASSERT(before > 200); /* bulk went first */
    bench_check(&b);
    bench_end(&b);
}

TESTS(STORY(what_goes_in_comes_out_in_order), STORY(released_segments_leave_the_disk),
      STORY(each_life_has_streams_of_its_own_and_the_old_ones_close),
      STORY(a_full_budget_drops_the_oldest_bulk_and_says_so),
      STORY(a_dropped_number_stays_dropped_after_a_restart),
      STORY(a_purge_leaves_nothing_but_its_tombstones),
      STORY(bulk_stays_off_a_flash_that_had_enough_for_today),
      STORY(a_long_backlog_costs_no_more_files_than_the_budget_says),
      STORY(what_a_source_had_said_is_known_in_the_next_life),
      STORY(hundreds_of_lives_without_a_word_from_the_gateway))
