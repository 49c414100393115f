#include "gateway/api/form/query.h"
#include "tests/support/cu.h"

#include <stdio.h>

static struct query q;
static struct problem p;

static void ask(const char *a, const char *b)
{
    memset(&q, 0, sizeof q);
    memset(&p, 0, sizeof p);
    if (a)
        query_add(&q, slice_str(a), &p);
    if (b)
        query_add(&q, slice_str(b), &p);
}

static void names_and_values_are_kept_apart(void)
{
    ask("q=a=b", "flag");
    CU_ASSERT_STRING_EQUAL(query_get(&q, "q"), "a=b");
    CU_ASSERT_STRING_EQUAL(query_get(&q, "flag"), "");
    CU_ASSERT_PTR_NULL(query_get(&q, "other"));
    CU_ASSERT_FALSE(problem_is(&p));
}

static void a_name_twice_is_named(void)
{
    ask("limit=1", "limit=2");
    CU_ASSERT_EQUAL(p.status, 400);
    CU_ASSERT_STRING_EQUAL(p.fields[0].field, "limit");
}

static void bad_bytes_are_refused(void)
{
    ask("q=\xff", NULL);
    CU_ASSERT_EQUAL(p.status, 400);
    ask("q=\x01", NULL);
    CU_ASSERT_EQUAL(p.status, 400);
    ask("q=\xed\xa0\x80", NULL); /* a surrogate */
    CU_ASSERT_EQUAL(p.status, 400);
    ask("q=\xc0\xaf", NULL); /* an overlong slash */
    CU_ASSERT_EQUAL(p.status, 400);
    ask("q=\xe2\x82\xac\xf0\x9f\x94\x94", NULL);
    CU_ASSERT_FALSE(problem_is(&p));
}

static void more_than_fits_is_refused(void)
{
    char name[16];
    ask(NULL, NULL);
    for (int i = 0; i <= QUERY_ARGS; i++) {
        CU_ASSERT_FALSE(problem_is(&p));
        snprintf(name, sizeof name, "n%d=1", i);
        query_add(&q, slice_str(name), &p);
    }
    CU_ASSERT_EQUAL(p.status, 400);
    static char large[QUERY_TEXT + 10];
    memset(large, 'x', sizeof large - 1);
    ask(large, NULL);
    CU_ASSERT_EQUAL(p.status, 400);
}

static void numbers_have_bounds(void)
{
    int64_t n = 100;
    ask("limit=500", NULL);
    query_int(&q, "limit", 1, 500, &n, &p);
    CU_ASSERT_EQUAL(n, 500);
    static const char *const bad[] = {"limit=0",   "limit=501", "limit=",  "limit=1x",
                                      "limit=0x1", "limit=1.5", "limit= 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        n = 7;
        ask(bad[i], NULL);
        query_int(&q, "limit", 1, 500, &n, &p);
        CU_ASSERT_EQUAL(p.status, 400);
        CU_ASSERT_EQUAL(n, 7);
    }
}

static void words_become_bits(void)
{
    static const char *const words[] = {"open", "acknowledged", "resolved", NULL};
    uint32_t bits = 0;
    ask("state=open,resolved", NULL);
    query_words(&q, "state", words, &bits, &p);
    CU_ASSERT_EQUAL(bits, 5);
    static const char *const bad[] = {"state=", "state=open,", "state=,open", "state=Open"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask(bad[i], NULL);
        query_words(&q, "state", words, &bits, &p);
        CU_ASSERT_EQUAL(p.status, 400);
    }
    CU_ASSERT_EQUAL(bits, 5);
}

static void a_near_miss_gets_the_likely_name(void)
{
    static const char *const known[] = {"severity", "limit", NULL};
    ask("severty=1", NULL);
    query_known(&q, known, &p);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.fields[0].detail, "severity"));
}

static void a_cursor_comes_back_as_it_went(void)
{
    int64_t in[3] = {2, INT64_C(1700000000000), -5}, out[3];
    char text[80];
    cursor_print(text, sizeof text, in, 3);
    CU_ASSERT_STRING_EQUAL(text, "2.1700000000000.-5");
    CU_ASSERT_TRUE(cursor_parse(text, out, 3));
    CU_ASSERT_EQUAL(memcmp(in, out, sizeof in), 0);
    CU_ASSERT_FALSE(cursor_parse(text, out, 2));
    CU_ASSERT_FALSE(cursor_parse("1.2", out, 3));
    CU_ASSERT_FALSE(cursor_parse("", out, 1));
    CU_ASSERT_FALSE(cursor_parse("1.x", out, 2));
    CU_ASSERT_FALSE(cursor_parse("99999999999999999999999999999", out, 1));
}

TESTS(STORY(names_and_values_are_kept_apart), STORY(a_name_twice_is_named),
      STORY(bad_bytes_are_refused), STORY(more_than_fits_is_refused), STORY(numbers_have_bounds),
      STORY(words_become_bits), STORY(a_near_miss_gets_the_likely_name),
      STORY(a_cursor_comes_back_as_it_went))
