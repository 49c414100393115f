#include "gateway/api/metrics/metrics.h"
#include "tests/support/cu.h"

static void a_family_is_help_type_and_values(void)
{
    struct buf out;
    buf_init(&out, 4096);
    struct metrics m = {&out, NULL};
    metrics_family(&m, "tocsin_alerts_total", METRICS_COUNTER, "Alerts opened.");
    metrics_labelled(&m, "severity", "major", 3);
    metrics_family(&m, "tocsin_up", METRICS_GAUGE, "Broker session.");
    metrics_value(&m, 0.5);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&out), "# HELP tocsin_alerts_total Alerts opened.\n"
                                           "# TYPE tocsin_alerts_total counter\n"
                                           "tocsin_alerts_total{severity=\"major\"} 3\n"
                                           "# HELP tocsin_up Broker session.\n"
                                           "# TYPE tocsin_up gauge\n"
                                           "tocsin_up 0.5\n");
    buf_free(&out);
}

static void a_label_cannot_break_the_line(void)
{
    struct buf out;
    buf_init(&out, 4096);
    struct metrics m = {&out, "x"};
    metrics_labelled(&m, "reason", "a\"b\\c\nd", 1);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&out), "x{reason=\"a\\\"b\\\\c\\nd\"} 1\n");
    buf_free(&out);
}

static void a_histogram_counts_up_to_each_bound(void)
{
    struct metrics_histogram h = {0};
    metrics_histogram_add(&h, 0.001);
    metrics_histogram_add(&h, 0.2);
    metrics_histogram_add(&h, 60);
    struct buf out;
    buf_init(&out, 8192);
    struct metrics m = {&out, NULL};
    metrics_histogram_put(&m, "t_seconds", "Time.", &h);
    const char *text = buf_cstr(&out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "t_seconds_bucket{le=\"0.001\"} 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "t_seconds_bucket{le=\"0.1\"} 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "t_seconds_bucket{le=\"0.25\"} 2\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "t_seconds_bucket{le=\"+Inf\"} 3\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "t_seconds_count 3\n"));
    buf_free(&out);
}

TESTS(STORY(a_family_is_help_type_and_values), STORY(a_label_cannot_break_the_line),
      STORY(a_histogram_counts_up_to_each_bound))
