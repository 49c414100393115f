/* Waits grow to a cap, are spread out, and only a lasting success resets them. */
#include "base/backoff.h"
#include "tests/support/cu.h"

static int64_t longest_of(struct backoff b, int n)
{
    struct rng rng;
    rng_seed(&rng, 11);
    int64_t longest = 0;
    for (int i = 0; i < n; i++) {
        struct backoff again = b;
        int64_t wait = backoff_fail(&again, &rng);
        CU_ASSERT_FATAL(wait >= b.floor_ms && wait <= b.cap_ms);
        if (wait > longest)
            longest = wait;
    }
    return longest;
}

static void the_ceiling_doubles_up_to_the_cap(void)
{
    struct backoff b;
    struct rng rng;
    rng_seed(&rng, 1);
    backoff_init(&b, 100, 1000, 60000);
    static const int64_t ceilings[] = {100, 200, 400, 800, 1000, 1000, 1000};
    for (int i = 0; i < 7; i++) {
        int64_t longest = longest_of(b, 2000);
        CU_ASSERT(longest <= ceilings[i]);
        CU_ASSERT(longest * 100 > ceilings[i] * 95);
        backoff_fail(&b, &rng);
    }
}

static void two_devices_do_not_march_in_step(void)
{
    struct backoff a, b;
    struct rng ra, rb;
    rng_seed(&ra, 1);
    rng_seed(&rb, 2);
    backoff_init(&a, 10, 100000, 60000);
    backoff_init(&b, 10, 100000, 60000);
    int same = 0;
    for (int i = 0; i < 20; i++)
        same += backoff_fail(&a, &ra) == backoff_fail(&b, &rb);
    CU_ASSERT(same < 5);
}

static void a_session_that_dies_young_does_not_reset(void)
{
    struct backoff b;
    struct rng rng;
    rng_seed(&rng, 1);
    backoff_init(&b, 100, 1000, 60000);
    for (int i = 0; i < 5; i++)
        backoff_fail(&b, &rng);
    backoff_session(&b, 59999);
    CU_ASSERT_EQUAL(b.failures, 5);
    backoff_session(&b, 60000);
    CU_ASSERT_EQUAL(b.failures, 0);
}

static void failing_for_ever_does_not_overflow(void)
{
    struct backoff b;
    struct rng rng;
    rng_seed(&rng, 1);
    backoff_init(&b, 1, INT64_MAX / 4, 60000);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_FATAL(backoff_fail(&b, &rng) >= 1);
}

TESTS(STORY(the_ceiling_doubles_up_to_the_cap), STORY(two_devices_do_not_march_in_step),
      STORY(a_session_that_dies_young_does_not_reset), STORY(failing_for_ever_does_not_overflow))
