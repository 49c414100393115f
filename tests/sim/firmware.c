/* The fridge: a temperature that breathes, a door, an energy counter that numbers
 * its own readings, and a heater that fails now and then. */
#include "tests/sim/firmware.h"

#include <math.h>
#include <stdlib.h>

#define HOLD_AGAIN_MS (30 * SECOND)

struct held {
    bool wanted; /* a frame waits for its durable answer */
    bool active;
    uint32_t ref;
    int64_t at_ms;
};

struct firmware {
    struct world *w;
    struct firmware_plan plan;
    firmware_say say;
    void *arg;
    bool stopped;
    uint32_t boot, counter;
    int64_t booted_ms; /* run time */
    bool door, calm;
    struct held held;
    uint64_t beats, tries; /* numbers of the timers that count */
    struct firmware_record record;
    struct durable_fault *durable;
    size_t n_durable, cap_durable;
};

static int64_t source_ms(const struct firmware *f)
{
    return world_now(f->w) - f->booted_ms;
}

static uint32_t frame(struct firmware *f, struct report r)
{
    r.source = 1;
    r.boot = f->boot;
    r.counted = true;
    r.counter = ++f->counter;
    r.at_ms = source_ms(f);
    if (!f->say(f->arg, &r))
        f->record.unheard++;
    return r.counter;
}

static void say_reading(struct firmware *f)
{
    double day = (double)(world_now(f->w) % DAY) / (double)DAY;
    double temp = 4.0 + 0.8 * sin(day * 6.28318530717958648);
    f->record.readings++;
    frame(f, (struct report){.kind = REPORT_COUNTER,
                             .id = SIM_METRIC_ENERGY,
                             .v = (int64_t)f->record.readings});
    frame(f, (struct report){.kind = REPORT_GAUGE,
                             .id = SIM_METRIC_TEMP,
                             .v = (int64_t)lrint(temp * 10),
                             .exponent = -1});
}

static void say_door(struct firmware *f)
{
    frame(f, (struct report){.kind = REPORT_STATE, .id = SIM_METRIC_DOOR, .v = f->door});
}

static void say_fault(struct firmware *f)
{
    struct report r = {.kind = REPORT_FAULT,
                       .id = SIM_FAULT_HEATER,
                       .active = f->held.active,
                       .count = f->held.active ? 1 : 0,
                       .source = 1,
                       .boot = f->boot,
                       .counted = true,
                       .counter = f->held.ref,
                       .ref = f->held.ref,
                       .at_ms = f->held.at_ms,
                       .first_ms = f->held.at_ms};
    f->say(f->arg, &r);
}

static void hold_again(void *arg, uint64_t ref)
{
    struct firmware *f = arg;
    if (f->stopped || !f->held.wanted || f->held.ref != ref)
        return;
    say_fault(f);
    world_at(f->w, world_now(f->w) + HOLD_AGAIN_MS, hold_again, f, ref);
}

static void hold_fault(struct firmware *f, bool active)
{
    f->held = (struct held){true, active, ++f->counter, source_ms(f)};
    f->record.fault_active = active;
    f->record.faults_raised += active;
    world_trace(f->w, "firmware: heater %s (frame %u of boot %u)", active ? "fails" : "works again",
                f->held.ref, f->boot);
}

static void move_fault(struct firmware *f, bool active)
{
    hold_fault(f, active);
    hold_again(f, f->held.ref);
}

static void next_fault(void *arg, uint64_t value)
{
    struct firmware *f = arg;
    (void)value;
    if (f->stopped || f->calm)
        return;
    bool active = !f->record.fault_active;
    move_fault(f, active);
    int64_t mean = active ? f->plan.fault_for_ms : f->plan.fault_every_ms;
    world_at(f->w, world_now(f->w) + world_span(f->w, mean), next_fault, f, 0);
}

static void beat(void *arg, uint64_t value)
{
    struct firmware *f = arg;
    (void)value;
    if (f->stopped)
        return;
    say_reading(f);
    if (world_chance(f->w, 20)) {
        f->door = !f->door;
        say_door(f);
    }
    world_at(f->w, world_now(f->w) + f->plan.beat_ms, beat, f, 0);
}

static void new_boot(struct firmware *f)
{
    f->boot = (uint32_t)rng_next(world_rng(f->w)) | 1;
    f->counter = 0;
    f->booted_ms = world_now(f->w);
    f->held.wanted = false;
}

void firmware_power_cycle(struct firmware *f)
{
    f->record.reboots++;
    new_boot(f);
    if (!f->record.fault_active)
        return;
    hold_fault(f, true); /* its self-test finds the heater as it is; the hello comes first */
    world_at(f->w, world_now(f->w) + HOLD_AGAIN_MS, hold_again, f, f->held.ref);
}

static void reboot(void *arg, uint64_t value)
{
    struct firmware *f = arg;
    (void)value;
    if (f->stopped || f->calm)
        return;
    world_trace(f->w, "firmware: controller reboots");
    firmware_power_cycle(f);
    firmware_greet(f);
    world_at(f->w, world_now(f->w) + world_span(f->w, f->plan.reboot_every_ms), reboot, f, 0);
}

struct firmware *firmware_new(struct world *w, const struct firmware_plan *plan, firmware_say say,
                              void *arg)
{
    struct firmware *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->w = w;
    f->plan = *plan;
    f->say = say;
    f->arg = arg;
    new_boot(f);
    world_at(w, world_now(w) + (int64_t)rng_below(world_rng(w), (uint64_t)plan->beat_ms), beat, f,
             0);
    if (plan->fault_every_ms)
        world_at(w, world_now(w) + world_span(w, plan->fault_every_ms), next_fault, f, 0);
    if (plan->reboot_every_ms)
        world_at(w, world_now(w) + world_span(w, plan->reboot_every_ms), reboot, f, 0);
    return f;
}

void firmware_free(struct firmware *f)
{
    if (!f)
        return;
    free(f->durable);
    free(f);
}

void firmware_greet(struct firmware *f)
{
    frame(f, (struct report){.kind = REPORT_HELLO, .text = slice_str("main")});
    say_door(f);
    if (f->held.wanted)
        say_fault(f);
    else if (f->record.fault_active)
        frame(f, (struct report){.kind = REPORT_FAULT,
                                 .id = SIM_FAULT_HEATER,
                                 .active = true,
                                 .count = 0,
                                 .first_ms = source_ms(f)});
    frame(f, (struct report){.kind = REPORT_SNAPSHOT_DONE});
}

void firmware_durable(struct firmware *f, uint32_t boot, uint32_t ref)
{
    if (!f->held.wanted || boot != f->boot || ref != f->held.ref)
        return;
    f->held.wanted = false;
    if (!f->held.active)
        return;
    if (f->n_durable == f->cap_durable) {
        f->cap_durable = f->cap_durable ? 2 * f->cap_durable : 64;
        f->durable = realloc(f->durable, f->cap_durable * sizeof *f->durable);
        if (!f->durable)
            abort();
    }
    f->durable[f->n_durable++] = (struct durable_fault){boot, f->held.at_ms};
}

void firmware_calm(struct firmware *f)
{
    f->calm = true;
}

void firmware_stop(struct firmware *f)
{
    f->stopped = true;
}

const struct firmware_record *firmware_record(const struct firmware *f)
{
    return &f->record;
}

size_t firmware_durable_faults(const struct firmware *f, const struct durable_fault **ret)
{
    *ret = f->durable;
    return f->n_durable;
}
