/* Runs an example appliance: virtual time, the shim, the control socket.
 *
 * The appliance has one clock, `source_ms`. It starts `start_ago` in the past and
 * runs `speed` times faster than the wall until it has caught up; from then on it
 * is tied to the wall. While it catches up it waits for the line, so that no history
 * is lost to speed; in the present it reports like any firmware, and what finds no
 * room is counted as lost. */
#include "appliance.h"

#include "../../port/port.h"
#include "control.h"
#include "options.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define STEP_PRESENT_MS 100
#define STEP_PAST_MS    1000
#define PAIR_EVERY_MS   600000 /* the source's clock with the wall's */
#define STEPS_A_ROUND   2000   /* then the control socket is looked at */

static struct {
    const struct appliance *a;
    struct options o;
    struct shim shim;
    struct port port;
    struct control control;
    int64_t source_ms, wall_at_start_ms, next_pair_ms;
    double owed_ms; /* of the appliance's time, still to be lived */
    double speed;
    bool past; /* has not caught up yet */
    uint64_t start_us, last_us;
    double level[32];                  /* of each provocation */
    bool applied[OPTIONS_PROVOKE_MAX]; /* of the options' provocations */
    struct {
        bool any;
        uint16_t fault;
        uint8_t instance;
        uint64_t realtime_us, monotonic_us;
    } raised;
} bench;

static volatile sig_atomic_t ended;

static uint64_t clock_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int64_t wall_ms(void)
{
    return bench.wall_at_start_ms + bench.source_ms;
}

/* How far its clock is behind the wall's; steps of the wall's clock while it runs do
 * not count. */
static int64_t behind_ms(void)
{
    int64_t lived_ms = (int64_t)((clock_us(CLOCK_MONOTONIC) - bench.start_us) / 1000);
    return bench.o.start_ago_ms + lived_ms - bench.source_ms;
}

bool bench_fault_raise(struct shim *shim, uint16_t fault, uint8_t instance,
                       const struct shim_context *context, uint8_t count)
{
    bench.raised.any = true;
    bench.raised.fault = fault;
    bench.raised.instance = instance;
    bench.raised.realtime_us = clock_us(CLOCK_REALTIME);
    bench.raised.monotonic_us = clock_us(CLOCK_MONOTONIC);
    return shim_fault_raise_of(shim, fault, instance, context, count);
}

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)bench.source_ms;
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    return port_write(&bench.port, bytes, len);
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx;
    return port_read(&bench.port, bytes, size);
}

static void on_hello(void *ctx)
{
    (void)ctx;
    bench.next_pair_ms = 0;
    bench.a->hello();
}

static void provoke(size_t index, double level)
{
    bench.level[index] = level;
    bench.a->provoke(index, level);
}

static void step(int64_t dt_ms)
{
    bench.owed_ms -= (double)dt_ms;
    bench.source_ms += dt_ms;
    for (size_t i = 0; i < bench.o.provokes; i++) {
        if (bench.applied[i] || bench.source_ms < bench.o.provoke[i].after_ms)
            continue;
        bench.applied[i] = true;
        provoke(bench.o.provoke[i].index, bench.o.provoke[i].level);
    }
    if (bench.source_ms >= bench.next_pair_ms && shim_wall(&bench.shim, wall_ms()))
        bench.next_pair_ms = bench.source_ms + PAIR_EVERY_MS;
    bench.a->step((double)dt_ms / 1000, (double)(wall_ms() / 1000 % 86400));
    shim_poll(&bench.shim);
}

/* Lives the time that has passed. True: the past waits for the line. */
static bool advance(void)
{
    uint64_t now = clock_us(CLOCK_MONOTONIC);
    double real_ms = (double)(now - bench.last_us) / 1000;
    bench.last_us = now;
    shim_poll(&bench.shim);
    bool past = bench.past = bench.past && behind_ms() > STEP_PAST_MS;
    bench.owed_ms = past ? bench.owed_ms + real_ms * bench.speed : (double)behind_ms();
    if (past && bench.owed_ms > 1000 * bench.speed)
        bench.owed_ms = 1000 * bench.speed;
    int64_t dt_ms = past ? STEP_PAST_MS : STEP_PRESENT_MS;
    for (int i = 0; i < STEPS_A_ROUND && bench.owed_ms >= (double)dt_ms; i++) {
        if (past && (shim_waiting(&bench.shim) > 0 || bench.port.fd < 0))
            return true;
        if (past && behind_ms() <= dt_ms)
            break;
        step(dt_ms);
    }
    return false;
}

