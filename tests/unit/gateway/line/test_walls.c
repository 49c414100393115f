/* The walls of the line, each with the sequence that it closes. */
#include "tests/unit/gateway/line/bench.h"

static struct bench b;

/* holds: LOSS-1 */
static void nothing_is_acked_before_its_commit(void)
{
    bench_start(&b, true);
    CU_ASSERT_EQUAL(bench_temp(&b, 1, b.now_ms, 4), 0);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    const struct line_commit *rows = line_take_commit(b.line);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    CU_ASSERT_PTR_NULL(line_take_commit(b.line)); /* one at a time */
    line_committed(b.line);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:1 ");
    bench_end(&b);
}

/* Batch 2 enters the ledger in memory, the commit says "disk full", the device
 * sends 2 again: memory would say "seen", and an ack would make the device delete
 * what nobody holds. */
/* holds: LOSS-2 */
static void a_failed_commit_acks_nothing_and_forgets_it_saw(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:1 ");
    store_fail(b.store, 1, ERR_FULL, false);
    bench_temp(&b, 2, b.now_ms, 4.1);
    CU_ASSERT_EQUAL(bench_commit(&b), ERR_FULL);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    bench_temp(&b, 2, b.now_ms, 4.1); /* again: it is new */
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    CU_ASSERT_EQUAL(bench_commit(&b), 0);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:2 ");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT count(*) FROM inputs WHERE kind=1"), "2");
    bench_end(&b);
}

/* The duplicate comes while the first is still on its way to the disk. */
/* holds: LOSS-1 */
static void a_duplicate_of_what_is_not_committed_is_not_acked(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    CU_ASSERT_PTR_NOT_NULL(line_take_commit(b.line));
    bench_temp(&b, 1, b.now_ms, 4);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:0 "); /* of committed marks: none yet */
    line_committed(b.line);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:1 ");
    bench_end(&b);
}

/* holds: LOSS-2, TWICE-1 */
static void an_unknown_result_is_read_from_the_store(void)
{
    bench_start(&b, true);
    store_fail(b.store, 1, ERR_UNKNOWN, true);
    bench_temp(&b, 1, b.now_ms, 4);
    CU_ASSERT_EQUAL(bench_commit(&b), ERR_UNKNOWN);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    bench_temp(&b, 1, b.now_ms, 4); /* it was durable after all */
    CU_ASSERT_FALSE(line_dirty(b.line));
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:1 ");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT count(*) FROM inputs WHERE kind=1"), "1");
    bench_end(&b);
}

/* holds: TWICE-2 */
static void a_number_with_two_contents_is_a_clone_and_never_acked(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    bench_commit(&b);
    bench_acks(&b);
    CU_ASSERT_EQUAL(bench_temp(&b, 1, b.now_ms, 9), ERR_EXISTS);
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    CU_ASSERT_EQUAL(bench_temp(&b, 1, b.now_ms, 9.5), ERR_EXISTS);
    CU_ASSERT_FALSE(line_dirty(b.line)); /* one alert is enough */
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT rule||'/'||state FROM alerts"),
                           "cloned_device/open");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT count(*) FROM inputs WHERE kind=1"), "1");
    bench_end(&b);
}

/* holds: LOSS-3 */
static void gaps_are_known_by_number_and_tombstones_close_them(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    bench_temp(&b, 4, b.now_ms, 4);
    bench_temp(&b, 6, b.now_ms, 4);
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:1+4-4+6-6 ");
    struct wire_drop drop = {.first = 2, .last = 4, .readings = 30, .reason = DROP_BUDGET};
    struct wire_up up = {
        .kind = UP_ACCOUNT,
        .account = {.stream = BULK, .lane = LANE_BULK, .low = 2, .n_drops = 1, .drops = &drop}};
    bench_send(&b, &up);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "");
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:4+6-6 ");
    /* 4 is held: only two numbers are lost, and two thirds of the readings */
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT stored||'/'||dropped FROM streams"), "3/2");
    CU_ASSERT_STRING_EQUAL(
        bench_sql(&b, "SELECT first||'-'||last||' '||reason||' '||readings FROM drops"),
        "2-3 1 20");
    bench_send(&b, &up); /* told again: nothing to write, acked again */
    CU_ASSERT_FALSE(line_dirty(b.line));
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:4+6-6 ");
    bench_end(&b);
}

