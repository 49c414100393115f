/* Stories of a whole agent: firmware on one side, a gateway on the other. */
#include "tests/unit/agent/core/bench.h"

static void a_reading_travels_and_is_released(void)
{
    struct bench *b = bench_start(1);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 100, true);
    CU_ASSERT_EQUAL(b->hellos, 1);
    CU_ASSERT_EQUAL(b->identities, 1);
    fw_hello(b, &f);
    for (int i = 0; i < 20; i++)
        fw_gauge(b, &f, 40 + i);
    bench_pass(b, 15000, true);
    CU_ASSERT_EQUAL(b->samples, 20);
    CU_ASSERT_EQUAL(b->told_lost, 0);
    CU_ASSERT_EQUAL(b->doubles, 0);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.owed, 0);
    CU_ASSERT(s.up && s.in_touch);
    bench_end(b);
}

/* holds: EARLY-1, LOSS-6 */
static void a_fault_is_sent_then_synced_then_answered(void)
{
    struct bench *b = bench_start(2);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    bench_pass(b, 1000, true);
    b->trace[0] = 0;
    uint32_t before = b->durable_ref;
    fw_fault(b, &f, 21, true);
    CU_ASSERT_NOT_EQUAL(b->durable_ref, before);
    CU_ASSERT_EQUAL(b->durable_ref, f.counter);
    const char *sent = strchr(b->trace, 'u');
    const char *sync = strstr(b->trace, "sync");
    const char *durable = strstr(b->trace, "durable");
    CU_ASSERT_FATAL(sent && sync && durable);
    CU_ASSERT(sent < sync && sync < durable);
    CU_ASSERT_EQUAL(b->faults, 1);
    bench_end(b);
}

/* holds: LOSS-6 */
static void a_disk_that_does_not_sync_keeps_the_firmware_waiting(void)
{
    struct bench *b = bench_start(3);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    simdisk_fail(b->sim, 1, -1, ERR_IO);
    b->mute = true; /* what the gateway acknowledges is safe without our disk */
    fw_fault(b, &f, 21, true);
    bench_pass(b, 5000, true);
    CU_ASSERT_EQUAL(b->durable_ref, 0);
    CU_ASSERT_EQUAL(b->faults, 1); /* but people hear of it at once */
    simdisk_fail(b->sim, 0, 0, 0);
    bench_pass(b, 5000, true);
    CU_ASSERT_EQUAL(b->durable_ref, f.counter);
    bench_end(b);
}

/* holds: LOSS-6 (wherever the power goes) */
static void power_goes_at_each_write_while_a_fault_is_told(void)
{
    bool untouched = false;
    for (int64_t cut = 1; !untouched && cut < 200; cut++) {
        struct bench *b = bench_start(1000 + (uint64_t)cut);
        struct firmware f = {.boot = 0xf00d};
        bench_pass(b, 1000, false);
        fw_hello(b, &f);
        simdisk_cut_at(b->sim, cut);
        for (int i = 0; i < 5; i++)
            fw_gauge(b, &f, i);
        fw_fault(b, &f, 21, true);
        uint32_t ref = f.counter;
        bench_pass(b, 20000, false);
        untouched = !simdisk_is_cut(b->sim);
        bool answered = b->durable_ref == ref;
        bench_power_cut(b);
        fw_hello(b, &f);
        if (!answered) { /* the shim still holds it and says it again */
            f.counter = ref - 1;
            fw_fault(b, &f, 21, true);
        }
        bench_pass(b, 60000, true);
        CU_ASSERT_EQUAL(b->faults, 1);
        CU_ASSERT(b->last_fault_active);
        bench_no_gaps(b);
        bench_end(b);
    }
    CU_ASSERT(untouched);
}

/* holds: BOUND-3 */
static void a_relay_chatters_a_thousand_times_a_second(void)
{
    struct bench *b = bench_start(4);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    for (int i = 0; i < 30000; i++) {
        fw_fault(b, &f, 21, i % 2 == 0);
        bench_pass(b, 1, true);
    }
    bench_pass(b, 20000, true);
    CU_ASSERT(b->faults <= 10);
    CU_ASSERT_EQUAL(b->raised, 15000);
    CU_ASSERT_FALSE(b->last_fault_active);
    CU_ASSERT_EQUAL(b->durable_ref, f.counter);
    CU_ASSERT(simdisk_syncs(b->sim) < 60);
    CU_ASSERT_EQUAL(b->told_lost, 0);
    bench_end(b);
}

