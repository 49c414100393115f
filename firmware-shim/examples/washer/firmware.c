/* One program: fill, heat to 40 degrees and wash, drain, rinse twice, spin, unlock.
 * Each phase ends by what is measured, or by its time limit with a fault. */
#include "firmware.h"

#include "../common/appliance.h"
#include "../common/report.h"
#include "tocsin_washer.h"

#include <math.h>

#define FILL_LITER    15.0
#define EMPTY_LITER   0.4
#define WASH_CELSIUS  40.0
#define TUMBLE_RPM    50.0
#define SPIN_RPM      1200.0
#define WASH_S        (30 * 60.0)
#define RINSE_S       (5 * 60.0)
#define SPIN_S        (8 * 60.0)
#define FILL_LIMIT_S  (8 * 60.0)
#define DRAIN_LIMIT_S (6 * 60.0)
#define HEAT_LIMIT_S  (50 * 60.0)
#define RINSES        2
#define PART_CHECK_S  5.0 /* a part that should move has so long to do it */

enum phase { IDLE, FILL, HEAT, WASH, DRAIN, RINSE, SPIN, STOP };
static const char *const phase_names[] = {"idle",  "fill",  "heat", "wash",
                                          "drain", "rinse", "spin", "stop"};

enum { SLOT_RUNNING, SLOT_LOCKED, SLOT_PUMP, SLOT_VALVE };
enum { DRAIN_BAD, LOCK_BAD, WATER_BAD, HEATER_BAD, LEAK_BAD, BADS };

static const uint16_t fault_ids[BADS] = {
    TOCSIN_FAULT_DRAIN_BLOCKED, TOCSIN_FAULT_DOOR_LOCK_STUCK, TOCSIN_FAULT_NO_WATER,
    TOCSIN_FAULT_HEATER_FAILED, TOCSIN_FAULT_WATER_LEAK,
};

static struct {
    struct shim *shim;
    struct report report;
    struct washer_outputs out;
    enum phase phase;
    bool bad[BADS], drain_wanted, spinning, lock_stuck_at, heater_weak;
    int rinses_left;
    double phase_s, pump_bad_s, inlet_bad_s, lock_bad_s;
    double spin_worst, energy_wh, used_liter;
} fw;

static void enter(enum phase phase)
{
    fw.phase = phase;
    fw.phase_s = 0;
}

static uint8_t drain_now(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    if (fw.phase != IDLE)
        return MESSAGE_RESULT_REFUSED;
    fw.drain_wanted = true;
    enter(DRAIN);
    return MESSAGE_RESULT_DONE;
}

static uint8_t self_test(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    report_forget(&fw.report);
    fw.report.next_s = 0;
    return MESSAGE_RESULT_DONE;
}

static uint8_t stop(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    if (fw.phase == IDLE)
        return MESSAGE_RESULT_REFUSED;
    enter(STOP);
    return MESSAGE_RESULT_DONE;
}

const struct shim_action washer_actions[] = {
    {TOCSIN_ACTION_DRAIN_NOW, drain_now},
    {TOCSIN_ACTION_SELF_TEST, self_test},
    {TOCSIN_ACTION_STOP, stop},
};
const uint8_t washer_action_count = sizeof washer_actions / sizeof washer_actions[0];

void washer_firmware_start(struct shim *shim, unsigned report_s)
{
    fw = (typeof(fw)){.shim = shim};
    report_init(&fw.report, shim, report_s);
}

void washer_firmware_hello(void)
{
    report_forget(&fw.report);
}

const char *washer_firmware_phase(void)
{
    return phase_names[fw.phase];
}

bool washer_firmware_press_start(void)
{
    if (fw.phase != IDLE)
        return false;
    fw.rinses_left = RINSES;
    shim_cycle_begin(fw.shim, TOCSIN_CYCLE_WASH);
    enter(FILL);
    return true;
}

