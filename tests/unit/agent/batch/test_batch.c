/* Stories of reports on their way into batches. */
#include "agent/batch/batch.h"

#include "tests/support/cu.h"

#include <stdlib.h>

struct bench {
    struct batch *b;
    struct now now;
    struct buf out;
    struct arena arena;
    struct wire_batch w;
    struct batch_info info;
    uint64_t seq;
};

static struct bench start(void)
{
    struct bench t = {.now = {1000, 1700000000000, TRUST_SYNCED}};
    struct batch_config c = {.boot = 7,
                             .bulk_age_ms = 10000,
                             .heartbeat_ms = 300000,
                             .keyframe_ms = 3600000,
                             .chatter_refill_ms = 15000,
                             .urgent_linger_ms = 5,
                             .bulk_samples = 50,
                             .pack = "fridge"};
    t.b = batch_new(&c, t.now);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.b);
    buf_init(&t.out, LIMIT_BATCH);
    CU_ASSERT_EQUAL_FATAL(arena_init(&t.arena, LIMIT_DECODE), 0);
    return t;
}

static void end(struct bench *t)
{
    batch_free(t->b);
    buf_free(&t->out);
    arena_free(&t->arena);
}

/* Seals what is due, and reads it back. */
static enum batch_kind seal(struct bench *t)
{
    enum batch_kind kind = batch_due(t->b, t->now);
    if (kind == BATCH_NONE)
        return kind;
    struct wire_head head = {9, ++t->seq, 1, (uint32_t)batch_lane(kind)};
    struct wire_identity who = {.model = slice_str("CK-1")};
    CU_ASSERT_EQUAL_FATAL(batch_seal(t->b, kind, head, 3, &who, t->now, &t->out, &t->info), 0);
    batch_sealed(t->b, kind, t->now);
    arena_reset(&t->arena);
    CU_ASSERT_EQUAL_FATAL(wire_decode_batch(buf_slice(&t->out), &t->arena, &t->w, NULL), 0);
    return kind;
}

static struct report gauge(uint32_t counter, uint32_t metric, int64_t at_ms, int64_t v)
{
    return (struct report){.kind = REPORT_GAUGE,
                           .source = 1,
                           .boot = 77,
                           .counted = true,
                           .counter = counter,
                           .at_ms = at_ms,
                           .id = metric,
                           .v = v,
                           .exponent = -1};
}

static void say(struct bench *t, struct report r)
{
    CU_ASSERT_EQUAL(batch_report(t->b, &r, 0, t->now), BATCH_KEPT);
}

static void readings_become_columns(void)
{
    struct bench t = start();
    say(&t, gauge(1, 1, 100, 41));
    say(&t, gauge(2, 2, 110, 7));
    say(&t, gauge(3, 1, 120, 42));
    CU_ASSERT_EQUAL(seal(&t), BATCH_KEY_URGENT); /* heard from its first frame */
    CU_ASSERT_EQUAL(seal(&t), BATCH_KEY_BULK);
    CU_ASSERT_EQUAL(seal(&t), BATCH_NONE);
    t.now.boot_ms += 10000;
    CU_ASSERT_EQUAL(seal(&t), BATCH_BULK);
    CU_ASSERT_EQUAL(t.w.n_columns, 2);
    CU_ASSERT_EQUAL(t.w.columns[0].n, 2);
    CU_ASSERT_EQUAL(t.w.columns[0].v[1], 42);
    CU_ASSERT_EQUAL(t.w.columns[0].at_ms[1], 120);
    CU_ASSERT_EQUAL(t.w.columns[0].exponent, -1);
    CU_ASSERT_EQUAL(t.w.n_sources, 2);
    CU_ASSERT_EQUAL(t.w.sources[1].boot, 77);
    CU_ASSERT_EQUAL(t.w.sources[1].received, 3);
    CU_ASSERT_EQUAL(t.w.sources[1].at_ms, 120 + 10000); /* its clock runs on */
    CU_ASSERT_EQUAL(t.w.settings_version, 3);
    CU_ASSERT_EQUAL(t.info.readings, 3);
    CU_ASSERT_EQUAL(t.info.n_marks, 1);
    CU_ASSERT_EQUAL(t.info.marks[0].next, 4);
    end(&t);
}

