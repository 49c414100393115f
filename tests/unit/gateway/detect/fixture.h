/* A small pack to write rules over, and a device that is told facts and writes
 * down its verdicts as text. */
#ifndef TESTS_UNIT_GATEWAY_DETECT_FIXTURE_H
#define TESTS_UNIT_GATEWAY_DETECT_FIXTURE_H

#include "gateway/detect/detect.h"

#include "tests/support/cu.h"

#include <math.h>
#include <stdio.h>

#define S 1000
#define M 60000
#define H 3600000
#define D 86400000

enum { TEMP = 1, DOOR, ENERGY, ROOM, POWER, MODE, HUMIDITY, COMPRESSOR, PRESSURE };
enum { HEATER = 21, FAN = 22 };
enum { DEFROST = 1 };

static const struct pack_metric metrics[] = {
    {.id = TEMP, .name = "temp", .unit = "celsius", .kind = METRIC_GAUGE, .precision = 0.1},
    {.id = DOOR,
     .name = "door",
     .unit = "bool",
     .kind = METRIC_STATE,
     .precision = 1,
     .stale_after_ms = D},
    {.id = ENERGY, .name = "energy", .unit = "watt_hour", .kind = METRIC_COUNTER, .precision = 1},
    {.id = ROOM, .name = "room", .unit = "fahrenheit", .kind = METRIC_GAUGE, .precision = 1},
    {.id = POWER,
     .name = "power",
     .unit = "watt",
     .kind = METRIC_GAUGE,
     .precision = 1,
     .stale_after_ms = 10 * M},
    {.id = MODE, .name = "mode", .unit = "none", .kind = METRIC_STATE, .precision = 1},
    {.id = HUMIDITY, .name = "humidity", .unit = "percent", .kind = METRIC_GAUGE, .precision = 1},
    {.id = COMPRESSOR, .name = "compressor", .unit = "bool", .kind = METRIC_STATE, .precision = 1},
    {.id = PRESSURE, .name = "pressure", .unit = "bar", .kind = METRIC_GAUGE, .precision = 0.1},
};
static const struct pack_fault faults[] = {
    {.id = HEATER, .name = "heater_open", .component = ""},
    {.id = FAN, .name = "fan_stalled", .component = ""},
};
static const struct pack_cycle cycles[] = {{.id = DEFROST, .name = "defrost"}};

struct bench {
    struct pack pack;
    struct pack_rule rules[16];
    struct ruleset *rs;
    struct detect *d;
    struct err e;
    char log[65536];
    struct verdict last;
};

static inline void bench_rule(struct bench *b, const char *when, int64_t for_ms, const char *clear)
{
    static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7",
                                        "r8", "r9", "ra", "rb", "rc", "rd", "re", "rf"};
    struct pack_rule *r = &b->rules[b->pack.n_rules];
    *r = (struct pack_rule){.name = names[b->pack.n_rules++],
                            .when = when,
                            .clear = clear,
                            .message = "",
                            .for_ms = for_ms,
                            .at = {"rules.yaml", 3, 5},
                            .when_at = {"rules.yaml", 4, 11},
                            .clear_at = {"rules.yaml", 6, 12}};
}

static inline int bench_compile(struct bench *b)
{
    b->pack.name = "fridge";
    b->pack.metrics = metrics;
    b->pack.n_metrics = sizeof metrics / sizeof metrics[0];
    b->pack.faults = faults;
    b->pack.n_faults = 2;
    b->pack.cycles = cycles;
    b->pack.n_cycles = 1;
    b->pack.rules = b->rules;
    int rc = ruleset_compile(&b->pack, &b->rs, &b->e);
    if (rc == 0)
        b->d = detect_new(b->rs);
    return rc;
}

static inline void bench_start(struct bench *b)
{
    int rc = bench_compile(b);
    if (rc != 0)
        printf("\n%s\n", b->e.text);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

/* One rule, ready to be told facts. */
static inline void bench_one(struct bench *b, const char *when, int64_t for_ms, const char *clear)
{
    memset(b, 0, sizeof *b);
    bench_rule(b, when, for_ms, clear);
    bench_start(b);
}

static inline void bench_end(struct bench *b)
{
    detect_free(b->d);
    ruleset_free(b->rs);
    b->d = NULL;
    b->rs = NULL;
}

/* "r0 raise@600.000 since 0.000; " : seconds; "/2" behind the rule: instance 2. */
static inline void bench_note(void *arg, const struct verdict *v)
{
    static const char *const kinds[] = {"pending", "raise", "clear", "lapse"};
    struct bench *b = arg;
    size_t n = strlen(b->log);
    char instance[16] = "";
    if (v->instance)
        snprintf(instance, sizeof instance, "/%u", v->instance);
    snprintf(b->log + n, sizeof b->log - n, "%s%s %s@%g; ", ruleset_rule(b->rs, v->rule)->name,
             instance, kinds[v->kind], (double)v->at_ms / 1000);
    b->last = *v;
}

static inline struct detect_sink bench_sink(struct bench *b)
{
    return (struct detect_sink){bench_note, b};
}

static inline void say(struct bench *b, uint32_t metric, int64_t at_ms, double value)
{
    detect_sample(b->d, bench_sink(b), metric, 0, at_ms, value, false);
}

/* The same value at each step of [from, to]. */
static inline void say_often(struct bench *b, uint32_t metric, int64_t from_ms, int64_t to_ms,
                             int64_t step_ms, double value)
{
    for (int64_t at = from_ms; at <= to_ms; at += step_ms)
        say(b, metric, at, value);
}

static inline void fault_is(struct bench *b, uint32_t fault, int64_t at_ms, bool active)
{
    detect_fault(b->d, bench_sink(b), fault, 0, at_ms, active, active);
}

static inline void until(struct bench *b, int64_t at_ms)
{
    detect_advance(b->d, bench_sink(b), LANE_URGENT, at_ms);
    detect_advance(b->d, bench_sink(b), LANE_BULK, at_ms);
}

/* What was logged since the last look must be `want`. */
static inline void expect(struct bench *b, const char *want)
{
    if (strcmp(b->log, want) != 0)
        printf("\n  expected: %s\n  got:      %s\n", want, b->log);
    CU_ASSERT_STRING_EQUAL(b->log, want);
    b->log[0] = '\0';
}

static inline int holds(struct bench *b)
{
    return detect_holds(b->d, 0, 0, NULL);
}

#endif