/* holds: EARLY-1, EARLY-2 */
static void news_travels_beside_three_days_of_backlog(void)
{
    struct bench *b = bench_start(5);
    struct firmware f = {.boot = 0xf00d};
    fw_hello(b, &f);
    for (int i = 0; i < 1500; i++) {
        fw_gauge(b, &f, i);
        bench_pass(b, 60000, false);
    }
    b->credit = 4;
    b->slow = true; /* the gateway answers once a second: the backlog takes minutes */
    while (!b->up)
        bench_pass(b, 1000, true);
    fw_fault(b, &f, 21, true);
    CU_ASSERT_EQUAL(b->faults, 1); /* at once */
    fw_gauge(b, &f, 7777);
    int64_t said_ms = b->now.boot_ms;
    while (b->newest_v != 7777 && b->now.boot_ms < said_ms + 600000)
        bench_pass(b, 100, true);
    CU_ASSERT(b->now.boot_ms - said_ms < 30000);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT(s.owed > 100); /* the backlog is not half done */
    b->slow = false;
    bench_pass(b, 600000, true);
    CU_ASSERT_EQUAL(b->samples, 1501);
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.owed, 0);
    bench_end(b);
}

/* holds: LOSS-8 */
static void a_network_that_loses_a_third_each_way(void)
{
    struct bench *b = bench_start(6);
    struct firmware f = {.boot = 0xf00d};
    b->lose = 33;
    fw_hello(b, &f);
    for (int i = 0; i < 300; i++) {
        fw_gauge(b, &f, i);
        if (i % 50 == 0)
            fw_fault(b, &f, 21, i % 100 == 0);
        bench_pass(b, 7000, true);
    }
    b->lose = 0;
    bench_pass(b, 1200000, true);
    CU_ASSERT_EQUAL(b->samples, 300);
    CU_ASSERT_EQUAL(b->faults, 6);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.owed, 0);
    CU_ASSERT(s.resends > 0);
    bench_end(b);
}

/* holds: LOSS-7 (kill -9 loses nothing that was sealed; the rest is known by number) */
static void killed_in_the_middle_of_draining(void)
{
    struct bench *b = bench_start(7);
    struct firmware f = {.boot = 0xf00d};
    fw_hello(b, &f);
    uint64_t said = 1; /* the hello */
    for (int life = 0; life < 12; life++) {
        for (int i = 0; i < 40; i++) {
            fw_gauge(b, &f, i);
            said++;
            bench_pass(b, 1700, life % 3 == 2);
        }
        bench_kill(b);
        fw_hello(b, &f);
        said++;
    }
    bench_pass(b, 1200000, true);
    bench_no_gaps(b);
    CU_ASSERT_EQUAL(said, f.counter);
    /* hellos are frames too, handled but not samples */
    CU_ASSERT_EQUAL(b->samples + b->told_lost + 13, said);
    CU_ASSERT(b->told_lost > 0);
    bench_end(b);
}

/* holds: LOSS-3, LOSS-5 */
static void power_cuts_for_a_week(void)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct bench *b = bench_start(70 + seed);
        struct firmware f = {.boot = 0xf00d};
        for (int life = 0; life < 10; life++) {
            f = (struct firmware){.boot = 0xf00d + (uint32_t)life};
            fw_hello(b, &f);
            int64_t n = (int64_t)rng_below(&b->rng, 60);
            for (int64_t i = 0; i < n; i++) {
                fw_gauge(b, &f, i);
                bench_pass(b, 3000, rng_below(&b->rng, 2));
            }
            bench_power_cut(b);
        }
        bench_pass(b, 1200000, true);
        bench_no_gaps(b);
        struct core_stats s;
        core_stats(b->core, &s);
        CU_ASSERT_EQUAL(s.owed, 0);
        bench_end(b);
    }
}

