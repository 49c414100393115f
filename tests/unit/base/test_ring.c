/* Records come out whole and in order, with the two ends on two threads. */
#include "base/ring.h"
#include "tests/support/cu.h"

#include <pthread.h>
#include <sched.h>

static void empty_then_one(void)
{
    struct ring *r = ring_new(256);
    struct slice record;
    CU_ASSERT_FALSE(ring_peek(r, &record));
    ring_pop(r); /* nothing to pop: nothing happens */
    CU_ASSERT_TRUE(ring_push(r, slice_str("head "), slice_str("body")));
    CU_ASSERT_TRUE(ring_peek(r, &record));
    CU_ASSERT_TRUE(slice_is(record, "head body"));
    ring_pop(r);
    CU_ASSERT_FALSE(ring_peek(r, &record));
    CU_ASSERT_EQUAL(ring_used(r), 0);
    ring_free(r);
}

static void a_record_that_does_not_fit_is_counted(void)
{
    struct ring *r = ring_new(64);
    uint8_t big[64] = {0};
    CU_ASSERT_FALSE(ring_push(r, slice_of(big, 64), slice_of(NULL, 0)));
    CU_ASSERT_TRUE(ring_push(r, slice_of(big, 60), slice_of(NULL, 0))); /* exactly full */
    CU_ASSERT_FALSE(ring_push(r, slice_of(NULL, 0), slice_of(NULL, 0)));
    CU_ASSERT_EQUAL(ring_dropped(r), 2);
    ring_pop(r);
    CU_ASSERT_TRUE(ring_push(r, slice_of(NULL, 0), slice_of(NULL, 0)));
    ring_free(r);
}

static void wraps_in_order(void)
{
    struct ring *r = ring_new(128);
    uint32_t in = 0, out = 0;
    for (int turn = 0; turn < 1000; turn++) {
        uint8_t body[40];
        size_t len = 4 + (size_t)(turn * 7) % 36;
        memset(body, (int)(in & 0xff), sizeof body);
        memcpy(body, &in, 4);
        if (ring_push(r, slice_of(body, 2), slice_of(body + 2, len - 2)))
            in++;
        struct slice record;
        if (turn % 3 != 0 && ring_peek(r, &record)) {
            CU_ASSERT_EQUAL_FATAL(memcmp(record.ptr, &out, 4), 0);
            out++;
            ring_pop(r);
        }
    }
    CU_ASSERT(in > 300);
    CU_ASSERT(out > 300);
    ring_free(r);
}

#define MANY 200000

static void *produce(void *arg)
{
    for (uint32_t i = 0; i < MANY;) {
        uint8_t body[64];
        memset(body, (int)(i & 0xff), sizeof body);
        if (ring_push(arg, slice_of(&i, sizeof i), slice_of(body, i % 61)))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

static bool intact(struct slice record, uint32_t i)
{
    if (record.len != 4 + i % 61 || memcmp(record.ptr, &i, 4) != 0)
        return false;
    for (size_t k = 4; k < record.len; k++)
        if (record.ptr[k] != (uint8_t)(i & 0xff))
            return false;
    return true;
}

static void two_threads_lose_and_mix_nothing(void)
{
    struct ring *r = ring_new(4096);
    pthread_t producer;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&producer, NULL, produce, r), 0);
    uint32_t broken = 0;
    for (uint32_t i = 0; i < MANY;) {
        struct slice record;
        if (!ring_peek(r, &record)) {
            sched_yield();
            continue;
        }
        broken += !intact(record, i);
        ring_pop(r);
        i++;
    }
    pthread_join(producer, NULL);
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT_EQUAL(ring_used(r), 0);
    ring_free(r);
    ring_free(NULL);
}

TESTS(STORY(empty_then_one), STORY(a_record_that_does_not_fit_is_counted), STORY(wraps_in_order),
      STORY(two_threads_lose_and_mix_nothing))