static void a_full_batch_does_not_wait_for_its_age(void)
{
    struct bench t = start();
    for (uint32_t i = 1; i <= 50; i++)
        say(&t, gauge(i, 1, i, i));
    struct report more = gauge(51, 1, 51, 51);
    CU_ASSERT_EQUAL(batch_report(t.b, &more, 0, t.now), ERR_FULL);
    enum batch_kind kind;
    while ((kind = seal(&t)) != BATCH_BULK)
        CU_ASSERT_NOT_EQUAL_FATAL(kind, BATCH_NONE);
    CU_ASSERT_EQUAL(t.w.columns[0].n, 50);
    say(&t, more);
    end(&t);
}

/* holds: LOSS-7 */
static void holes_in_the_frames_are_counted(void)
{
    struct bench t = start();
    say(&t, gauge(1, 1, 1, 1));
    say(&t, gauge(5, 1, 2, 2));
    t.now.boot_ms += 10000;
    while (seal(&t) != BATCH_BULK)
        ;
    CU_ASSERT_EQUAL(t.w.sources[1].received, 2);
    CU_ASSERT_EQUAL(t.w.sources[1].lost, 3);
    CU_ASSERT_EQUAL(t.info.marks[0].next, 6);
    CU_ASSERT_EQUAL(batch_lost(t.b), 3);
    end(&t);
}

static void a_source_that_starts_anew_gets_a_batch_of_its_own(void)
{
    struct bench t = start();
    say(&t, gauge(1, 1, 500, 1));
    struct report r = gauge(1, 1, 10, 2);
    r.boot = 78;
    CU_ASSERT_EQUAL(batch_report(t.b, &r, 0, t.now), ERR_FULL);
    batch_flush(t.b);
    while (seal(&t) != BATCH_BULK)
        ;
    CU_ASSERT_EQUAL(t.w.sources[1].boot, 77);
    say(&t, r);
    batch_flush(t.b);
    while (seal(&t) != BATCH_BULK)
        ;
    CU_ASSERT_EQUAL(t.w.sources[1].boot, 78);
    CU_ASSERT_EQUAL(t.w.sources[1].lost, 0);
    end(&t);
}

static void an_interval_thins_gauges_but_never_states(void)
{
    struct bench t = start();
    struct report a = gauge(1, 1, 1000, 1), b = gauge(2, 1, 1500, 2), c = gauge(3, 1, 2000, 3);
    CU_ASSERT_EQUAL(batch_report(t.b, &a, 1000, t.now), BATCH_KEPT);
    CU_ASSERT_EQUAL(batch_report(t.b, &b, 1000, t.now), BATCH_THINNED);
    CU_ASSERT_EQUAL(batch_report(t.b, &c, 1000, t.now), BATCH_KEPT);
    struct report d = gauge(4, 2, 2000, 1), e = gauge(5, 2, 2001, 0);
    d.kind = e.kind = REPORT_STATE;
    CU_ASSERT_EQUAL(batch_report(t.b, &d, 1000, t.now), BATCH_KEPT);
    CU_ASSERT_EQUAL(batch_report(t.b, &e, 1000, t.now), BATCH_KEPT);
    batch_flush(t.b);
    while (seal(&t) != BATCH_BULK)
        ;
    CU_ASSERT_EQUAL(t.w.sources[1].received, 4);
    CU_ASSERT_EQUAL(t.w.sources[1].lost, 0);
    CU_ASSERT_EQUAL(t.info.marks[0].next, 6); /* what was left out is accounted for */
    end(&t);
}