/* holds: LOSS-3, BOUND-5 */
static void a_budget_too_small_for_the_outage(void)
{
    struct bench *b = bench_start(8);
    b->c.spool_bytes = 128 * 1024;
    bench_kill(b);
    struct firmware f = {.boot = 0xf00d};
    fw_hello(b, &f);
    for (int i = 0; i < 2500; i++) {
        fw_gauge(b, &f, i);
        bench_pass(b, 10000, false);
    }
    fw_fault(b, &f, 21, true);
    b->trace[0] = 0;
    bench_pass(b, 1200000, true);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT(s.dropped[DROP_BUDGET] > 100);
    CU_ASSERT_EQUAL(s.owed, 0);
    CU_ASSERT_EQUAL(b->faults, 1);
    const char *account = strstr(b->trace, "account"), *bulk = strstr(b->trace, " b");
    CU_ASSERT(account && bulk && account < bulk);
    uint64_t stored = 0, accounted = 0;
    for (size_t i = 0; i < b->n_ledgers; i++)
        for (uint64_t n = 1; n < NUMBERS; n++) {
            stored += b->ledgers[i].held[n] == 1;
            accounted += b->ledgers[i].held[n] == 2;
        }
    CU_ASSERT_EQUAL(accounted, s.dropped[DROP_BUDGET]);
    CU_ASSERT(stored > 0);
    bench_end(b);
}

/* A dead subscription behind a living connection is found in a stated time. */
static void a_gateway_that_cannot_be_heard(void)
{
    struct bench *b = bench_start(9);
    bench_pass(b, 5000, true);
    CU_ASSERT(b->up);
    b->mute = true;
    struct core_stats s;
    core_stats(b->core, &s);
    uint64_t before = s.reconnects;
    bench_pass(b, 300000 + 65000, true); /* a heartbeat's interval, and the patience */
    core_stats(b->core, &s);
    CU_ASSERT(s.reconnects > before);
    CU_ASSERT_PTR_NOT_NULL(strstr(b->log, "AG110"));
    b->mute = false;
    bench_pass(b, 600000, true);
    core_stats(b->core, &s);
    CU_ASSERT(s.in_touch);
    CU_ASSERT_EQUAL(s.owed, 0);
    bench_end(b);
}

static void a_poison_batch_is_set_aside_and_reported(void)
{
    struct bench *b = bench_start(10);
    struct firmware f = {.boot = 0xf00d};
    b->poison_seq = 4;
    fw_hello(b, &f);
    for (int i = 0; i < 60; i++) {
        fw_gauge(b, &f, i);
        bench_pass(b, 5000, true);
    }
    bench_pass(b, 600000, true);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.dropped[DROP_POISON], 1);
    CU_ASSERT_EQUAL(s.refusals, 3);
    CU_ASSERT_EQUAL(s.owed, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(b->log, "AG112"));
    bench_end(b);
}

static void a_gateway_that_asks_to_wait_is_left_alone(void)
{
    struct bench *b = bench_start(11);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 5000, true);
    b->hold_off_ms = 120000;
    fw_hello(b, &f);
    fw_gauge(b, &f, 1);
    bench_pass(b, 15000, true);
    uint64_t before = b->batches;
    for (int i = 0; i < 10; i++) {
        fw_gauge(b, &f, i);
        bench_pass(b, 10000, true);
    }
    CU_ASSERT(b->batches <= before + 1);
    b->hold_off_ms = 0;
    bench_pass(b, 200000, true);
    CU_ASSERT_EQUAL(b->samples, 11);
    bench_end(b);
}

static void a_new_gateway_hears_hello_again(void)
{
    struct bench *b = bench_start(12);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 5000, true);
    CU_ASSERT_EQUAL(b->hellos, 1);
    b->epoch++;
    fw_hello(b, &f);
    fw_gauge(b, &f, 1);
    bench_pass(b, 30000, true);
    CU_ASSERT_EQUAL(b->hellos, 2);
    bench_end(b);
}

/* A keyframe says all active faults, within the hour. */
static void keyframes_say_what_is_active(void)
{
    struct bench *b = bench_start(13);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    fw_fault(b, &f, 21, true);
    fw_fault(b, &f, 22, true);
    fw_fault(b, &f, 22, false);
    bench_pass(b, 60000, true);
    CU_ASSERT(b->keyframes >= 2);
    b->key_faults = b->keyframes = 0;
    bench_pass(b, 3600000, true);
    CU_ASSERT_EQUAL(b->keyframes, 2); /* one a lane */
    CU_ASSERT_EQUAL(b->key_faults, 2);
    bench_end(b);
}

/* A source that was there before the agent has told things that nobody here knows:
 * no keyframe may claim that they are not so, until it has told them again. */
