/* Presence, lateness and the life of alerts, as days of a device. */
#include "tests/unit/gateway/line/bench.h"

static struct bench b;
#define PRESENCE                                                                                   \
    "SELECT json_extract(body,'$.presence') FROM handoff WHERE kind='device.presence' ORDER BY no"
#define ALERTS                                                                                     \
    "SELECT rule||'/'||state||CASE late WHEN 1 THEN '/late' ELSE '' END FROM alerts ORDER BY id"
#define TOLD "SELECT kind FROM handoff WHERE kind LIKE 'alert.%' ORDER BY no"

static void commit(void)
{
    CU_ASSERT_EQUAL(bench_commit(&b), 0);
}

/* --- presence --- */

static void a_session_that_ends_counts_after_a_while(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    bench_wait(&b, 11 * M); /* past the grace of the start */
    bench_will(&b, 1);
    bench_wait(&b, 40 * S);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online");
    bench_wait(&b, 30 * S);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online offline");
    b.session = 2;
    bench_hello(&b, 1);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online offline online");
    bench_end(&b);
}

/* holds: QUIET-4 */
static void a_flapping_link_and_a_late_will_change_nothing(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    bench_wait(&b, 11 * M);
    for (uint64_t s = 2; s < 6; s++) {
        bench_will(&b, s - 1);
        bench_wait(&b, 30 * S);
        b.session = s;
        bench_hello(&b, 1);
        commit();
        bench_will(&b, s - 1); /* the broker notices the old connection only now */
        bench_wait(&b, 5 * M);
    }
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online");
    bench_end(&b);
}

/* holds: QUIET-1 */
static void a_restart_of_the_gateway_makes_nobody_absent(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    commit();
    b.now_ms += 5 * H; /* away: the listening clock stood still, here it even ran */
    bench_restart(&b);
    line_start(b.line, bench_now(&b));
    bench_commit(&b);
    bench_wait(&b, 5 * M);
    b.session = 2;
    bench_hello(&b, 1);
    bench_wait(&b, 20 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online");
    bench_end(&b);
}

/* Our outage is never the device's: the listening clock stands still. */
/* holds: QUIET-2 */
static void absence_runs_on_the_listening_clock(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    commit();
    struct line_now now = bench_now(&b);
    for (int i = 0; i < 100; i++) {
        now.wall_ms += H;
        line_tick(b.line, now);
        commit();
    }
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online");
    now.listen_ms += 3 * H;
    line_tick(b.line, now);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online offline");
    bench_end(&b);
}

/* holds: QUIET-5 */
static void a_sleeper_is_asleep_and_then_late(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    bench_wait(&b, 11 * M);
    struct wire_intent intent = {
        .kind = INTENT_ASLEEP, .at_ms = b.now_ms, .until_ms = b.now_ms + 2 * H};
    struct wire_source source = {
        .boot = 1, .at_ms = b.now_ms, .wall_ms = T0 + b.now_ms, .trust = TRUST_SYNCED};
    struct wire_batch batch = {.stream = URGENT,
                               .seq = 1,
                               .low = 1,
                               .pack = slice_str("fridge"),
                               .boot = b.boot,
                               .sealed_ms = b.now_ms,
                               .n_sources = 1,
                               .sources = &source,
                               .n_intents = 1,
                               .intents = &intent};
    struct buf out;
    buf_init(&out, LIMIT_BATCH);
    CU_ASSERT_EQUAL(wire_encode_batch(&batch, &out), 0);
    struct wire_up up = {.kind = UP_BATCH, .batch = buf_slice(&out)};
    bench_send(&b, &up);
    buf_free(&out);
    bench_will(&b, 1);
    bench_wait(&b, 2 * H);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online asleep");
    bench_wait(&b, 20 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, PRESENCE), "online asleep offline");
    bench_end(&b);
}

/* --- lateness --- */

