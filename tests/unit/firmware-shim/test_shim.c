/* Firmware's view of the shim: what is said arrives, what is lost is known, and a fault
 * stays until the agent has it. The line and the clock are the test's own. */
#include "firmware-shim/shim.h"
#include "tests/support/cu.h"

#include <string.h>

static struct shim shim;
static uint32_t now;
static bool line_down;
static uint8_t inbox[512]; /* to firmware */
static size_t inbox_len;
static int hellos, action_runs;
static bool locked;

static struct frame_reader reader;
static uint8_t reader_buf[FRAME_BYTES_MAX];
static struct message_up heard[64]; /* what the agent decoded; texts are not kept */
static size_t heard_count;
static uint8_t context_copy[64][128];

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return now;
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    CU_ASSERT_FALSE(locked);
    if (line_down)
        return 0;
    size_t take = len > 7 ? 7 : len; /* a slow line takes a few bytes at a time */
    for (size_t i = 0; i < take; i++) {
        if (frame_feed(&reader, bytes[i]) != FRAME_READY)
            continue;
        struct message_up m;
        CU_ASSERT_EQUAL(message_up_decode(reader.payload, reader.payload_len, &m), MESSAGE_OK);
        if (m.kind == MESSAGE_FAULT) {
            memcpy(context_copy[heard_count], m.u.fault.context.p, m.u.fault.context.len);
            m.u.fault.context.p = context_copy[heard_count];
        }
        if (heard_count < 64)
            heard[heard_count++] = m;
    }
    return take;
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx;
    size_t take = inbox_len < size ? inbox_len : size;
    memcpy(bytes, inbox, take);
    memmove(inbox, inbox + take, inbox_len - take);
    inbox_len -= take;
    return take;
}

static uint32_t lock(void *ctx)
{
    (void)ctx;
    CU_ASSERT_FALSE(locked); /* sections do not nest */
    locked = true;
    return 5;
}

static void unlock(void *ctx, uint32_t was)
{
    (void)ctx;
    CU_ASSERT_EQUAL(was, 5);
    locked = false;
}

static void on_hello(void *ctx)
{
    (void)ctx;
    hellos++;
}

static uint8_t run(void *ctx, const struct shim_request *request)
{
    (void)ctx;
    struct message_bytes args = request->args;
    struct message_value v;
    CU_ASSERT(message_arg_next(&args, &v));
    CU_ASSERT_EQUAL(v.n, 12);
    action_runs++;
    return MESSAGE_RESULT_STARTED;
}

static const struct shim_platform platform = {now_ms, line_write, line_read, lock, unlock};
static const struct shim_component parts[] = {{"pump", "P-1", "LOT7"}, {"fan", NULL, NULL}};
static const struct shim_identity identity = {
    .source = "main", .model = "CK-300", .components = parts, .component_count = 2};
static const struct shim_action actions[] = {{4, run}};
static const struct shim_config config = {.platform = &platform,
                                          .identity = &identity,
                                          .actions = actions,
                                          .action_count = 1,
                                          .on_hello = on_hello};

static void poll_for(uint32_t ms)
{
    for (uint32_t i = 0; i <= ms; i += 10) {
        for (int k = 0; k < 40; k++)
            shim_poll(&shim);
        now += 10;
    }
}

static void start(void)
{
    now = 1000;
    line_down = false;
    inbox_len = heard_count = 0;
    hellos = action_runs = 0;
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 77, MESSAGE_RESET_POWER, "plug");
    poll_for(0);
    CU_ASSERT_EQUAL(heard_count, 3); /* hello and two components */
    heard_count = 0;
}

static void say(struct message_down m)
{
    uint8_t frame[FRAME_BYTES_MAX];
    int len = message_down_encode(&m, frame + FRAME_PAYLOAD_AT, FRAME_PAYLOAD_MAX);
    size_t size = frame_seal(frame, (size_t)len);
    memcpy(inbox + inbox_len, frame, size);
    inbox_len += size;
}

static void ack(uint32_t counter)
{
    struct message_down m = {.kind = MESSAGE_ACK, .boot = 77};
    m.u.ack = counter;
    say(m);
}

static size_t heard_of(uint8_t kind)
{
    size_t n = 0;
    for (size_t i = 0; i < heard_count; i++)
        n += heard[i].kind == kind;
    return n;
}

