/* Mistakes in a rule are told by place, with what was found and expected. */
#include "tests/unit/gateway/detect/fixture.h"

static struct bench b;

static void refused(const char *when, const char *place, const char *part)
{
    memset(&b, 0, sizeof b);
    bench_rule(&b, when, 0, "");
    CU_ASSERT_EQUAL(bench_compile(&b), ERR_INVALID);
    bool found = strstr(b.e.text, part) && strncmp(b.e.text, place, strlen(place)) == 0;
    if (!found)
        printf("\n  %s\n  expected: %s ... %s\n  got:      %s\n", when, place, part, b.e.text);
    CU_ASSERT_TRUE(found);
    bench_end(&b);
}

static void taken(const char *when)
{
    memset(&b, 0, sizeof b);
    bench_rule(&b, when, 0, "");
    int rc = bench_compile(&b);
    if (rc != 0)
        printf("\n  %s\n  refused: %s\n", when, b.e.text);
    CU_ASSERT_EQUAL(rc, 0);
    bench_end(&b);
}

static void a_slip_gets_the_likely_word(void)
{
    refused("tmep > 8 celsius", "rules.yaml:4:11:",
            "found \"tmep\", expected a metric of pack fridge; did you mean \"temp\"?");
    refused("temp > 8 celcius", "rules.yaml:4:20:", "expected a unit; did you mean \"celsius\"?");
    refused("mni(temp, 1m) > 8 celsius", "rules.yaml:4:11:", "did you mean \"min\"?");
    refused("fault(heater_opn)", "rules.yaml:4:17:", "did you mean \"heater_open\"?");
    refused("heater_open", "rules.yaml:4:11:", "write fault(heater_open)");
    refused("cycle(defrsot)", "rules.yaml:4:17:", "did you mean \"defrost\"?");
    refused("door adn door", "rules.yaml:4:16:", "did you mean \"and\"?");
    refused("max > 3", "rules.yaml:4:11:", "max(...)");
}

static void what_is_missing_is_named(void)
{
    refused("", "rules.yaml:4:11:", "found the end");
    refused("temp >", "rules.yaml:4:17:", "found the end, expected a metric");
    refused("min(temp) > 8 celsius", "rules.yaml:4:19:", "a window such as min(x, 10m)");
    refused("min(temp, 8) > 8 celsius", "rules.yaml:4:21:", "expected a duration");
    refused("(temp > 8 celsius",
            "rules.yaml:4:28:", "found the end, expected an operator or \")\"");
    refused("temp > 8 celsius)", "rules.yaml:4:27:", "found \")\"");
    refused("temp > 8", "rules.yaml:4:18:", "write 8 celsius");
    refused("humidity > 80", "rules.yaml:4:22:", "write 80 percent");
    refused("temp", "rules.yaml:4:11:", "found a number, expected a condition");
    refused("true", "rules.yaml:4:11:", "found no metric");
    refused("temp > 8 celsius $ door", "rules.yaml:4:28:", "found \"$\"");
    refused("door and\n      tmp > 8 celsius", "rules.yaml:5:7:", "found \"tmp\"");
}

/* holds: RULE-3 */
static void kinds_and_units_must_fit(void)
{
    refused("temp > 8 watt", "rules.yaml:4:18:", "found watt, expected celsius");
    refused("max(energy, 1h) > 3 watt_hour", "rules.yaml:4:15:", "of a counter, rate(...)");
    refused("rate(temp, 1h) > 3 celsius per hour", "rules.yaml:4:16:", "of a gauge, slope(...)");
    refused("duty(temp, 1h) > 0.5", "rules.yaml:4:16:", "of numbers, avg(...)");
    refused("avg(door, 1h) > 0.5", "rules.yaml:4:15:", "of a yes/no state, duty(...)");
    refused("sum(temp, 1h) > 3 celsius", "rules.yaml:4:11:", "expected avg(...)");
    refused("temp + temp > 3 celsius", "rules.yaml:4:11:", "a sum of two temperatures");
    refused("temp * 2 > 3 celsius", "rules.yaml:4:11:", "multiplied");
    refused("door > 3", "rules.yaml:4:18:", "comparison of a condition with a number");
    refused("door and temp", "rules.yaml:4:20:", "found a number beside and");
    refused("not temp", "rules.yaml:4:15:", "found a number, expected a condition after not");
    refused("temp > delta(temp, 1h)",
            "rules.yaml:4:11:", "a temperature compared with a difference");
    refused("slope(temp, 1h) > 3", "rules.yaml:4:29:", "found the plain number 3");
    refused("slope(temp + power, 1h) > 3 watt per hour", "rules.yaml:4:24:", "found watt");
    refused("slope(temp - room, 1h) > 3 celsius per hour", "rules.yaml:4:17:", "or windows");
    refused("since(door) + 3s > 10m", "rules.yaml:4:11:", "compared with a duration");
    refused("min(temp, 10ms) > 3 celsius", "rules.yaml:4:11:", "expected 1s to 366d");
    refused("min(temp, 500d) > 3 celsius", "rules.yaml:4:11:", "expected 1s to 366d");
}

static void what_experts_write_is_taken(void)
{
    taken("temp - room > 5 celsius");
    taken("temp > 46 fahrenheit or temp < -20 celsius");
    taken("rate(energy, 1h) > 0.2 kilowatt");
    taken("delta(energy, 1d) > 2 kilowatt_hour");
    taken("humidity > 80%");
    taken("humidity > 0.8 ratio");
    taken("duty(compressor, 6h) > 95%");
    taken("duty(compressor, 6h) > 0.95");
    taken("slope(temp, 4d) > 0.3 celsius per day");
    taken("slope(avg(temp, 1h) - avg(room, 1h), 7d) > 0.3 celsius per day");
    taken("pressure < 120 kilopascal and power / 230 volt > 2 ampere");
    taken("since(door) > 10 minutes and door == true");
    taken("count(fault(fan_stalled), 1d) >= 3 or cycle(defrost)");
    taken("not (mode == 3) and (mode + 1) * 2 != 4");
    taken("absent(temp, 1h) or changed(mode, 5m) or last(temp, 5m) > 1e1 celsius");
}

/* Nothing a pack may hold brings the compiler down. */
static void deep_and_long_rules_are_refused_not_followed(void)
{
    static char deep[3000], chain[5000];
    memset(deep, '(', 2000);
    refused(deep, "rules.yaml:4:", "nesting");
    memset(deep, '-', 2000);
    refused(deep, "rules.yaml:4:", "nesting");
    for (size_t i = 0; i + 8 < sizeof chain; i += 5)
        memcpy(chain + i, "mode+", 6);
    refused(chain, "rules.yaml:4:11:", "more than 4096 letters");
}

TESTS(STORY(a_slip_gets_the_likely_word), STORY(what_is_missing_is_named),
      STORY(kinds_and_units_must_fit), STORY(what_experts_write_is_taken),
      STORY(deep_and_long_rules_are_refused_not_followed))