/* Warm last night and cold since: recorded, and nobody woken. */
/* holds: QUIET-3 */
static void what_is_over_is_recorded_and_told_to_nobody(void)
{
    bench_start(&b, true);
    b.now_ms = 20 * H;
    bench_hello(&b, 5);
    bench_temp(&b, 4, b.now_ms, 4); /* what is now comes first */
    bench_temp(&b, 1, 10 * H, 9);   /* then the backlog */
    bench_temp(&b, 2, 11 * H, 9.5);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    bench_temp(&b, 3, 12 * H, 5);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved/late");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT (resolved_ms-since_ms)/3600000 FROM alerts"), "2");
    bench_end(&b);
}

/* Days offline and still warm: one message. */
static void what_still_holds_is_told_once(void)
{
    bench_start(&b, true);
    b.now_ms = 80 * H;
    bench_hello(&b, 5);
    bench_temp(&b, 4, b.now_ms, 9);
    bench_temp(&b, 1, 10 * H, 9);
    bench_temp(&b, 2, 20 * H, 9.5);
    bench_temp(&b, 3, 30 * H, 9);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/open");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "alert.opened");
    bench_temp(&b, 5, b.now_ms + 1, 5);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved");
    bench_end(&b);
}

/* A backlog in order: it was warm in the middle, and the end says otherwise. */
/* holds: QUIET-3 */
static void a_backlog_in_order_is_not_told_half_way(void)
{
    bench_start(&b, true);
    b.now_ms = 20 * H;
    bench_hello(&b, 4);
    bench_temp(&b, 1, 10 * H, 4);
    bench_temp(&b, 2, 11 * H, 9);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    bench_temp(&b, 3, 12 * H, 4);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved/late");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    bench_end(&b);
}

static void a_backlog_that_does_not_end_is_told_after_a_while(void)
{
    bench_start(&b, true);
    b.now_ms = 20 * H;
    bench_hello(&b, 9);
    bench_temp(&b, 1, 10 * H, 9);
    bench_wait(&b, 2 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/open");
    bench_end(&b);
}

/* --- faults and keyframes --- */

static void a_lost_cleared_is_found_by_the_keyframe(void)
{
    bench_start(&b, true);
    bench_fault(&b, 1, b.now_ms, 1);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/open");
    b.now_ms += H;
    bench_say(&b, (struct say){.stream = URGENT,
                               .seq = 2,
                               .at_ms = b.now_ms,
                               .keyframe = true,
                               .temp = (double)NAN,
                               .fault = 1});
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/open");
    b.now_ms += H;
    bench_say(
        &b,
        (struct say){
            .stream = URGENT, .seq = 3, .at_ms = b.now_ms, .keyframe = true, .temp = (double)NAN});
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/resolved");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "alert.opened alert.resolved");
    bench_end(&b);
}

/* The raise is sent again after its successor: it is still what is true now. */
static void a_fault_that_comes_late_is_no_less_true(void)
{
    bench_start(&b, true);
    bench_say(&b, (struct say){
                      .stream = URGENT, .seq = 2, .at_ms = b.now_ms + 30 * S, .temp = (double)NAN});
    b.now_ms += 60 * S;
    bench_fault(&b, 1, b.now_ms - 60 * S, 1);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/open");
    bench_end(&b);
}

static void a_keyframe_that_came_first_has_the_last_word(void)
{
    bench_start(&b, true);
    bench_say(
        &b,
        (struct say){
            .stream = URGENT, .seq = 2, .at_ms = b.now_ms, .keyframe = true, .temp = (double)NAN});
    bench_fault(&b, 1, b.now_ms - 60 * S, 1);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    bench_end(&b);
}

/* A controller that had not told its state when the agent wrote the keyframe is not
 * named in it: what it says later of a moment before is no less true. */
static void a_keyframe_speaks_for_the_sources_that_it_names(void)
{
    bench_start(&b, true);
    bench_say(&b, (struct say){.stream = URGENT,
                               .seq = 2,
                               .at_ms = b.now_ms,
                               .keyframe = true,
                               .temp = (double)NAN,
                               .source = "agent"});
    bench_say(&b, (struct say){.stream = URGENT,
                               .seq = 1,
                               .at_ms = b.now_ms - 60 * S,
                               .temp = (double)NAN,
                               .fault = 1,
                               .source = "main"});
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/open");
    bench_restart(&b); /* and a snapshot knows which is which */
    bench_say(&b, (struct say){.stream = URGENT,
                               .seq = 3,
                               .at_ms = b.now_ms + S,
                               .keyframe = true,
                               .temp = (double)NAN,
                               .source = "main"});
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/resolved");
    bench_end(&b);
}

/* --- people --- */

static void people_acknowledge_snooze_and_resolve(void)
{
    bench_start(&b, true);
    bench_fault(&b, 1, b.now_ms, 1);
    commit();
    uint64_t id = strtoull(bench_sql(&b, "SELECT id FROM alerts"), NULL, 10);
    struct err e = {0};
    struct alert_wish wish = {.move = MOVE_ACKNOWLEDGED, .actor = "user:anna"};
    CU_ASSERT_EQUAL(line_action(b.line, id, &wish, bench_now(&b), &e), 0);
    CU_ASSERT_EQUAL(line_action(b.line, id, &wish, bench_now(&b), &e), ERR_DENIED);
    CU_ASSERT_EQUAL(line_action(b.line, 12345, &wish, bench_now(&b), &e), ERR_NOT_FOUND);
    wish = (struct alert_wish){
        .move = MOVE_SNOOZED, .actor = "user:anna", .until_ms = T0 + b.now_ms + 5 * M};
    CU_ASSERT_EQUAL(line_action(b.line, id, &wish, bench_now(&b), &e), 0);
    bench_wait(&b, 6 * M);
    wish = (struct alert_wish){.move = MOVE_RESOLVED, .actor = "user:anna", .reason = "nonsense"};
    CU_ASSERT_EQUAL(line_action(b.line, id, &wish, bench_now(&b), &e), ERR_INVALID);
    wish.reason = "fixed";
    wish.note = "new heater \"B\"\n";
    CU_ASSERT_EQUAL(line_action(b.line, id, &wish, bench_now(&b), &e), 0);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT move FROM alert_log ORDER BY id"),
                           "opened acknowledged snoozed unsnoozed resolved");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT resolved_by||'/'||resolution FROM alerts"),
                           "user:anna/fixed");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT min(json_valid(body)) FROM handoff"), "1");
    bench_end(&b);
}