static void no_keyframe_speaks_for_a_source_half_heard(void)
{
    struct bench *b = bench_start(14);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    fw_fault(b, &f, 21, true);
    bench_pass(b, 1000, true);
    bench_kill(b);
    b->key_faults = b->keyframes = b->key_sources = 0;
    fw_gauge(b, &f, 1);
    bench_pass(b, 7200000, true);
    CU_ASSERT(b->keyframes > 0); /* of the agent itself */
    CU_ASSERT_EQUAL(b->key_sources, b->keyframes);
    fw_hello(b, &f);
    fw_fault(b, &f, 21, true);
    bench_pass(b, 61000, true);
    CU_ASSERT_EQUAL(b->key_faults, 2); /* one a lane */
    bench_end(b);
}

static void an_idle_device_proves_that_the_way_works(void)
{
    struct bench *b = bench_start(15);
    bench_pass(b, 3600000, true);
    CU_ASSERT(b->heartbeats >= 10 && b->heartbeats <= 13);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.owed, 0);
    CU_ASSERT_EQUAL(s.reconnects, 0);
    bench_end(b);
}

static void commands_are_done_at_most_once(void)
{
    struct bench *b = bench_start(16);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    fw_say(b, &f, (struct report){.kind = REPORT_ACTION_KNOWN, .id = 1});
    struct wire_down d = {.epoch = 5, .kind = DOWN_COMMAND};
    d.command = (struct wire_command){
        .id = slice_str("c-1"), .action = 1, .expires_ms = b->now.wall_ms + 60000};
    bench_say(b, &d); /* no key was given: refused */
    CU_ASSERT_EQUAL(b->acts, 0);
    bench_pass(b, 1000, true);
    CU_ASSERT_EQUAL(b->results, 1);
    bench_end(b);
}

static void settings_are_obeyed_and_told(void)
{
    struct bench *b = bench_start(17);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    struct wire_setting s[] = {{slice_str("mute/1"), 1}};
    struct wire_down d = {.epoch = 5, .kind = DOWN_SETTINGS};
    d.settings = (struct wire_settings){9, 1, s};
    bench_say(b, &d);
    for (int i = 0; i < 10; i++)
        fw_gauge(b, &f, i);
    bench_pass(b, 60000, true);
    CU_ASSERT_EQUAL(b->samples, 0);
    CU_ASSERT_EQUAL(b->told_lost, 0);
    bench_power_cut(b);
    fw_gauge(b, &f, 1);
    bench_pass(b, 60000, true);
    CU_ASSERT_EQUAL(b->samples, 0); /* durable */
    bench_end(b);
}

/* Without consent data is dropped before it is stored or sent. */
static void consent_withdrawn_purges_the_spool(void)
{
    struct bench *b = bench_start(18);
    struct firmware f = {.boot = 0xf00d};
    fw_hello(b, &f);
    for (int i = 0; i < 50; i++) {
        fw_gauge(b, &f, i);
        bench_pass(b, 5000, false);
    }
    bench_event(b, (struct core_event){.kind = CORE_EVENT_CONSENT, .value = 0});
    fw_gauge(b, &f, 99);
    bench_pass(b, 600000, true);
    CU_ASSERT_EQUAL(b->samples, 0);
    struct core_stats s;
    core_stats(b->core, &s);
    CU_ASSERT(s.dropped[DROP_PURGED] > 0);
    CU_ASSERT_EQUAL(s.filtered, 1);
    CU_ASSERT_EQUAL(s.owed, 0);
    bench_end(b);
}

static void a_clean_stop_says_goodbye_and_leaves_no_doubt(void)
{
    struct bench *b = bench_start(19);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    fw_hello(b, &f);
    fw_gauge(b, &f, 1);
    bench_event(b, (struct core_event){.kind = CORE_EVENT_STOP});
    CU_ASSERT_EQUAL(b->wills, 1);
    CU_ASSERT(b->wants_down);
    bench_power_cut(b);
    bench_pass(b, 60000, true);
    CU_ASSERT_EQUAL(b->samples, 1);
    for (size_t i = 0; i < b->n_ledgers; i++)
        for (uint64_t n = 1; n < NUMBERS; n++)
            CU_ASSERT_NOT_EQUAL(b->ledgers[i].held[n], 2);
    bench_no_gaps(b);
    bench_end(b);
}

