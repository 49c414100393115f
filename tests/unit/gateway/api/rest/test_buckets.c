#include "gateway/api/rest/buckets.h"

#include "tests/support/cu.h"

#include <math.h>

static void few_samples_stay_as_they_are_in_the_order_of_time(void)
{
    struct buckets b;
    CU_ASSERT_TRUE_FATAL(buckets_init(&b, 1000, 2000, 3));
    buckets_add(&b, 2000, 3);
    buckets_add(&b, 1000, 1);
    buckets_add(&b, 1500, 2);
    buckets_add(&b, 999, 9);
    buckets_add(&b, 2001, 9);
    buckets_add(&b, 1200, NAN);
    CU_ASSERT_TRUE(buckets_exact(&b));
    CU_ASSERT_EQUAL(buckets_finish(&b), 3);
    for (size_t i = 0; i < 3; i++) {
        struct bucket_point p = buckets_point(&b, i);
        CU_ASSERT_EQUAL(p.at_ms, 1000 + (int64_t)i * 500);
        CU_ASSERT_EQUAL(p.min, (double)i + 1);
        CU_ASSERT_EQUAL(p.max, (double)i + 1);
    }
    buckets_free(&b);
}

static void many_samples_keep_their_extremes(void)
{
    struct buckets b;
    CU_ASSERT_TRUE_FATAL(buckets_init(&b, 0, 999, 10));
    for (int64_t at = 0; at < 1000; at++)
        buckets_add(&b, at, at == 555 ? -50 : (double)(at % 100));
    CU_ASSERT_FALSE(buckets_exact(&b));
    CU_ASSERT_EQUAL(buckets_finish(&b), 10);
    struct bucket_point p = buckets_point(&b, 5);
    CU_ASSERT_EQUAL(p.min, -50);
    CU_ASSERT_EQUAL(p.max, 99);
    CU_ASSERT_TRUE(p.at_ms >= 500 && p.at_ms < 600);
    p = buckets_point(&b, 0);
    CU_ASSERT_DOUBLE_EQUAL(p.avg, 49.5, 1e-9);
    buckets_free(&b);
}

static void empty_buckets_are_left_out(void)
{
    struct buckets b;
    CU_ASSERT_TRUE_FATAL(buckets_init(&b, 0, 999, 4));
    for (int i = 0; i < 5; i++) {
        buckets_add(&b, 10, 1);
        buckets_add(&b, 990, 2);
    }
    CU_ASSERT_EQUAL(buckets_finish(&b), 2);
    CU_ASSERT_EQUAL(buckets_point(&b, 0).at_ms, 10);
    CU_ASSERT_EQUAL(buckets_point(&b, 1).at_ms, 990);
    buckets_free(&b);
}

static void the_longest_span_does_not_overflow(void)
{
    struct buckets b;
    CU_ASSERT_TRUE_FATAL(buckets_init(&b, 0, INT64_C(253402300799999), 2));
    buckets_add(&b, 0, 1);
    buckets_add(&b, INT64_C(253402300799999), 2);
    buckets_add(&b, 5, 1);
    CU_ASSERT_EQUAL(buckets_finish(&b), 2);
    CU_ASSERT_EQUAL(buckets_point(&b, 1).max, 2);
    buckets_free(&b);
}

TESTS(STORY(few_samples_stay_as_they_are_in_the_order_of_time),
      STORY(many_samples_keep_their_extremes), STORY(empty_buckets_are_left_out),
      STORY(the_longest_span_does_not_overflow))
