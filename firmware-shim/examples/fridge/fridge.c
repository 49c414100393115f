/* Binds the fridge's model and firmware together for the bench. */
#include "fridge.h"

#include "firmware.h"
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct fridge_model model;
static struct fridge_outputs outputs;

static void start(struct shim *shim, uint64_t seed, unsigned report_s)
{
    fridge_model_init(&model, seed);
    outputs = (struct fridge_outputs){0};
    fridge_firmware_start(shim, report_s);
}

static void step(double dt_s, double day_s)
{
    fridge_model_step(&model, outputs, dt_s, day_s);
    struct fridge_inputs in = fridge_model_read(&model, outputs);
    outputs = fridge_firmware_tick(&in, dt_s);
}

static const struct provocation provocations[] = {
    [FRIDGE_SEAL_WEAR] = {"seal_wear", "the door seal leaks more each day"},
    [FRIDGE_HEATER_OPEN] = {"defrost_heater_open", "the heater has no connection: a fault at once"},
    [FRIDGE_RELAY_STUCK] = {"relay_stuck", "the compressor cannot be switched off"},
    [FRIDGE_ICING] = {"icing", "the drain is blocked: ice grows within days"},
    [FRIDGE_SENSOR_DRIFT] = {"sensor_drift", "the cabinet probe reads lower each day"},
    [FRIDGE_SENSOR_BROKEN] = {"sensor_broken", "the cabinet probe is open: a fault at once"},
    [FRIDGE_SENSOR_NONSENSE] = {"sensor_nonsense", "the cabinet probe reads 70 degrees too much"},
    [FRIDGE_FAN_BLOCKED] = {"fan_blocked",
                            "the fan stands still: a fault within seconds of running"},
    {NULL, NULL},
};

static void provoke(size_t index, double level)
{
    fridge_model_trouble(&model, (enum fridge_trouble)index, level);
}

static bool user(const char *what)
{
    if (strcmp(what, "door open") == 0) {
        model.door_held = true;
        return true;
    }
    if (strcmp(what, "door close") == 0) {
        model.door_held = false;
        model.door_s = 0;
        return true;
    }
    return false;
}

static void status(char *buf, size_t size)
{
    snprintf(buf, size,
             "\"cabinet_celsius\":%.2f,\"freezer_celsius\":%.2f,\"evaporator_celsius\":%.2f,"
             "\"ambient_celsius\":%.2f,\"compressor\":%d,\"heater\":%d,\"fan\":%d,\"ice\":%.3f,"
             "\"seal_worn\":%.3f,\"drift_kelvin\":%.2f,\"energy_wh\":%.0f,\"door_open\":%d",
             model.cabinet_celsius, model.freezer_celsius, model.evaporator_celsius,
             model.ambient_celsius, outputs.compressor, outputs.heater, outputs.fan, model.ice,
             model.seal_worn, model.drift_kelvin, model.energy_joule / 3600,
             model.door_held || model.door_s > 0);
}

static const struct shim_component components[] = {
    {"compressor", "CP-7741-02", "CP2609"},
    {"defrost_heater", "DH-1120-88", "DH2611"},
    {"evaporator_fan", "EF-3305-14", "EF2608"},
    {"cabinet_sensor", "TS-9004-31", "TS2610"},
};

const struct appliance fridge_appliance = {
    .name = "fridge",
    .model = "CK-300",
    .firmware = "2.4.1",
    .components = components,
    .component_count = sizeof components / sizeof components[0],
    .actions = fridge_actions,
    .action_count = 3,
    .provocations = provocations,
    .start = start,
    .step = step,
    .hello = fridge_firmware_hello,
    .provoke = provoke,
    .user = user,
    .status = status,
};
