/* Binds the heat pump's model and firmware together for the bench. */
#include "heatpump.h"

#include "firmware.h"
#include "model.h"

#include <stdio.h>

static struct heatpump_model model;
static struct heatpump_outputs outputs;

static void start(struct shim *shim, uint64_t seed, unsigned report_s)
{
    heatpump_model_init(&model, seed);
    outputs = (struct heatpump_outputs){.pump = true};
    heatpump_firmware_start(shim, report_s);
}

static void step(double dt_s, double day_s)
{
    heatpump_model_step(&model, outputs, dt_s, day_s);
    struct heatpump_inputs in = heatpump_model_read(&model, outputs);
    outputs = heatpump_firmware_tick(&in, dt_s);
}

static const struct provocation provocations[] = {
    [HEATPUMP_LEAK] = {"refrigerant_leak", "the left circuit loses refrigerant day by day"},
    [HEATPUMP_LEAK_RIGHT] = {"refrigerant_leak_right", "the same in the right circuit"},
    [HEATPUMP_BURST] = {"refrigerant_burst", "the left circuit is empty: a fault at once"},
    [HEATPUMP_PUMP_WEAR] = {"pump_wear", "the circulation pump moves less water each day"},
    [HEATPUMP_PUMP_SEIZED] = {"pump_seized", "it stands still: a fault within seconds"},
    [HEATPUMP_VALVE_STUCK] = {"valve_stuck", "the reversing valve stays: no defrosting"},
    [HEATPUMP_FAN_DIRT] = {"fan_dirt", "leaves and dirt close the outdoor coil day by day"},
    [HEATPUMP_FAN_BLOCKED] = {"fan_blocked", "iced up, the fan stands still: a fault in seconds"},
    [HEATPUMP_SENSOR_BROKEN] = {"sensor_broken", "the outdoor probe is open: a fault at once"},
    {NULL, NULL},
};

static void provoke(size_t index, double level)
{
    heatpump_model_trouble(&model, (enum heatpump_trouble)index, level);
}

static bool user(const char *what)
{
    (void)what; /* there is no button that matters */
    return false;
}

static void status(char *buf, size_t size)
{
    snprintf(buf, size,
             "\"outdoor_celsius\":%.1f,\"flow_celsius\":%.1f,\"return_celsius\":%.1f,"
             "\"room_celsius\":%.2f,\"coil_celsius\":%.1f,\"frost\":%.3f,\"left\":%d,\"right\":%d,"
             "\"charge_left\":%.3f,\"charge_right\":%.3f,\"pump_worn\":%.3f,\"dirt\":%.3f,"
             "\"defrosting\":%d,\"power_watt\":%.0f,\"heat_watt\":%.0f",
             model.outdoor_celsius, model.flow_celsius, model.return_celsius, model.room_celsius,
             model.coil_celsius, model.frost, outputs.compressor[0], outputs.compressor[1],
             model.charge[0], model.charge[1], model.pump_worn, model.dirt, outputs.reverse,
             model.power_watt, model.heat_watt);
}

static const struct shim_component components[] = {
    {"compressor", "HC-9001-03", "HC2606"},      {"circulation_pump", "CP-3340-19", "PU2610"},
    {"reversing_valve", "RV-1205-55", "RV2609"}, {"outdoor_fan", "OF-7720-08", "OF2608"},
    {"outdoor_sensor", "OS-0101-91", "OS2611"},
};

const struct appliance heatpump_appliance = {
    .name = "heatpump",
    .model = "HP-9",
    .firmware = "1.8.3",
    .components = components,
    .component_count = sizeof components / sizeof components[0],
    .actions = heatpump_actions,
    .action_count = 3,
    .provocations = provocations,
    .start = start,
    .step = step,
    .hello = heatpump_firmware_hello,
    .provoke = provoke,
    .user = user,
    .status = status,
};
