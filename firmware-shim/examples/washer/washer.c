/* Binds the washer's model and firmware together for the bench, with a household that
 * washes at ten and at seven each day. */
#include "washer.h"

#include "firmware.h"
#include "model.h"

#include <stdio.h>
#include <string.h>

static struct washer_model model;
static struct washer_outputs outputs;
static double last_day_s;

static void start(struct shim *shim, uint64_t seed, unsigned report_s)
{
    washer_model_init(&model, seed);
    outputs = (struct washer_outputs){0};
    last_day_s = 0;
    washer_firmware_start(shim, report_s);
}

static bool passes(double at_s, double day_s)
{
    return last_day_s < at_s && day_s >= at_s;
}

static void step(double dt_s, double day_s)
{
    if (passes(10 * 3600, day_s) || passes(19 * 3600, day_s))
        washer_firmware_press_start();
    last_day_s = day_s;
    washer_model_step(&model, outputs, dt_s);
    struct washer_inputs in = washer_model_read(&model, outputs);
    outputs = washer_firmware_tick(&in, dt_s);
}

static const struct provocation provocations[] = {
    [WASHER_DRAIN_CLOG] = {"drain_clog", "lint fills the pump's filter wash by wash"},
    [WASHER_DRAIN_BLOCKED] = {"drain_blocked", "the pump stands still: a fault when it should run"},
    [WASHER_LOCK_STUCK] = {"lock_stuck", "the door lock's relay does not move any more"},
    [WASHER_INLET_WEAK] = {"inlet_weak", "the inlet lets less water in each day"},
    [WASHER_INLET_CLOSED] = {"inlet_closed", "the tap is closed: a fault when it should fill"},
    [WASHER_BEARING_WEAR] = {"bearing_wear", "the drum's bearing wears with each spin"},
    [WASHER_HEATER_SCALE] = {"heater_scale", "lime grows on the heater wash by wash"},
    [WASHER_HEATER_OPEN] = {"heater_open", "the heater has no connection: a fault at once"},
    [WASHER_LEAK] = {"leak", "water leaks into the floor pan while the drum holds some"},
    {NULL, NULL},
};

static void provoke(size_t index, double level)
{
    washer_model_trouble(&model, (enum washer_trouble)index, level);
}

static bool user(const char *what)
{
    return strcmp(what, "press start") == 0 && washer_firmware_press_start();
}

static void status(char *buf, size_t size)
{
    snprintf(buf, size,
             "\"phase\":\"%s\",\"level_liter\":%.2f,\"water_celsius\":%.1f,\"drum_rpm\":%.0f,"
             "\"locked\":%d,\"pump\":%d,\"valve\":%d,\"heater\":%d,\"clog\":%.3f,\"bearing\":%.3f,"
             "\"scale\":%.3f,\"inlet_weak\":%.3f,\"pan_liter\":%.2f,\"energy_wh\":%.0f",
             washer_firmware_phase(), model.level_liter, model.water_celsius, model.drum_rpm,
             model.locked, outputs.pump, outputs.valve, outputs.heater, model.clog, model.bearing,
             model.scale, model.inlet_weak, model.pan_liter, model.energy_joule / 3600);
}

static const struct shim_component components[] = {
    {"drain_pump", "DP-2207-61", "DP2610"},   {"door_lock", "DL-0450-12", "DL2607"},
    {"inlet_valve", "IV-8813-05", "IV2609"},  {"heater", "WH-6120-77", "WH2611"},
    {"drum_bearing", "BR-6206-40", "BR2605"},
};

const struct appliance washer_appliance = {
    .name = "washer",
    .model = "WM-800",
    .firmware = "5.1.0",
    .components = components,
    .component_count = sizeof components / sizeof components[0],
    .actions = washer_actions,
    .action_count = 3,
    .provocations = provocations,
    .start = start,
    .step = step,
    .hello = washer_firmware_hello,
    .provoke = provoke,
    .user = user,
    .status = status,
};
