/* A scenario becomes a list of facts in order of time; each fact is told to the
 * engine and both lanes follow, as if every batch arrived at once. */
#include "ctl/pack/scenario.h"

#include "base/table.h"
#include "ctl/pack/field.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define START_MS  INT64_C(1767225600000) /* 2026-01-01, a round bucket start for any window */
#define FACTS     1000000
#define EXPECTED  256
#define VERDICTS  4096
#define WITHIN_MS 1000
#define YEAR_MS   (INT64_C(366) * 86400000)

enum fact_kind { FACT_READING, FACT_FAULT, FACT_CYCLE };
struct fact {
    enum fact_kind kind;
    uint32_t id, instance;
    int64_t at_ms;
    double value;
    size_t order;
};

struct expected {
    const struct yaml *node;
    size_t rule;
    uint32_t instance;
    bool raise;
    int64_t at_ms, within_ms;
    bool met;
};

struct happened {
    size_t rule;
    uint32_t instance;
    bool raise, wanted;
    int64_t at_ms;
};

struct run {
    struct pack_source *src;
    const struct ruleset *rules;
    struct report *report;
    struct fact *facts;
    size_t n_facts, n_expected, n_happened;
    struct expected expected[EXPECTED];
    struct happened happened[VERDICTS];
    int64_t until_ms;
};

static bool add_fact(struct run *run, const struct yaml *at, struct fact fact)
{
    if (run->n_facts == FACTS) {
        yaml_wrong(run->report, at, "found more than %d facts, expected fewer", FACTS);
        return false;
    }
    fact.order = run->n_facts;
    run->facts[run->n_facts++] = fact;
    return true;
}

static uint32_t read_instance(struct run *run, const struct yaml *map)
{
    double v = field_real(run->report, map, "instance", 0);
    if (v >= 0 && v <= 65535)
        return (uint32_t)v;
    yaml_wrong(run->report, map, "found instance %g, expected 0 to 65535", v);
    return 0;
}

static int64_t need_ms(struct run *run, const struct yaml *map, const char *key)
{
    if (!yaml_get(map, key))
        yaml_wrong(run->report, map, "found no \"%s\", expected one", key);
    return field_ms(run->report, map, key, 0);
}

static uint32_t metric_of(struct run *run, const struct yaml *map)
{
    const char *names[PACK_ITEMS + 1];
    const char *name = field_text(run->report, map, "metric", true);
    const struct pack_metric *m = pack_metric_named(&run->src->pack, name);
    size_t n = 0;
    char hint[96];
    for (size_t i = 0; i < run->src->pack.n_metrics; i++)
        names[n++] = run->src->pack.metrics[i].name;
    names[n] = NULL;
    if (!m && *name)
        yaml_wrong(run->report, yaml_get(map, "metric"),
                   "found \"%.60s\", expected a metric of this pack%s", name,
                   report_hint(name, names, hint, sizeof hint));
    return m ? m->id : 0;
}

/* at and value; or from, to, every and value, moving to `end` in a straight line. */
static void read_reading(struct run *run, const struct yaml *map)
{
    static const char *const keys[] = {"metric", "instance", "at",  "value", "from",
                                       "to",     "every",    "end", NULL};
    if (!field_map(run->report, map, "a reading", keys))
        return;
    struct fact f = {.kind = FACT_READING, .id = metric_of(run, map)};
    f.instance = read_instance(run, map);
    if (!yaml_get(map, "value"))
        yaml_wrong(run->report, map, "found no \"value\", expected one");
    double value = field_real(run->report, map, "value", 0);
    double end = field_real(run->report, map, "end", value);
    if (yaml_get(map, "at")) {
        f.at_ms = START_MS + need_ms(run, map, "at");
        f.value = value;
        add_fact(run, map, f);
        return;
    }
    int64_t from = need_ms(run, map, "from"), to = need_ms(run, map, "to"),
            every = need_ms(run, map, "every");
    if (every <= 0 || to < from) {
        yaml_wrong(run->report, map, "found a series of no length, expected from < to and every");
        return;
    }
    for (int64_t at = from; at <= to; at += every) {
        f.at_ms = START_MS + at;
        f.value =
            to > from ? value + (end - value) * (double)(at - from) / (double)(to - from) : value;
        if (!add_fact(run, map, f))
            return;
    }
}

static void read_fault(struct run *run, const struct yaml *map)
{
    static const char *const keys[] = {"fault", "instance", "at", "active", NULL};
    if (!field_map(run->report, map, "a fault", keys))
        return;
    const char *name = field_text(run->report, map, "fault", true);
    const struct pack_fault *fault = pack_fault_named(&run->src->pack, name);
    if (!fault)
        yaml_wrong(run->report, map, "found \"%.60s\", expected a fault of this pack", name);
    struct fact f = {.kind = FACT_FAULT, .id = fault ? fault->id : 0};
    f.instance = read_instance(run, map);
    f.at_ms = START_MS + need_ms(run, map, "at");
    f.value = !yaml_get(map, "active") || field_bool(run->report, map, "active") ? 1 : 0;
    add_fact(run, map, f);
}