static void missing_numbers_raise_an_alert_of_their_own(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    bench_temp(&b, 2, b.now_ms, 4);
    bench_wait(&b, 50 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "");
    bench_wait(&b, 15 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "data_missing/open");
    bench_temp(&b, 1, b.now_ms, 4);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "data_missing/resolved");
    bench_end(&b);
}

/* --- time --- */

#define SPAN "SELECT max(from_ms)-1790000000000 FROM inputs WHERE kind=1"

/* 1970 at boot, then repaired from the same boot's message. */
static void a_wrong_clock_is_repaired_within_its_boot(void)
{
    bench_start(&b, true);
    b.clock_error_ms = -T0;
    b.trust = TRUST_NONE;
    bench_temp(&b, 1, b.now_ms - 30 * M, 4);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, SPAN), "1800000");
    bench_end(&b);
}

static void a_trusted_clock_that_cannot_be_is_not_believed(void)
{
    bench_start(&b, true);
    b.clock_error_ms = 90 * 24 * H;
    bench_temp(&b, 1, b.now_ms - 30 * M, 4);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, SPAN), "1800000");
    bench_end(&b);
}

/* Of an earlier boot, with no clock: before this boot began, and marked so. */
static void an_earlier_boot_without_a_clock_is_bounded(void)
{
    bench_start(&b, true);
    b.clock_error_ms = -T0;
    b.trust = TRUST_NONE;
    b.batch_boot = 0xdead;
    bench_temp(&b, 1, b.now_ms - 30 * M, 4);
    commit();
    CU_ASSERT(atoll(bench_sql(&b, SPAN)) <= 0);
    bench_end(&b);
}

/* --- who it is --- */

#define WHO                                                                                        \
    "SELECT model||'/'||serial||'/'||firmware||'/'||json_array_length(components) FROM devices"

static const struct wire_component heater = {
    {(const uint8_t *)"heater", 6}, {(const uint8_t *)"h1", 2}, {(const uint8_t *)"L7", 2}};