/* The gateway was restored from yesterday's copy: the device owes nothing below 5. */
static void low_accounts_for_what_a_restore_lost(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    bench_say(&b, (struct say){.stream = BULK, .seq = 5, .low = 5, .at_ms = b.now_ms, .temp = 4});
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "b2:5 ");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT first||'-'||last||' '||reason FROM drops"),
                           "2-4 6");
    struct wire_drop drop = {.first = 3, .last = 3, .readings = 7, .reason = DROP_CORRUPT};
    struct wire_up up = {
        .kind = UP_ACCOUNT,
        .account = {.stream = BULK, .lane = LANE_BULK, .low = 5, .n_drops = 1, .drops = &drop}};
    bench_send(&b, &up); /* its tombstone comes late and says better */
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT first||'-'||last||' '||reason FROM drops"),
                           "2-2 6 3-3 2 4-4 6");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT dropped FROM streams"), "3");
    bench_end(&b);
}

/* Ack means stored, not understood. */
/* holds: LOSS-9 */
static void an_unknown_pack_is_stored_and_judged_when_it_is_known(void)
{
    bench_start(&b, false);
    bench_temp(&b, 1, b.now_ms, 9);
    bench_fault(&b, 1, b.now_ms, 1);
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "a1:1 b2:1 ");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT count(*) FROM alerts"), "0");
    bench_restart(&b); /* what waits survives a crash */
    b.now_ms += 10 * S;
    CU_ASSERT_EQUAL(line_pack_change(b.line, bench_pack.fingerprint, bench_now(&b)), 0);
    bench_commit(&b);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT rule FROM alerts ORDER BY rule"),
                           "heater_open warm");
    bench_end(&b);
}

static void what_is_malformed_is_refused_for_ever_and_stops_nobody(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 4);
    bench_commit(&b);
    bench_acks(&b);
    CU_ASSERT_NOT_EQUAL(
        line_up(b.line, slice_str("fridge-1"), slice_str("\xff\xff"), bench_now(&b)), 0);
    CU_ASSERT_NOT_EQUAL(line_up(b.line, slice_str("../x"), slice_str(""), bench_now(&b)), 0);
    b.spoil = true; /* a batch whose numbers are fine and whose content breaks a limit */
    CU_ASSERT_NOT_EQUAL(bench_temp(&b, 3, b.now_ms, 4), 0);
    b.spoil = false;
    CU_ASSERT_STRING_EQUAL(bench_acks(&b), "never(3) ");
    CU_ASSERT_FALSE(line_dirty(b.line));
    CU_ASSERT_EQUAL(bench_temp(&b, 2, b.now_ms, 4), 0);
    bench_end(&b);
}

/* The scripted day of a device, step by step. */
static void step(int i)
{
    b.now_ms += 20 * S;
    switch (i) {
    case 0: bench_hello(&b, 1); break;
    case 1: bench_temp(&b, 1, b.now_ms, 9); break;
    case 2: bench_fault(&b, 1, b.now_ms, 1); break;
    case 3: bench_temp(&b, 3, b.now_ms, 9.5); break;
    case 4: bench_temp(&b, 2, b.now_ms - 30 * S, 5); break;
    case 5: bench_will(&b, 1); break;
    case 6: line_tick(b.line, bench_now(&b)); break;
    case 7:
        b.now_ms += 20 * M;
        line_tick(b.line, bench_now(&b));
        break;
    case 8:
        b.session = 2;
        bench_hello(&b, 6);
        break;
    case 9: bench_temp(&b, 4, b.now_ms, 5); break;
    case 10: bench_fault(&b, 2, b.now_ms, -1); break;
    case 11: {
        uint64_t id;
        line_test_alert(b.line, slice_str("fridge-1"), "user:anna", bench_now(&b), &id, NULL);
        break;
    }
    case 12: bench_temp(&b, 5, b.now_ms, 9); break;
    case 13:
        b.now_ms += 11 * M;
        line_tick(b.line, bench_now(&b));
        break;
    default: break;
    }
}
#define STEPS 14

static void assert_same_state(struct line *left, struct line *right, int i)
{
    struct buf l, r;
    buf_init(&l, 1024 * 1024);
    buf_init(&r, 1024 * 1024);
    line_save(left, &l);
    line_save(right, &r);
    CU_ASSERT(slice_eq(buf_slice(&l), buf_slice(&r)));
    if (!slice_eq(buf_slice(&l), buf_slice(&r)))
        printf("state differs after step %d\n", i);
    buf_free(&l);
    buf_free(&r);
}