static void a_fault_carries_its_freeze_frame(void)
{
    struct bench t = start();
    struct wire_context context[] = {{1, 85, -1}, {2, 1, 0}};
    struct report r = gauge(1, 21, 300, 0);
    r.kind = REPORT_FAULT;
    r.active = true;
    r.count = 2;
    r.first_ms = 250;
    r.ref = 1;
    r.n_context = 2;
    r.context = context;
    say(&t, r);
    CU_ASSERT_EQUAL(seal(&t), BATCH_URGENT);
    CU_ASSERT_EQUAL_FATAL(t.w.n_faults, 1);
    CU_ASSERT_EQUAL(t.w.faults[0].fault, 21);
    CU_ASSERT_EQUAL(t.w.faults[0].count, 2);
    CU_ASSERT_EQUAL(t.w.faults[0].first_ms, 250);
    CU_ASSERT_EQUAL_FATAL(t.w.faults[0].n_context, 2);
    CU_ASSERT_EQUAL(t.w.faults[0].context[0].v, 85);
    CU_ASSERT_EQUAL_FATAL(t.info.n_refs, 1);
    CU_ASSERT_EQUAL(t.info.refs[0].ref, 1);
    CU_ASSERT_EQUAL(batch_report(t.b, &r, 0, t.now), BATCH_KNOWN);
    batch_durable(t.b, &t.info.refs[0]);
    CU_ASSERT_EQUAL(batch_report(t.b, &r, 0, t.now), BATCH_AGAIN);
    end(&t);
}

static void bad_reports_are_refused_with_no_harm(void)
{
    struct bench t = start();
    struct report bad[5];
    for (int i = 0; i < 5; i++)
        bad[i] = gauge(1, 1, 1, 1);
    bad[0].source = LIMIT_SOURCES;
    bad[1].exponent = 19;
    bad[2].at_ms = -1;
    bad[3].n_context = LIMIT_CONTEXT + 1;
    bad[4].text.len = LIMIT_TEXT + 1;
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(batch_report(t.b, &bad[i], 0, t.now), ERR_INVALID);
    CU_ASSERT_EQUAL(seal(&t), BATCH_NONE);
    end(&t);
}

/* More series than the table has: the ones longest unheard make room. */
static void a_thousand_series_pass_through(void)
{
    struct bench t = start();
    uint64_t got = 0;
    for (uint32_t i = 1; i <= 1000; i++) {
        struct report r = gauge(i, i, i, i);
        if (batch_report(t.b, &r, 0, t.now) == ERR_FULL) {
            batch_flush(t.b);
            for (enum batch_kind k = seal(&t); k != BATCH_NONE; k = seal(&t))
                for (size_t c = 0; k == BATCH_BULK && c < t.w.n_columns; c++)
                    got += t.w.columns[c].n;
            say(&t, r);
        }
    }
    batch_flush(t.b);
    for (enum batch_kind k = seal(&t); k != BATCH_NONE; k = seal(&t))
        for (size_t c = 0; k == BATCH_BULK && c < t.w.n_columns; c++)
            got += t.w.columns[c].n;
    CU_ASSERT_EQUAL(got, 1000);
    end(&t);
}

/* Each keyframe says open cycles and states. */
static void keyframes_say_states_and_open_cycles(void)
{
    struct bench t = start();
    struct report s = gauge(1, 3, 10, 1), c = gauge(2, 1, 20, 0);
    s.kind = REPORT_STATE;
    c.kind = REPORT_CYCLE;
    c.phase = CYCLE_BEGIN;
    c.number = 5;
    say(&t, s);
    say(&t, c);
    CU_ASSERT_EQUAL(seal(&t), BATCH_KEY_URGENT);
    CU_ASSERT(t.w.keyframe);
    CU_ASSERT_EQUAL_FATAL(t.w.n_columns, 1);
    CU_ASSERT(t.w.columns[0].keyframe);
    CU_ASSERT_EQUAL(t.w.columns[0].v[0], 1);
    CU_ASSERT_EQUAL_FATAL(t.w.n_cycles, 1);
    CU_ASSERT_EQUAL(t.w.cycles[0].phase, CYCLE_OPEN);
    CU_ASSERT_EQUAL(t.w.cycles[0].number, 5);
    c.counter = 3;
    c.phase = CYCLE_END;
    say(&t, c);
    t.now.boot_ms += 3600000;
    while (seal(&t) != BATCH_KEY_URGENT)
        ;
    CU_ASSERT_EQUAL(t.w.n_cycles, 0);
    end(&t);
}