static void a_reading_is_one_line_and_carries_its_time(void)
{
    start();
    CU_ASSERT(shim_gauge(&shim, 1, SHIM_MILLI(4250)));
    CU_ASSERT(shim_state_of(&shim, 2, 1, SHIM_WHOLE(1)));
    poll_for(0);
    CU_ASSERT_EQUAL_FATAL(heard_count, 2);
    CU_ASSERT_EQUAL(heard[0].kind, MESSAGE_GAUGE);
    CU_ASSERT_EQUAL(heard[0].u.value.n, 4250);
    CU_ASSERT_EQUAL(heard[0].u.value.exponent, -3);
    CU_ASSERT_EQUAL(heard[0].boot, 77);
    CU_ASSERT_EQUAL(heard[0].source_ms, 1010);
    CU_ASSERT_EQUAL(heard[1].instance, 1);
    CU_ASSERT_EQUAL(heard[1].counter, heard[0].counter + 1);
}

static void time_goes_on_when_the_clock_wraps(void)
{
    start();
    now = UINT32_MAX - 5;
    shim_poll(&shim);
    now = 10;
    shim_gauge(&shim, 1, SHIM_WHOLE(1));
    poll_for(0);
    CU_ASSERT_EQUAL_FATAL(heard_count, 1);
    CU_ASSERT_EQUAL(heard[0].source_ms, (1ull << 32) + 10);
}

static void what_finds_no_room_leaves_a_hole_in_the_counter(void)
{
    start();
    line_down = true;
    int kept = 0;
    while (shim_gauge(&shim, 1, SHIM_WHOLE(7)))
        kept++;
    CU_ASSERT(kept > 3);
    CU_ASSERT_FALSE(shim_gauge(&shim, 1, SHIM_WHOLE(8)));
    CU_ASSERT_EQUAL(shim_dropped(&shim), 2);
    line_down = false;
    poll_for(1000);
    shim_gauge(&shim, 1, SHIM_WHOLE(9));
    poll_for(0);
    CU_ASSERT_EQUAL_FATAL(heard_count, (size_t)kept + 1 < 64 ? (size_t)kept + 1 : 64);
    if (heard_count < 64)
        CU_ASSERT_EQUAL(heard[kept].counter, heard[kept - 1].counter + 3);
}

static void a_fault_is_said_again_until_it_is_durable(void)
{
    start();
    struct shim_context context[] = {{5, SHIM_DECI(-183)}, {7, SHIM_WHOLE(92)}};
    CU_ASSERT(shim_fault_raise(&shim, 21, context, 2));
    poll_for(10000);
    size_t times = heard_of(MESSAGE_FAULT);
    CU_ASSERT(times >= 3 && times <= 8); /* with doubling pauses */
    for (size_t i = 1; i < heard_count; i++) {
        CU_ASSERT_EQUAL(heard[i].counter, heard[0].counter);
        CU_ASSERT_EQUAL(heard[i].source_ms, heard[0].source_ms);
    }
    uint16_t metric;
    struct message_value v;
    CU_ASSERT(message_context_next(&heard[0].u.fault.context, &metric, &v));
    CU_ASSERT(metric == 5 && v.n == -183 && v.exponent == -1);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 1);
    ack(heard[0].counter + 1); /* of something else */
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 1);
    ack(heard[0].counter);
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 0);
    heard_count = 0;
    poll_for(100000);
    CU_ASSERT_EQUAL(heard_count, 0);
    CU_ASSERT(shim_fault_raise(&shim, 21, NULL, 0)); /* still raised: nothing new */
    poll_for(2000);
    CU_ASSERT_EQUAL(heard_count, 0);
}

static void an_ack_to_an_earlier_start_releases_nothing(void)
{
    start();
    shim_fault_raise(&shim, 21, NULL, 0);
    poll_for(0);
    struct message_down m = {.kind = MESSAGE_ACK, .boot = 76};
    m.u.ack = heard[0].counter;
    say(m);
    m.boot = 0;
    say(m);
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 1);
}

static void one_that_came_and_went_unheard_is_told(void)
{
    start();
    line_down = true;
    shim_fault_raise_of(&shim, 22, 1, NULL, 0);
    now += 400;
    shim_fault_clear_of(&shim, 22, 1);
    /* What was in the buffer goes with the line. */
    shim.tx_len = 0;
    line_down = false;
    poll_for(3000);
    CU_ASSERT_FATAL(heard_count > 0);
    const struct message_up *m = &heard[heard_count - 1];
    CU_ASSERT_EQUAL(m->u.fault.active, 0);
    CU_ASSERT_EQUAL(m->u.fault.raises, 1);
    CU_ASSERT_EQUAL(m->u.fault.first_age_ms, 400);
    CU_ASSERT_EQUAL(m->instance, 1);
}

