#include "gateway/api/access/throttle.h"
#include "tests/support/cu.h"

#include <stdio.h>

static struct throttle t;
static const struct throttle_rule rule = {5, 30000, 900000, 3600000};

static int64_t after_failures(uint64_t key, int n, int64_t now_ms)
{
    for (int i = 0; i < n; i++)
        throttle_fail(&t, key, rule, now_ms);
    return throttle_wait(&t, key, now_ms);
}

static void some_mistakes_are_free_then_each_costs_twice_as_much(void)
{
    throttle_init(&t, 1);
    uint64_t key = throttle_key(&t, 'u', "anna", "");
    CU_ASSERT_EQUAL(after_failures(key, 4, 0), 0);
    CU_ASSERT_EQUAL(after_failures(key, 1, 0), 30000);
    CU_ASSERT_EQUAL(throttle_wait(&t, key, 29999), 1);
    CU_ASSERT_EQUAL(throttle_wait(&t, key, 30000), 0);
    CU_ASSERT_EQUAL(after_failures(key, 1, 30000), 60000);
    CU_ASSERT_EQUAL(after_failures(key, 30, 100000), 900000);
}

static void an_hour_without_mistakes_starts_again(void)
{
    throttle_init(&t, 1);
    uint64_t key = throttle_key(&t, 'u', "anna", "");
    after_failures(key, 4, 0);
    CU_ASSERT_EQUAL(after_failures(key, 1, 3600001), 0);
}

static void a_right_password_clears_the_key(void)
{
    throttle_init(&t, 1);
    uint64_t key = throttle_key(&t, 'u', "anna", "");
    after_failures(key, 5, 0);
    throttle_forget(&t, key);
    CU_ASSERT_EQUAL(throttle_wait(&t, key, 0), 0);
}

static void keys_do_not_run_into_each_other(void)
{
    throttle_init(&t, 1);
    CU_ASSERT_NOT_EQUAL(throttle_key(&t, 'b', "ab", "c"), throttle_key(&t, 'b', "a", "bc"));
    CU_ASSERT_NOT_EQUAL(throttle_key(&t, 'a', "x", ""), throttle_key(&t, 'u', "x", ""));
    after_failures(throttle_key(&t, 'u', "anna", ""), 9, 0);
    CU_ASSERT_EQUAL(throttle_wait(&t, throttle_key(&t, 'u', "bob", ""), 0), 0);
}

static void a_flood_of_strangers_does_not_free_the_one_who_guesses_now(void)
{
    char name[32];
    throttle_init(&t, 7);
    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof name, "stranger %d", i);
        throttle_fail(&t, throttle_key(&t, 'u', name, ""), rule, i);
    }
    uint64_t key = throttle_key(&t, 'u', "anna", "");
    CU_ASSERT_EQUAL(after_failures(key, 5, 200000), 30000);
}

TESTS(STORY(some_mistakes_are_free_then_each_costs_twice_as_much),
      STORY(an_hour_without_mistakes_starts_again), STORY(a_right_password_clears_the_key),
      STORY(keys_do_not_run_into_each_other),
      STORY(a_flood_of_strangers_does_not_free_the_one_who_guesses_now))