static void say_who(uint64_t seq, int64_t at_ms, const char *firmware)
{
    struct wire_identity settings = {.model = slice_str("CK-300")};
    struct wire_identity whole = {.model = slice_str("CK-300"),
                                  .serial = slice_str("S1"),
                                  .firmware = slice_str(firmware),
                                  .n_components = 1,
                                  .components = &heater};
    struct say s = {.stream = URGENT, .seq = seq, .at_ms = at_ms, .temp = (double)NAN};
    s.identity = *firmware ? &whole : &settings;
    CU_ASSERT_EQUAL(bench_say(&b, s), 0);
    commit();
}

/* The agent's first batch holds its settings alone; the next one, with what the
 * firmware said, overtakes it: news goes before backlog. */
static void the_firmwares_word_holds_whatever_comes_first(void)
{
    bench_start(&b, true);
    say_who(2, 60 * S, "1.4");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.4/1");
    say_who(1, 59 * S, "");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.4/1");
    bench_restart(&b);
    say_who(4, 62 * S, "1.6");
    say_who(3, 61 * S, "1.5"); /* an update, told late */
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.6/1");
    bench_end(&b);
}

/* An agent that starts again does not know its firmware until that says hello. */
static void an_agents_start_forgets_nothing_of_the_firmware(void)
{
    bench_start(&b, true);
    say_who(1, 60 * S, "1.4");
    b.session = 2;
    bench_hello(&b, 1);
    say_who(2, 90 * S, "");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.4/1");
    say_who(3, 91 * S, "1.5");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.5/1");
    bench_end(&b);
}

/* A boot whose clock is behind the last one's still has the newer word. */
static void the_boot_that_speaks_has_the_newer_word(void)
{
    bench_start(&b, true);
    say_who(1, b.now_ms, "1.4");
    b.boot = b.batch_boot = 0xcafe;
    b.session = 2;
    bench_hello(&b, 1);
    say_who(2, 5 * S, "1.5");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.5/1");
    b.batch_boot = 0xb007; /* and its backlog has the older one */
    say_who(3, b.now_ms, "1.4");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, WHO), "CK-300/S1/1.5/1");
    bench_end(&b);
}

/* --- a source that lived unheard tells it --- */

static void tell(uint64_t seq, int64_t lived_ms, double temp)
{
    bench_say(
        &b, (struct say){
                .stream = BULK, .seq = seq, .at_ms = b.now_ms, .temp = temp, .lived_ms = lived_ms});
    commit();
}

/* Each batch is the newest that the device has, and yet what it says is over. */
static void what_a_source_lived_before_is_judged_at_its_own_time(void)
{
    bench_start(&b, true);
    b.now_ms = 80 * H;
    bench_hello(&b, 1);
    bench_say(&b, (struct say){.stream = BULK, .seq = 1, .at_ms = b.now_ms, .temp = (double)NAN});
    tell(2, 10 * H, 9);
    tell(3, 11 * H, 9.5);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "");
    tell(4, 12 * H, 5);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved/late");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "");
    tell(5, 20 * H, 9);
    bench_restart(&b);
    tell(6, 79 * H, 9); /* and so it is to this day */
    bench_wait(&b, 3 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved/late warm/open");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TOLD), "alert.opened");
    CU_ASSERT_STRING_EQUAL(
        bench_sql(&b, "SELECT (since_ms-1790000000000)/3600000 FROM alerts ORDER BY id"), "10 20");
    tell(7, 79 * H + 30 * M, 5);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "warm/resolved/late warm/resolved");
    bench_end(&b);
}

/* A keyframe of now knows nothing of a fault that the source has not come to yet. */
static void a_fault_of_the_past_is_true_until_it_is_over(void)
{
    bench_start(&b, true);
    b.now_ms = 80 * H;
    bench_hello(&b, 1);
    struct say s = {.stream = URGENT,
                    .seq = 1,
                    .at_ms = b.now_ms,
                    .temp = (double)NAN,
                    .keyframe = true,
                    .lived_ms = 9 * H};
    bench_say(&b, s);
    s.keyframe = false;
    s.fault = 1;
    s.seq = 2;
    s.lived_ms = 10 * H;
    bench_say(&b, s);
    commit();
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "heater_open/open");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, "SELECT (since_ms-1790000000000)/3600000 FROM alerts"),
                           "10");
    bench_end(&b);
}

