/* The shell of a simulated agent: turns the world's events into the core's, and
 * carries out what the core asks. A kill frees the core and keeps the disk; a
 * power cut loses what the disk had not synced, and the firmware too. */
#include "tests/sim/device.h"

#include "tests/support/simdisk.h"

#include <stdlib.h>
#include <string.h>

struct device {
    struct world *w;
    const char *id;
    struct device_plan plan;
    const struct pack *pack;
    struct simdisk *disk;
    struct port *port;
    struct firmware *firmware;
    struct core *core; /* NULL: not running */
    bool calm;
    uint64_t life; /* number of this start of the agent */
    uint64_t boot, session;
    int64_t booted_ms; /* run time */
    int64_t wall_error_ms;
    uint8_t trust;
    uint64_t tick; /* number of the tick that counts */
    struct core_meaning meanings[64];
    size_t n_meanings;
    struct device_record record;
    struct truth *truth;
    bool disk_failing, disk_trouble; /* in this life of the agent */
    uint64_t sealed[LANE_COUNT], keyframes[LANE_COUNT];
};

static void step(struct device *d, struct core_event event);

static struct now now_of(const struct device *d)
{
    int64_t t = world_now(d->w);
    return (struct now){t - d->booted_ms, SIM_EPOCH_MS + t + d->wall_error_ms, d->trust};
}

/* A timer's value carries the life it belongs to. */
static void sync_turn(void *arg, uint64_t life)
{
    struct device *d = arg;
    if (d->core && d->life == life)
        step(d, (struct core_event){.kind = CORE_EVENT_SYNC});
}

static void tick_turn(void *arg, uint64_t tick)
{
    struct device *d = arg;
    if (d->core && d->tick == tick)
        step(d, (struct core_event){.kind = CORE_EVENT_TICK});
}

static void act(struct device *d, const struct core_action *a)
{
    switch (a->kind) {
    case CORE_CONNECT: port_connect(d->port, core_will(d->core)); break;
    case CORE_DISCONNECT: port_disconnect(d->port); break;
    case CORE_PUBLISH: port_publish(d->port, "", a->bytes, a->token); break;
    case CORE_FAULT_DURABLE: firmware_durable(d->firmware, a->boot, a->ref); break;
    case CORE_SYNC: world_at(d->w, world_now(d->w) + 2, sync_turn, d, d->life); break;
    case CORE_LOG:
        if (a->level >= LOG_WARN_)
            world_trace(d->w, "%s: %s %s", d->id, a->log_id, a->text);
        break;
    case CORE_ACT:
    case CORE_SETTING: break;
    }
}

static void note_seals(struct device *d)
{
    struct core_stats s;
    core_stats(d->core, &s);
    for (int lane = LANE_COUNT; lane-- > 0;) {
        struct seal_group g = {.stream = s.stream[lane],
                               .first = d->sealed[lane] + 1,
                               .last = s.sealed[lane],
                               .keyframes = s.keyframes[lane] - d->keyframes[lane],
                               .lane = (enum wire_lane)lane};
        if (g.first <= g.last)
            truth_seal(d->truth, &g, d->disk_trouble);
        d->sealed[lane] = s.sealed[lane];
        d->keyframes[lane] = s.keyframes[lane];
    }
}

static void step(struct device *d, struct core_event event)
{
    const struct core_action *actions;
    event.now = now_of(d);
    size_t n = core_step(d->core, &event, &actions);
    note_seals(d);
    for (size_t i = 0; i < n; i++)
        act(d, &actions[i]);
    int64_t wake = core_wake_ms(d->core) + d->booted_ms;
    world_at(d->w, wake, tick_turn, d, ++d->tick);
}

static void link_up(void *arg)
{
    step(arg, (struct core_event){.kind = CORE_EVENT_UP});
}

static void link_down(void *arg)
{
    struct device *d = arg;
    if (d->core)
        step(d, (struct core_event){.kind = CORE_EVENT_DOWN, .bytes = slice_str("gone")});
}

static void link_message(void *arg, const char *from, struct slice payload)
{
    (void)from;
    step(arg, (struct core_event){.kind = CORE_EVENT_RECEIVED, .bytes = payload});
}

static void link_sent(void *arg, uint64_t token, bool ok)
{
    step(arg, (struct core_event){.kind = CORE_EVENT_SENT, .token = token, .ok = ok});
}

static enum frame_way way_of(enum report_kind kind)
{
    switch (kind) {
    case REPORT_FAULT:
    case REPORT_INTENT:
    case REPORT_RESET: return WAY_URGENT;
    case REPORT_HELLO:
    case REPORT_SNAPSHOT_DONE: return WAY_AGENT;
    default: return WAY_BULK;
    }
}

