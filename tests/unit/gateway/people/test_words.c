#include "gateway/people/words.h"

#include "gateway/builtin/builtin.h"
#include "tests/support/cu.h"

#include <stdio.h>

static const struct pack_label heater_label = {"en", "Defrost heater has no connection"};
static const struct pack_fault faults[] = {
    {.id = 21, .name = "heater_open", .n_labels = 1, .labels = &heater_label},
    {.id = 22, .name = "sensor"},
};
static const struct pack_metric temp = {
    .id = 1, .name = "cabinet_temp", .unit = "celsius", .precision = 0.1};
static const struct pack_message messages[] = {
    {.name = "heater",
     .lang = "en",
     .title = "{device_name} cannot defrost itself",
     .body = "b",
     .support = "Defrost heater circuit open, measured by the control. Bring a heater.",
     .manufacturer = ""},
    {.name = "warm",
     .lang = "en",
     .title = "Too warm",
     .body = "b",
     .support = "At {value}, limit {limit}; ask {customer_name} about {device_name}.",
     .manufacturer = "Above the limit."},
    {.name = "silent", .lang = "en", .title = "", .body = "", .support = "", .manufacturer = ""},
};
static const struct pack_label family = {"en", "Fridge"};
static const struct pack pack = {.name = "fridge",
                                 .n_faults = 2,
                                 .faults = faults,
                                 .n_metrics = 1,
                                 .metrics = &temp,
                                 .n_messages = 3,
                                 .messages = messages,
                                 .n_labels = 1,
                                 .labels = &family};

static json_t *evidence;

static struct words of(const char *rule, const char *message, const char *clauses)
{
    json_decref(evidence);
    evidence = json_loads(clauses, 0, NULL);
    return (struct words){.pack = &pack,
                          .rule = rule,
                          .message = message,
                          .device = "f-1",
                          .model = "CK-300",
                          .device_name = "Küche",
                          .customer_name = "Anna",
                          .evidence = evidence};
}

static const char *text(void (*make)(const struct words *, struct buf *), struct words w)
{
    static char copy[512];
    struct buf out;
    buf_init(&out, 4096);
    make(&w, &out);
    snprintf(copy, sizeof copy, "%s", buf_cstr(&out));
    buf_free(&out);
    return copy;
}

static void support_line(const struct words *w, struct buf *out)
{
    words_line(w, AUDIENCE_SUPPORT, out);
}

#define FAULT  "[{\"metric\":0,\"fault\":21,\"value\":1}]"
#define NUMBER "[{\"metric\":1,\"fault\":0,\"value\":9.14,\"limit\":8}]"

static void a_headline_reads_like_a_support_agents_words(void)
{
    CU_ASSERT_STRING_EQUAL(text(words_headline, of("heater_open", "heater", FAULT)),
                           "Defrost heater circuit open (fault 21)");
    CU_ASSERT_STRING_EQUAL(text(words_headline, of("cabinet_warm", "warm", NUMBER)),
                           "At 9.1\xc2\xa0°C");
}

static void without_a_support_line_it_is_the_fault_or_the_rule(void)
{
    CU_ASSERT_STRING_EQUAL(text(words_headline, of("heater_open", "silent", FAULT)),
                           "Defrost heater has no connection (fault 21)");
    CU_ASSERT_STRING_EQUAL(text(words_headline, of("cabinet_warm", "", "[]")), "Cabinet warm");
    CU_ASSERT_STRING_EQUAL(
        text(words_headline, of("x", "", "[{\"fault\":22},{\"metric\":-1,\"value\":\"no\"}]")),
        "X (fault 22)");
    struct words unknown = of("cabinet_warm", "warm", "null");
    unknown.pack = NULL;
    CU_ASSERT_STRING_EQUAL(text(words_headline, unknown), "Cabinet warm");
    CU_ASSERT_STRING_EQUAL(text(words_title, unknown), "Cabinet warm");
}

/* holds: TELL-1 (a line for others names the device by its id) */
static void a_line_is_filled_and_names_nobody(void)
{
    CU_ASSERT_STRING_EQUAL(text(support_line, of("cabinet_warm", "warm", NUMBER)),
                           "At 9.1\xc2\xa0°C, limit 8\xc2\xa0°C; ask  about f-1.");
}

static void a_title_calls_the_device_as_its_owner_does(void)
{
    struct words w = of("heater_open", "heater", FAULT);
    CU_ASSERT_STRING_EQUAL(text(words_title, w), "Küche cannot defrost itself");
    w.device_name = "";
    CU_ASSERT_STRING_EQUAL(text(words_title, w), "Fridge CK-300 cannot defrost itself");
}

static void our_own_rules_have_words_too(void)
{
    struct words w = of("data_missing", "data_missing", "[{\"text\":\"3 numbers\"}]");
    w.pack = builtin_pack();
    CU_ASSERT_STRING_EQUAL(text(words_headline, w), "Data of the device is missing");
    CU_ASSERT_STRING_EQUAL(text(words_title, w), "Data of this device is missing");
    json_decref(evidence);
    evidence = NULL;
}

TESTS(STORY(a_headline_reads_like_a_support_agents_words),
      STORY(without_a_support_line_it_is_the_fault_or_the_rule),
      STORY(a_line_is_filled_and_names_nobody), STORY(a_title_calls_the_device_as_its_owner_does),
      STORY(our_own_rules_have_words_too))