static void put_raised(char *buf, size_t size)
{
    if (!bench.raised.any) {
        snprintf(buf, size, "null");
        return;
    }
    snprintf(buf, size,
             "{\"fault\":%u,\"instance\":%u,\"realtime_ms\":%llu,\"realtime_us\":%llu,"
             "\"monotonic_us\":%llu}",
             (unsigned)bench.raised.fault, (unsigned)bench.raised.instance,
             (unsigned long long)(bench.raised.realtime_us / 1000),
             (unsigned long long)bench.raised.realtime_us,
             (unsigned long long)bench.raised.monotonic_us);
}

static void answer_status(char *reply, size_t size)
{
    char model[1200] = "", provoked[600] = "", raised[200];
    size_t n = 0;
    for (size_t i = 0; bench.a->provocations[i].name; i++)
        if (bench.level[i] > 0 && n < sizeof provoked - 80)
            n += (size_t)snprintf(provoked + n, sizeof provoked - n, "%s\"%s\":%g", n ? "," : "",
                                  bench.a->provocations[i].name, bench.level[i]);
    bench.a->status(model, sizeof model);
    put_raised(raised, sizeof raised);
    snprintf(reply, size,
             "{\"appliance\":\"%s\",\"serial\":\"%s\",\"connected\":%s,\"source_ms\":%lld,"
             "\"wall_ms\":%lld,\"behind_ms\":%lld,\"speed\":%g,\"said\":%u,\"dropped\":%u,"
             "\"faults_held\":%zu,\"raised\":%s,\"provoked\":{%s},\"model\":{%s}}",
             bench.a->name, bench.o.serial_number, bench.port.fd >= 0 ? "true" : "false",
             (long long)bench.source_ms, (long long)wall_ms(), (long long)behind_ms(),
             bench.past ? bench.speed : 1, shim_said(&bench.shim), shim_dropped(&bench.shim),
             shim_faults_held(&bench.shim), raised, provoked, model);
}

static void answer_error(char *reply, size_t size, const char *why)
{
    snprintf(reply, size, "{\"error\":\"%s\"}", why);
}

/* "provoke NAME [LEVEL]" and "clear NAME". The world moves one step at once, so that
 * the answer can tell of the fault that firmware raised. */
static void answer_provoke(const char *name, const char *level_text, bool clear, char *reply,
                           size_t size)
{
    int index = name ? options_provocation(bench.a, name, strlen(name)) : -1;
    char *end = NULL;
    double level = clear ? 0 : level_text ? strtod(level_text, &end) : 1;
    if (index < 0 || (end && *end) || !(level >= 0 && level <= 1000)) {
        answer_error(reply, size, "no such provocation or level; --help lists them");
        return;
    }
    char raised[200];
    bench.raised.any = false;
    provoke((size_t)index, level);
    step(STEP_PRESENT_MS);
    put_raised(raised, sizeof raised);
    snprintf(reply, size, "{\"provoked\":\"%s\",\"level\":%g,\"raised\":%s}", name, level, raised);
}

static void answer_speed(const char *text, char *reply, size_t size)
{
    char *end = NULL;
    double speed = text ? strtod(text, &end) : 0;
    if (!text || *end || !(speed >= 1 && speed <= 1e6)) {
        answer_error(reply, size, "speed is a number from 1 to 1000000");
        return;
    }
    bench.speed = speed; /* counts until it has caught up */
    snprintf(reply, size, "{\"speed\":%g,\"behind_ms\":%lld}", speed, (long long)behind_ms());
}

