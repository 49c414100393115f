/* A rule's text, any bytes: refused with a place, or compiled; then it runs over a
 * few facts, and its state goes out and in. */
#include "gateway/detect/detect.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, const struct verdict *v)
{
    (void)arg;
    (void)v;
}

static void run(const struct ruleset *rs)
{
    struct detect *d = detect_new(rs), *e = detect_new(rs);
    struct detect_sink sink = {ignore, NULL};
    int64_t at = INT64_C(1767225600000);
    for (uint32_t i = 0; i < 60; i++, at += 61 * 1000 * (i % 9 + 1)) {
        detect_sample(d, sink, 1, i % 3, at, i % 13, false);
        detect_sample(d, sink, 2, 0, at, i / 5 % 2, false);
        detect_sample(d, sink, 3, 0, at, i * 7 % 50, false);
        detect_fault(d, sink, 21, 0, at, i % 2, 1);
        detect_cycle(d, sink, 1, 0, at, i % 2);
        detect_advance(d, sink, LANE_URGENT, at);
        detect_advance(d, sink, LANE_BULK, at);
    }
    struct buf a, b;
    buf_init(&a, 1 << 24);
    buf_init(&b, 1 << 24);
    detect_save(d, &a);
    if (detect_load(e, buf_slice(&a)) != 0)
        abort();
    detect_save(e, &b);
    if (!slice_eq(buf_slice(&a), buf_slice(&b)))
        abort();
    buf_free(&a);
    buf_free(&b);
    detect_free(d);
    detect_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pack_metric metrics[] = {
        {.id = 1, .name = "t", .unit = "celsius", .kind = METRIC_GAUGE, .precision = 1},
        {.id = 2,
         .name = "b",
         .unit = "bool",
         .kind = METRIC_STATE,
         .precision = 1,
         .stale_after_ms = 600000},
        {.id = 3, .name = "c", .unit = "watt_hour", .kind = METRIC_COUNTER, .precision = 1},
    };
    static const struct pack_fault faults[] = {{.id = 21, .name = "f", .component = ""}};
    static const struct pack_cycle cycles[] = {{.id = 1, .name = "y"}};
    char *text = calloc(1, size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    const struct pack_rule rule = {.name = "r",
                                   .when = text,
                                   .clear = "",
                                   .message = "",
                                   .for_ms = 120000,
                                   .when_at = {"f", 1, 1}};
    const struct pack pack = {.name = "p",
                              .metrics = metrics,
                              .n_metrics = 3,
                              .faults = faults,
                              .n_faults = 1,
                              .cycles = cycles,
                              .n_cycles = 1,
                              .rules = &rule,
                              .n_rules = 1};
    struct ruleset *rs;
    struct err e;
    if (ruleset_compile(&pack, &rs, &e) == 0) {
        run(rs);
        ruleset_free(rs);
    }
    free(text);
    return 0;
}