static struct report word(uint32_t counter, enum report_kind kind, int64_t at_ms)
{
    struct report r = gauge(counter, 1, at_ms, 0);
    r.kind = kind;
    return r;
}

#define DAY INT64_C(86400000)

static void a_source_that_knows_the_time_is_taken_at_its_word(void)
{
    struct bench t = start();
    struct report c = word(1, REPORT_CLOCK, 5000);
    c.wall_ms = t.now.wall_ms - 14 * DAY; /* it lived that unheard, and tells it fast */
    say(&t, c);
    t.now.boot_ms += 10;
    t.now.wall_ms += 10;
    say(&t, gauge(2, 1, 5000 + DAY, 41));
    t.now.boot_ms += 10000;
    t.now.wall_ms += 10000;
    while (seal(&t) != BATCH_BULK)
        ;
    const struct wire_source *w = &t.w.sources[1];
    CU_ASSERT_EQUAL(w->trust, TRUST_RTC);
    CU_ASSERT_EQUAL(w->wall_ms - w->at_ms, c.wall_ms - 5000);
    CU_ASSERT_EQUAL(t.w.sources[0].wall_ms, t.now.wall_ms);
    CU_ASSERT_EQUAL(t.info.from_ms, c.wall_ms + DAY);
    CU_ASSERT_EQUAL(t.info.to_ms, c.wall_ms + DAY);
    end(&t);
}

static void a_clock_that_cannot_be_is_left_out(void)
{
    struct bench t = start();
    const int64_t walls[] = {0, -1, INT64_MAX, INT64_MIN, t.now.wall_ms + DAY};
    for (uint32_t i = 0; i < sizeof walls / sizeof walls[0]; i++) {
        struct report c = word(2 * i + 1, REPORT_CLOCK, 5000);
        c.wall_ms = walls[i];
        say(&t, c);
        say(&t, gauge(2 * i + 2, 1, 5000, 41));
        t.now.boot_ms += 10000;
        t.now.wall_ms += 10000;
        while (seal(&t) != BATCH_BULK)
            ;
        CU_ASSERT_EQUAL(t.w.sources[1].wall_ms, t.now.wall_ms);
        CU_ASSERT_EQUAL(t.w.sources[1].at_ms, 15000);
        CU_ASSERT_EQUAL(t.w.sources[1].trust, TRUST_SYNCED);
    }
    end(&t);
}

/* A fault said again tells when it changed, not what time it is. */
static void what_is_said_again_does_not_turn_the_clock_back(void)
{
    struct bench t = start();
    say(&t, gauge(2, 1, 7200000, 41));
    struct report f = word(1, REPORT_FAULT, 1000);
    f.ref = 1;
    f.active = true;
    f.count = 1;
    f.first_ms = 1000;
    say(&t, f);
    CU_ASSERT_EQUAL(
        batch_report(t.b, &(struct report){.kind = REPORT_GONE, .source = 1, .boot = 77}, 0, t.now),
        BATCH_KEPT);
    while (seal(&t) != BATCH_URGENT)
        ;
    CU_ASSERT_EQUAL(t.w.sources[1].at_ms, 7200000);
    CU_ASSERT_EQUAL(t.w.faults[0].at_ms, 1000);
    end(&t);
}

