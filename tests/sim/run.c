/* tests/sim/run --seed N --days D --devices K [--calm] [--show] [--pack FILE]
 *
 * Lives through D virtual days of a fleet of K fridges under every kind of bad luck,
 * then lets the weather clear and checks that every promise holds. Prints a summary
 * as JSON in its last line; a broken promise prints the trace that led there and
 * ends with status 1. */
#include "tests/sim/judge.h"

#include "base/table.h"
#include "proto/pack.h"

#include <stdlib.h>
#include <string.h>

#define CALM_MS  (6 * HOUR) /* how long the weather is fine before judgement */
#define QUIET_MS HOUR       /* of that, how long firmware says nothing */

struct options {
    int64_t seed, days, devices;
    bool calm, show;
    const char *pack;
};

struct fleet {
    struct world *w;
    struct broker *broker;
    struct gateway *gateway;
    struct device **devices;
    char (*names)[24];
    size_t n;
};

static const struct weather storm = {
    .latency_ms = 40,
    .lose_one_in = 300,
    .double_one_in = 200,
    .reorder_one_in = 100,
    .cut_every_ms = 8 * HOUR,
    .cut_for_ms = 30 * MINUTE,
    .freeze_every_ms = 12 * HOUR,
    .freeze_for_ms = 3 * MINUTE,
    .broker_dies_every_ms = 2 * DAY,
    .broker_away_ms = 2 * MINUTE,
};
static const struct weather sunny = {.latency_ms = 40};
static const struct device_plan rough = {
    .firmware = {.beat_ms = 2 * MINUTE,
                 .fault_every_ms = 18 * HOUR,
                 .fault_for_ms = 4 * HOUR,
                 .reboot_every_ms = 3 * DAY},
    .killed_every_ms = 20 * HOUR,
    .power_cut_every_ms = 30 * HOUR,
    .away_for_ms = 5 * MINUTE,
    .disk_fails_every_ms = 3 * DAY,
    .disk_fails_for_ms = 20 * MINUTE,
    .clock_jumps_every_ms = 4 * DAY,
    .no_clock_one_in = 5,
    .bulk_age_ms = 10 * MINUTE,
};
static const struct device_plan smooth = {
    .firmware = {.beat_ms = 2 * MINUTE, .fault_every_ms = 18 * HOUR, .fault_for_ms = 4 * HOUR},
    .bulk_age_ms = 10 * MINUTE,
};
static const struct gateway_plan shaky = {
    .commit_ms = 8,
    .killed_every_ms = 15 * HOUR,
    .away_for_ms = 2 * MINUTE,
    .commit_fails_one_in = 300,
    .commit_unknown_one_in = 300,
    .disk_full_every_ms = 4 * DAY,
    .disk_full_for_ms = 30 * MINUTE,
};
static const struct gateway_plan steady = {.commit_ms = 8};

static int read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){
        .seed = 1, .days = 3, .devices = 5, .pack = "build/debug/packs/fridge.pack"};
    for (int i = 1; i < argc; i++) {
        struct {
            const char *name;
            int64_t *to;
        } numbers[] = {{"--seed", &o->seed}, {"--days", &o->days}, {"--devices", &o->devices}};
        bool known = false;
        for (size_t k = 0; k < 3 && !known; k++)
            if (strcmp(argv[i], numbers[k].name) == 0 && i + 1 < argc)
                known = parse_int(argv[++i], numbers[k].to) == 0 && *numbers[k].to > 0;
        if (strcmp(argv[i], "--calm") == 0)
            known = o->calm = true;
        else if (strcmp(argv[i], "--show") == 0)
            known = o->show = true;
        else if (strcmp(argv[i], "--pack") == 0 && i + 1 < argc) {
            o->pack = argv[++i];
            known = true;
        }
        if (!known) {
            fprintf(stderr,
                    "run: %s: usage: run --seed N --days D --devices K [--calm] [--show] "
                    "[--pack FILE]\n",
                    argv[i]);
            return 2;
        }
    }
    return 0;
}

static void raise_fleet(struct fleet *f, const struct options *o, const struct pack *pack)
{
    f->n = (size_t)o->devices;
    f->w = world_new((uint64_t)o->seed, o->show);
    f->broker = broker_new(f->w, o->calm ? &sunny : &storm);
    f->gateway = gateway_new(f->w, f->broker, o->calm ? &steady : &shaky, pack);
    f->devices = calloc(f->n, sizeof *f->devices);
    f->names = calloc(f->n, sizeof *f->names);
    if (!f->devices || !f->names)
        abort();
    for (size_t i = 0; i < f->n; i++) {
        snprintf(f->names[i], sizeof f->names[i], "fridge-%zu", i + 1);
        f->devices[i] = simdev_new(f->w, f->broker, f->names[i], o->calm ? &smooth : &rough, pack);
    }
}

static void free_fleet(struct fleet *f)
{
    for (size_t i = 0; i < f->n; i++)
        simdev_free(f->devices[i]);
    gateway_free(f->gateway);
    broker_free(f->broker);
    world_free(f->w);
    free(f->devices);
    free(f->names);
}

/* The weather clears; then firmware falls silent and the last word is delivered. */
static void settle(struct fleet *f)
{
    world_trace(f->w, "the weather clears");
    broker_calm(f->broker);
    gateway_calm(f->gateway);
    for (size_t i = 0; i < f->n; i++)
        simdev_calm(f->devices[i]);
    world_run(f->w, world_now(f->w) + CALM_MS - QUIET_MS);
    for (size_t i = 0; i < f->n; i++)
        firmware_stop(simdev_firmware(f->devices[i]));
    world_run(f->w, world_now(f->w) + QUIET_MS);
}

