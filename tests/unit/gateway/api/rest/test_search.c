#include "gateway/api/rest/search.h"

#include "tests/support/cu.h"

#include <stdio.h>

static const struct pack_label label = {"de", "Heizung hat keine Verbindung"};
static const struct pack_fault fault = {.id = 21, .name = "f", .n_labels = 1, .labels = &label};
static const struct pack_message messages[] = {
    {.name = "warm", .lang = "en", .title = "Too warm", .support = "Cabinet above the limit."},
    {.name = "warm", .lang = "de", .title = "Zu warm", .support = "Kühlraum zu warm."},
};
static const struct pack pack = {
    .name = "fridge", .n_faults = 1, .faults = &fault, .n_messages = 2, .messages = messages};

static const char *found(const char *text)
{
    static char copy[256];
    struct buf out;
    size_t n = 0;
    buf_init(&out, 4096);
    search_pack(&pack, text, &out, &n);
    snprintf(copy, sizeof copy, "%s", buf_cstr(&out));
    buf_free(&out);
    return copy;
}

static void titles_in_any_language_and_headlines_in_ours(void)
{
    CU_ASSERT_STRING_EQUAL(found("zu WARM"), "\"fridge/warm\"");
    CU_ASSERT_STRING_EQUAL(found("above the"), "\"fridge/warm\"");
    CU_ASSERT_STRING_EQUAL(found("Kühlraum"), "");
    CU_ASSERT_STRING_EQUAL(found("nothing"), "");
}

static void faults_by_label_and_number(void)
{
    CU_ASSERT_STRING_EQUAL(found("heizung"), "\"fridge/#21\"");
    CU_ASSERT_STRING_EQUAL(found("fault 21"), "\"fridge/#21\"");
    CU_ASSERT_STRING_EQUAL(found("fault"), "");
}

TESTS(STORY(titles_in_any_language_and_headlines_in_ours), STORY(faults_by_label_and_number))
