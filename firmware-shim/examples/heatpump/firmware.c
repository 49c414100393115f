/* Weather-led heating with two stages. Compressors rest ten minutes between starts; a
 * circuit whose pressure is too low or whose gas is too hot is locked out until the
 * fault is cleared by the service's reset. */
#include "firmware.h"

#include "../common/appliance.h"
#include "../common/report.h"
#include "tocsin_heatpump.h"

#include <math.h>

#define REST_S              600.0
#define LOW_BAR             2.5
#define HOT_CELSIUS         115.0
#define FLOW_MIN_LITER      6.0
#define FAN_MIN_RPM         200.0
#define CHECK_S             3.0
#define DEFROST_GAP_KELVIN  11.0 /* air to coil: frost */
#define DEFROST_AFTER_S     2400.0
#define DEFROST_LIMIT_S     720.0
#define DEFROST_END_CELSIUS 12.0
#define VALVE_CHECK_S       120.0 /* a turned valve warms the coil by then */

enum { LEFT, RIGHT };
enum { SLOT_LEFT, SLOT_RIGHT, SLOT_DEFROST };

static struct {
    struct shim *shim;
    struct report report;
    struct heatpump_outputs out;
    bool low[HEATPUMP_CIRCUITS], hot[HEATPUMP_CIRCUITS];
    bool pump_bad, fan_bad, probe_bad, valve_bad, defrosting, defrost_wanted, heating;
    double low_s[HEATPUMP_CIRCUITS], rest_s[HEATPUMP_CIRCUITS];
    double flow_s, fan_s, run_s, defrost_s, coil_at_start, outdoor;
    double heat_wh, energy_wh;
    uint32_t starts[HEATPUMP_CIRCUITS];
} fw;

static uint8_t defrost_now(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    if (fw.defrosting || !fw.heating)
        return MESSAGE_RESULT_REFUSED;
    fw.defrost_wanted = true;
    return MESSAGE_RESULT_DONE;
}

static uint8_t self_test(void *ctx, const struct shim_request *request)
{
    (void)ctx, (void)request;
    report_forget(&fw.report);
    fw.report.next_s = 0;
    return MESSAGE_RESULT_DONE;
}

/* The instance says which circuit. */
static uint8_t reset_lockout(void *ctx, const struct shim_request *request)
{
    (void)ctx;
    if (request->instance >= HEATPUMP_CIRCUITS)
        return MESSAGE_RESULT_UNSUPPORTED;
    fw.low[request->instance] = fw.hot[request->instance] = false;
    shim_fault_clear_of(fw.shim, TOCSIN_FAULT_LOW_PRESSURE, request->instance);
    shim_fault_clear_of(fw.shim, TOCSIN_FAULT_DISCHARGE_TOO_HOT, request->instance);
    return MESSAGE_RESULT_DONE;
}

const struct shim_action heatpump_actions[] = {
    {TOCSIN_ACTION_DEFROST_NOW, defrost_now},
    {TOCSIN_ACTION_SELF_TEST, self_test},
    {TOCSIN_ACTION_RESET_LOCKOUT, reset_lockout},
};
const uint8_t heatpump_action_count = sizeof heatpump_actions / sizeof heatpump_actions[0];

void heatpump_firmware_start(struct shim *shim, unsigned report_s)
{
    fw = (typeof(fw)){.shim = shim, .outdoor = 5};
    report_init(&fw.report, shim, report_s);
}

void heatpump_firmware_hello(void)
{
    report_forget(&fw.report);
}

static void set_fault(bool *is, bool bad, uint16_t id, int circuit,
                      const struct heatpump_inputs *in)
{
    if (*is == bad)
        return;
    *is = bad;
    struct shim_context context[] = {
        {TOCSIN_SUCTION_PRESSURE, report_round(in->suction_bar[circuit], -1)},
        {TOCSIN_SUPERHEAT, report_round(in->superheat_kelvin[circuit], -1)},
        {TOCSIN_FLOW_TEMP, report_round(in->flow_celsius, -1)},
        {TOCSIN_PUMP_FLOW, report_round(in->flow_liter_min, -1)},
        {TOCSIN_COIL_TEMP, report_round(in->coil_celsius, -1)},
    };
    if (bad)
        bench_fault_raise(fw.shim, id, (uint8_t)circuit, context,
                          sizeof context / sizeof context[0]);
    else
        shim_fault_clear_of(fw.shim, id, (uint8_t)circuit);
}

