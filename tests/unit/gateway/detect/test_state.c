/* Saved and loaded at any point, a device goes on as if nothing had happened: the
 * same verdicts, the same bytes. And a random life of facts gives the answers that a
 * slow evaluator gives which keeps every fact. */
#include "tests/unit/gateway/detect/fixture.h"

#include "base/rng.h"

static struct bench b;

static const char *const rules[] = {
    "temp > 8 celsius",
    "min(temp, 10m) > 6 celsius and not max(door, 10m)",
    "fault(heater_open)",
    "fault(fan_stalled) and temp > 5 celsius",
    "slope(duty(compressor, 1h), 6h) > 0.5 per day",
    "rate(energy, 30m) > 60 watt",
    "since(door) > 7m and door",
    "absent(power, 11m) or changed(mode, 3m)",
    "count(fault(fan_stalled), 1h) >= 3",
    "avg(power, 20m) > 50 watt and delta(temp, 1h) < 0 kelvin",
};
#define RULES (sizeof rules / sizeof rules[0])

static void start(struct bench *to)
{
    memset(to, 0, sizeof *to);
    for (size_t i = 0; i < RULES; i++)
        bench_rule(to, rules[i], (int64_t)(i % 3) * 4 * M, i % 4 == 1 ? "temp < 4 celsius" : "");
    bench_start(to);
}

/* One random fact, then perhaps the lanes move on. */
static void tell(struct bench *to, struct rng *r, int64_t *at)
{
    static const uint32_t ids[] = {TEMP, DOOR, ENERGY, POWER, MODE, COMPRESSOR};
    struct detect_sink sink = bench_sink(to);
    *at += (int64_t)rng_below(r, rng_below(r, 20) ? 90 * S : 40 * M);
    uint32_t instance = rng_below(r, 5) ? 0 : (uint32_t)rng_below(r, 3);
    uint32_t id = ids[rng_below(r, 6)];
    double v = id == TEMP || id == POWER ? (double)rng_below(r, 12)
               : id == ENERGY            ? (double)(*at / 60000 % 5000)
                                         : (double)rng_below(r, 2);
    if (id == POWER)
        v *= 10;
    if (rng_below(r, 8) == 0)
        detect_fault(to->d, sink, rng_below(r, 2) ? HEATER : FAN, instance, *at,
                     rng_below(r, 2) != 0, 1 + (uint32_t)rng_below(r, 2));
    else
        detect_sample(to->d, sink, id, instance, *at, v, false);
    if (rng_below(r, 3) == 0)
        until(to, *at);
    if (rng_below(r, 900) == 0)
        detect_reset(to->d, sink, *at);
}

static void save(const struct bench *from, struct buf *to)
{
    buf_reset(to);
    detect_save(from->d, to);
    CU_ASSERT_TRUE(buf_ok(to));
}

/* holds: RULE-2 */
static void loaded_anywhere_it_goes_on_the_same(void)
{
    static struct bench other;
    struct buf a, c;
    buf_init(&a, 1 << 24);
    buf_init(&c, 1 << 24);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct rng r, twin;
        int64_t at = 100 * (int64_t)D, at2 = at;
        rng_seed(&r, seed);
        rng_seed(&twin, seed);
        start(&b);
        start(&other);
        for (int i = 0; i < 1500; i++) {
            tell(&b, &r, &at);
            tell(&other, &twin, &at2);
            if (i % 37 == 0) { /* the other one dies and comes back, asked or not */
                for (size_t k = 0; i % 2 && k < RULES; k++)
                    detect_holds(other.d, k, 0, NULL);
                save(&b, &a);
                save(&other, &c);
                CU_ASSERT_TRUE_FATAL(slice_eq(buf_slice(&a), buf_slice(&c)));
                detect_free(other.d);
                other.d = detect_new(other.rs);
                CU_ASSERT_EQUAL_FATAL(detect_load(other.d, buf_slice(&c)), 0);
                save(&other, &c);
                CU_ASSERT_TRUE_FATAL(slice_eq(buf_slice(&a), buf_slice(&c)));
            }
            if (strlen(b.log) > sizeof b.log / 2)
                b.log[0] = other.log[0] = '\0';
        }
        CU_ASSERT_STRING_EQUAL(b.log, other.log);
        CU_ASSERT_NOT_EQUAL(b.log[0], '\0');
        bench_end(&b);
        bench_end(&other);
    }
    buf_free(&a);
    buf_free(&c);
}

static void a_damaged_state_is_refused_and_nothing_taken(void)
{
    struct buf a, again;
    struct rng r;
    int64_t at = 100 * (int64_t)D;
    buf_init(&a, 1 << 24);
    buf_init(&again, 1 << 24);
    rng_seed(&r, 5);
    start(&b);
    for (int i = 0; i < 300; i++)
        tell(&b, &r, &at);
    save(&b, &a);
    for (size_t cut = 0; cut < a.len; cut += 1 + cut / 40)
        CU_ASSERT_NOT_EQUAL(detect_load(b.d, slice_of(a.ptr, cut)), 0);
    a.ptr[0]++;
    CU_ASSERT_EQUAL(detect_load(b.d, buf_slice(&a)), ERR_VERSION);
    a.ptr[0]--;
    save(&b, &again);
    CU_ASSERT_TRUE(slice_eq(buf_slice(&a), buf_slice(&again)));
    for (size_t i = 1; i < a.len; i += 3) { /* whatever it says, it does not fall over */
        struct detect *d = detect_new(b.rs);
        a.ptr[i] ^= 0x55;
        detect_load(d, buf_slice(&a));
        detect_advance(d, bench_sink(&b), LANE_BULK, at + H);
        b.log[0] = '\0';
        a.ptr[i] ^= 0x55;
        detect_free(d);
    }
    buf_free(&a);
    buf_free(&again);
    bench_end(&b);
}