static void chatter_is_told_as_one(void)
{
    start();
    uint32_t raised = 0;
    for (int i = 0; i < 1000; i++) { /* a thousand a second, for a second */
        shim_fault_raise(&shim, 21, NULL, 0);
        shim_fault_clear(&shim, 21);
        raised++;
        shim_poll(&shim);
        now++;
    }
    poll_for(3000);
    CU_ASSERT(heard_of(MESSAGE_FAULT) <= 6);
    const struct message_up *last = &heard[heard_count - 1];
    CU_ASSERT_EQUAL(last->u.fault.active, 0);
    CU_ASSERT_EQUAL(last->u.fault.raises, raised);
    CU_ASSERT(last->u.fault.first_age_ms >= 900);
}

static void more_faults_than_slots_wait_or_move_away(void)
{
    start();
    for (uint16_t f = 1; f <= SHIM_FAULTS; f++)
        CU_ASSERT(shim_fault_raise(&shim, f, NULL, 0));
    CU_ASSERT_FALSE(shim_fault_raise(&shim, 100, NULL, 0)); /* all are needed */
    poll_for(0);
    for (size_t i = 0; i < SHIM_FAULTS; i++)
        ack(heard[i].counter);
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 0);
    CU_ASSERT(shim_fault_raise(&shim, 100, NULL, 0)); /* one that is durable moves away */
    CU_ASSERT(shim_fault_raise(&shim, 1, NULL, 0));   /* whichever it was is still known */
    heard_count = 0;
    poll_for(400);
    CU_ASSERT_EQUAL(heard_count, 1);
    ack(heard[0].counter);
    poll_for(0);
    heard_count = 0;
    for (uint16_t f = 1; f <= SHIM_FAULTS; f++)
        CU_ASSERT(shim_fault_clear(&shim, f));
    poll_for(3000);
    bool cleared[SHIM_FAULTS + 1] = {false};
    for (size_t i = 0; i < heard_count; i++)
        if (heard[i].id <= SHIM_FAULTS)
            cleared[heard[i].id] = !heard[i].u.fault.active;
    for (uint16_t f = 1; f <= SHIM_FAULTS; f++)
        CU_ASSERT(cleared[f]);
    CU_ASSERT(shim_fault_clear(&shim, 999)); /* never raised: nothing */
}

static void contexts_share_their_room_and_tell_what_was_cut(void)
{
    start();
    struct shim_context many[MESSAGE_CONTEXT_MAX];
    for (int i = 0; i < MESSAGE_CONTEXT_MAX; i++)
        many[i] = (struct shim_context){(uint16_t)(i + 1), SHIM_DECI(1000 + i)};
    shim_fault_raise(&shim, 1, many, MESSAGE_CONTEXT_MAX);
    shim_fault_raise(&shim, 2, many, MESSAGE_CONTEXT_MAX);
    poll_for(0);
    CU_ASSERT_EQUAL_FATAL(heard_count, 2);
    CU_ASSERT_EQUAL(heard[0].u.fault.cut, 0); /* all sixteen */
    CU_ASSERT_EQUAL(heard[1].u.fault.cut, MESSAGE_CONTEXT_MAX);
    ack(heard[0].counter);
    poll_for(0);
    shim_fault_raise(&shim, 3, many, MESSAGE_CONTEXT_MAX);
    poll_for(0);
    struct message_up *third = &heard[heard_count - 1];
    CU_ASSERT_EQUAL(third->id, 3);
    CU_ASSERT_EQUAL(third->u.fault.cut, 0);
    uint16_t metric;
    struct message_value v;
    for (int i = 0; i < MESSAGE_CONTEXT_MAX; i++) {
        CU_ASSERT(message_context_next(&third->u.fault.context, &metric, &v));
        CU_ASSERT(metric == i + 1 && v.n == 1000 + i);
    }
}

static void an_agent_that_forgot_hears_all_again(void)
{
    start();
    shim_fault_raise(&shim, 21, NULL, 0);
    poll_for(0);
    uint32_t counter = heard[0].counter;
    ack(counter);
    poll_for(0);
    heard_count = 0;
    say((struct message_down){.kind = MESSAGE_HELLO_REQUEST});
    poll_for(0);
    CU_ASSERT_EQUAL(hellos, 1);
    CU_ASSERT_EQUAL(heard_of(MESSAGE_HELLO), 1);
    CU_ASSERT_EQUAL(heard_of(MESSAGE_COMPONENT), 2);
    CU_ASSERT_EQUAL_FATAL(heard_of(MESSAGE_FAULT), 1);
    for (size_t i = 0; i < heard_count; i++)
        if (heard[i].kind == MESSAGE_FAULT)
            CU_ASSERT(heard[i].counter == counter && heard[i].u.fault.active);
}

