/* Each message comes back as it went, and no bytes at all can do harm. */
#include "firmware-shim/codec/message.h"
#include "tests/support/cu.h"

#include <stdlib.h>
#include <string.h>

static uint8_t bytes[300];

static struct message_up sample(uint8_t kind)
{
    struct message_up m = {.kind = kind,
                           .instance = 3,
                           .id = 40000,
                           .boot = 0xfedcba98,
                           .counter = 0xffffffff,
                           .source_ms = 1ull << 45};
    return m;
}

static struct message_up there_and_back(const struct message_up *m)
{
    struct message_up back = {0};
    int len = message_up_encode(m, bytes, sizeof bytes);
    CU_ASSERT(len > 0);
    CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)len, &back), MESSAGE_OK);
    CU_ASSERT_EQUAL(back.kind, m->kind);
    CU_ASSERT_EQUAL(back.instance, m->instance);
    CU_ASSERT_EQUAL(back.id, m->id);
    CU_ASSERT_EQUAL(back.boot, m->boot);
    CU_ASSERT_EQUAL(back.counter, m->counter);
    CU_ASSERT_EQUAL(back.source_ms, m->source_ms);
    /* Cut at any byte it is refused, and later fields at its end do no harm. */
    for (int cut = 0; cut < len; cut++)
        CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)cut, &back), MESSAGE_SHORT);
    bytes[len] = 0x7f;
    CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)len + 1, &back), MESSAGE_OK);
    return back;
}

static void values_keep_every_digit(void)
{
    static const struct message_value values[] = {{0, 0},         {1, -12},        {-1, 12},
                                                  {INT64_MAX, 3}, {INT64_MIN, -3}, {4250, -3}};
    for (uint8_t kind = MESSAGE_GAUGE; kind <= MESSAGE_EVENT; kind++) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            struct message_up m = sample(kind);
            m.u.value = values[i];
            struct message_up back = there_and_back(&m);
            CU_ASSERT_EQUAL(back.u.value.n, values[i].n);
            CU_ASSERT_EQUAL(back.u.value.exponent, values[i].exponent);
        }
    }
}

static void hello_names_the_source_and_cuts_what_is_too_long(void)
{
    struct message_up m = sample(MESSAGE_HELLO);
    char longer[MESSAGE_TEXT_MAX + 20];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    m.u.hello.protocol = MESSAGE_PROTOCOL;
    m.u.hello.reset = MESSAGE_RESET_WATCHDOG;
    m.u.hello.components = 2;
    m.u.hello.reset_text = message_text_of(longer);
    m.u.hello.source = message_text_of("main");
    m.u.hello.model = message_text_of("CK-300");
    m.u.hello.serial = message_text_of(NULL);
    struct message_up back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.hello.reset, MESSAGE_RESET_WATCHDOG);
    CU_ASSERT_EQUAL(back.u.hello.reset_text.len, MESSAGE_TEXT_MAX);
    CU_ASSERT_EQUAL(back.u.hello.source.len, 4);
    CU_ASSERT_EQUAL(memcmp(back.u.hello.model.p, "CK-300", 6), 0);
    CU_ASSERT_EQUAL(back.u.hello.serial.len, 0);
}

static void a_fault_carries_sixteen_values(void)
{
    uint8_t packed[200];
    size_t len = 0;
    for (int i = 0; i < MESSAGE_CONTEXT_MAX; i++)
        CU_ASSERT(message_context_put(packed, sizeof packed, &len, (uint16_t)(i + 1),
                                      (struct message_value){i * -1000, -2}));
    struct message_up m = sample(MESSAGE_FAULT);
    m.u.fault.active = 1;
    m.u.fault.raises = 1000;
    m.u.fault.first_age_ms = 90000;
    m.u.fault.context = (struct message_bytes){packed, (uint8_t)len};
    struct message_up back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.fault.raises, 1000);
    CU_ASSERT_EQUAL(back.u.fault.first_age_ms, 90000);
    uint16_t metric;
    struct message_value value;
    for (int i = 0; i < MESSAGE_CONTEXT_MAX; i++) {
        CU_ASSERT(message_context_next(&back.u.fault.context, &metric, &value));
        CU_ASSERT_EQUAL(metric, i + 1);
        CU_ASSERT_EQUAL(value.n, i * -1000);
    }
    CU_ASSERT_FALSE(message_context_next(&back.u.fault.context, &metric, &value));
    CU_ASSERT(message_context_put(packed, sizeof packed, &len, 1, value));
    m.u.fault.context = (struct message_bytes){packed, (uint8_t)len};
    int size = message_up_encode(&m, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)size, &back), MESSAGE_BAD);
}