static void set_fault(int which, bool bad, const struct washer_inputs *in)
{
    if (bad == fw.bad[which])
        return;
    fw.bad[which] = bad;
    struct shim_context context[] = {
        {TOCSIN_WATER_LEVEL, report_round(in->level_liter, -1)},
        {TOCSIN_WATER_TEMP, report_round(in->water_celsius, -1)},
        {TOCSIN_DRUM_SPEED, report_round(in->drum_rpm, 0)},
        {TOCSIN_POWER, report_round(in->power_watt, 0)},
    };
    if (bad)
        bench_fault_raise(fw.shim, fault_ids[which], 0, context,
                          sizeof context / sizeof context[0]);
    else
        shim_fault_clear(fw.shim, fault_ids[which]);
}

static void fail(int which, const struct washer_inputs *in)
{
    set_fault(which, true, in);
    enter(STOP);
}

/* A lock that did not follow is good again when it has moved. An open door stops the
 * program. */
static void watch_lock(const struct washer_inputs *in)
{
    if (fw.bad[LOCK_BAD]) {
        set_fault(LOCK_BAD, in->locked == fw.lock_stuck_at, in);
    } else if (fw.lock_bad_s >= PART_CHECK_S) {
        fw.lock_stuck_at = in->locked;
        set_fault(LOCK_BAD, true, in);
    }
    if (fw.bad[LOCK_BAD] && !in->locked && fw.phase != IDLE && fw.lock_bad_s >= PART_CHECK_S)
        enter(STOP);
}

/* What can be seen whatever the program does. A good part clears its fault when it is
 * next seen at work. */
static void watch(const struct washer_inputs *in, double dt_s)
{
    fw.pump_bad_s = fw.out.pump && !in->pump_turns ? fw.pump_bad_s + dt_s : 0;
    fw.inlet_bad_s = fw.out.valve && !in->inlet_flows ? fw.inlet_bad_s + dt_s : 0;
    fw.lock_bad_s = in->locked != fw.out.lock ? fw.lock_bad_s + dt_s : 0;
    set_fault(HEATER_BAD, isinf(in->heater_ohm) || fw.heater_weak, in);
    set_fault(LEAK_BAD, in->wet_floor_pan, in);
    watch_lock(in);
    if (fw.pump_bad_s >= PART_CHECK_S && !fw.bad[DRAIN_BAD])
        fail(DRAIN_BAD, in);
    if (fw.inlet_bad_s >= PART_CHECK_S && !fw.bad[WATER_BAD])
        fail(WATER_BAD, in);
    if (fw.out.pump && in->pump_turns && fw.phase == SPIN)
        set_fault(DRAIN_BAD, false, in);
    if (fw.out.valve && in->inlet_flows)
        set_fault(WATER_BAD, false, in);
    if (fw.bad[LEAK_BAD] && fw.phase != IDLE && fw.phase != DRAIN && fw.phase != STOP)
        enter(STOP);
}

static void end_program(bool ok)
{
    if (fw.spinning)
        shim_cycle_end(fw.shim, TOCSIN_CYCLE_SPIN, MESSAGE_OUTCOME_ABORTED);
    fw.spinning = false;
    if (!fw.drain_wanted)
        shim_cycle_end(fw.shim, TOCSIN_CYCLE_WASH,
                       ok ? MESSAGE_OUTCOME_OK : MESSAGE_OUTCOME_FAILED);
    fw.drain_wanted = false;
    enter(IDLE);
}

static void tell_time(uint16_t metric)
{
    shim_gauge(fw.shim, metric, report_round(fw.phase_s, 0));
}

static void filled(const struct washer_inputs *in)
{
    if (in->level_liter >= FILL_LITER) {
        tell_time(TOCSIN_FILL_TIME);
        enter(fw.rinses_left == RINSES ? HEAT : RINSE);
    } else if (fw.phase_s > FILL_LIMIT_S) {
        fail(WATER_BAD, in);
    }
}

static void heated(const struct washer_inputs *in)
{
    if (in->water_celsius >= WASH_CELSIUS) {
        tell_time(TOCSIN_HEATING_TIME);
        fw.heater_weak = false;
        enter(WASH);
    } else if (fw.phase_s > HEAT_LIMIT_S || isinf(in->heater_ohm)) {
        fw.heater_weak = fw.heater_weak || fw.phase_s > HEAT_LIMIT_S;
        enter(WASH); /* cold, rather than not at all */
    }
}

