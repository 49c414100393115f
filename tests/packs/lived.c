/* Lives an example appliance under its pack's rules, in virtual time and one process:
 * model and firmware through the shim, what arrives into the rule engine.
 *
 *     lived APPLIANCE PACK DAYS [-p PROVOCATION[:LEVEL]]... [-e RULE]...
 *
 * The provocations start after two days. Prints each alert with its day. Fails when a
 * rule of -e was not raised, or when none is expected and any was. */
#include "firmware-shim/examples/common/appliance.h"
#include "firmware-shim/examples/fridge/fridge.h"
#include "firmware-shim/examples/heatpump/heatpump.h"
#include "firmware-shim/examples/washer/washer.h"
#include "gateway/detect/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S       86400L
#define PROVOKE_DAY 2
#define START_MS    1760000000000 /* any morning */
#define EXPECTED    8

static const struct appliance *const appliances[] = {&fridge_appliance, &washer_appliance,
                                                     &heatpump_appliance};
static const struct appliance *appliance;
static struct shim shim;
static struct frame_reader reader;
static uint8_t reader_buf[FRAME_BYTES_MAX];
static uint64_t source_ms;
static struct detect *detect;
static struct ruleset *rules;
static uint32_t fault_taken[256][8]; /* the last counter by fault and instance */
static uint8_t down[FRAME_BYTES_MAX];
static size_t down_len;

static const char *expected[EXPECTED];
static bool found[EXPECTED];
static size_t n_expected, n_raised;

static void emit(void *arg, const struct verdict *v)
{
    (void)arg;
    if (v->kind != VERDICT_RAISE && v->kind != VERDICT_CLEAR)
        return;
    const char *name = ruleset_rule(rules, v->rule)->name;
    double day = (double)(v->at_ms - START_MS) / (DAY_S * 1000.0);
    bool raise = v->kind == VERDICT_RAISE;
    printf("%8.3f %s %s/%u", day, raise ? "raise" : "clear", name, v->instance);
    for (size_t i = 0; raise && i < v->n_evidence; i++)
        printf("  [%s = %.4g]", v->evidence[i].text, v->evidence[i].value);
    printf("\n");
    n_raised += raise;
    for (size_t i = 0; i < n_expected; i++)
        found[i] = found[i] || (raise && strcmp(expected[i], name) == 0);
}

static const struct detect_sink sink = {.emit = emit};

static double value_of(struct message_value v)
{
    double d = (double)v.n;
    for (int e = v.exponent; e > 0; e--)
        d *= 10;
    for (int e = v.exponent; e < 0; e++)
        d /= 10;
    return d;
}

static void take_fault(const struct message_up *m, int64_t at_ms)
{
    struct message_down ack = {.kind = MESSAGE_ACK, .boot = m->boot};
    ack.u.ack = m->counter;
    int len = message_down_encode(&ack, down + FRAME_PAYLOAD_AT, FRAME_PAYLOAD_MAX);
    down_len = len > 0 ? frame_seal(down, (size_t)len) : 0;
    uint32_t *last = &fault_taken[m->id & 255][m->instance & 7];
    if (m->counter <= *last)
        return;
    *last = m->counter;
    detect_fault(detect, sink, m->id, m->instance, at_ms, m->u.fault.active, m->u.fault.raises);
}

static void take(const struct message_up *m)
{
    int64_t at_ms = START_MS + (int64_t)m->source_ms;
    if (m->kind >= MESSAGE_GAUGE && m->kind <= MESSAGE_STATE)
        detect_sample(detect, sink, m->id, m->instance, at_ms, value_of(m->u.value), false);
    else if (m->kind == MESSAGE_FAULT)
        take_fault(m, at_ms);
    else if (m->kind == MESSAGE_CYCLE)
        detect_cycle(detect, sink, m->id, m->instance, at_ms, m->u.cycle.phase);
}

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)source_ms;
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    struct message_up m;
    for (size_t i = 0; i < len; i++)
        if (frame_feed(&reader, bytes[i]) == FRAME_READY &&
            message_up_decode(reader.payload, reader.payload_len, &m) == MESSAGE_OK)
            take(&m);
    return len;
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx;
    size_t n = down_len < size ? down_len : size;
    memcpy(bytes, down, n);
    memmove(down, down + n, down_len - n);
    down_len -= n;
    return n;
}

static const struct shim_platform platform = {
    .now_ms = now_ms, .write = line_write, .read = line_read};
static const struct shim_identity identity = {.source = "main"};
static const struct shim_config config = {.platform = &platform, .identity = &identity};

static bool provoke(const char *what)
{
    size_t len = strcspn(what, ":");
    double level = what[len] == ':' ? strtod(what + len + 1, NULL) : 1;
    for (size_t i = 0; appliance->provocations[i].name; i++) {
        const char *name = appliance->provocations[i].name;
        if (strlen(name) != len || memcmp(name, what, len) != 0)
            continue;
        appliance->provoke(i, level);
        return true;
    }
    fprintf(stderr, "lived: the %s has no \"%s\"\n", appliance->name, what);
    return false;
}

static bool live(long days, char **provocations, int n_provocations)
{
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 1, MESSAGE_RESET_POWER, NULL);
    appliance->start(&shim, 11, 60);
    for (long s = 0; s < days * DAY_S; s++) {
        for (int i = 0; s == PROVOKE_DAY * DAY_S && i < n_provocations; i++)
            if (!provoke(provocations[i]))
                return false;
        source_ms += 1000;
        appliance->step(1, (double)(s % DAY_S));
        shim_poll(&shim);
        if (s % 10 != 0)
            continue;
        detect_advance(detect, sink, LANE_BULK, START_MS + (int64_t)source_ms);
        detect_advance(detect, sink, LANE_URGENT, START_MS + (int64_t)source_ms);
    }
    return true;
}

static int judge(void)
{
    int missing = 0;
    for (size_t i = 0; i < n_expected; i++) {
        if (!found[i])
            fprintf(stderr, "lived: %s was expected and not raised\n", expected[i]);
        missing += !found[i];
    }
    if (n_expected == 0 && n_raised > 0)
        fprintf(stderr, "lived: nothing was wrong, and %zu alerts were raised\n", n_raised);
    return missing || (n_expected == 0 && n_raised > 0) ? 1 : 0;
}

int main(int argc, char **argv)
{
    char *provocations[EXPECTED];
    int n_provocations = 0;
    struct err e = {0};
    struct pack *pack = NULL;
    for (size_t i = 0; argc > 3 && i < sizeof appliances / sizeof appliances[0]; i++)
        if (strcmp(appliances[i]->name, argv[1]) == 0)
            appliance = appliances[i];
    if (!appliance) {
        fprintf(stderr, "usage: lived APPLIANCE PACK DAYS [-p PROVOCATION]... [-e RULE]...\n");
        return 2;
    }
    for (int i = 4; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "-p") == 0 && n_provocations < EXPECTED)
            provocations[n_provocations++] = argv[i + 1];
        if (strcmp(argv[i], "-e") == 0 && n_expected < EXPECTED)
            expected[n_expected++] = argv[i + 1];
    }
    int rc = 2;
    if (pack_open(argv[2], &pack, &e) != 0 || ruleset_compile(pack, &rules, &e) != 0)
        fprintf(stderr, "lived: %s\n", e.text);
    else if ((detect = detect_new(rules)) && live(atol(argv[3]), provocations, n_provocations))
        rc = judge();
    detect_free(detect);
    ruleset_free(rules);
    pack_free(pack);
    return rc;
}
