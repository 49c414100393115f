/* Thermostat, defrost and self-watch of a fridge, as a controller would do it: called
 * ten times a second, never blocks, keeps its state in static memory. */
#include "firmware.h"

#include "../common/appliance.h"
#include "../common/report.h"
#include "tocsin_fridge.h"

#include <math.h>

#define SETPOINT_CELSIUS    5.0
#define BAND_KELVIN         1.0
#define DEFROST_EVERY_S     (10 * 3600.0) /* of the compressor's running time */
#define DEFROST_END_CELSIUS 8.0
#define DEFROST_LIMIT_S     (45 * 60.0)
#define DRIP_S              (5 * 60.0) /* rest after defrosting */
#define FAN_CHECK_S         3.0
#define EMERGENCY_PERIOD_S  3600.0 /* without a probe: on for four tenths of it */

enum { SLOT_COMPRESSOR, SLOT_DOOR, SLOT_HEATER, SLOT_SETPOINT };

static struct {
    struct shim *shim;
    struct report report;
    struct fridge_outputs out;
    bool door_was_open, defrosting, defrost_wanted, fast;
    bool heater_bad, probe_bad, fan_bad;
    double run_s, defrost_s, drip_s, fan_bad_s, emergency_s, energy_wh;
    uint32_t openings;
} fw;

static uint8_t defrost_now(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    if (fw.door_was_open || fw.defrosting)
        return MESSAGE_RESULT_REFUSED;
    fw.defrost_wanted = true;
    return MESSAGE_RESULT_DONE;
}

static uint8_t self_test(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    report_forget(&fw.report);
    fw.report.next_s = 0; /* everything is measured and told in the next tick */
    return MESSAGE_RESULT_DONE;
}

static uint8_t fast_cool(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    fw.fast = true;
    return MESSAGE_RESULT_DONE;
}

const struct shim_action fridge_actions[] = {
    {TOCSIN_ACTION_DEFROST_NOW, defrost_now},
    {TOCSIN_ACTION_SELF_TEST, self_test},
    {TOCSIN_ACTION_FAST_COOL, fast_cool},
};
const uint8_t fridge_action_count = sizeof fridge_actions / sizeof fridge_actions[0];

void fridge_firmware_start(struct shim *shim, unsigned report_s)
{
    fw = (typeof(fw)){.shim = shim};
    report_init(&fw.report, shim, report_s);
}

void fridge_firmware_hello(void)
{
    report_forget(&fw.report);
}

/* Raises with what a technician would want to know, or clears. */
static void fault(uint16_t id, bool bad, const struct fridge_inputs *in)
{
    if (!bad) {
        shim_fault_clear(fw.shim, id);
        return;
    }
    struct shim_context context[] = {
        {TOCSIN_EVAPORATOR_TEMP, report_round(in->evaporator_celsius, -1)},
        {TOCSIN_FREEZER_TEMP, report_round(in->freezer_celsius, -1)},
        {TOCSIN_FAN_SPEED, report_round(in->fan_rpm, 0)},
        {TOCSIN_POWER, report_round(in->power_watt, 0)},
    };
    bench_fault_raise(fw.shim, id, 0, context, sizeof context / sizeof context[0]);
}

/* What can be seen at once, in every tick. */
static void watch(const struct fridge_inputs *in, double dt_s)
{
    fw.fan_bad_s = fw.out.fan && in->fan_rpm < 300 ? fw.fan_bad_s + dt_s : 0;
    bool heater = isinf(in->heater_ohm), probe = isnan(in->cabinet_celsius);
    bool fan = fw.fan_bad_s >= FAN_CHECK_S || (fw.fan_bad && in->fan_rpm < 300);
    if (heater != fw.heater_bad)
        fault(TOCSIN_FAULT_DEFROST_HEATER_OPEN, fw.heater_bad = heater, in);
    if (probe != fw.probe_bad)
        fault(TOCSIN_FAULT_CABINET_SENSOR_FAILED, fw.probe_bad = probe, in);
    if (fan != fw.fan_bad)
        fault(TOCSIN_FAULT_FAN_STALLED, fw.fan_bad = fan, in);
}