static void a_new_revision_keeps_the_timers_of_unchanged_rules(void)
{
    static struct bench next;
    struct buf a;
    buf_init(&a, 1 << 20);
    bench_one(&b, "temp > 8 celsius", 20 * M, "");
    bench_rule(&b, "min(temp, 10m) > 8 celsius", 0, "");
    say_often(&b, TEMP, 0, 15 * M, M, 9);
    until(&b, 15 * M);
    save(&b, &a);
    memset(&next, 0, sizeof next);
    bench_rule(&next, "temp  >\n 8 celsius", 20 * M, ""); /* the same rule, other spaces */
    bench_rule(&next, "temp > 7 celsius", 0, "");         /* a new one */
    bench_start(&next);
    CU_ASSERT_EQUAL_FATAL(detect_load(next.d, buf_slice(&a)), 0);
    say(&next, TEMP, 16 * M, 9);
    until(&next, 30 * M);
    expect(&next, "r1 raise@900; r0 raise@1200; ");
    bench_end(&b);
    bench_end(&next);
    buf_free(&a);
}

/* Every fact is kept and every answer made from all of them. */
#define FACTS 400
struct slow {
    int64_t at[FACTS];
    double v[FACTS];
    size_t n;
};

static double slow_gauge(const struct slow *s, const char *func, int64_t now, int64_t window)
{
    int64_t width = window / 30, from = (now / width - 30) * width;
    double n = 0, sum = 0, min = INFINITY, max = -INFINITY, first = NAN, last = NAN;
    for (size_t i = 0; i < s->n; i++) {
        if (s->at[i] < from)
            continue;
        n++;
        sum += s->v[i];
        min = fmin(min, s->v[i]);
        max = fmax(max, s->v[i]);
        first = isnan(first) ? s->v[i] : first;
        last = s->v[i];
    }
    return strcmp(func, "min") == 0     ? min
           : strcmp(func, "max") == 0   ? max
           : strcmp(func, "avg") == 0   ? sum / n
           : strcmp(func, "count") == 0 ? n
                                        : last - first;
}

static double slow_duty(const struct slow *s, int64_t now, int64_t window)
{
    int64_t width = window / 30, from = (now / width - 30) * width;
    double on = 0, known = 0;
    for (size_t i = 0; i < s->n; i++) {
        int64_t a = s->at[i] > from ? s->at[i] : from, e = i + 1 < s->n ? s->at[i + 1] : now;
        if (e <= a)
            continue;
        known += (double)(e - a);
        on += s->v[i] * (double)(e - a);
    }
    return on / known;
}

static void windows_agree_with_a_slow_evaluator(void)
{
    static const struct {
        const char *func, *when;
        uint32_t metric;
    } cases[] = {{"min", "min(temp, 10m) > -300 celsius", TEMP},
                 {"max", "max(temp, 10m) > -300 celsius", TEMP},
                 {"avg", "avg(temp, 10m) > -300 celsius", TEMP},
                 {"count", "count(temp, 10m) > -1", TEMP},
                 {"delta", "delta(temp, 10m) > -300 kelvin", TEMP},
                 {"duty", "duty(compressor, 10m) > -1", COMPRESSOR}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        static struct slow s;
        struct rng r;
        s.n = 0;
        rng_seed(&r, 77 + c);
        bench_one(&b, cases[c].when, 0, "");
        int64_t at = 50 * (int64_t)D;
        size_t compared = 0;
        while (s.n < FACTS) {
            at += 1 + (int64_t)rng_below(&r, 40 * S);
            s.at[s.n] = at;
            s.v[s.n] =
                cases[c].metric == TEMP ? (double)rng_below(&r, 100) : (double)rng_below(&r, 2);
            say(&b, cases[c].metric, at, s.v[s.n++]);
            int64_t now = at + (int64_t)rng_below(&r, 20 * S);
            until(&b, at = now);
            struct verdict v;
            detect_holds(b.d, 0, 0, &v);
            double want = cases[c].metric == TEMP ? slow_gauge(&s, cases[c].func, now, 10 * M)
                                                  : slow_duty(&s, now, 10 * M);
            if (now - s.at[0] < 11 * M)
                continue;
            compared++;
            CU_ASSERT_DOUBLE_EQUAL(v.evidence[0].value, want, 1e-9);
        }
        CU_ASSERT_TRUE(compared > 300);
        bench_end(&b);
    }
}

TESTS(STORY(loaded_anywhere_it_goes_on_the_same),
      STORY(a_damaged_state_is_refused_and_nothing_taken),
      STORY(a_new_revision_keeps_the_timers_of_unchanged_rules),
      STORY(windows_agree_with_a_slow_evaluator))