/* A lockout stays until it is reset, or the pressure is back with the compressor off. */
static void watch_circuit(int i, const struct heatpump_inputs *in, double dt_s)
{
    bool low = in->suction_bar[i] < LOW_BAR;
    bool gone = in->suction_bar[i] < 0.6 * LOW_BAR; /* nothing left: no need to wait */
    fw.low_s[i] = low ? fw.low_s[i] + dt_s : 0;
    if (gone || fw.low_s[i] > 10)
        set_fault(&fw.low[i], true, TOCSIN_FAULT_LOW_PRESSURE, i, in);
    else if (in->suction_bar[i] > 1.5 * LOW_BAR && !fw.out.compressor[i])
        set_fault(&fw.low[i], false, TOCSIN_FAULT_LOW_PRESSURE, i, in);
    if (in->discharge_celsius[i] > HOT_CELSIUS)
        set_fault(&fw.hot[i], true, TOCSIN_FAULT_DISCHARGE_TOO_HOT, i, in);
    else if (in->discharge_celsius[i] < 60)
        set_fault(&fw.hot[i], false, TOCSIN_FAULT_DISCHARGE_TOO_HOT, i, in);
}

static void watch(const struct heatpump_inputs *in, double dt_s)
{
    for (int i = 0; i < HEATPUMP_CIRCUITS; i++)
        watch_circuit(i, in, dt_s);
    fw.flow_s = fw.out.pump && in->flow_liter_min < FLOW_MIN_LITER ? fw.flow_s + dt_s : 0;
    fw.fan_s = fw.out.fan && in->fan_rpm < FAN_MIN_RPM ? fw.fan_s + dt_s : 0;
    if (fw.out.pump)
        set_fault(&fw.pump_bad, fw.flow_s >= CHECK_S || (fw.pump_bad && fw.flow_s > 0),
                  TOCSIN_FAULT_PUMP_STALLED, 0, in);
    if (fw.out.fan)
        set_fault(&fw.fan_bad, fw.fan_s >= CHECK_S || (fw.fan_bad && fw.fan_s > 0),
                  TOCSIN_FAULT_FAN_BLOCKED, 0, in);
    set_fault(&fw.probe_bad, isnan(in->outdoor_celsius), TOCSIN_FAULT_OUTDOOR_SENSOR_FAILED, 0, in);
    if (!isnan(in->outdoor_celsius))
        fw.outdoor = in->outdoor_celsius;
}

static void begin_defrost(const struct heatpump_inputs *in)
{
    fw.defrosting = true;
    fw.defrost_wanted = false;
    fw.defrost_s = fw.run_s = 0;
    fw.coil_at_start = in->coil_celsius;
    shim_cycle_begin(fw.shim, TOCSIN_CYCLE_DEFROST);
}

static void end_defrost(const struct heatpump_inputs *in, bool ok)
{
    fw.defrosting = false;
    shim_cycle_end(fw.shim, TOCSIN_CYCLE_DEFROST, ok ? MESSAGE_OUTCOME_OK : MESSAGE_OUTCOME_FAILED);
    set_fault(&fw.valve_bad, !ok && in->coil_celsius < fw.coil_at_start + 3,
              TOCSIN_FAULT_REVERSING_VALVE_STUCK, 0, in);
}

static void defrost(const struct heatpump_inputs *in, double dt_s)
{
    if (fw.defrosting) {
        fw.defrost_s += dt_s;
        bool stuck = fw.defrost_s > VALVE_CHECK_S && in->coil_celsius < fw.coil_at_start + 3;
        if (in->coil_celsius >= DEFROST_END_CELSIUS)
            end_defrost(in, true);
        else if (stuck || fw.defrost_s > DEFROST_LIMIT_S)
            end_defrost(in, false);
        return;
    }
    bool frosted = fw.run_s > DEFROST_AFTER_S && in->coil_celsius < -3 &&
                   fw.outdoor - in->coil_celsius > DEFROST_GAP_KELVIN;
    if (frosted || fw.defrost_wanted)
        begin_defrost(in);
}

static void set_compressor(int i, bool on, double dt_s)
{
    fw.rest_s[i] = fmax(0, fw.rest_s[i] - dt_s);
    bool allowed = !fw.low[i] && !fw.hot[i] && !fw.pump_bad;
    if (on && allowed && !fw.out.compressor[i] && fw.rest_s[i] <= 0) {
        fw.out.compressor[i] = true;
        fw.starts[i]++;
    } else if (fw.out.compressor[i] && (!on || !allowed)) {
        fw.out.compressor[i] = false;
        fw.rest_s[i] = REST_S;
    }
}

