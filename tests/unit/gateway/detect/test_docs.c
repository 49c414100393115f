/* The examples of docs/rules.md are true. */
#include "tests/unit/gateway/detect/fixture.h"

#include "base/table.h"

#include <stdlib.h>

static struct bench b;
static char rule[512];

static void tell_metric(int64_t at, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        if (strcmp(metrics[i].name, name) != 0)
            continue;
        say(&b, metrics[i].id, at, strtod(value, NULL));
        return;
    }
    CU_FAIL("no such metric");
}

static void check_answer(unsigned line, int64_t at, const char *want)
{
    static const char *const answers[] = {"unknown", "no", "yes"};
    until(&b, at);
    const char *got = answers[1 + holds(&b)];
    if (strcmp(got, want) != 0)
        printf("\n  docs/rules.md:%u: %s\n  says %s, is %s\n", line, rule, want, got);
    CU_ASSERT_STRING_EQUAL(got, want);
}

/* One line of a block: "rule EXPR", "TIME METRIC VALUE", "TIME fault NAME on",
 * "TIME cycle NAME begin" or "TIME => ANSWER". True for an answer. */
static bool run_line(unsigned line, char *text)
{
    char none[] = "", *word[4] = {none, none, none, none};
    int64_t at = 0;
    if (strncmp(text, "rule ", 5) == 0) {
        snprintf(rule, sizeof rule, "%s", text + 5);
        bench_one(&b, rule, 0, "");
        return false;
    }
    char *save = NULL;
    for (size_t i = 0; i < 4; i++) {
        char *w = strtok_r(i ? NULL : text, " ", &save);
        word[i] = w ? w : word[i];
    }
    CU_ASSERT_EQUAL_FATAL(parse_duration_ms(word[0], &at), 0);
    at += 1000 * (int64_t)D;
    if (strcmp(word[1], "=>") == 0) {
        check_answer(line, at, word[2]);
        return true;
    }
    if (strcmp(word[1], "fault") == 0)
        fault_is(&b, strcmp(word[2], "heater_open") == 0 ? HEATER : FAN, at,
                 strcmp(word[3], "on") == 0);
    else if (strcmp(word[1], "cycle") == 0)
        detect_cycle(b.d, bench_sink(&b), DEFROST, 0, at,
                     strcmp(word[3], "begin") == 0 ? CYCLE_BEGIN : CYCLE_END);
    else
        tell_metric(at, word[1], word[2]);
    return false;
}

static void every_example_is_true(void)
{
    char text[1024];
    FILE *file = fopen("docs/rules.md", "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    bool inside = false;
    unsigned line = 0, answers = 0;
    while (fgets(text, sizeof text, file)) {
        line++;
        text[strcspn(text, "\n")] = '\0';
        if (inside && strcmp(text, "```") == 0) {
            inside = false;
            bench_end(&b);
        } else if (inside) {
            answers += run_line(line, text);
        } else {
            inside = strcmp(text, "```example") == 0;
        }
    }
    fclose(file);
    CU_ASSERT_TRUE(answers > 30);
}

/* Each function that the compiler knows has a place in the page. */
static void every_function_is_described(void)
{
    static const char *const functions[] = {"last",  "min",   "max",   "avg",     "sum",
                                            "count", "rate",  "delta", "slope",   "duty",
                                            "since", "fault", "cycle", "changed", "absent"};
    static char page[65536];
    FILE *file = fopen("docs/rules.md", "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        char example[32];
        snprintf(example, sizeof example, "%s(", functions[i]);
        const char *heading = strstr(page, "## Functions");
        CU_ASSERT_PTR_NOT_NULL(strstr(heading, example));
    }
}

TESTS(STORY(every_example_is_true), STORY(every_function_is_described))
