/* Values and moments as people of each language read them. */
#include "gateway/people/locale.h"
#include "tests/support/cu.h"

#include <math.h>
#include <stdio.h>

static const struct pack_metric temp = {.unit = "celsius", .precision = 0.1};
static const struct pack_metric door = {.unit = "bool", .precision = 1};
static const struct pack_metric count = {.unit = "count", .precision = 1};
static const struct pack_metric fan = {.unit = "rpm", .precision = 10};
static const struct pack_metric duty = {.unit = "percent", .precision = 0.5};
static const struct pack_metric odd = {.unit = "drops_per_bucket", .precision = 0.01};

static void expect(const char *language, const struct pack_metric *metric, double value,
                   const char *text)
{
    struct buf b;
    buf_init(&b, 256);
    locale_value(language, metric, value, &b);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), text);
    if (strcmp(buf_cstr(&b), text) != 0)
        printf("\n%s instead of %s\n", buf_cstr(&b), text);
    buf_free(&b);
}

static void values_by_language(void)
{
    expect("en", &temp, 9.1, "9.1\u00a0°C");
    expect("de", &temp, 9.14, "9,1\u00a0°C");
    expect("de-AT", &temp, 8, "8\u00a0°C");
    expect("en", &temp, -18.04, "-18\u00a0°C");
    expect("en", &temp, -0.01, "0\u00a0°C");
    expect("en", &door, 1, "yes");
    expect("de", &door, 0, "nein");
    expect("en", &count, 1234, "1234");
    expect("en", &count, 1234567, "1,234,567");
    expect("de", &count, -12345, "-12.345");
    expect("de", &fan, 1200, "1200\u00a0U/min");
    expect("en", &duty, 45.5, "45.5%");
    expect("de", &duty, 45.5, "45,5\u00a0%");
    expect("en", &odd, 0.25, "0.25\u00a0drops per bucket");
    expect("en", &temp, (double)NAN, "unknown");
    expect("de", NULL, (double)INFINITY, "unbekannt");
    expect("fr", &temp, 9.1, "9.1\u00a0°C"); /* no French here yet: English */
    expect("en", &temp, 1e300, "1e+300\u00a0°C");
}

static void moment(const char *language, int64_t at_ms, int64_t now_ms, const char *text)
{
    struct buf b;
    buf_init(&b, 256);
    locale_moment(language, NULL, at_ms, now_ms, &b);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), text);
    if (strcmp(buf_cstr(&b), text) != 0)
        printf("\n%s instead of %s\n", buf_cstr(&b), text);
    buf_free(&b);
}

static void moments_by_language(void)
{
    const int64_t noon = INT64_C(1792929600000); /* Sunday, 2026-10-25 12:00 UTC */
    const int64_t hour = 3600000;
    moment("en", noon + 5 * 60000, noon + hour, "12:05 UTC");
    moment("de", noon, noon + hour, "12:00\u00a0Uhr UTC");
    moment("en-US", noon + 3 * hour, noon + 4 * hour, "3:00\u00a0pm UTC");
    moment("en-US", noon - 12 * hour, noon, "12:00\u00a0am UTC");
    moment("en", noon - 24 * hour, noon, "Saturday, 24 October, 12:00 UTC");
    moment("de", noon - 24 * hour, noon, "Samstag, 24. Oktober, 12:00\u00a0Uhr UTC");
    moment("en-US", noon - 24 * hour, noon, "Saturday, October 24, 12:00\u00a0pm UTC");
    moment("en", noon - 365 * 24 * hour, noon, "Saturday, 25 October 2025, 12:00 UTC");
}

static void every_phrase_in_every_language(void)
{
    for (int p = 0; p < PHRASE_COUNT; p++) {
        CU_ASSERT_PTR_NOT_NULL(locale_phrase("en", (enum phrase)p));
        CU_ASSERT_PTR_NOT_NULL(locale_phrase("de", (enum phrase)p));
    }
    CU_ASSERT_STRING_EQUAL(locale_of("de-CH"), "de");
    CU_ASSERT_STRING_EQUAL(locale_of("den"), "en");
    CU_ASSERT_STRING_EQUAL(locale_of(""), "en");
}

TESTS(STORY(values_by_language), STORY(moments_by_language), STORY(every_phrase_in_every_language))
