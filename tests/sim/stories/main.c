/* Scripted runs without chance: at each step something is done to a fridge, the
 * gateway or the network, and what the store then holds is written down. The text is
 * compared with what is expected; both are printed side by side when they differ. */
#include "tests/sim/judge.h"

#include "base/log.h"
#include "proto/pack.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NAME "fridge-1"

struct stage_set {
    struct world *w;
    struct broker *broker;
    struct gateway *gateway;
    struct device *device;
    char text[4096];
    size_t len;
};

static const struct weather clear = {.latency_ms = 40};
static const struct gateway_plan steady = {.commit_ms = 8};
static const struct device_plan fridge = {.firmware = {.beat_ms = 2 * MINUTE},
                                          .bulk_age_ms = 10 * MINUTE};

static void tell(struct stage_set *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct stage_set *s, const char *fmt, ...)
{
    int64_t t = world_now(s->w);
    size_t room = sizeof s->text - s->len;
    int n = snprintf(s->text + s->len, room, "%lldd %02d:%02d ", (long long)(t / DAY),
                     (int)(t % DAY / HOUR), (int)(t % HOUR / MINUTE));
    s->len += (size_t)n;
    va_list ap;
    va_start(ap, fmt);
    n = vsnprintf(s->text + s->len, sizeof s->text - s->len, fmt, ap);
    va_end(ap);
    s->len += (size_t)n;
    s->text[s->len++] = '\n';
    s->text[s->len] = 0;
}

static long long number(struct stage_set *s, const char *sql)
{
    struct err e = {0};
    sqlite3_stmt *q = store_read(gateway_store(s->gateway), sql, &e);
    if (!q)
        abort();
    long long n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
    store_release(q);
    return n;
}

/* What the store has, and whether the device still owes something. */
static void look(struct stage_set *s)
{
    struct device_record r;
    world_run(s->w, world_now(s->w) + MINUTE); /* what is just sealed arrives */
    simdev_record(s->device, &r);
    tell(s, "missing %lld, owed %llu, offline told %lld",
         number(s, "SELECT coalesce(sum(expected - stored - dropped), 0) FROM streams"),
         (unsigned long long)r.stats.owed,
         number(s, "SELECT count(*) FROM handoff WHERE kind = 'device.presence' AND body LIKE "
                   "'%offline%'"));
}

static void pass(struct stage_set *s, int64_t ms)
{
    world_run(s->w, world_now(s->w) + ms);
}

/* Until a batch is in a commit that has not been answered. */
static void pass_to_commit(struct stage_set *s)
{
    while (!gateway_commits(s->gateway))
        pass(s, 1);
}

/* holds: LOSS-1, LOSS-2, TWICE-1 */
static void a_commit_fails(struct stage_set *s)
{
    gateway_next_commit(s->gateway, ERR_IO, false);
    pass_to_commit(s);
    tell(s, "a commit is refused");
    pass(s, 30 * MINUTE);
    look(s);
}

/* holds: LOSS-2, TWICE-1 */
static void nobody_knows_of_a_commit_that_was_done(struct stage_set *s)
{
    gateway_next_commit(s->gateway, ERR_UNKNOWN, true);
    pass_to_commit(s);
    tell(s, "a commit is done, and nobody knows");
    pass(s, 30 * MINUTE);
    look(s);
}

/* holds: LOSS-2, TWICE-1 */
static void nobody_knows_of_a_commit_that_was_not_done(struct stage_set *s)
{
    gateway_next_commit(s->gateway, ERR_UNKNOWN, false);
    pass_to_commit(s);
    tell(s, "a commit is not done, and nobody knows");
    pass(s, 30 * MINUTE);
    look(s);
}

/* holds: LOSS-1, TWICE-1, START-2, QUIET-1 */
static void the_gateway_dies_between_commit_and_ack(struct stage_set *s)
{
    pass_to_commit(s);
    gateway_kill(s->gateway);
    tell(s, "the gateway is killed in a commit");
    pass(s, 20 * MINUTE);
    gateway_start(s->gateway);
    pass(s, 40 * MINUTE);
    look(s);
}