struct sums {
    struct device_record devices;
    uint64_t owed, reboots;
};

static void add_up(const struct fleet *f, struct sums *s)
{
    for (size_t i = 0; i < f->n; i++) {
        struct device_record r;
        simdev_record(f->devices[i], &r);
        s->devices.kills += r.kills;
        s->devices.power_cuts += r.power_cuts;
        s->devices.disk_failures += r.disk_failures;
        s->devices.clock_jumps += r.clock_jumps;
        s->devices.starts_refused += r.starts_refused;
        s->devices.settled += r.settled;
        s->owed += r.stats.owed;
        s->reboots += firmware_record(simdev_firmware(f->devices[i]))->reboots;
    }
}

static bool is_zero(uint64_t n, const char *what)
{
    if (n)
        fprintf(stderr, "broken: %llu %s\n", (unsigned long long)n, what);
    return n == 0;
}

static void print_summary(const struct options *o, const struct fleet *f, const struct verdicts *v,
                          const struct sums *s, const struct gateway_record *g, bool fine)
{
    struct broker_stats b = broker_stats(f->broker);
#define N(x) (unsigned long long)(x)
    printf(
        "{\"seed\":%lld,\"days\":%lld,\"devices\":%zu,\"ok\":%s,\"steps\":%llu,"
        "\"frames\":%llu,\"sent\":%llu,\"stored\":%llu,"
        "\"accounted\":{\"tombstones\":%llu,\"by_number\":%llu,\"after_the_last\":%llu},"
        "\"lost\":%llu,\"doubled\":%llu,"
        "\"missing\":%llu,\"faults\":%llu,\"faults_lost\":%llu,\"alerts\":%llu,\"messages\":%llu,",
        (long long)o->seed, (long long)o->days, f->n, fine ? "true" : "false", N(world_steps(f->w)),
        N(v->account.frames), N(v->sent), N(v->stored), N(v->account.in_tombstones),
        N(v->account.told_lost), N(v->account.after_the_last), N(v->account.holes), N(v->doubled),
        N(v->missing), N(v->faults), N(v->faults_lost), N(v->alerts), N(v->messages));
    printf("\"bad_luck\":{\"agent_kills\":%llu,\"power_cuts\":%llu,\"controller_reboots\":%llu,"
           "\"disk_failures\":%llu,\"clock_jumps\":%llu,\"gateway_kills\":%llu,"
           "\"commits_failed\":%llu,\"commits_unknown\":%llu,\"gateway_disk_full\":%llu,"
           "\"broker_deaths\":%llu,\"network_cuts\":%llu,\"freezes\":%llu,\"messages_lost\":%llu,"
           "\"messages_doubled\":%llu,\"messages_reordered\":%llu},",
           N(s->devices.kills), N(s->devices.power_cuts), N(s->reboots),
           N(s->devices.disk_failures), N(s->devices.clock_jumps), N(g->kills),
           N(g->commits_failed), N(g->commits_unknown), N(g->disk_full), N(b.deaths), N(b.cuts),
           N(b.freezes), N(b.lost), N(b.doubled), N(b.reordered));
    uint64_t bad = s->devices.kills + s->devices.power_cuts + s->reboots +
                   s->devices.disk_failures + s->devices.clock_jumps + g->kills +
                   g->commits_failed + g->commits_unknown + g->disk_full + b.deaths + b.cuts +
                   b.freezes + b.lost + b.doubled + b.reordered;
    printf("\"bad_luck_a_device_day\":%.1f,", (double)bad / ((double)f->n * (double)o->days));
    printf("\"commits\":%llu,\"restores\":%llu,\"defects\":%llu,\"unlike\":%llu,\"owed\":%llu}\n",
           N(g->commits), N(g->restores), N(g->defects), N(g->unlike), N(s->owed));
#undef N
}

static bool judge(struct fleet *f, const struct options *o)
{
    struct verdicts v = {0};
    struct sums s = {0};
    struct gateway_record g;
    for (size_t i = 0; i < f->n; i++)
        judge_device(&v, gateway_store(f->gateway), f->devices[i]);
    judge_store(&v, gateway_store(f->gateway));
    add_up(f, &s);
    gateway_record(f->gateway, &g);
    bool fine = judge_passes(&v, stderr);
    fine &= is_zero(s.owed, "batches are still owed after the weather cleared");
    fine &= is_zero(s.devices.starts_refused, "agents did not start");
    fine &= is_zero(g.restores_failed, "restores of the gateway failed");
    fine &= is_zero(g.defects, "differences between a replay and the store");
    fine &= is_zero(g.unlike, "restored states were not what they had been");
    if (!fine)
        world_print_trace(f->w, stderr);
    print_summary(o, f, &v, &s, &g, fine);
    return fine;
}

int main(int argc, char **argv)
{
    struct options o;
    struct pack *pack = NULL;
    struct err e = {0};
    struct fleet fleet = {0};
    int status = read_options(argc, argv, &o);
    if (status)
        return status;
    if (pack_open(o.pack, &pack, &e) != 0) {
        fprintf(stderr, "run: %s; build it first: cmake --build --preset debug\n", e.text);
        return 2;
    }
    log_set_level(LOG_ERROR_);
    raise_fleet(&fleet, &o, pack);
    world_run(fleet.w, o.days * DAY);
    settle(&fleet);
    bool fine = judge(&fleet, &o);
    free_fleet(&fleet);
    pack_free(pack);
    return fine ? 0 : 1;
}