static void drained(const struct washer_inputs *in)
{
    if (in->level_liter <= EMPTY_LITER) {
        tell_time(TOCSIN_DRAIN_TIME);
        if (fw.drain_wanted)
            end_program(true);
        else
            enter(fw.rinses_left-- > 0 ? FILL : SPIN);
    } else if (fw.phase_s > DRAIN_LIMIT_S) {
        fail(DRAIN_BAD, in);
    }
}

static void spun(const struct washer_inputs *in)
{
    if (!fw.spinning)
        shim_cycle_begin(fw.shim, TOCSIN_CYCLE_SPIN);
    fw.spinning = true;
    fw.spin_worst = fw.phase_s < 60 ? 0 : fmax(fw.spin_worst, in->vibration_mm_s);
    if (fw.phase_s < SPIN_S)
        return;
    shim_gauge(fw.shim, TOCSIN_SPIN_VIBRATION, report_round(fw.spin_worst, -1));
    shim_cycle_end(fw.shim, TOCSIN_CYCLE_SPIN, MESSAGE_OUTCOME_OK);
    fw.spinning = false;
    end_program(true);
}

/* One phase after the other; each knows how it ends. */
static void run(const struct washer_inputs *in, double dt_s)
{
    fw.phase_s += dt_s;
    switch (fw.phase) {
    case IDLE: break;
    case FILL: filled(in); break;
    case HEAT: heated(in); break;
    case WASH:
        if (fw.phase_s > WASH_S)
            enter(DRAIN);
        break;
    case DRAIN: drained(in); break;
    case RINSE:
        if (fw.phase_s > RINSE_S)
            enter(DRAIN);
        break;
    case SPIN: spun(in); break;
    case STOP: end_program(false); break;
    }
}

static void drive(void)
{
    enum phase p = fw.phase;
    bool turns = p == HEAT || p == WASH || p == RINSE;
    fw.out = (struct washer_outputs){
        .valve = p == FILL,
        .heater = p == HEAT,
        .pump = p == DRAIN || p == SPIN,
        .lock = p != IDLE && p != STOP,
        .drum_rpm = turns       ? TUMBLE_RPM
                    : p == SPIN ? SPIN_RPM
                                : 0,
    };
}

static void tell(const struct washer_inputs *in)
{
    struct shim *s = fw.shim;
    struct report *r = &fw.report;
    report_state(r, SLOT_RUNNING, TOCSIN_PROGRAM_RUNNING, 0, SHIM_WHOLE(fw.phase != IDLE));
    report_state(r, SLOT_LOCKED, TOCSIN_DOOR_LOCKED, 0, SHIM_WHOLE(in->locked));
    report_state(r, SLOT_PUMP, TOCSIN_PUMP_ON, 0, SHIM_WHOLE(fw.out.pump));
    report_state(r, SLOT_VALVE, TOCSIN_VALVE_OPEN, 0, SHIM_WHOLE(fw.out.valve));
    if (!r->due)
        return;
    shim_gauge(s, TOCSIN_WATER_LEVEL, report_round(in->level_liter, -1));
    shim_gauge(s, TOCSIN_POWER, report_round(in->power_watt, 0));
    shim_counter(s, TOCSIN_ENERGY, report_round(fw.energy_wh, 0));
    if (fw.phase == IDLE)
        return;
    shim_gauge(s, TOCSIN_WATER_TEMP, report_round(in->water_celsius, -1));
    shim_gauge(s, TOCSIN_DRUM_SPEED, report_round(in->drum_rpm, 0));
    shim_counter(s, TOCSIN_WATER_USED, report_round(fw.used_liter, 0));
}

struct washer_outputs washer_firmware_tick(const struct washer_inputs *in, double dt_s)
{
    report_tick(&fw.report, dt_s);
    fw.energy_wh += in->power_watt * dt_s / 3600;
    if (fw.out.valve && in->inlet_flows)
        fw.used_liter += 0.14 * dt_s;
    watch(in, dt_s);
    run(in, dt_s);
    drive();
    tell(in);
    return fw.out;
}