static bool heard(void *arg, const struct report *report)
{
    struct device *d = arg;
    struct frame frame = {.boot = report->boot,
                          .counter = report->counter,
                          .way = way_of(report->kind),
                          .heard = d->core != NULL};
    if (report->id == SIM_METRIC_ENERGY && report->kind == REPORT_COUNTER)
        frame.energy = (uint64_t)report->v;
    truth_frame(d->truth, &frame);
    if (d->core)
        step(d, (struct core_event){.kind = CORE_EVENT_REPORT, .report = report});
    return frame.heard;
}

static struct core_config config_of(struct device *d)
{
    return (struct core_config){
        .disk = simdisk_disk(d->disk),
        .seed = rng_next(world_rng(d->w)),
        .boot = d->boot,
        .session = ++d->session,
        .agent = "sim",
        .pack = d->pack->name,
        .pack_revision = d->pack->revision,
        .identity = {slice_str("CK-300"), slice_str(d->id), slice_str("1.0"), slice_str("A"),
                     slice_str("sim"), 0, NULL},
        .meanings = d->meanings,
        .n_meanings = d->n_meanings,
        .consents = CONSENT_ALL,
        .bulk_age_ms = d->plan.bulk_age_ms,
        .bulk_sync_ms = d->plan.bulk_age_ms,
        .heartbeat_ms = 15 * MINUTE,
        .spool_bytes = d->plan.spool_bytes,
    };
}

static void start_agent(void *arg, uint64_t value)
{
    struct device *d = arg;
    struct err e = {0};
    (void)value;
    if (d->core)
        return;
    struct core_config config = config_of(d);
    d->life++;
    memset(d->sealed, 0, sizeof d->sealed);
    memset(d->keyframes, 0, sizeof d->keyframes);
    d->disk_trouble = d->disk_failing;
    truth_born(d->truth, d->disk_failing);
    if (core_new(&config, now_of(d), &d->core, &e) != 0) {
        d->record.starts_refused++;
        world_trace(d->w, "%s: the agent does not start: %s", d->id, e.text);
        d->core = NULL;
        return;
    }
    world_trace(d->w, "%s: agent starts", d->id);
    step(d, (struct core_event){.kind = CORE_EVENT_TICK});
    firmware_greet(d->firmware);
}

static void remember(struct device *d)
{
    struct core_stats s;
    core_stats(d->core, &s);
    d->record.settled += s.sealed[LANE_URGENT] + s.sealed[LANE_BULK];
}

static void stop_agent(struct device *d, bool power_cut)
{
    truth_died(d->truth, power_cut, d->disk_trouble);
    if (!d->core)
        return;
    remember(d);
    core_free(d->core);
    d->core = NULL;
    port_abandon(d->port);
}

static void set_clock(struct device *d)
{
    bool lost = world_chance(d->w, d->plan.no_clock_one_in);
    d->wall_error_ms = lost ? -(SIM_EPOCH_MS + world_now(d->w)) : 0;
    d->trust = lost ? TRUST_NONE : TRUST_SYNCED;
}

static void clock_comes(void *arg, uint64_t boot)
{
    struct device *d = arg;
    if (d->boot != boot)
        return;
    d->wall_error_ms = 0;
    d->trust = TRUST_SYNCED;
}

static void boot(struct device *d)
{
    d->boot = rng_next(world_rng(d->w)) | 1;
    d->booted_ms = world_now(d->w);
    set_clock(d);
    world_at(d->w, world_now(d->w) + HOUR, clock_comes, d, d->boot);
}

static void killed(void *arg, uint64_t value)
{
    struct device *d = arg;
    (void)value;
    if (d->calm)
        return;
    if (d->core) {
        world_trace(d->w, "%s: agent killed", d->id);
        d->record.kills++;
        stop_agent(d, false);
        simdisk_kill(d->disk);
        world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.away_for_ms), start_agent, d, 0);
    }
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.killed_every_ms), killed, d, 0);
}

static void power_cut(void *arg, uint64_t value)
{
    struct device *d = arg;
    (void)value;
    if (d->calm)
        return;
    world_trace(d->w, "%s: power cut", d->id);
    d->record.power_cuts++;
    stop_agent(d, true);
    simdisk_power_cut(d->disk);
    boot(d);
    firmware_power_cycle(d->firmware);
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.away_for_ms), start_agent, d, 0);
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.power_cut_every_ms), power_cut, d, 0);
}