/* Firmware may forget a factory reset when the purge and the word of it are durable. */
static void a_factory_reset_is_answered_when_it_is_durable(void)
{
    struct bench *b = bench_start(40);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 1000, true);
    b->mute = true;
    fw_hello(b, &f);
    fw_gauge(b, &f, 41);
    bench_pass(b, 20000, true); /* sealed: of the old owner */
    simdisk_fail(b->sim, 1, -1, ERR_IO);
    struct report wipe = {.kind = REPORT_FACTORY_RESET,
                          .source = 1,
                          .boot = f.boot,
                          .counted = true,
                          .counter = ++f.counter,
                          .ref = f.counter,
                          .at_ms = b->now.boot_ms};
    struct core_event said = {.kind = CORE_EVENT_REPORT, .report = &wipe};
    bench_event(b, said);
    bench_pass(b, 1000, true);
    bench_event(b, said); /* again, as firmware does; the disk still refuses */
    bench_pass(b, 1000, true);
    CU_ASSERT_EQUAL(b->durable_ref, 0);
    simdisk_fail(b->sim, 0, 0, 0);
    bench_event(b, said);
    bench_pass(b, 2000, true);
    CU_ASSERT_EQUAL(b->durable_ref, wipe.ref);
    fw_gauge(b, &f, 7777); /* of the new owner */
    bench_pass(b, 20000, true);
    struct core_stats s;
    core_stats(b->core, &s);
    uint64_t purged = s.dropped[DROP_PURGED];
    CU_ASSERT(purged > 0);
    b->durable_ref = 0;
    bench_event(b, said); /* the answer was lost on the line: answered again, purged no more */
    CU_ASSERT_EQUAL(b->durable_ref, wipe.ref);
    b->mute = false;
    bench_pass(b, 120000, true);
    core_stats(b->core, &s);
    CU_ASSERT_EQUAL(s.dropped[DROP_PURGED], purged);
    CU_ASSERT_EQUAL(b->newest_v, 7777);
    bench_end(b);
}

/* What a source lived before goes in its order, behind what is new. */
static void a_source_that_tells_its_past_is_sent_in_order(void)
{
    struct bench *b = bench_start(41);
    struct firmware f = {.boot = 0xf00d};
    bench_pass(b, 2000, true);
    b->slow = true;
    b->trace[0] = 0;
    fw_hello(b, &f);
    struct report clock = {.kind = REPORT_CLOCK, .wall_ms = b->now.wall_ms - 86400000};
    fw_say(b, &f, clock);
    for (int64_t v = 0; v < 400 * 30; v++)
        fw_gauge(b, &f, v);
    bench_pass(b, 60000, true);
    uint64_t last = 0;
    for (const char *p = b->trace; (p = strchr(p, 'b')) != NULL; p++) {
        uint64_t seq = strtoull(p + 1, NULL, 10);
        if (!seq)
            continue;               /* "durable" */
        CU_ASSERT(seq <= last + 1); /* or sent again */
        last = seq > last ? seq : last;
    }
    CU_ASSERT(last >= 30);
    bench_end(b);
}

TESTS(STORY(a_reading_travels_and_is_released), STORY(a_fault_is_sent_then_synced_then_answered),
      STORY(a_disk_that_does_not_sync_keeps_the_firmware_waiting),
      STORY(power_goes_at_each_write_while_a_fault_is_told),
      STORY(a_relay_chatters_a_thousand_times_a_second),
      STORY(news_travels_beside_three_days_of_backlog),
      STORY(a_network_that_loses_a_third_each_way), STORY(killed_in_the_middle_of_draining),
      STORY(power_cuts_for_a_week), STORY(a_budget_too_small_for_the_outage),
      STORY(a_gateway_that_cannot_be_heard), STORY(a_poison_batch_is_set_aside_and_reported),
      STORY(a_gateway_that_asks_to_wait_is_left_alone), STORY(a_new_gateway_hears_hello_again),
      STORY(keyframes_say_what_is_active), STORY(no_keyframe_speaks_for_a_source_half_heard),
      STORY(an_idle_device_proves_that_the_way_works), STORY(commands_are_done_at_most_once),
      STORY(settings_are_obeyed_and_told), STORY(consent_withdrawn_purges_the_spool),
      STORY(a_factory_reset_is_answered_when_it_is_durable),
      STORY(a_source_that_tells_its_past_is_sent_in_order),
      STORY(a_clean_stop_says_goodbye_and_leaves_no_doubt))