/* --- a fault that is told again --- */

static void fan(uint64_t stream, uint64_t seq, int64_t at_ms, int64_t first_ms, uint32_t count)
{
    bench_say(&b, (struct say){.stream = stream,
                               .seq = seq,
                               .at_ms = at_ms,
                               .temp = (double)NAN,
                               .fault = 1,
                               .fan = true,
                               .first_ms = first_ms,
                               .count = count});
    b.now_ms = at_ms + M;
    commit();
}

/* The agent was killed before its answer: firmware counts on from the last one. */
/* holds: TWICE-1 */
static void a_fault_told_again_by_a_killed_agent_counts_once(void)
{
    bench_start(&b, true);
    bench_hello(&b, 1);
    int64_t first = b.now_ms;
    fan(URGENT, 1, first, first, 1);
    fan(0xa2, 1, first, first, 1);     /* killed, and the same again */
    fan(0xa3, 1, first + M, first, 2); /* killed again; one more since */
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "");
    bench_restart(&b);
    fan(0xa4, 1, first + M, first, 2);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "");
    fan(0xa4, 2, first + 3 * M, first, 1); /* no kill: an agent counts what is new */
    bench_wait(&b, 2 * M);
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, ALERTS), "chatters/open");
    bench_end(&b);
}

/* --- settings --- */

/* What the device hears beside acks: "settings 2 report_ms/1=30000 mute/4=1". */
static const char *heard(void)
{
    static char text[512];
    char device[LINE_DEVICE_MAX];
    struct buf payload;
    struct arena arena;
    size_t n = 0;
    text[0] = 0;
    buf_init(&payload, LIMIT_MESSAGE);
    CU_ASSERT_EQUAL_FATAL(arena_init(&arena, LIMIT_DECODE), 0);
    while (line_next_down(b.line, device, &payload)) {
        struct wire_down down;
        arena_reset(&arena);
        CU_ASSERT_EQUAL(wire_decode_down(buf_slice(&payload), &arena, &down, NULL), 0);
        if (down.kind != DOWN_SETTINGS)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "settings %llu",
                              (unsigned long long)down.settings.version);
        for (size_t i = 0; i < down.settings.n_settings; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, " %.*s=%lld",
                                  (int)down.settings.settings[i].key.len,
                                  (const char *)down.settings.settings[i].key.ptr,
                                  (long long)down.settings.settings[i].value);
    }
    buf_free(&payload);
    arena_free(&arena);
    return text;
}

static void hello_with(uint64_t version)
{
    struct wire_up up = {.kind = UP_HELLO,
                         .hello = {.agent = slice_str("1"),
                                   .pack = slice_str("fridge"),
                                   .settings_version = version}};
    CU_ASSERT_EQUAL(bench_send(&b, &up), 0);
    commit();
}

static int wish(int64_t report_ms)
{
    const struct line_setting settings[] = {{SETTING_REPORT_MS, 1, report_ms},
                                            {SETTING_MUTE, 4, 1}};
    struct err e = {0};
    return line_settings(b.line, slice_str("fridge-1"), settings, 2, "user:anna", bench_now(&b),
                         &e);
}
#define TWIN  "SELECT desired||'/'||reported||' '||settings FROM twins"
#define SET30 "settings 1 report_ms/1=30000 mute/4=1"

/* A device that is here hears them after the commit, one that is away at its hello. */
static void settings_arrive_and_are_told_again_until_they_do(void)
{
    bench_start(&b, true);
    hello_with(0);
    CU_ASSERT_EQUAL(wish(30000), 0);
    CU_ASSERT_STRING_EQUAL(heard(), "");
    commit();
    CU_ASSERT_STRING_EQUAL(heard(), SET30);
    b.session = 2; /* it did not get them: its power went */
    hello_with(0);
    CU_ASSERT_STRING_EQUAL(heard(), SET30);
    hello_with(0); /* no echo of an agent that cannot keep them */
    CU_ASSERT_STRING_EQUAL(heard(), "");
    b.now_ms += 40 * S;
    bench_temp(&b, 1, b.now_ms, 4);
    commit();
    CU_ASSERT_STRING_EQUAL(heard(), SET30);
    hello_with(1);
    CU_ASSERT_STRING_EQUAL(heard(), "");
    CU_ASSERT_STRING_EQUAL(bench_sql(&b, TWIN),
                           "1/1 [{\"kind\":\"report_ms\",\"metric\":1,\"value\":30000},"
                           "{\"kind\":\"mute\",\"metric\":4,\"value\":1}]");
    bench_end(&b);
}