static void disk_mends(void *arg, uint64_t value)
{
    struct device *d = arg;
    (void)value;
    simdisk_fail(d->disk, 0, 0, 0);
    d->disk_failing = false;
}

static void disk_fails(void *arg, uint64_t value)
{
    struct device *d = arg;
    (void)value;
    if (d->calm)
        return;
    d->record.disk_failures++;
    int code = world_chance(d->w, 2) ? ERR_FULL : ERR_IO;
    world_trace(d->w, "%s: disk refuses (%s)", d->id, err_name(code));
    simdisk_fail(d->disk, 1, -1, code);
    d->disk_failing = d->disk_trouble = true;
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.disk_fails_for_ms), disk_mends, d, 0);
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.disk_fails_every_ms), disk_fails, d,
             0);
}

static void clock_jumps(void *arg, uint64_t value)
{
    struct device *d = arg;
    (void)value;
    if (d->calm)
        return;
    d->record.clock_jumps++;
    d->wall_error_ms = world_span(d->w, 6 * HOUR) - 6 * HOUR;
    d->trust = TRUST_RTC;
    world_trace(d->w, "%s: clock jumps by %lld min", d->id, (long long)(d->wall_error_ms / MINUTE));
    world_at(d->w, world_now(d->w) + HOUR, clock_comes, d, d->boot);
    world_at(d->w, world_now(d->w) + world_span(d->w, d->plan.clock_jumps_every_ms), clock_jumps, d,
             0);
}

static void schedule(struct device *d, int64_t every_ms, world_fn fn)
{
    if (every_ms)
        world_at(d->w, world_now(d->w) + world_span(d->w, every_ms), fn, d, 0);
}

static void learn_meanings(struct device *d)
{
    for (size_t i = 0; i < d->pack->n_metrics && d->n_meanings < 64; i++)
        d->meanings[d->n_meanings++] = (struct core_meaning){MEANS_METRIC, d->pack->metrics[i].id,
                                                             d->pack->metrics[i].exponent,
                                                             (uint8_t)d->pack->metrics[i].purpose};
    for (size_t i = 0; i < d->pack->n_faults && d->n_meanings < 64; i++)
        d->meanings[d->n_meanings++] = (struct core_meaning){MEANS_FAULT, d->pack->faults[i].id, 0,
                                                             (uint8_t)d->pack->faults[i].purpose};
}

struct device *simdev_new(struct world *w, struct broker *b, const char *id,
                          const struct device_plan *plan, const struct pack *pack)
{
    struct device *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->w = w;
    d->id = id;
    d->plan = *plan;
    d->pack = pack;
    d->disk = simdisk_new(rng_next(world_rng(w)), 0);
    if (!d->disk)
        abort();
    d->port =
        broker_port(b, id, false, (struct client){d, link_up, link_down, link_message, link_sent});
    d->truth = truth_new();
    d->firmware = firmware_new(w, &plan->firmware, heard, d);
    learn_meanings(d);
    boot(d);
    world_at(w, (int64_t)rng_below(world_rng(w), (uint64_t)MINUTE), start_agent, d, 0);
    schedule(d, plan->killed_every_ms, killed);
    schedule(d, plan->power_cut_every_ms, power_cut);
    schedule(d, plan->disk_fails_every_ms, disk_fails);
    schedule(d, plan->clock_jumps_every_ms, clock_jumps);
    return d;
}

void simdev_free(struct device *d)
{
    if (!d)
        return;
    core_free(d->core);
    firmware_free(d->firmware);
    simdisk_free(d->disk);
    truth_free(d->truth);
    free(d);
}

const char *simdev_id(const struct device *d)
{
    return d->id;
}

struct firmware *simdev_firmware(struct device *d)
{
    return d->firmware;
}

void simdev_cut_power(struct device *d)
{
    stop_agent(d, true);
    simdisk_power_cut(d->disk);
    boot(d);
    firmware_power_cycle(d->firmware);
}

void simdev_start(struct device *d)
{
    start_agent(d, 0);
}

const struct truth *simdev_truth(const struct device *d)
{
    return d->truth;
}

void simdev_calm(struct device *d)
{
    d->calm = true;
    disk_mends(d, 0);
    firmware_calm(d->firmware);
    if (!d->core)
        world_at(d->w, world_now(d->w) + 1, start_agent, d, 0);
}

void simdev_record(const struct device *d, struct device_record *ret)
{
    *ret = d->record;
    if (d->core) {
        core_stats(d->core, &ret->stats);
        ret->settled += ret->stats.sealed[LANE_URGENT] + ret->stats.sealed[LANE_BULK];
    }
}