static void answer(void *arg, char *line, char *reply, size_t size)
{
    (void)arg;
    char whole[CONTROL_LINE], *rest;
    snprintf(whole, sizeof whole, "%s", line);
    const char *word = strtok_r(line, " \t\r", &rest);
    const char *first = strtok_r(NULL, " \t\r", &rest), *second = strtok_r(NULL, " \t\r", &rest);
    if (!word) {
        answer_error(reply, size, "an empty line");
    } else if (strcmp(word, "status") == 0) {
        answer_status(reply, size);
    } else if (strcmp(word, "provoke") == 0 || strcmp(word, "clear") == 0) {
        answer_provoke(first, second, word[0] == 'c', reply, size);
    } else if (strcmp(word, "speed") == 0) {
        answer_speed(first, reply, size);
    } else if (strcmp(word, "quit") == 0) {
        ended = 1;
        snprintf(reply, size, "{\"quit\":true}");
    } else if (bench.a->user(whole)) {
        step(STEP_PRESENT_MS);
        snprintf(reply, size, "{\"done\":true}");
    } else {
        answer_error(reply, size, "not known: provoke, clear, status, speed, quit or a user's act");
    }
}

static void wait_for(bool line_waits)
{
    struct pollfd fds[CONTROL_CLIENTS + 2];
    size_t n = control_watch(&bench.control, fds);
    if (bench.port.fd >= 0) {
        bool writes = shim_waiting(&bench.shim) > 0;
        fds[n++] = (struct pollfd){.fd = bench.port.fd,
                                   .events = (short)(writes ? POLLIN | POLLOUT : POLLIN)};
    }
    int timeout_ms = bench.past ? (line_waits ? 20 : 1) : STEP_PRESENT_MS / 5;
    poll(fds, n, timeout_ms);
}

static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

static uint32_t random_boot(void)
{
    uint32_t boot = 0;
    while (boot == 0)
        if (getrandom(&boot, sizeof boot, 0) != sizeof boot)
            boot = (uint32_t)clock_us(CLOCK_REALTIME);
    return boot;
}

/* What the shim is told about this appliance; borrowed for the program's life. */
static const struct shim_config *describe(const struct appliance *a, const struct options *o)
{
    static const struct shim_platform platform = {
        .now_ms = now_ms, .write = line_write, .read = line_read};
    static struct shim_identity identity;
    static struct shim_config config;
    identity = (struct shim_identity){.source = o->name,
                                      .firmware = a->firmware,
                                      .model = a->model,
                                      .serial = o->serial_number,
                                      .components = a->components,
                                      .component_count = a->component_count};
    config = (struct shim_config){.platform = &platform,
                                  .identity = &identity,
                                  .actions = a->actions,
                                  .action_count = a->action_count,
                                  .on_hello = on_hello};
    return &config;
}

static bool open_lines(const struct options *o)
{
    if (o->socket ? !port_socket(&bench.port, o->socket)
                  : !port_serial(&bench.port, o->serial, o->baud)) {
        fprintf(stderr, "%s: the path is too long or the baud rate unknown\n", bench.a->name);
        return false;
    }
    if (!control_open(&bench.control, o->control)) {
        fprintf(stderr, "%s: cannot listen at %s: %s\n", bench.a->name, o->control,
                strerror(errno));
        return false;
    }
    return true;
}

int bench_main(int argc, char **argv, const struct appliance *appliance)
{
    bench.a = appliance;
    int stop = options_parse(argc, argv, appliance, &bench.o);
    if (stop)
        return stop == 1 ? 0 : 2;
    if (!open_lines(&bench.o))
        return 2;
    signal(SIGINT, end);
    signal(SIGTERM, end);
    signal(SIGPIPE, SIG_IGN);
    bench.wall_at_start_ms = (int64_t)(clock_us(CLOCK_REALTIME) / 1000) - bench.o.start_ago_ms;
    bench.speed = bench.o.speed;
    bench.past = bench.o.start_ago_ms > 0;
    bench.start_us = bench.last_us = clock_us(CLOCK_MONOTONIC);
    shim_init(&bench.shim, describe(appliance, &bench.o), random_boot(), MESSAGE_RESET_POWER,
              "switched on");
    appliance->start(&bench.shim, bench.o.seed, bench.o.report_s);
    while (!ended) {
        wait_for(advance());
        control_serve(&bench.control, answer, NULL);
    }
    port_close(&bench.port);
    control_close(&bench.control);
    return 0;
}
