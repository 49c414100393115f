/* The ring between Paho's thread and the loop. */
#include "gateway/intake/intake.h"

#include "tests/support/cu.h"

#include <string.h>

static int wakes;

static void wake(void *arg)
{
    (void)arg;
    wakes++;
}

static struct intake *make(size_t cap)
{
    struct intake *in = NULL;
    struct intake_config config = {.cap_bytes = cap, .own_id = "gw", .wake = wake};
    wakes = 0;
    CU_ASSERT_EQUAL_FATAL(intake_new(&config, &in), 0);
    return in;
}

static void words_keep_their_order_and_their_sender(void)
{
    struct intake *in = make(1 << 16);
    struct intake_message m;
    intake_push(in, slice_str("tocsin/up/a-1"), slice_str("one"), 11);
    intake_push(in, slice_str("tocsin/echo/gw"), slice_str("two"), 12);
    CU_ASSERT_EQUAL(wakes, 2);
    CU_ASSERT_FATAL(intake_peek(in, &m));
    CU_ASSERT(m.kind == INTAKE_UP && slice_is(m.device, "a-1") && slice_is(m.payload, "one"));
    CU_ASSERT_EQUAL(m.arrived_ms, 11);
    intake_pop(in);
    CU_ASSERT_FATAL(intake_peek(in, &m));
    CU_ASSERT(m.kind == INTAKE_ECHO && slice_is(m.payload, "two"));
    intake_pop(in);
    CU_ASSERT_FALSE(intake_peek(in, &m));
    intake_free(in);
}

static void strangers_topics_are_counted_and_take_no_room(void)
{
    struct intake *in = make(1 << 16);
    struct intake_stats s;
    static const char *const topics[] = {"",
                                         "tocsin/up/",
                                         "tocsin/up/a/b",
                                         "tocsin/up/..",
                                         "tocsin/echo/other",
                                         "tocsin/down/a",
                                         "$SYS/x"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        intake_push(in, slice_str(topics[i]), slice_str("x"), 0);
    intake_stats(in, &s);
    CU_ASSERT_EQUAL(s.refused_topic, 7);
    CU_ASSERT_EQUAL(s.used_bytes, 0);
    intake_free(in);
}

/* holds: BOUND-4 */
static void a_full_ring_drops_and_counts_and_goes_on(void)
{
    struct intake *in = make(4096);
    struct intake_stats s;
    struct intake_message m;
    char text[1000] = {0};
    for (int i = 0; i < 20; i++)
        intake_push(in, slice_str("tocsin/up/a"), slice_of(text, sizeof text), i);
    intake_stats(in, &s);
    CU_ASSERT(s.dropped_full > 10);
    CU_ASSERT_EQUAL(s.taken + s.dropped_full, 20);
    int n = 0;
    for (; intake_peek(in, &m); n++)
        intake_pop(in);
    CU_ASSERT_EQUAL((uint64_t)n, s.taken);
    intake_push(in, slice_str("tocsin/up/a"), slice_str("again"), 99);
    CU_ASSERT(intake_peek(in, &m) && m.arrived_ms == 99);
    intake_free(in);
}

TESTS(STORY(words_keep_their_order_and_their_sender),
      STORY(strangers_topics_are_counted_and_take_no_room),
      STORY(a_full_ring_drops_and_counts_and_goes_on))