static void read_cycle(struct run *run, const struct yaml *map)
{
    static const char *const keys[] = {"cycle", "instance", "begin", "end", NULL};
    if (!field_map(run->report, map, "a cycle", keys))
        return;
    const char *name = field_text(run->report, map, "cycle", true);
    const struct pack_cycle *cycle = pack_cycle_named(&run->src->pack, name);
    if (!cycle)
        yaml_wrong(run->report, map, "found \"%.60s\", expected a cycle of this pack", name);
    struct fact f = {.kind = FACT_CYCLE, .id = cycle ? cycle->id : 0};
    f.instance = read_instance(run, map);
    f.at_ms = START_MS + need_ms(run, map, "begin");
    f.value = CYCLE_BEGIN;
    add_fact(run, map, f);
    if (yaml_get(map, "end")) {
        f.at_ms = START_MS + need_ms(run, map, "end");
        f.value = CYCLE_END;
        add_fact(run, map, f);
    }
}

static size_t rule_of(struct run *run, const struct yaml *map)
{
    const char *names[PACK_RULES + 1];
    const char *name = field_text(run->report, map, "rule", true);
    size_t n = ruleset_count(run->rules);
    char hint[96];
    for (size_t i = 0; i < n; i++) {
        names[i] = ruleset_rule(run->rules, i)->name;
        if (strcmp(names[i], name) == 0)
            return i;
    }
    names[n] = NULL;
    yaml_wrong(run->report, map, "found rule \"%.60s\", expected one of this pack%s", name,
               report_hint(name, names, hint, sizeof hint));
    return 0;
}

static void read_expected(struct run *run, const struct yaml *map)
{
    static const char *const keys[] = {"rule", "instance", "raise", "clear", "within", NULL};
    if (!field_map(run->report, map, "an expected alert", keys))
        return;
    struct expected x = {.node = map, .rule = rule_of(run, map)};
    x.instance = read_instance(run, map);
    x.raise = yaml_get(map, "raise") != NULL;
    if (x.raise == (yaml_get(map, "clear") != NULL))
        yaml_wrong(run->report, map, "found both or none of raise and clear, expected one");
    x.at_ms = START_MS + need_ms(run, map, x.raise ? "raise" : "clear");
    x.within_ms = field_ms(run->report, map, "within", WITHIN_MS);
    if (run->n_expected < EXPECTED)
        run->expected[run->n_expected++] = x;
    else
        yaml_wrong(run->report, map, "found more than %d alerts, expected fewer", EXPECTED);
}

static void read_list(struct run *run, const struct yaml *test, const char *key,
                      void (*read)(struct run *, const struct yaml *))
{
    const struct yaml *list = yaml_get(test, key);
    if (!list || !field_is(run->report, list, YAML_LIST, key))
        return;
    for (size_t i = 0; i < list->n; i++)
        read(run, list->item[i]);
}