static void heat(const struct heatpump_inputs *in, double dt_s)
{
    double wanted = fmin(48, fmax(26, 34 - 0.6 * fw.outdoor + 4 * (21 - in->room_celsius)));
    bool was = fw.heating;
    if (in->flow_celsius < wanted - 3)
        fw.heating = true;
    if (in->flow_celsius > wanted + 3)
        fw.heating = false;
    if (fw.heating != was) {
        if (fw.heating)
            shim_cycle_begin(fw.shim, TOCSIN_CYCLE_HEATING);
        else
            shim_cycle_end(fw.shim, TOCSIN_CYCLE_HEATING, MESSAGE_OUTCOME_OK);
    }
    bool second = fw.heating && (in->flow_celsius < wanted - 1 || fw.out.compressor[RIGHT] ||
                                 fw.low[LEFT] || fw.hot[LEFT]);
    set_compressor(LEFT, fw.heating || fw.defrosting, dt_s);
    set_compressor(RIGHT, second && !fw.defrosting, dt_s);
    bool any = fw.out.compressor[LEFT] || fw.out.compressor[RIGHT];
    fw.out.pump = true; /* always, so that no pipe freezes */
    fw.out.fan = any && !fw.defrosting;
    fw.out.reverse = fw.defrosting;
    if (any)
        fw.run_s += dt_s;
}

static void tell_circuit(int i, const struct heatpump_inputs *in)
{
    uint8_t instance = (uint8_t)i;
    shim_gauge_of(fw.shim, TOCSIN_SUCTION_PRESSURE, instance, report_round(in->suction_bar[i], -2));
    shim_counter_of(fw.shim, TOCSIN_COMPRESSOR_STARTS, instance, SHIM_WHOLE(fw.starts[i]));
    if (!fw.out.compressor[i])
        return;
    shim_gauge_of(fw.shim, TOCSIN_SUPERHEAT, instance, report_round(in->superheat_kelvin[i], -1));
    shim_gauge_of(fw.shim, TOCSIN_DISCHARGE_TEMP, instance,
                  report_round(in->discharge_celsius[i], -1));
}

static void tell(const struct heatpump_inputs *in)
{
    struct shim *s = fw.shim;
    struct report *r = &fw.report;
    report_state(r, SLOT_LEFT, TOCSIN_COMPRESSOR_ON, LEFT, SHIM_WHOLE(fw.out.compressor[LEFT]));
    report_state(r, SLOT_RIGHT, TOCSIN_COMPRESSOR_ON, RIGHT, SHIM_WHOLE(fw.out.compressor[RIGHT]));
    report_state(r, SLOT_DEFROST, TOCSIN_DEFROSTING, 0, SHIM_WHOLE(fw.defrosting));
    if (!r->due)
        return;
    if (!isnan(in->outdoor_celsius))
        shim_gauge(s, TOCSIN_OUTDOOR_TEMP, report_round(in->outdoor_celsius, -1));
    shim_gauge(s, TOCSIN_FLOW_TEMP, report_round(in->flow_celsius, -1));
    shim_gauge(s, TOCSIN_RETURN_TEMP, report_round(in->return_celsius, -1));
    shim_gauge(s, TOCSIN_ROOM_TEMP, report_round(in->room_celsius, -1));
    shim_gauge(s, TOCSIN_COIL_TEMP, report_round(in->coil_celsius, -1));
    shim_gauge(s, TOCSIN_PUMP_FLOW, report_round(in->flow_liter_min, -1));
    shim_gauge(s, TOCSIN_FAN_SPEED, report_round(in->fan_rpm, 0));
    shim_gauge(s, TOCSIN_POWER, report_round(in->power_watt, 0));
    shim_counter(s, TOCSIN_HEAT, report_round(fw.heat_wh, 0));
    shim_counter(s, TOCSIN_ENERGY, report_round(fw.energy_wh, 0));
    for (int i = 0; i < HEATPUMP_CIRCUITS; i++)
        tell_circuit(i, in);
}

struct heatpump_outputs heatpump_firmware_tick(const struct heatpump_inputs *in, double dt_s)
{
    report_tick(&fw.report, dt_s);
    fw.energy_wh += in->power_watt * dt_s / 3600;
    fw.heat_wh += fmax(0, in->heat_watt) * dt_s / 3600;
    watch(in, dt_s);
    defrost(in, dt_s);
    heat(in, dt_s);
    tell(in);
    return fw.out;
}
