/* The wire: what one end says, the other reads; what breaks a limit is refused
 * with its reason. */
#include "tests/support/cu.h"

#include "base/err.h"
#include "proto/wire.h"

static struct arena arena;

static struct slice text(const char *s)
{
    return slice_str(s);
}

/* A fridge's batch with one of everything. */
static const int64_t times[] = {60000, 70000, 80000}, temps[] = {41, 42, 39};
static const struct wire_source sources[] = {
    {.id = 0,
     .boot = 7,
     .name = {(const uint8_t *)"agent", 5},
     .at_ms = 90000,
     .wall_ms = 1790000000000,
     .trust = 3},
    {.id = 1,
     .boot = 9,
     .name = {(const uint8_t *)"main", 4},
     .at_ms = 81000,
     .wall_ms = 1790000000000,
     .trust = 2,
     .received = 12,
     .lost = 3},
};
static const struct wire_column columns[] = {{1, 1, 0, -1, false, 3, times, temps}};
static const struct wire_context context[] = {{1, 85, -1}};
static const struct wire_fault faults[] = {{1, 21, 0, true, false, 80500, 80100, 4, 1, context}};
static const struct wire_cycle cycles[] = {{1, 1, 0, CYCLE_BEGIN, 5, 80000}};
static const struct wire_event events[] = {{1, 3, 0, 80000, -7, 0}};
static const struct wire_intent intents[] = {{INTENT_ASLEEP, 80000, 3680000}};
static const struct wire_component parts[] = {{{(const uint8_t *)"compressor", 10},
                                               {(const uint8_t *)"C-1", 3},
                                               {(const uint8_t *)"L77", 3}}};

static struct wire_batch sample(struct wire_identity *identity, struct wire_reset *reset,
                                struct wire_result *result)
{
    *identity = (struct wire_identity){text("CK-300"), text("S1"), text("1.2"), text("B"),
                                       text("0.1"),    1,          parts};
    *reset = (struct wire_reset){1, 2, text("watchdog"), 5};
    *result = (struct wire_result){text("cmd-1"), text("fine"), RESULT_DONE, 6};
    return (struct wire_batch){
        .stream = 0x1122334455667788,
        .lane = LANE_URGENT,
        .seq = 12,
        .low = 3,
        .pack = text("fridge"),
        .pack_revision = 4,
        .boot = 99,
        .sealed_ms = 90000,
        .keyframe = true,
        .settings_version = 2,
        .n_sources = 2,
        .sources = sources,
        .n_columns = 1,
        .columns = columns,
        .n_faults = 1,
        .faults = faults,
        .n_cycles = 1,
        .cycles = cycles,
        .n_events = 1,
        .events = events,
        .n_intents = 1,
        .intents = intents,
        .n_resets = 1,
        .resets = reset,
        .n_results = 1,
        .results = result,
        .identity = identity,
    };
}

static void batch_comes_back_as_it_was(void)
{
    struct wire_identity identity;
    struct wire_reset reset;
    struct wire_result result;
    struct wire_batch in = sample(&identity, &reset, &result), out;
    struct buf bytes, again;
    struct wire_head head;
    buf_init(&bytes, LIMIT_BATCH);
    buf_init(&again, LIMIT_BATCH);
    CU_ASSERT_EQUAL_FATAL(arena_init(&arena, LIMIT_DECODE), 0);

    CU_ASSERT_EQUAL_FATAL(wire_encode_batch(&in, &bytes), 0);
    CU_ASSERT_EQUAL_FATAL(wire_decode_batch(buf_slice(&bytes), &arena, &out, NULL), 0);
    CU_ASSERT_EQUAL(out.seq, 12);
    CU_ASSERT_EQUAL_FATAL(out.n_columns, 1);
    CU_ASSERT_EQUAL_FATAL(out.columns[0].n, 3);
    CU_ASSERT_EQUAL(out.columns[0].at_ms[2], 80000);
    CU_ASSERT_EQUAL(out.columns[0].v[2], 39);
    CU_ASSERT_EQUAL(out.sources[1].lost, 3);
    CU_ASSERT_EQUAL(out.faults[0].context[0].v, 85);
    CU_ASSERT(slice_is(out.identity->components[0].lot, "L77"));

    CU_ASSERT_EQUAL_FATAL(wire_encode_batch(&out, &again), 0);
    CU_ASSERT(slice_eq(buf_slice(&bytes), buf_slice(&again)));

    CU_ASSERT_EQUAL_FATAL(wire_batch_head(buf_slice(&bytes), &head), 0);
    CU_ASSERT_EQUAL(head.stream, in.stream);
    CU_ASSERT_EQUAL(head.seq, 12);
    CU_ASSERT_EQUAL(head.low, 3);
    buf_free(&bytes);
    buf_free(&again);
    arena_free(&arena);
}

/* A sample costs at most 7 bytes at 20 a message, as columns. */
static void twenty_samples_cost_little(void)
{
    int64_t at[10], temp[10], power[10];
    for (int i = 0; i < 10; i++) {
        at[i] = 3600000 + 10000 * i;
        temp[i] = 40 + i % 3;
        power[i] = 90 + 7 * (i % 4);
    }
    struct wire_column two[] = {{0, 1, 0, -1, false, 10, at, temp},
                                {0, 2, 0, 0, false, 10, at, power}};
    struct wire_batch b = {.stream = 0xfedcba9876543210,
                           .lane = LANE_BULK,
                           .seq = 1000,
                           .low = 990,
                           .pack = text("fridge"),
                           .pack_revision = 3,
                           .boot = 0x123456789abcdef0,
                           .sealed_ms = 3700000,
                           .n_sources = 1,
                           .sources = sources,
                           .n_columns = 2,
                           .columns = two};
    struct buf bytes;
    buf_init(&bytes, LIMIT_BATCH);
    CU_ASSERT_EQUAL_FATAL(wire_encode_batch(&b, &bytes), 0);
    CU_ASSERT(bytes.len <= 7 * 20);
    buf_free(&bytes);
}