/* holds: START-2 */
static void snapshot_and_replay_are_as_never_having_crashed(void)
{
    bench_start(&b, true);
    for (int i = 0; i < STEPS; i++) {
        step(i);
        CU_ASSERT_EQUAL(bench_commit(&b), 0);
        struct line *other = bench_line(&b);
        struct err e = {0};
        CU_ASSERT_EQUAL_FATAL(store_load_line(b.store, other, &e), 0);
        assert_same_state(b.line, other, i);
        struct line_stats stats;
        line_stats(other, &stats);
        CU_ASSERT_EQUAL(stats.defects, 0);
        line_free(other);
    }
    CU_ASSERT_NOT_EQUAL(atoi(bench_sql(&b, "SELECT count(*) FROM snapshots")), 0);
    bench_end(&b);
}

#define OUTCOME                                                                                    \
    "SELECT (SELECT group_concat(rule||state||late,' ') FROM (SELECT * FROM alerts ORDER BY "      \
    "rule,state))||(SELECT group_concat(contiguous||'/'||stored) FROM streams)||(SELECT "          \
    "group_concat(kind) FROM (SELECT kind FROM handoff ORDER BY no))"

/* Commit 1 fails, then commit 2, ...; the device says again what was not acked. */
/* holds: LOSS-2, TWICE-1, TWICE-3 */
static void any_commit_may_fail_and_the_outcome_is_the_same(void)
{
    char expected[2048] = "";
    for (int failing = 0; failing <= STEPS; failing++)
        for (int really_done = 0; really_done < 2; really_done++) {
            bench_start(&b, true);
            if (failing)
                store_fail(b.store, failing, ERR_UNKNOWN, really_done);
            int failed_at = -1;
            for (int i = 0; i < STEPS; i++) {
                struct bench before = b;
                step(i);
                if (bench_commit(&b) == 0)
                    continue;
                failed_at = i;
                b.now_ms = before.now_ms; /* at least once: the same words again */
                b.session = before.session;
                step(i);
                CU_ASSERT_EQUAL(bench_commit(&b), 0);
            }
            if (!expected[0])
                snprintf(expected, sizeof expected, "%s", bench_sql(&b, OUTCOME));
            const char *got = bench_sql(&b, OUTCOME);
            /* An action asked for twice is done twice: the test alert is no message. */
            if (!(failed_at == 11 && really_done))
                CU_ASSERT_STRING_EQUAL(got, expected);
            bench_end(&b);
        }
}

/* holds: BOUND-6 */
static void a_device_that_says_hello_without_end_fills_no_disk(void)
{
    bench_start(&b, true);
    int taken = 0;
    for (int i = 0; i < 1000; i++) {
        b.session++;
        taken += bench_hello(&b, 1) == 0;
    }
    CU_ASSERT(taken >= 100 && taken <= 130);
    CU_ASSERT_EQUAL(bench_temp(&b, 1, b.now_ms, 3), 0); /* its readings are heard */
    b.now_ms += 60000;
    b.session++;
    CU_ASSERT_EQUAL(bench_hello(&b, 1), 0); /* and later it is itself */
    bench_end(&b);
}

static void a_memory_of_the_store_is_the_law(void)
{
    bench_start(&b, true);
    bench_temp(&b, 1, b.now_ms, 9);
    bench_commit(&b);
    struct err e = {0};
    sqlite3_stmt *stmt = store_read(b.store, "UPDATE alerts SET state='acknowledged'", &e);
    sqlite3_step(stmt);
    store_release(stmt);
    bench_restart(&b);
    struct line_stats stats;
    line_stats(b.line, &stats);
    CU_ASSERT_EQUAL(stats.defects, 1);
    CU_ASSERT_EQUAL(stats.open_alerts, 1);
    bench_end(&b);
}

TESTS(STORY(nothing_is_acked_before_its_commit),
      STORY(a_failed_commit_acks_nothing_and_forgets_it_saw),
      STORY(a_duplicate_of_what_is_not_committed_is_not_acked),
      STORY(an_unknown_result_is_read_from_the_store),
      STORY(a_number_with_two_contents_is_a_clone_and_never_acked),
      STORY(gaps_are_known_by_number_and_tombstones_close_them),
      STORY(low_accounts_for_what_a_restore_lost),
      STORY(an_unknown_pack_is_stored_and_judged_when_it_is_known),
      STORY(what_is_malformed_is_refused_for_ever_and_stops_nobody),
      STORY(snapshot_and_replay_are_as_never_having_crashed),
      STORY(any_commit_may_fail_and_the_outcome_is_the_same),
      STORY(a_device_that_says_hello_without_end_fills_no_disk),
      STORY(a_memory_of_the_store_is_the_law))