static void settings_outlive_the_gateway(void)
{
    bench_start(&b, true);
    hello_with(0);
    CU_ASSERT_EQUAL(wish(30000), 0);
    commit();
    bench_restart(&b); /* before it was sent */
    line_start(b.line, bench_now(&b));
    hello_with(0);
    CU_ASSERT_STRING_EQUAL(heard(), SET30);
    hello_with(1);
    CU_ASSERT_EQUAL(wish(60000), 0);
    commit();
    for (int i = 0; i < 5; i++) /* a snapshot is taken */
        hello_with(1);
    heard();
    bench_restart(&b);
    line_start(b.line, bench_now(&b));
    hello_with(1);
    CU_ASSERT_STRING_EQUAL(heard(), "settings 2 report_ms/1=60000 mute/4=1");
    /* a device that has a later version than this store knows takes a newer one */
    hello_with(9);
    CU_ASSERT_STRING_EQUAL(heard(), "settings 10 report_ms/1=60000 mute/4=1");
    bench_end(&b);
}

static void settings_out_of_bounds_are_refused(void)
{
    struct err e = {0};
    bench_start(&b, true);
    hello_with(0);
    CU_ASSERT_EQUAL(wish(999), ERR_INVALID);
    CU_ASSERT_EQUAL(wish(86400001), ERR_INVALID);
    CU_ASSERT_EQUAL(line_settings(b.line, slice_str("none"), NULL, 0, "x", bench_now(&b), &e),
                    ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(line_settings(b.line, slice_str("fridge-1"), NULL, LINE_SETTINGS + 1, "x",
                                  bench_now(&b), &e),
                    ERR_LIMIT);
    commit();
    CU_ASSERT_STRING_EQUAL(heard(), "");
    bench_end(&b);
}

TESTS(STORY(settings_arrive_and_are_told_again_until_they_do), STORY(settings_outlive_the_gateway),
      STORY(settings_out_of_bounds_are_refused),
      STORY(the_firmwares_word_holds_whatever_comes_first),
      STORY(an_agents_start_forgets_nothing_of_the_firmware),
      STORY(the_boot_that_speaks_has_the_newer_word),
      STORY(what_a_source_lived_before_is_judged_at_its_own_time),
      STORY(a_fault_of_the_past_is_true_until_it_is_over),
      STORY(a_fault_told_again_by_a_killed_agent_counts_once),
      STORY(a_session_that_ends_counts_after_a_while),
      STORY(a_flapping_link_and_a_late_will_change_nothing),
      STORY(a_restart_of_the_gateway_makes_nobody_absent),
      STORY(absence_runs_on_the_listening_clock), STORY(a_sleeper_is_asleep_and_then_late),
      STORY(what_is_over_is_recorded_and_told_to_nobody), STORY(what_still_holds_is_told_once),
      STORY(a_backlog_in_order_is_not_told_half_way),
      STORY(a_backlog_that_does_not_end_is_told_after_a_while),
      STORY(a_lost_cleared_is_found_by_the_keyframe),
      STORY(a_fault_that_comes_late_is_no_less_true),
      STORY(a_keyframe_that_came_first_has_the_last_word),
      STORY(a_keyframe_speaks_for_the_sources_that_it_names),
      STORY(people_acknowledge_snooze_and_resolve),
      STORY(missing_numbers_raise_an_alert_of_their_own),
      STORY(a_wrong_clock_is_repaired_within_its_boot),
      STORY(a_trusted_clock_that_cannot_be_is_not_believed),
      STORY(an_earlier_boot_without_a_clock_is_bounded))