static void refused(const struct wire_batch *b, int rc)
{
    struct wire_batch out;
    const char *reason = NULL;
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    int encoded = wire_encode_batch(b, &bytes);
    if (encoded == 0) {
        CU_ASSERT_EQUAL(wire_decode_batch(buf_slice(&bytes), &arena, &out, &reason), rc);
        CU_ASSERT_PTR_NOT_NULL(reason);
    } else {
        CU_ASSERT_EQUAL(encoded, rc);
    }
    buf_free(&bytes);
}

static void what_breaks_a_rule_is_refused(void)
{
    struct wire_identity identity;
    struct wire_reset reset;
    struct wire_result result;
    struct wire_batch good = sample(&identity, &reset, &result), bad;
    CU_ASSERT_EQUAL_FATAL(arena_init(&arena, LIMIT_DECODE), 0);

    bad = good, bad.seq = 0;
    refused(&bad, ERR_INVALID);
    bad = good, bad.low = 13;
    refused(&bad, ERR_INVALID);
    bad = good, bad.lane = 2;
    refused(&bad, ERR_INVALID);
    bad = good, bad.n_sources = 1; /* the columns name the second */
    refused(&bad, ERR_INVALID);
    bad = good, bad.n_columns = LIMIT_COLUMNS + 1; /* none of them is read */
    refused(&bad, ERR_LIMIT);
    struct wire_column odd = columns[0];
    odd.exponent = 19;
    bad = good, bad.columns = &odd;
    refused(&bad, ERR_LIMIT);
    identity.serial = text("line\nbreak");
    refused(&good, ERR_INVALID);
    identity.serial = text("\xff\xfe");
    refused(&good, ERR_INVALID);
    arena_free(&arena);
}

static void every_cut_of_a_batch_is_harmless(void)
{
    struct wire_identity identity;
    struct wire_reset reset;
    struct wire_result result;
    struct wire_batch in = sample(&identity, &reset, &result), out;
    struct wire_head head;
    struct buf bytes;
    buf_init(&bytes, LIMIT_BATCH);
    CU_ASSERT_EQUAL_FATAL(arena_init(&arena, LIMIT_DECODE), 0);
    CU_ASSERT_EQUAL_FATAL(wire_encode_batch(&in, &bytes), 0);
    int refusals = 0;
    for (size_t n = 0; n < bytes.len; n++) {
        arena_reset(&arena);
        refusals += wire_decode_batch(slice_of(bytes.ptr, n), &arena, &out, NULL) != 0;
        (void)wire_batch_head(slice_of(bytes.ptr, n), &head);
    }
    CU_ASSERT(refusals > (int)bytes.len / 2);
    buf_free(&bytes);
    arena_free(&arena);
}

static void up_and_down_come_back(void)
{
    struct wire_stream_state streams[] = {{5, LANE_BULK, 2, 9, false}};
    struct slice able[] = {text("actions")};
    struct wire_up up = {.boot = 1,
                         .session = 4,
                         .sent_ms = 77,
                         .kind = UP_HELLO,
                         .hello = {text("0.1"), text("fridge"), 3, 8, 1, 1, streams, able}},
                   up_out;
    struct wire_range above[] = {{12, 14}, {20, 20}};
    struct wire_stream_ack acks[] = {{5, 10, 2, above}};
    struct wire_refusal no[] = {{5, 11, true, text("malformed")}};
    struct wire_down down = {.epoch = 3, .kind = DOWN_ACK, .ack = {64, 0, 5000, 1, 1, acks, no}},
                     down_out;
    struct buf bytes;
    buf_init(&bytes, LIMIT_MESSAGE);
    CU_ASSERT_EQUAL_FATAL(arena_init(&arena, LIMIT_DECODE), 0);

    CU_ASSERT_EQUAL_FATAL(wire_encode_up(&up, &bytes), 0);
    CU_ASSERT_EQUAL_FATAL(wire_decode_up(buf_slice(&bytes), &arena, &up_out, NULL), 0);
    CU_ASSERT_EQUAL(up_out.hello.streams[0].next, 9);
    CU_ASSERT(slice_is(up_out.hello.capabilities[0], "actions"));

    buf_reset(&bytes);
    CU_ASSERT_EQUAL_FATAL(wire_encode_down(&down, &bytes), 0);
    CU_ASSERT_EQUAL_FATAL(wire_decode_down(buf_slice(&bytes), &arena, &down_out, NULL), 0);
    CU_ASSERT_EQUAL(down_out.ack.streams[0].above[1].first, 20);
    CU_ASSERT(down_out.ack.refusals[0].never);
    CU_ASSERT_EQUAL(down_out.ack.hello_within_ms, 5000);
    buf_free(&bytes);
    arena_free(&arena);
}

static void values_are_scaled_exactly(void)
{
    CU_ASSERT_EQUAL(wire_value(42, -1), 4.2);
    CU_ASSERT_EQUAL(wire_value(-5, 3), -5000.0);
    CU_ASSERT(wire_value(1, 30) != wire_value(1, 30)); /* not a number */
}

TESTS(STORY(batch_comes_back_as_it_was), STORY(twenty_samples_cost_little),
      STORY(what_breaks_a_rule_is_refused), STORY(every_cut_of_a_batch_is_harmless),
      STORY(up_and_down_come_back), STORY(values_are_scaled_exactly))
