/* One seed is one story; other seeds are other stories; no value is favoured. */
#include "base/rng.h"
#include "tests/support/cu.h"

static void a_seed_repeats(void)
{
    struct rng a, b, c;
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&c, 8);
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_next(&a);
        CU_ASSERT_EQUAL(x, rng_next(&b));
        differ += x != rng_next(&c);
    }
    CU_ASSERT_EQUAL(differ, 100);
}

/* The published generator from the state that splitmix64(0) gives. */
static void is_the_published_generator(void)
{
    struct rng r;
    rng_seed(&r, 0);
    CU_ASSERT_EQUAL(r.s[0], 0xe220a8397b1dcdafu);
    CU_ASSERT_EQUAL(r.s[1], 0x6e789e6aa1b965f4u);
    CU_ASSERT_EQUAL(rng_next(&r), 0x99ec5f36cb75f2b4u);
}

static void below_stays_below_and_is_even(void)
{
    struct rng r;
    rng_seed(&r, 42);
    int seen[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t x = rng_below(&r, 7);
        CU_ASSERT_FATAL(x < 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++)
        CU_ASSERT(seen[i] > 9500 && seen[i] < 10500);
    CU_ASSERT_EQUAL(rng_below(&r, 0), 0);
    CU_ASSERT_EQUAL(rng_below(&r, 1), 0);
}

static void unit_is_half_open(void)
{
    struct rng r;
    rng_seed(&r, 3);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = rng_unit(&r);
        CU_ASSERT_FATAL(x >= 0 && x < 1);
        sum += x;
    }
    CU_ASSERT(sum > 4800 && sum < 5200);
}

TESTS(STORY(a_seed_repeats), STORY(is_the_published_generator),
      STORY(below_stays_below_and_is_even), STORY(unit_is_half_open))