/* Why it started is told when it has had the time to say what time it is. */
static void a_start_waits_for_the_clock_but_a_fault_does_not(void)
{
    struct bench t = start();
    while (seal(&t) != BATCH_NONE)
        ;
    struct report r = word(1, REPORT_RESET, 3);
    r.counted = false;
    say(&t, r);
    batch_identity(t.b);
    CU_ASSERT_EQUAL(seal(&t), BATCH_NONE);
    t.now.boot_ms = batch_wake_ms(t.b);
    CU_ASSERT_EQUAL(seal(&t), BATCH_URGENT);
    CU_ASSERT_EQUAL(t.w.n_resets, 1);
    say(&t, r);
    struct report f = word(2, REPORT_FAULT, 1000);
    f.ref = 2;
    f.active = true;
    f.count = 1;
    say(&t, f);
    t.now.boot_ms += 5;
    CU_ASSERT_EQUAL(seal(&t), BATCH_URGENT);
    CU_ASSERT_EQUAL(t.w.n_resets + t.w.n_faults, 2);
    end(&t);
}

/* On the wire an intent is in the agent's time, whatever the source's clock says. */
/* holds: QUIET-5 */
static void an_intent_goes_at_once_and_in_our_own_time(void)
{
    struct bench t = start();
    while (seal(&t) != BATCH_NONE)
        ;
    struct report r = word(1, REPORT_INTENT, 500);
    r.phase = INTENT_ASLEEP;
    r.until_ms = 500 + 60000;
    t.now.boot_ms += 5;
    say(&t, r);
    r.counter = 2;
    r.phase = INTENT_OFF;
    r.until_ms = 0;
    say(&t, r);
    CU_ASSERT_EQUAL(seal(&t), BATCH_URGENT);
    CU_ASSERT_EQUAL_FATAL(t.w.n_intents, 2);
    CU_ASSERT_EQUAL(t.w.intents[0].kind, INTENT_ASLEEP);
    CU_ASSERT_EQUAL(t.w.intents[0].until_ms, t.now.boot_ms + 60000);
    CU_ASSERT_EQUAL(t.w.intents[1].kind, INTENT_OFF);
    CU_ASSERT_EQUAL(t.w.intents[1].until_ms, 0);
    end(&t);
}

/* The answer was on its way when firmware had more to say: it counts on. */
static void raises_count_on_from_the_answer_that_firmware_took(void)
{
    struct bench t = start();
    uint32_t total = 0, n = 0;
    const struct {
        int64_t first_ms;
        uint32_t raises;
    } said[] = {{1000, 1}, {1000, 900}, {1000, 1900}, {9000, 5}, {9000, 6}};
    for (uint32_t i = 0; i < 5; i++) {
        struct report f = word(i + 1, REPORT_FAULT, 1000 * (int64_t)(i * i) + 1000);
        f.ref = i + 1;
        f.active = true;
        f.count = said[i].raises;
        f.first_ms = said[i].first_ms;
        say(&t, f);
        batch_durable(t.b, &(struct batch_ref){1, 77, i + 1});
    }
    t.now.boot_ms += 60000;
    for (enum batch_kind k = seal(&t); k != BATCH_NONE; k = seal(&t))
        for (size_t i = 0; k == BATCH_URGENT && i < t.w.n_faults; i++, n++)
            total += t.w.faults[i].count;
    CU_ASSERT_EQUAL(total, 1900 + 6);
    CU_ASSERT_EQUAL(n, 5);
    end(&t);
}

TESTS(STORY(an_intent_goes_at_once_and_in_our_own_time),
      STORY(raises_count_on_from_the_answer_that_firmware_took), STORY(readings_become_columns),
      STORY(a_full_batch_does_not_wait_for_its_age), STORY(holes_in_the_frames_are_counted),
      STORY(a_source_that_starts_anew_gets_a_batch_of_its_own),
      STORY(an_interval_thins_gauges_but_never_states), STORY(a_fault_carries_its_freeze_frame),
      STORY(bad_reports_are_refused_with_no_harm), STORY(a_thousand_series_pass_through),
      STORY(keyframes_say_states_and_open_cycles),
      STORY(a_source_that_knows_the_time_is_taken_at_its_word),
      STORY(a_clock_that_cannot_be_is_left_out),
      STORY(what_is_said_again_does_not_turn_the_clock_back),
      STORY(a_start_waits_for_the_clock_but_a_fault_does_not))
