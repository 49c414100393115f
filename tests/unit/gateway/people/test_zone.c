/* Local times from zone files, against what the C library makes of the same zones. */
#include "gateway/people/zone.h"
#include "gateway/people/zone_rule.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct zone *load(const char *name)
{
    char path[128];
    static uint8_t bytes[65536];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    struct zone *zone = NULL;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(zone_parse(slice_of(bytes, n), &zone, &e), 0);
    return zone;
}

static bool same(const struct zone *zone, int64_t utc_s)
{
    struct zone_time ours = zone_local(zone, utc_s * 1000);
    time_t t = (time_t)utc_s;
    struct tm theirs;
    localtime_r(&t, &theirs);
    return ours.year == theirs.tm_year + 1900 && ours.month == theirs.tm_mon + 1 &&
           ours.day == theirs.tm_mday && ours.hour == theirs.tm_hour &&
           ours.minute == theirs.tm_min && ours.second == theirs.tm_sec &&
           ours.weekday == theirs.tm_wday && ours.offset_s == theirs.tm_gmtoff;
}

/* 1950 to 2090 in steps that hit every hour of the day: listed changes and the rule. */
static void agrees_with_the_c_library(void)
{
    static const char *const names[] = {"Europe/Berlin",     "America/New_York", "Asia/Kolkata",
                                        "Australia/Sydney",  "Europe/Dublin",    "Asia/Tehran",
                                        "Pacific/Chatham",   "America/St_Johns", "UTC",
                                        "Africa/Casablanca", "America/Sao_Paulo"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct zone *zone = load(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        int wrong = 0;
        for (int64_t t = -631152000; t < INT64_C(3786912000); t += 86400 * 3 + 3601)
            wrong += !same(zone, t);
        CU_ASSERT_EQUAL(wrong, 0);
        if (wrong)
            printf("\n%s: %d wrong\n", names[i], wrong);
        zone_free(zone);
    }
}

static void changes_on_the_second(void)
{
    struct zone *berlin = load("Europe/Berlin");
    /* 2026-03-29 01:00:00 UTC */
    CU_ASSERT_EQUAL(zone_local(berlin, INT64_C(1774745999) * 1000).hour, 1);
    CU_ASSERT_EQUAL(zone_local(berlin, INT64_C(1774746000) * 1000).hour, 3);
    /* 2026-10-25 01:00:00 UTC: 02:59:59 summer time, then 02:00:00 */
    CU_ASSERT_EQUAL(zone_local(berlin, INT64_C(1792889999) * 1000).offset_s, 7200);
    CU_ASSERT_EQUAL(zone_local(berlin, INT64_C(1792890000) * 1000).offset_s, 3600);
    zone_free(berlin);
    zone_free(NULL);
}

static void nobodys_zone_is_utc(void)
{
    struct zone_time t = zone_local(NULL, -1);
    CU_ASSERT_EQUAL(t.year, 1969);
    CU_ASSERT_EQUAL(t.month, 12);
    CU_ASSERT_EQUAL(t.day, 31);
    CU_ASSERT_EQUAL(t.second, 59);
    CU_ASSERT_EQUAL(t.weekday, 3);
}

static void rules_of_all_forms(void)
{
    struct zone_rule r;
    CU_ASSERT_TRUE(zone_rule_parse(slice_str("<+0330>-3:30"), &r));
    CU_ASSERT_EQUAL(zone_rule_offset(&r, 0), 12600);
    CU_ASSERT_TRUE(zone_rule_parse(slice_str("IST-1GMT0,M10.5.0,M3.5.0/1"), &r));
    CU_ASSERT_EQUAL(zone_rule_offset(&r, 1767225600), 0);    /* January: "summer" time is less */
    CU_ASSERT_EQUAL(zone_rule_offset(&r, 1782864000), 3600); /* July */
    CU_ASSERT_TRUE(zone_rule_parse(slice_str("AAA3BBB,J60/0,300/-1:30"), &r));
    CU_ASSERT_EQUAL(zone_rule_offset(&r, days_from_date(2028, 2, 29) * 86400 + 86399), -10800);
    CU_ASSERT_EQUAL(zone_rule_offset(&r, days_from_date(2028, 3, 1) * 86400 + 10800), -7200);
    static const char *const wrong[] = {"",
                                        "X",
                                        "CET",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M13.1.0,M1.1.0",
                                        "CET-1CEST,M3.5.0,M10.5.0x",
                                        "CET-999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(zone_rule_parse(slice_str(wrong[i]), &r));
}

static void a_broken_file_is_refused_whole(void)
{
    static uint8_t bytes[65536];
    FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    struct err e;
    for (size_t cut = 0; cut < n - 40; cut += 7) {
        struct zone *zone = NULL;
        uint8_t *copy = malloc(cut + 1); /* exact size: an overread shows under ASan */
        memcpy(copy, bytes, cut);
        if (zone_parse(slice_of(copy, cut), &zone, &e) == 0)
            zone_free(zone);
        else
            CU_ASSERT_EQUAL(e.code, ERR_CORRUPT);
        free(copy);
    }
    struct zone *zone = NULL;
    CU_ASSERT_EQUAL(zone_parse(slice_str("not a zone"), &zone, &e), ERR_CORRUPT);
    CU_ASSERT_PTR_NULL(zone);
}

static void names_cannot_leave_the_folder(void)
{
    CU_ASSERT_TRUE(zone_name_ok("Europe/Berlin"));
    CU_ASSERT_TRUE(zone_name_ok("America/Argentina/Buenos_Aires"));
    CU_ASSERT_TRUE(zone_name_ok("Etc/GMT+3"));
    static const char *const wrong[] = {"",        "../etc/passwd", "/etc/passwd", "Europe/../../x",
                                        ".hidden", "a b",           "a\nb"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(zone_name_ok(wrong[i]));
}

TESTS(STORY(agrees_with_the_c_library), STORY(changes_on_the_second), STORY(nobodys_zone_is_utc),
      STORY(rules_of_all_forms), STORY(a_broken_file_is_refused_whole),
      STORY(names_cannot_leave_the_folder))