static void an_action_runs_once_and_is_answered(void)
{
    start();
    uint8_t args[MESSAGE_ARG_BYTES];
    size_t len = 0;
    message_arg_put(args, sizeof args, &len, SHIM_WHOLE(12));
    struct message_down m = {.kind = MESSAGE_ACTION, .boot = 77};
    m.u.action.id = 4;
    m.u.action.request = 900;
    m.u.action.args = (struct message_bytes){args, (uint8_t)len};
    say(m);
    m.u.action.id = 5; /* not registered */
    m.u.action.request = 901;
    say(m);
    poll_for(0);
    CU_ASSERT_EQUAL(action_runs, 1);
    CU_ASSERT_EQUAL_FATAL(heard_of(MESSAGE_ACTION_RESULT), 2);
    CU_ASSERT_EQUAL(heard[0].u.action_result.request, 900);
    CU_ASSERT_EQUAL(heard[0].u.action_result.result, MESSAGE_RESULT_STARTED);
    CU_ASSERT_EQUAL(heard[1].u.action_result.result, MESSAGE_RESULT_UNSUPPORTED);
}

static void settings_thin_out_and_mute(void)
{
    start();
    struct message_down m = {.kind = MESSAGE_SETTING, .boot = 77};
    m.u.setting.metric = 1;
    m.u.setting.interval_ms = 60000;
    say(m);
    m.u.setting.metric = 2;
    m.u.setting.interval_ms = 0;
    m.u.setting.mute = 1;
    say(m);
    poll_for(0);
    uint32_t before = shim_said(&shim);
    for (int i = 0; i < 120; i++) { /* two minutes, each second, two instances */
        shim_gauge_of(&shim, 1, 0, SHIM_WHOLE(i));
        shim_gauge_of(&shim, 1, 1, SHIM_WHOLE(i));
        shim_gauge(&shim, 2, SHIM_WHOLE(i));
        poll_for(0);
        now += 990;
    }
    CU_ASSERT_EQUAL(shim_said(&shim) - before, 4);
    m.u.setting.mute = 0;
    say(m);
    poll_for(0);
    CU_ASSERT(shim_gauge(&shim, 2, SHIM_WHOLE(1)));
    CU_ASSERT_EQUAL(shim_said(&shim) - before, 5);
}

static void noise_on_the_line_to_firmware_is_survived(void)
{
    start();
    shim_fault_raise(&shim, 21, NULL, 0);
    poll_for(0);
    for (int i = 0; i < 300; i++)
        inbox[inbox_len++] = (uint8_t)(i * 37 + 1);
    inbox[inbox_len++] = 0;
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 1);
    ack(heard[0].counter);
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 0);
}

static void a_factory_reset_is_held_like_a_fault(void)
{
    start();
    CU_ASSERT(shim_factory_reset(&shim));
    poll_for(3000);
    CU_ASSERT(heard_of(MESSAGE_FACTORY_RESET) >= 2);
    ack(heard[0].counter);
    poll_for(0);
    CU_ASSERT_EQUAL(shim_faults_held(&shim), 0);
    heard_count = 0;
    CU_ASSERT(shim_factory_reset(&shim)); /* the next owner's */
    poll_for(0);
    CU_ASSERT_EQUAL(heard_of(MESSAGE_FACTORY_RESET), 1);
}

static void cycles_intent_and_clock_are_told(void)
{
    start();
    shim_cycle_begin(&shim, 1);
    shim_cycle_end(&shim, 1, MESSAGE_OUTCOME_ABORTED);
    shim_asleep(&shim, 3600000);
    shim_wall(&shim, 1795301959158);
    poll_for(100);
    CU_ASSERT_EQUAL_FATAL(heard_count, 4);
    CU_ASSERT_EQUAL(heard[0].u.cycle.phase, MESSAGE_CYCLE_BEGIN);
    CU_ASSERT_EQUAL(heard[1].u.cycle.outcome, MESSAGE_OUTCOME_ABORTED);
    CU_ASSERT_EQUAL(heard[2].u.intent.for_ms, 3600000);
    CU_ASSERT_EQUAL(heard[3].u.wall_ms, 1795301959158);
}

TESTS(STORY(a_reading_is_one_line_and_carries_its_time), STORY(time_goes_on_when_the_clock_wraps),
      STORY(what_finds_no_room_leaves_a_hole_in_the_counter),
      STORY(a_fault_is_said_again_until_it_is_durable),
      STORY(an_ack_to_an_earlier_start_releases_nothing),
      STORY(one_that_came_and_went_unheard_is_told), STORY(chatter_is_told_as_one),
      STORY(more_faults_than_slots_wait_or_move_away),
      STORY(contexts_share_their_room_and_tell_what_was_cut),
      STORY(an_agent_that_forgot_hears_all_again), STORY(an_action_runs_once_and_is_answered),
      STORY(settings_thin_out_and_mute), STORY(noise_on_the_line_to_firmware_is_survived),
      STORY(a_factory_reset_is_held_like_a_fault), STORY(cycles_intent_and_clock_are_told))