/* What was on the wire and in the ack is above what the device remembers. */
/* holds: LOSS-3, LOSS-5 */
static void power_goes_with_numbers_on_the_wire(struct stage_set *s)
{
    pass_to_commit(s);
    simdev_cut_power(s->device);
    tell(s, "power is cut");
    pass(s, 20 * SECOND);
    simdev_start(s->device);
    pass(s, 40 * MINUTE);
    look(s);
}

/* holds: LOSS-8, QUIET-2 */
static void three_days_without_network(struct stage_set *s)
{
    broker_cut(s->broker, NAME, true);
    tell(s, "the network goes");
    pass(s, 3 * DAY);
    broker_cut(s->broker, NAME, false);
    pass(s, HOUR);
    tell(s, "it is back");
    look(s);
}

struct story {
    const char *name;
    void (*run)(struct stage_set *s);
    const char *expected;
};
#define STORY(f, text)                                                                             \
    {                                                                                              \
#f, f, text                                                                                \
    }
static const struct story stories[] = {
    STORY(a_commit_fails, "0d 01:01 a commit is refused\n"
                          "0d 01:32 missing 0, owed 0, offline told 0\n"),
    STORY(nobody_knows_of_a_commit_that_was_done, "0d 01:01 a commit is done, and nobody knows\n"
                                                  "0d 01:32 missing 0, owed 0, offline told 0\n"),
    STORY(nobody_knows_of_a_commit_that_was_not_done,
          "0d 01:01 a commit is not done, and nobody knows\n"
          "0d 01:32 missing 0, owed 0, offline told 0\n"),
    STORY(the_gateway_dies_between_commit_and_ack, "0d 01:01 the gateway is killed in a commit\n"
                                                   "0d 02:02 missing 0, owed 0, offline told 0\n"),
    STORY(power_goes_with_numbers_on_the_wire, "0d 01:01 power is cut\n"
                                               "0d 01:43 missing 0, owed 0, offline told 0\n"),
    STORY(three_days_without_network, "0d 01:00 the network goes\n"
                                      "3d 02:00 it is back\n"
                                      "3d 02:01 missing 0, owed 0, offline told 1\n"),
};

static void side_by_side(const char *want, const char *got)
{
    printf("  %-56s | %s\n", "expected", "happened");
    while (*want || *got) {
        int w = (int)strcspn(want, "\n"), g = (int)strcspn(got, "\n");
        printf("%c %-56.*s | %.*s\n", w == g && strncmp(want, got, (size_t)w) == 0 ? ' ' : '!', w,
               want, g, got);
        want += w + (want[w] != 0);
        got += g + (got[g] != 0);
    }
}

static bool live_through(const struct story *story, const struct pack *pack)
{
    struct stage_set s = {.w = world_new(1, false)};
    struct verdicts v = {0};
    s.broker = broker_new(s.w, &clear);
    s.gateway = gateway_new(s.w, s.broker, &steady, pack);
    s.device = simdev_new(s.w, s.broker, NAME, &fridge, pack);
    pass(&s, HOUR);
    story->run(&s);
    firmware_stop(simdev_firmware(s.device));
    pass(&s, HOUR + 3 * MINUTE);
    judge_device(&v, gateway_store(s.gateway), s.device);
    judge_store(&v, gateway_store(s.gateway));
    bool fine = judge_passes(&v, stdout);
    if (strcmp(story->expected, s.text) != 0) {
        printf("%s\n", story->name);
        side_by_side(story->expected, s.text);
        fine = false;
    }
    simdev_free(s.device);
    gateway_free(s.gateway);
    broker_free(s.broker);
    world_free(s.w);
    return fine;
}

int main(int argc, char **argv)
{
    struct pack *pack = NULL;
    struct err e = {0};
    bool fine = true;
    if (argc < 2 || pack_open(argv[1], &pack, &e) != 0) {
        fprintf(stderr, "stories FRIDGE.PACK: %s\n", e.text);
        return 2;
    }
    log_set_level(LOG_ERROR_);
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        fine &= live_through(&stories[i], pack);
    pack_free(pack);
    return fine ? 0 : 1;
}
