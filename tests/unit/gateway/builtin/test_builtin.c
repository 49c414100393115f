#include "gateway/builtin/builtin.h"

#include "proto/system_metrics.h"
#include "tests/support/cu.h"

static void each_system_metric_has_a_name_for_people(void)
{
#define ROW(constant, number, word, what, unit, scale) number,
    static const uint32_t ids[] = {SYSTEM_METRICS(ROW)};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const struct pack_metric *m = builtin_metric(NULL, ids[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_EQUAL(m->n_labels, 2);
        CU_ASSERT_STRING_EQUAL(m->labels[0].lang, "en");
        CU_ASSERT_STRING_EQUAL(m->labels[1].lang, "de");
        CU_ASSERT(*m->labels[0].text && *m->labels[1].text && *m->unit);
    }
    CU_ASSERT_STRING_EQUAL(builtin_metric(NULL, SYSTEM_LOAD)->labels[0].text, "System load");
    CU_ASSERT_PTR_NULL(builtin_metric(NULL, 59999));
}

static void a_packs_metric_goes_before(void)
{
    static const struct pack_metric own = {.id = 1, .name = "temp"};
    const struct pack pack = {.n_metrics = 1, .metrics = &own};
    CU_ASSERT_PTR_EQUAL(builtin_metric(&pack, 1), &own);
    CU_ASSERT_STRING_EQUAL(builtin_metric(&pack, SYSTEM_UPTIME)->name, "system_uptime");
    CU_ASSERT_PTR_NULL(builtin_metric(&pack, 2));
}

/* Who is told by each of the gateway's own rules (gateway/line) has words to read. */
static void each_rule_of_our_own_has_words_in_each_language(void)
{
    static const char *const rules[] = {"data_missing", "cloned_device", "device_offline",
                                        "test_alert"};
    static const char *const languages[] = {"en", "de"};
    for (size_t i = 0; i < 8; i++) {
        const struct pack_message *m = pack_message(builtin_pack(), rules[i / 2], languages[i % 2]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_STRING_EQUAL(m->lang, languages[i % 2]);
        CU_ASSERT(*m->title && *m->support && *m->manufacturer);
        CU_ASSERT_EQUAL(*m->body != 0, i / 2 == 3); /* the customer hears of tests alone */
    }
}

TESTS(STORY(each_system_metric_has_a_name_for_people), STORY(a_packs_metric_goes_before),
      STORY(each_rule_of_our_own_has_words_in_each_language))