static int by_time(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void take_verdict(void *arg, const struct verdict *v)
{
    struct run *run = arg;
    if ((v->kind == VERDICT_RAISE || v->kind == VERDICT_CLEAR) && run->n_happened < VERDICTS)
        run->happened[run->n_happened++] =
            (struct happened){v->rule, v->instance, v->kind == VERDICT_RAISE, false, v->at_ms};
}

/* A reading arrives as the device sends it: a multiple of its precision. */
static double rounded(const struct pack *pack, const struct fact *f)
{
    const struct pack_metric *m = pack_metric(pack, f->id);
    return m ? round(f->value / m->precision) * m->precision : f->value;
}

static void play(struct run *run, struct detect *d)
{
    struct detect_sink sink = {take_verdict, run};
    for (size_t i = 0; i < run->n_facts; i++) {
        const struct fact *f = &run->facts[i];
        if (f->kind == FACT_READING)
            detect_sample(d, sink, f->id, f->instance, f->at_ms, rounded(&run->src->pack, f),
                          false);
        else if (f->kind == FACT_FAULT)
            detect_fault(d, sink, f->id, f->instance, f->at_ms, f->value > 0, f->value > 0);
        else
            detect_cycle(d, sink, f->id, f->instance, f->at_ms, (uint32_t)f->value);
        if (i + 1 < run->n_facts && run->facts[i + 1].at_ms == f->at_ms)
            continue;
        detect_advance(d, sink, LANE_URGENT, f->at_ms);
        detect_advance(d, sink, LANE_BULK, f->at_ms);
    }
    detect_advance(d, sink, LANE_URGENT, START_MS + run->until_ms);
    detect_advance(d, sink, LANE_BULK, START_MS + run->until_ms);
}

/* "2d3h", "61m" as people write durations. */
static void show_ms(int64_t ms, char *to, size_t cap)
{
    int64_t s = ms / 1000;
    const int64_t parts[] = {s / 86400, s / 3600 % 24, s / 60 % 60, s % 60};
    struct buf text;
    buf_init(&text, 128);
    for (size_t i = 0; i < 4; i++)
        if (parts[i])
            buf_fmt(&text, "%lld%c", (long long)parts[i], "dhms"[i]);
    if (ms % 1000)
        buf_fmt(&text, "%lldms", (long long)(ms % 1000));
    snprintf(to, cap, "%s", text.len ? buf_cstr(&text) : "0s");
    buf_free(&text);
}

static void match(struct run *run)
{
    for (size_t i = 0; i < run->n_expected; i++) {
        struct expected *x = &run->expected[i];
        for (size_t k = 0; k < run->n_happened && !x->met; k++) {
            struct happened *h = &run->happened[k];
            int64_t off = h->at_ms > x->at_ms ? h->at_ms - x->at_ms : x->at_ms - h->at_ms;
            if (h->wanted || h->rule != x->rule || h->instance != x->instance ||
                h->raise != x->raise || off > x->within_ms)
                continue;
            x->met = h->wanted = true;
        }
    }
}

/* A rule that somebody expects to raise may clear without a word about it. */
static bool is_welcome(const struct run *run, const struct happened *h)
{
    for (size_t i = 0; !h->raise && i < run->n_expected; i++)
        if (run->expected[i].rule == h->rule && run->expected[i].raise)
            return true;
    return h->wanted;
}

static void explain(const struct run *run, struct scenario_result *result)
{
    char at[48];
    for (size_t i = 0; i < run->n_expected; i++) {
        const struct expected *x = &run->expected[i];
        if (x->met)
            continue;
        show_ms(x->at_ms - START_MS, at, sizeof at);
        buf_fmt(&result->why, "%s:%u:%u: expected %s to %s at %s, found ", x->node->file,
                x->node->line, x->node->col, ruleset_rule(run->rules, x->rule)->name,
                x->raise ? "raise" : "clear", at);
        bool any = false;
        for (size_t k = 0; k < run->n_happened; k++) {
            const struct happened *h = &run->happened[k];
            if (h->rule != x->rule || h->raise != x->raise || h->instance != x->instance)
                continue;
            show_ms(h->at_ms - START_MS, at, sizeof at);
            buf_fmt(&result->why, "%s%s", any ? ", " : "it at ", at);
            any = true;
        }
        buf_str(&result->why, any ? "\n" : "that it never did\n");
        result->passed = false;
    }
    for (size_t k = 0; k < run->n_happened; k++) {
        const struct happened *h = &run->happened[k];
        if (is_welcome(run, h))
            continue;
        show_ms(h->at_ms - START_MS, at, sizeof at);
        buf_fmt(&result->why, "%s %s at %s%s, which nobody expected\n",
                ruleset_rule(run->rules, h->rule)->name, h->raise ? "raised" : "cleared", at,
                h->instance ? " on another instance" : "");
        result->passed = false;
    }
}

/* True when the scenario could be read. */
static bool read_test(struct run *run, const struct yaml *test)
{
    static const char *const keys[] = {"test",   "until",  "readings", "faults",
                                       "cycles", "expect", NULL};
    size_t before = run->report->count;
    run->n_facts = run->n_expected = run->n_happened = 0;
    if (!field_map(run->report, test, "a test", keys))
        return false;
    field_text(run->report, test, "test", true);
    run->until_ms = need_ms(run, test, "until");
    if (run->until_ms > 5 * YEAR_MS)
        yaml_wrong(run->report, test, "found a test of more than five years, expected less");
    read_list(run, test, "readings", read_reading);
    read_list(run, test, "faults", read_fault);
    read_list(run, test, "cycles", read_cycle);
    read_list(run, test, "expect", read_expected);
    qsort(run->facts, run->n_facts, sizeof *run->facts, by_time);
    return run->report->count == before;
}

static bool run_test(struct run *run, const struct yaml *test,
                     void (*each)(void *arg, const struct scenario_result *result), void *arg)
{
    struct detect *d = read_test(run, test) ? detect_new(run->rules) : NULL;
    if (!d)
        return false;
    struct scenario_result result = {.name = yaml_get(test, "test")->text, .passed = true};
    buf_init(&result.why, 64 * 1024);
    play(run, d);
    match(run);
    explain(run, &result);
    each(arg, &result);
    buf_free(&result.why);
    detect_free(d);
    return true;
}

size_t scenarios_run(struct pack_source *src, const struct ruleset *rules, struct report *report,
                     void (*each)(void *arg, const struct scenario_result *result), void *arg)
{
    static const char *const keys[] = {"tests", NULL};
    char path[1024];
    snprintf(path, sizeof path, "%s/tests.yaml", src->dir);
    const struct yaml *root = yaml_read(path, &src->arena, report);
    if (!root || !field_map(report, root, "a tests file", keys))
        return 0;
    const struct yaml *list = yaml_get(root, "tests");
    if (!list || !field_is(report, list, YAML_LIST, "tests"))
        return 0;
    struct run *run = calloc(1, sizeof *run);
    struct fact *facts = calloc(FACTS, sizeof *facts);
    size_t ran = 0;
    if (run && facts) {
        *run = (struct run){.src = src, .rules = rules, .report = report, .facts = facts};
        for (size_t i = 0; i < list->n; i++)
            ran += run_test(run, list->item[i], each, arg);
    } else {
        report_text(report, "out of memory");
    }
    free(facts);
    free(run);
    return ran;
}