static void the_other_kinds_come_back_too(void)
{
    struct message_up m = sample(MESSAGE_CYCLE), back;
    m.u.cycle.phase = MESSAGE_CYCLE_END;
    m.u.cycle.outcome = MESSAGE_OUTCOME_FAILED;
    back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.cycle.outcome, MESSAGE_OUTCOME_FAILED);
    m = sample(MESSAGE_ACTION_RESULT);
    m.u.action_result.request = 77;
    m.u.action_result.result = MESSAGE_RESULT_REFUSED;
    m.u.action_result.text = message_text_of("door open");
    back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.action_result.request, 77);
    CU_ASSERT_EQUAL(back.u.action_result.text.len, 9);
    m = sample(MESSAGE_INTENT);
    m.u.intent.intent = MESSAGE_OFF;
    m.u.intent.for_ms = 1ull << 40;
    back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.intent.for_ms, 1ull << 40);
    m = sample(MESSAGE_FACTORY_RESET);
    there_and_back(&m);
    m = sample(MESSAGE_CLOCK);
    m.u.wall_ms = -5;
    back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.wall_ms, -5);
    m = sample(MESSAGE_COMPONENT);
    m.u.component.index = 7;
    m.u.component.lot = message_text_of("DH2611");
    back = there_and_back(&m);
    CU_ASSERT_EQUAL(back.u.component.lot.len, 6);
}

static void what_is_out_of_bounds_is_refused_by_name(void)
{
    struct message_up m = sample(MESSAGE_COMPONENT), untouched = {.id = 9};
    m.u.component.index = MESSAGE_COMPONENTS_MAX;
    int len = message_up_encode(&m, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)len, &untouched), MESSAGE_BAD);
    CU_ASSERT_EQUAL(untouched.id, 9);
    m = sample(13);
    CU_ASSERT_EQUAL(message_up_encode(&m, bytes, sizeof bytes), MESSAGE_UNKNOWN);
    m = sample(MESSAGE_GAUGE);
    m.u.value.exponent = 13;
    len = message_up_encode(&m, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(message_up_decode(bytes, (size_t)len, &untouched), MESSAGE_BAD);
    CU_ASSERT_EQUAL(message_up_encode(&m, bytes, 5), MESSAGE_SHORT);
}

static void words_to_firmware_come_back(void)
{
    struct message_down m = {.kind = MESSAGE_ACTION, .boot = 7}, back;
    uint8_t args[64];
    size_t args_len = 0;
    CU_ASSERT(message_arg_put(args, sizeof args, &args_len, (struct message_value){-400, -1}));
    CU_ASSERT_FALSE(
        message_arg_put(args, sizeof args, &args_len, (struct message_value){1ll << 40, 0}));
    m.u.action.id = 2;
    m.u.action.instance = 1;
    m.u.action.request = 0xdeadbeef;
    m.u.action.args = (struct message_bytes){args, (uint8_t)args_len};
    int len = message_down_encode(&m, bytes, sizeof bytes);
    for (int cut = 0; cut < len; cut++) {
        int got = message_down_decode(bytes, (size_t)cut, &back);
        CU_ASSERT(got < 0 || cut == len - MESSAGE_ARG_BYTES);
    }
    CU_ASSERT_EQUAL(message_down_decode(bytes, (size_t)len, &back), MESSAGE_OK);
    CU_ASSERT_EQUAL(back.u.action.request, 0xdeadbeef);
    struct message_value value;
    CU_ASSERT(message_arg_next(&back.u.action.args, &value));
    CU_ASSERT_EQUAL(value.n, -400);
    CU_ASSERT_EQUAL(value.exponent, -1);
    CU_ASSERT_FALSE(message_arg_next(&back.u.action.args, &value));

    m = (struct message_down){.kind = MESSAGE_TIME, .boot = 1};
    m.u.time.wall_ms = 1795301959158;
    m.u.time.trusted = 1;
    len = message_down_encode(&m, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(message_down_decode(bytes, (size_t)len, &back), MESSAGE_OK);
    CU_ASSERT_EQUAL(back.u.time.wall_ms, 1795301959158);

    m = (struct message_down){.kind = MESSAGE_SETTING};
    m.u.setting.metric = 5;
    m.u.setting.interval_ms = 60000;
    len = message_down_encode(&m, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(message_down_decode(bytes, (size_t)len, &back), MESSAGE_OK);
    CU_ASSERT_EQUAL(back.u.setting.interval_ms, 60000);
}

static void random_bytes_decode_to_something_in_bounds_or_not_at_all(void)
{
    srand(3);
    for (int i = 0; i < 200000; i++) {
        size_t len = (size_t)rand() % 60;
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)rand();
        bytes[0] = (uint8_t)(rand() % 14);
        struct message_up up;
        if (message_up_decode(bytes, len, &up) == MESSAGE_OK && up.kind == MESSAGE_FAULT) {
            uint16_t metric;
            struct message_value value;
            while (up.u.fault.context.len)
                CU_ASSERT_FATAL(message_context_next(&up.u.fault.context, &metric, &value));
        }
    }
}

TESTS(STORY(values_keep_every_digit), STORY(hello_names_the_source_and_cuts_what_is_too_long),
      STORY(a_fault_carries_sixteen_values), STORY(the_other_kinds_come_back_too),
      STORY(what_is_out_of_bounds_is_refused_by_name), STORY(words_to_firmware_come_back),
      STORY(random_bytes_decode_to_something_in_bounds_or_not_at_all))