static void end_defrost(const struct fridge_inputs *in)
{
    bool too_long = fw.defrost_s >= DEFROST_LIMIT_S;
    fw.defrosting = false;
    fw.out.heater = false;
    fw.drip_s = DRIP_S;
    shim_cycle_end(fw.shim, TOCSIN_CYCLE_DEFROST,
                   too_long ? MESSAGE_OUTCOME_FAILED : MESSAGE_OUTCOME_OK);
    fault(TOCSIN_FAULT_DEFROST_TIMEOUT, too_long, in);
}

static void defrost(const struct fridge_inputs *in, double dt_s)
{
    if (fw.defrosting) {
        fw.defrost_s += dt_s;
        if (in->evaporator_celsius >= DEFROST_END_CELSIUS || fw.defrost_s >= DEFROST_LIMIT_S)
            end_defrost(in);
        return;
    }
    fw.drip_s = fmax(0, fw.drip_s - dt_s);
    if (fw.run_s < DEFROST_EVERY_S && !fw.defrost_wanted)
        return;
    fw.defrosting = true;
    fw.defrost_wanted = false;
    fw.defrost_s = fw.run_s = 0;
    fw.out = (struct fridge_outputs){.heater = true};
    shim_cycle_begin(fw.shim, TOCSIN_CYCLE_DEFROST);
}

static void cool(const struct fridge_inputs *in, double dt_s)
{
    if (fw.defrosting || fw.drip_s > 0) {
        fw.out.compressor = fw.out.fan = false;
        return;
    }
    if (isnan(in->cabinet_celsius)) {
        fw.emergency_s = fmod(fw.emergency_s + dt_s, EMERGENCY_PERIOD_S);
        fw.out.compressor = fw.emergency_s < 0.4 * EMERGENCY_PERIOD_S;
    } else {
        double target = fw.fast ? SETPOINT_CELSIUS - 2 : SETPOINT_CELSIUS;
        if (in->cabinet_celsius > target + BAND_KELVIN)
            fw.out.compressor = true;
        if (in->cabinet_celsius < target - BAND_KELVIN)
            fw.out.compressor = fw.fast = false;
    }
    fw.out.fan = fw.out.compressor;
    if (fw.out.compressor)
        fw.run_s += dt_s;
}

static void report(const struct fridge_inputs *in)
{
    struct shim *s = fw.shim;
    struct report *r = &fw.report;
    report_state(r, SLOT_DOOR, TOCSIN_DOOR_OPEN, 0, SHIM_WHOLE(in->door_open));
    report_state(r, SLOT_COMPRESSOR, TOCSIN_COMPRESSOR_ON, 0, SHIM_WHOLE(fw.out.compressor));
    report_state(r, SLOT_HEATER, TOCSIN_DEFROST_HEATER_ON, 0, SHIM_WHOLE(fw.out.heater));
    report_state(r, SLOT_SETPOINT, TOCSIN_SETPOINT, 0, report_round(SETPOINT_CELSIUS, -1));
    if (!r->due)
        return;
    if (!isnan(in->cabinet_celsius))
        shim_gauge(s, TOCSIN_CABINET_TEMP, report_round(in->cabinet_celsius, -1));
    shim_gauge(s, TOCSIN_FREEZER_TEMP, report_round(in->freezer_celsius, -1));
    shim_gauge(s, TOCSIN_EVAPORATOR_TEMP, report_round(in->evaporator_celsius, -1));
    shim_poll(s);
    shim_gauge(s, TOCSIN_AMBIENT_TEMP, report_round(in->ambient_celsius, -1));
    shim_gauge(s, TOCSIN_POWER, report_round(in->power_watt, 0));
    shim_gauge(s, TOCSIN_FAN_SPEED,
               report_round(in->fan_rpm / 10, 0).n < 1
                   ? SHIM_WHOLE(0)
                   : SHIM_VALUE(report_round(in->fan_rpm / 10, 0).n, 1));
    shim_poll(s);
    shim_counter(s, TOCSIN_ENERGY, report_round(fw.energy_wh, 0));
    shim_counter(s, TOCSIN_DOOR_OPENINGS, SHIM_WHOLE(fw.openings));
}

struct fridge_outputs fridge_firmware_tick(const struct fridge_inputs *in, double dt_s)
{
    report_tick(&fw.report, dt_s);
    if (in->door_open && !fw.door_was_open)
        fw.openings++;
    fw.door_was_open = in->door_open;
    fw.energy_wh += in->power_watt * dt_s / 3600;
    watch(in, dt_s);
    defrost(in, dt_s);
    cool(in, dt_s);
    report(in);
    return fw.out;
}
