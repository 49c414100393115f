/* A pack's folder with mistakes: each is told by its place, all at once. */
#include "ctl/pack/ledger.h"
#include "ctl/pack/source.h"

#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct pack_source src;
static struct report report;

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static const char good_pack[] =
    "pack: fridge\nmodels: [\"CK-*\"]\nmetrics:\n"
    "  1: {name: temp, kind: gauge, unit: celsius, precision: 0.1, purpose: safety}\n"
    "  2: {name: door, kind: state, unit: bool, purpose: usage}\n"
    "faults:\n  21: {name: heater, severity: major}\n";
static const char good_rules[] = "rules:\n"
                                 "  - rule: warm\n"
                                 "    when: min(temp, 10m) > 8 celsius\n"
                                 "    for: 20m\n"
                                 "    severity: critical\n"
                                 "    tell: [customer]\n";
static const char good_en[] =
    "language: en\nfamily: Fridge\nmetrics: {temp: T, door: D}\n"
    "faults: {heater: H}\nmessages:\n"
    "  warm: {title: Warm, body: \"{value} over {limit} since {since}\"}\n";

/* A good folder, which each story then spoils. */
static void fresh(void)
{
    char path[128];
    snprintf(dir, sizeof dir, "/tmp/tocsin-pack-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/messages", dir);
    mkdir(path, 0700);
    put("pack.yaml", good_pack);
    put("rules.yaml", good_rules);
    put("messages/en.yaml", good_en);
}

static void look(void)
{
    report_init(&report);
    if (source_read(dir, &src, &report))
        source_check(&src, &report);
}

static void away(void)
{
    static const char *const files[] = {
        "pack.yaml", "rules.yaml", "messages/en.yaml", "messages/de.yaml", "ids.lock", "messages",
        ""};
    source_free(&src);
    report_free(&report);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        if (remove(path) != 0 && !strstr(files[i], "de.yaml") && !strstr(files[i], "ids.lock"))
            CU_FAIL("left something behind");
    }
}

/* Some mistake stands at file:line:col and says so. */
static void expect_mistake(const char *place, const char *part)
{
    for (const char *s = report_next(&report, NULL); s; s = report_next(&report, s)) {
        const char *at = strstr(s, place);
        if (at && at[strlen(place)] == ':' && strstr(at, part))
            return;
    }
    printf("\n  expected %s: ...%s..., got:\n", place, part);
    for (const char *s = report_next(&report, NULL); s; s = report_next(&report, s))
        printf("    %s\n", s);
    CU_FAIL("not told");
}

static void a_good_folder_has_no_mistakes(void)
{
    fresh();
    look();
    CU_ASSERT_EQUAL(report.count, 0);
    CU_ASSERT_EQUAL(src.pack.n_metrics, 2);
    CU_ASSERT_EQUAL(src.pack.metrics[0].exponent, -1);
    CU_ASSERT_STRING_EQUAL(src.pack.metrics[0].labels[0].text, "T");
    CU_ASSERT_EQUAL(src.pack.rules[0].for_ms, 1200000);
    CU_ASSERT_STRING_EQUAL(src.pack.rules[0].message, "warm");
    away();
}

static void all_mistakes_are_told_at_once(void)
{
    fresh();
    put("pack.yaml",
        "pack: Fridge\nmodles: [x]\nmetrics:\n"
        "  0: {name: temp, kind: gauge, unit: celsius, precision: 1, purpose: safety}\n"
        "  2: {name: door, kind: stat, unit: celcius, purpose: usage}\n"
        "  3: {name: rpm, kind: gauge, unit: rpm, precision: 12x, purpose: usage, "
        "stale_after: 5}\n"
        "  4: {name: door, kind: state, unit: bool, purpose: usage}\n");
    look();
    expect_mistake("pack.yaml:1:7", "found \"Fridge\"");
    expect_mistake("pack.yaml:2:1", "did you mean \"models\"?");
    expect_mistake("pack.yaml:4:3", "expected an id from 1 to");
    expect_mistake("pack.yaml:5:25", "did you mean \"state\"?");
    expect_mistake("pack.yaml:5:37", "did you mean \"celsius\"?");
    expect_mistake("pack.yaml:6:53", "found \"12x\", expected a number");
    expect_mistake("pack.yaml:6:87", "expected a duration");
    expect_mistake("pack.yaml:1:1", "two with the name \"door\"");
    away();
}

