/* What a rule costs: nanoseconds a fact and a rule evaluation, by kind of rule, and
 * bytes of state. Prints one JSON object. Numbers are for docs/limits.md; nothing
 * passes or fails by them. */
#include "gateway/detect/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RULES 10
#define FACTS 2000000

static const struct pack_metric metrics[] = {
    {.id = 1, .name = "temp", .unit = "celsius", .kind = METRIC_GAUGE, .precision = 0.1},
    {.id = 2, .name = "door", .unit = "bool", .kind = METRIC_STATE, .precision = 1},
    {.id = 3, .name = "energy", .unit = "watt_hour", .kind = METRIC_COUNTER, .precision = 1},
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void count(void *arg, const struct verdict *v)
{
    (void)v;
    ++*(size_t *)arg;
}

static void run(const char *name, const char *when, uint32_t metric, int64_t step_ms)
{
    static const char *const names[RULES] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    struct pack_rule rules[RULES];
    for (size_t i = 0; i < RULES; i++)
        rules[i] = (struct pack_rule){.name = names[i],
                                      .when = when,
                                      .clear = "",
                                      .message = "",
                                      .for_ms = 600000,
                                      .when_at = {"bench", 1, 1}};
    struct pack pack = {
        .name = "bench", .metrics = metrics, .n_metrics = 3, .rules = rules, .n_rules = RULES};
    struct ruleset *rs;
    struct err e;
    if (ruleset_compile(&pack, &rs, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    struct detect *d = detect_new(rs);
    size_t verdicts = 0;
    struct detect_sink sink = {count, &verdicts};
    int64_t at = INT64_C(1767225600000);
    uint64_t start = now_ns();
    for (size_t i = 0; i < FACTS; i++, at += step_ms) {
        double v = metric == 1   ? 4 + (double)(i % 17) * 0.1
                   : metric == 2 ? (double)(i / 7 % 2)
                                 : (double)i;
        detect_sample(d, sink, metric, 0, at, v, false);
        detect_advance(d, sink, LANE_BULK, at);
    }
    double ns = (double)(now_ns() - start) / FACTS;
    printf("%s\"%s\": {\"ns_per_fact_with_%d_rules\": %.0f, \"ns_per_rule\": %.1f, "
           "\"state_bytes\": %zu, \"verdicts\": %zu}",
           name[0] == 'l' ? "" : ", ", name, RULES, ns, ns / RULES, ruleset_state_bytes(rs),
           verdicts);
    detect_free(d);
    ruleset_free(rs);
}

int main(void)
{
    printf("{");
    run("last", "temp > 8 celsius", 1, 60000);
    run("two_windows", "min(temp, 10m) > 8 celsius and not max(door, 10m)", 1, 60000);
    run("min_each_second", "min(temp, 10m) > 8 celsius", 1, 1000);
    run("duty", "duty(door, 6h) > 0.95", 2, 60000);
    run("rate", "rate(energy, 1h) > 3 kilowatt", 3, 60000);
    run("slope_of_duty", "slope(duty(door, 1d), 14d) > 0.005 per day", 2, 60000);
    printf("}\n");
    return 0;
}
