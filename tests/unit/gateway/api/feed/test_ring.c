#include "gateway/api/feed/ring.h"

#include "base/err.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <string.h>

static struct feed_ring *r;

static int push(int64_t no, const char *text)
{
    return feed_ring_push(r, no, text, strlen(text));
}

/* What a client with this cursor would get, joined by '|'. */
static const char *all_after(int64_t cursor)
{
    static char out[512];
    const char *text;
    size_t len, used = 0;
    out[0] = 0;
    while ((text = feed_ring_next(r, cursor, &cursor, &len)))
        used += (size_t)snprintf(out + used, sizeof out - used, "%.*s|", (int)len, text);
    return out;
}

static void each_client_reads_from_its_own_cursor(void)
{
    r = feed_ring_new(8, 100);
    push(3, "three");
    push(4, "four");
    push(9, "nine");
    CU_ASSERT_STRING_EQUAL(all_after(0), "three|four|nine|");
    CU_ASSERT_STRING_EQUAL(all_after(3), "four|nine|");
    CU_ASSERT_STRING_EQUAL(all_after(5), "nine|");
    CU_ASSERT_STRING_EQUAL(all_after(9), "");
    push(9, "again");
    push(8, "late");
    CU_ASSERT_STRING_EQUAL(all_after(5), "nine|");
    feed_ring_free(r);
}

static void the_oldest_give_way_and_the_ring_says_so(void)
{
    r = feed_ring_new(3, 100);
    CU_ASSERT_TRUE(feed_ring_covers(r, 0));
    for (int64_t no = 1; no <= 5; no++)
        push(no, "x");
    CU_ASSERT_STRING_EQUAL(all_after(0), "x|x|x|");
    CU_ASSERT_FALSE(feed_ring_covers(r, 1));
    CU_ASSERT_TRUE(feed_ring_covers(r, 2));
    feed_ring_free(r);
}

static void bytes_wrap_without_touching_what_is_still_here(void)
{
    char text[40];
    r = feed_ring_new(100, 64);
    for (int64_t no = 1; no < 2000; no++) {
        size_t len = (size_t)(no * 7 % 31) + 4;
        snprintf(text, sizeof text, "%04d", (int)no);
        memset(text + 4, 'a' + (int)(no % 26), sizeof text - 4);
        feed_ring_push(r, no, text, len);
        int64_t at = 0, expected = 0;
        size_t got_len;
        const char *got;
        while ((got = feed_ring_next(r, at, &at, &got_len))) {
            char head[5];
            snprintf(head, sizeof head, "%04d", (int)at);
            CU_ASSERT_EQUAL(memcmp(got, head, 4), 0);
            CU_ASSERT_EQUAL(got_len, (size_t)(at * 7 % 31) + 4);
            for (size_t i = 4; i < got_len; i++)
                CU_ASSERT_EQUAL(got[i], 'a' + (char)(at % 26));
            CU_ASSERT_TRUE(!expected || at == expected);
            expected = at + 1;
        }
        CU_ASSERT_EQUAL(expected, no + 1); /* the newest is always here */
    }
    feed_ring_free(r);
}

static void an_event_larger_than_the_ring_leaves_a_gap_that_is_known(void)
{
    r = feed_ring_new(8, 4);
    push(1, "one");
    CU_ASSERT_EQUAL(push(2, "too large"), ERR_LIMIT);
    CU_ASSERT_FALSE(feed_ring_covers(r, 1));
    CU_ASSERT_TRUE(feed_ring_covers(r, 2));
    push(3, "tri");
    CU_ASSERT_STRING_EQUAL(all_after(2), "tri|");
    feed_ring_free(r);
}

static void a_ring_begins_where_the_store_ended(void)
{
    r = feed_ring_new(8, 64);
    feed_ring_start(r, 40);
    CU_ASSERT_EQUAL(feed_ring_last(r), 40);
    CU_ASSERT_FALSE(feed_ring_covers(r, 39));
    CU_ASSERT_TRUE(feed_ring_covers(r, 40));
    feed_ring_free(r);
}

TESTS(STORY(each_client_reads_from_its_own_cursor), STORY(the_oldest_give_way_and_the_ring_says_so),
      STORY(bytes_wrap_without_touching_what_is_still_here),
      STORY(an_event_larger_than_the_ring_leaves_a_gap_that_is_known),
      STORY(a_ring_begins_where_the_store_ended))