static void a_rule_over_several_lines_keeps_its_places(void)
{
    fresh();
    put("rules.yaml", "rules:\n"
                      "  - rule: warm\n"
                      "    when: min(temp, 10m) > 8 celsius\n"
                      "      and not max(dor, 10m)\n"
                      "    clear: >\n"
                      "      max(temp, 10m) < 6 celsius\n"
                      "      or tmep > 3 celsius\n"
                      "    severity: hihg\n"
                      "    tell: [custmer]\n"
                      "    for: 20\n");
    look();
    expect_mistake("rules.yaml:4:19", "found \"dor\"");
    expect_mistake("rules.yaml:8:15", "found \"hihg\", expected minor, major or critical");
    expect_mistake("rules.yaml:9:12", "did you mean \"customer\"?");
    expect_mistake("rules.yaml:10:10", "expected a duration");
    away();
    fresh();
    put("rules.yaml", "rules:\n"
                      "  - rule: warm\n"
                      "    when: temp > 8 celsius\n"
                      "    clear: >\n"
                      "      max(temp, 10m) < 6 celsius\n"
                      "      or tmep > 3 celsius\n"
                      "    severity: minor\n"
                      "    tell: []\n"
                      "  - {rule: warm, when: door, severity: minor, tell: []}\n");
    look();
    expect_mistake("rules.yaml:6:10", "found \"tmep\"");
    expect_mistake("rules.yaml:9:5", "a second time");
    away();
}

static void texts_must_fit_their_rules_and_each_other(void)
{
    fresh();
    put("messages/de.yaml", "language: en\nfamily: K\nmetrics: {temp: T, dor: D}\n"
                            "faults: {heater: H}\nmessages:\n  cold: {title: t, body: b}\n");
    put("messages/en.yaml", "language: en\nfamily: Fridge\nmetrics: {temp: T, door: D}\n"
                            "faults: {heater: H}\nmessages:\n"
                            "  warm: {title: Warm, body: \"{valeu} {device_name}\"}\n");
    look();
    expect_mistake("messages/de.yaml:1:11", "expected \"de\"");
    expect_mistake("messages/de.yaml:3:20", "found \"dor\"");
    expect_mistake("messages/de.yaml:6:3", "which no rule uses");
    expect_mistake("messages/en.yaml:6:29", "did you mean \"value\"?");
    expect_mistake("rules.yaml:2:5", "found no message \"warm\" in language \"de\"");
    away();
    fresh();
    put("rules.yaml", "rules:\n  - {rule: warm, when: fault(heater), severity: minor, tell: []}\n");
    look();
    expect_mistake("messages/en.yaml:6:29", "no rule with this message compares a metric");
    away();
}

static void yaml_that_plays_tricks_is_refused(void)
{
    fresh();
    put("pack.yaml", "pack: &a fridge\n");
    look();
    expect_mistake("pack.yaml:1:7", "anchor");
    away();
    fresh();
    put("pack.yaml", "pack: fridge\npack: washer\n");
    look();
    expect_mistake("pack.yaml:2:1", "a second time");
    away();
    fresh();
    put("pack.yaml", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    look();
    expect_mistake("pack.yaml:1:13", "nesting");
    away();
    fresh();
    put("pack.yaml", "pack: fridge\n\tmodels: x\n");
    look();
    expect_mistake("pack.yaml:2:1", "valid YAML");
    away();
}

/* holds: RULE-4 */
static void ids_are_for_ever(void)
{
    size_t added = 0;
    fresh();
    look();
    ledger_check(&src, false, &added, &report);
    expect_mistake("ids.lock:1:1", "found no \"metric 1 temp gauge celsius 0.1\"");
    source_free(&src);
    report_free(&report);
    look();
    ledger_check(&src, true, &added, &report);
    CU_ASSERT_EQUAL(report.count, 0);
    CU_ASSERT_EQUAL(added, 3);
    source_free(&src);
    report_free(&report);
    put("pack.yaml",
        "pack: fridge\nmodels: [x]\nmetrics:\n"
        "  1: {name: temp, kind: gauge, unit: celsius, precision: 0.5, purpose: safety}\n"
        "  3: {name: door, kind: state, unit: bool, purpose: usage}\n"
        "faults:\n  21: {name: heating, severity: major}\n");
    look();
    report_free(&report);
    report_init(&report);
    ledger_check(&src, true, &added, &report);
    expect_mistake("ids.lock:3:1", "changed to \"metric 1 temp gauge celsius 0.5\"");
    expect_mistake("ids.lock:4:1", "gone from the pack");
    expect_mistake("ids.lock:5:1", "changed to \"fault 21 heating\"");
    away();
}

TESTS(STORY(a_good_folder_has_no_mistakes), STORY(all_mistakes_are_told_at_once),
      STORY(a_rule_over_several_lines_keeps_its_places),
      STORY(texts_must_fit_their_rules_and_each_other), STORY(yaml_that_plays_tricks_is_refused),
      STORY(ids_are_for_ever))
