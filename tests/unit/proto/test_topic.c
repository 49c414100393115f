/* Topics: what we make we can read, and nothing else gets through. */
#include "tests/support/cu.h"

#include "proto/topic.h"

static void a_device_has_two_topics(void)
{
    char topic[TOPIC_MAX];
    struct slice id;
    topic_of(topic, TOPIC_UP, slice_str("fridge-1"));
    CU_ASSERT_STRING_EQUAL(topic, "tocsin/up/fridge-1");
    CU_ASSERT_EQUAL(topic_parse(slice_str(topic), &id), TOPIC_UP);
    CU_ASSERT(slice_is(id, "fridge-1"));
    topic_of(topic, TOPIC_DOWN, slice_str("fridge-1"));
    CU_ASSERT_EQUAL(topic_parse(slice_str(topic), &id), TOPIC_DOWN);
}

static void odd_names_are_none_of_ours(void)
{
    static const char *const odd[] = {
        "",
        "tocsin/up/",
        "tocsin/up",
        "tocsin/up/a/b",
        "tocsin/up/..",
        "tocsin/up/+",
        "tocsin/up/#",
        "tocsin/up/a b",
        "other/up/a",
        "tocsin/up/12345678901234567890123456789012345678901234567890123456789012345",
    };
    struct slice id;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CU_ASSERT_EQUAL(topic_parse(slice_str(odd[i]), &id), TOPIC_NONE);
}

TESTS(STORY(a_device_has_two_topics), STORY(odd_names_are_none_of_ours))
