/* What the library's threads say, in order and bounded. */
#include "net/paho/inbox.h"
#include "tests/support/cu.h"

static int woken;

static void wake(void *arg)
{
    (void)arg;
    woken++;
}

static void order_is_kept_across_kinds(void)
{
    struct inbox in;
    struct event up = {.type = EV_UP}, lost = {.type = EV_LOST};
    inbox_init(&in, 4096, wake, NULL);
    woken = 0;
    inbox_post(&in, &up);
    inbox_message(&in, slice_str("t"), slice_str("hello"));
    inbox_post(&in, &lost);
    CU_ASSERT_EQUAL(woken, 3);
    struct event *first = inbox_take(&in);
    CU_ASSERT_PTR_NULL(inbox_take(&in));
    CU_ASSERT_EQUAL(first->type, EV_UP);
    struct event *message = first->next;
    CU_ASSERT_EQUAL(message->type, EV_MESSAGE);
    CU_ASSERT_TRUE(slice_is(message->payload, "hello"));
    CU_ASSERT_EQUAL(message->next->type, EV_LOST);
    inbox_give_back(&in, &lost);
    inbox_give_back(&in, message);
    inbox_give_back(&in, &up);
    inbox_done(&in);
}

static void an_event_that_waits_is_not_posted_twice(void)
{
    struct inbox in;
    struct event up = {.type = EV_UP};
    inbox_init(&in, 4096, wake, NULL);
    inbox_post(&in, &up);
    inbox_post(&in, &up);
    struct event *taken = inbox_take(&in);
    CU_ASSERT_PTR_NULL(taken->next);
    inbox_post(&in, &up); /* taken, but not yet given back */
    CU_ASSERT_PTR_NULL(inbox_take(&in));
    inbox_give_back(&in, &up);
    inbox_post(&in, &up);
    CU_ASSERT_PTR_EQUAL(inbox_take(&in), &up);
    inbox_give_back(&in, &up);
    inbox_done(&in);
}

static void messages_past_the_bound_are_dropped_and_counted(void)
{
    struct inbox in;
    struct event lost = {.type = EV_LOST};
    static char big[1000];
    inbox_init(&in, 3000, wake, NULL);
    for (int i = 0; i < 5; i++)
        inbox_message(&in, slice_str("t"), slice_of(big, sizeof big));
    CU_ASSERT_EQUAL(inbox_dropped(&in), 3);
    inbox_post(&in, &lost); /* what is not a message always has its place */
    int n = 0;
    struct event *next;
    for (struct event *event = inbox_take(&in); event; event = next, n++) {
        next = event->next;
        inbox_give_back(&in, event);
    }
    CU_ASSERT_EQUAL(n, 3);
    inbox_message(&in, slice_str("t"), slice_of(big, sizeof big)); /* there is room again */
    CU_ASSERT_EQUAL(inbox_dropped(&in), 3);
    inbox_done(&in); /* frees what nobody took */
}

TESTS(STORY(order_is_kept_across_kinds), STORY(an_event_that_waits_is_not_posted_twice),
      STORY(messages_past_the_bound_are_dropped_and_counted))
