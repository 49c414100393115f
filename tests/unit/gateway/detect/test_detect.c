/* Rules over a fridge's day: when they become pending, open and clear, to the
 * millisecond of event time. */
#include "tests/unit/gateway/detect/fixture.h"

static struct bench b;

static void a_fault_raises_at_once_and_clears_when_it_does(void)
{
    bench_one(&b, "fault(heater_open)", 0, "");
    fault_is(&b, HEATER, 10 * S, true);
    until(&b, 10 * S);
    expect(&b, "r0 raise@10; ");
    CU_ASSERT_EQUAL(b.last.n_evidence, 1);
    CU_ASSERT_EQUAL(b.last.evidence[0].fault, HEATER);
    CU_ASSERT_STRING_EQUAL(b.last.evidence[0].text, "fault(heater_open)");
    fault_is(&b, HEATER, 20 * S, true); /* said again */
    until(&b, 30 * S);
    expect(&b, "");
    fault_is(&b, HEATER, 40 * S, false);
    until(&b, 40 * S);
    expect(&b, "r0 clear@40; ");
    bench_end(&b);
}

static void for_is_met_at_its_exact_time(void)
{
    bench_one(&b, "temp > 8 celsius", 20 * M, "temp < 6 celsius");
    say(&b, TEMP, 0, 5);
    say(&b, TEMP, 1 * M, 9);
    until(&b, 1 * M);
    expect(&b, "r0 pending@60; ");
    say(&b, TEMP, 10 * M, 9.5);
    say(&b, TEMP, 30 * M, 9);
    until(&b, 30 * M);
    expect(&b, "r0 raise@1260; ");
    CU_ASSERT_EQUAL(b.last.since_ms, 1 * M);
    CU_ASSERT_DOUBLE_EQUAL(b.last.evidence[0].value, 9.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(b.last.evidence[0].limit, 8, 1e-9);
    CU_ASSERT_EQUAL(b.last.evidence[0].metric, TEMP);
    say(&b, TEMP, 40 * M, 7); /* between the two limits */
    until(&b, 40 * M);
    expect(&b, "");
    say(&b, TEMP, 50 * M, 5.5);
    until(&b, 50 * M);
    expect(&b, "r0 clear@3000; ");
    bench_end(&b);
}

static void a_condition_that_ends_before_its_for_lapses(void)
{
    bench_one(&b, "temp > 8 celsius", 20 * M, "");
    say(&b, TEMP, 0, 9);
    say(&b, TEMP, 20 * M, 7); /* at the very moment */
    until(&b, 2 * H);
    expect(&b, "r0 pending@0; r0 lapse@1200; ");
    bench_end(&b);
}

/* The timer stands still while nobody knows, and falls after as long as `for`.
 * holds: RULE-1 */
static void unknown_pauses_for_and_then_resets_it(void)
{
    bench_one(&b, "power > 100 watt", 30 * M, ""); /* power is stale after 10 minutes */
    for (int64_t at = 0; at <= 20 * M; at += 5 * M)
        say(&b, POWER, at, 120);
    until(&b, 45 * M); /* true until 30m, then unknown: at 30m it is both */
    expect(&b, "r0 pending@0; ");
    say(&b, POWER, 45 * M, 120); /* 15 minutes of silence do not count */
    until(&b, 45 * M);
    expect(&b, "r0 raise@2700; ");
    bench_end(&b);

    bench_one(&b, "power > 100 watt", 30 * M, "");
    say(&b, POWER, 0, 120);
    until(&b, 2 * H); /* known for 10 minutes, then silence for longer than 30 */
    expect(&b, "r0 pending@0; r0 lapse@2400; ");
    bench_end(&b);
}

static void an_open_rule_stays_open_while_unknown(void)
{
    bench_one(&b, "power > 100 watt", 0, "");
    say(&b, POWER, 0, 120);
    until(&b, 5 * H);
    expect(&b, "r0 raise@0; ");
    CU_ASSERT_EQUAL(holds(&b), -1);
    say(&b, POWER, 6 * H, 20);
    until(&b, 6 * H);
    expect(&b, "r0 clear@21600; ");
    bench_end(&b);
}

static void a_window_slides_without_readings_of_its_own(void)
{
    bench_one(&b, "max(door, 10m)", 0, "");
    say(&b, DOOR, 0, 0);
    say(&b, DOOR, 30 * M, 1);
    say(&b, DOOR, 31 * M, 0);
    until(&b, 2 * H);
    /* open during [30m, 31m): it leaves the window ten minutes after its end */
    expect(&b, "r0 raise@1800; r0 clear@2460; ");
    bench_end(&b);
}

static void facts_of_one_moment_are_seen_together(void)
{
    bench_one(&b, "power > 100 watt and not compressor", 0, "");
    say(&b, POWER, 0, 4);
    say(&b, COMPRESSOR, 0, 0);
    say(&b, POWER, 60 * S, 120);
    say(&b, COMPRESSOR, 60 * S, 1);
    until(&b, 60 * S);
    expect(&b, "");
    say(&b, COMPRESSOR, 90 * S, 0);
    until(&b, 90 * S);
    expect(&b, "r0 raise@90; ");
    bench_end(&b);
}

static void a_fault_beside_a_metric_waits_for_the_bulk_lane(void)
{
    bench_one(&b, "fault(fan_stalled) and temp > 8 celsius", 0, "");
    say(&b, TEMP, 0, 5);
    detect_advance(b.d, bench_sink(&b), LANE_BULK, 0);
    fault_is(&b, FAN, 100 * S, true);
    detect_advance(b.d, bench_sink(&b), LANE_URGENT, 500 * S);
    expect(&b, "");
    say(&b, TEMP, 90 * S, 9); /* warm before the fan stalled */
    say(&b, TEMP, 110 * S, 7);
    detect_advance(b.d, bench_sink(&b), LANE_BULK, 110 * S);
    expect(&b, "r0 raise@100; r0 clear@110; ");
    bench_end(&b);
}

static void each_instance_has_its_own_life(void)
{
    bench_one(&b, "temp > 8 celsius and power > 100 watt", 0, "");
    struct detect_sink sink = bench_sink(&b);
    say(&b, POWER, 0, 120); /* one meter for all: instance 0 */
    detect_sample(b.d, sink, TEMP, 1, 0, 9, false);
    detect_sample(b.d, sink, TEMP, 2, 0, 7, false);
    until(&b, 1 * S);
    expect(&b, "r0/1 raise@0; ");
    say(&b, POWER, 5 * S, 50);
    until(&b, 5 * S);
    expect(&b, "r0/1 clear@5; ");
    for (uint32_t i = 3; i < 100; i++)
        detect_sample(b.d, sink, TEMP, i, 6 * S, 9, false);
    say(&b, POWER, 7 * S, 120);
    until(&b, 7 * S);
    size_t raised = 0;
    for (const char *at = b.log; (at = strstr(at, "raise")); at++)
        raised++;
    CU_ASSERT_EQUAL(raised, 1 + 13); /* 16 instances and no more */
    bench_end(&b);
}

static void a_reset_ends_and_forgets(void)
{
    bench_one(&b, "temp > 8 celsius", 0, "");
    say(&b, TEMP, 0, 9);
    until(&b, 0);
    detect_reset(b.d, bench_sink(&b), 50 * S);
    expect(&b, "r0 raise@0; r0 clear@50; ");
    CU_ASSERT_EQUAL(holds(&b), -1);
    say(&b, TEMP, 60 * S, 9);
    until(&b, 60 * S);
    expect(&b, "r0 raise@60; ");
    bench_end(&b);
}

static void clear_alone_does_not_end_what_still_holds(void)
{
    bench_one(&b, "temp > 8 celsius", 0, "power < 50 watt");
    say(&b, TEMP, 0, 9);
    say(&b, POWER, 0, 10);
    until(&b, 1 * M);
    expect(&b, "r0 raise@0; ");
    say(&b, TEMP, 2 * M, 7);
    until(&b, 2 * M);
    expect(&b, "r0 clear@120; ");
    bench_end(&b);
}

static void a_nested_window_sees_a_slow_change(void)
{
    bench_one(&b, "slope(duty(compressor, 1d), 14d) > 0.005 per day", 0, "");
    int64_t at = 0;
    for (int day = 0; day < 30; day++) { /* the compressor runs longer every day */
        for (int hour = 0; hour < 24; hour++, at += H) {
            say(&b, COMPRESSOR, at, 1);
            say(&b, COMPRESSOR, at + 20 * M + day * 30 * S, 0);
        }
        until(&b, at);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(b.log, "r0 raise@"));
    CU_ASSERT_DOUBLE_EQUAL(b.last.evidence[0].value, 0.5 / 60, 0.002);
    CU_ASSERT_DOUBLE_EQUAL(b.last.evidence[0].limit, 0.005, 1e-12);
    b.log[0] = '\0';
    bench_end(&b);
}

TESTS(STORY(a_fault_raises_at_once_and_clears_when_it_does), STORY(for_is_met_at_its_exact_time),
      STORY(a_condition_that_ends_before_its_for_lapses),
      STORY(unknown_pauses_for_and_then_resets_it), STORY(an_open_rule_stays_open_while_unknown),
      STORY(a_window_slides_without_readings_of_its_own),
      STORY(facts_of_one_moment_are_seen_together),
      STORY(a_fault_beside_a_metric_waits_for_the_bulk_lane), STORY(each_instance_has_its_own_life),
      STORY(a_reset_ends_and_forgets), STORY(clear_alone_does_not_end_what_still_holds),
      STORY(a_nested_window_sees_a_slow_change))
