/* An 8 kg machine: 15 litres a wash, 2 kW heater, a pump of 14 litres a minute. */
#include "model.h"

#include <math.h>

#define INLET_LITER_S      0.14
#define PUMP_LITER_S       0.23
#define LEAK_LITER_S       0.004
#define HEATER_WATT        2000.0
#define HEATER_OHM         26.0
#define PUMP_WATT          30.0
#define MOTOR_WATT_RPM     0.35
#define STANDBY_WATT       2.0
#define WATER_JOULE_KELVIN 4190.0 /* a litre */
#define DRUM_JOULE_KELVIN  9000.0 /* steel and laundry */
#define LOSS_WATT_KELVIN   6.0
#define TAP_CELSIUS        13.0
#define ROOM_CELSIUS       20.0
#define DAY_S              86400.0

void washer_model_init(struct washer_model *m, uint64_t seed)
{
    *m = (struct washer_model){.water_celsius = ROOM_CELSIUS};
    noise_seed(&m->noise, seed);
}

void washer_model_trouble(struct washer_model *m, enum washer_trouble trouble, double level)
{
    m->trouble[trouble] = level;
    if (level > 0)
        return;
    if (trouble == WASHER_DRAIN_CLOG)
        m->clog = 0;
    if (trouble == WASHER_BEARING_WEAR)
        m->bearing = 0;
    if (trouble == WASHER_HEATER_SCALE)
        m->scale = 0;
    if (trouble == WASHER_INLET_WEAK)
        m->inlet_weak = 0;
    if (trouble == WASHER_LEAK)
        m->pan_liter = 0;
}

static double grow(double now, double rate_a_day, double dt_s, double most)
{
    return fmin(most, now + rate_a_day * dt_s / DAY_S);
}

/* Lint gathers as it is pumped, lime as it is heated, a bearing wears as it spins. */
static void wear(struct washer_model *m, struct washer_outputs out, double dt_s)
{
    m->inlet_weak = grow(m->inlet_weak, 0.1 * m->trouble[WASHER_INLET_WEAK], dt_s, 0.95);
    if (out.pump)
        m->clog = grow(m->clog, 15 * m->trouble[WASHER_DRAIN_CLOG], dt_s, 0.97);
    if (out.heater)
        m->scale = grow(m->scale, 4 * m->trouble[WASHER_HEATER_SCALE], dt_s, 0.8);
    if (m->drum_rpm > 600)
        m->bearing = grow(m->bearing, 12 * m->trouble[WASHER_BEARING_WEAR], dt_s, 3);
}

static bool heats(const struct washer_model *m, struct washer_outputs out)
{
    return out.heater && m->trouble[WASHER_HEATER_OPEN] <= 0 && m->level_liter > 2;
}

static double inlet_liter_s(const struct washer_model *m, struct washer_outputs out)
{
    bool shut = !out.valve || m->trouble[WASHER_INLET_CLOSED] > 0;
    return shut ? 0 : INLET_LITER_S * (1 - m->inlet_weak);
}

static void move_water(struct washer_model *m, struct washer_outputs out, double dt_s)
{
    double in = inlet_liter_s(m, out) * dt_s;
    double total = m->level_liter + in;
    if (total > 0 && in > 0)
        m->water_celsius = (m->water_celsius * m->level_liter + TAP_CELSIUS * in) / total;
    m->level_liter = total;
    m->used_liter += in;
    bool blocked = m->trouble[WASHER_DRAIN_BLOCKED] > 0;
    if (out.pump && !blocked)
        m->level_liter -= PUMP_LITER_S * (1 - m->clog) * dt_s;
    if (m->trouble[WASHER_LEAK] > 0 && m->level_liter > 0) {
        double leaked = fmin(m->level_liter, LEAK_LITER_S * m->trouble[WASHER_LEAK] * dt_s);
        m->level_liter -= leaked;
        m->pan_liter += leaked;
    }
    m->level_liter = fmax(0, m->level_liter);
}

static double power_watt(const struct washer_model *m, struct washer_outputs out)
{
    return STANDBY_WATT + (heats(m, out) ? HEATER_WATT * (1 - 0.3 * m->scale) : 0) +
           (out.pump ? PUMP_WATT : 0) + m->drum_rpm * MOTOR_WATT_RPM * (1 + 0.2 * m->bearing);
}

void washer_model_step(struct washer_model *m, struct washer_outputs out, double dt_s)
{
    wear(m, out, dt_s);
    move_water(m, out, dt_s);
    double capacity = DRUM_JOULE_KELVIN + WATER_JOULE_KELVIN * m->level_liter;
    double heat = heats(m, out) ? HEATER_WATT * (1 - m->scale) : 0;
    heat -= LOSS_WATT_KELVIN * (m->water_celsius - ROOM_CELSIUS);
    m->water_celsius += heat / capacity * dt_s;
    m->drum_rpm += (out.drum_rpm - m->drum_rpm) * fmin(1, dt_s / 6);
    if (m->drum_rpm < 1)
        m->drum_rpm = 0;
    if (m->trouble[WASHER_LOCK_STUCK] <= 0)
        m->locked = out.lock;
    m->energy_joule += power_watt(m, out) * dt_s;
}

struct washer_inputs washer_model_read(struct washer_model *m, struct washer_outputs out)
{
    double spin = m->drum_rpm / 1200;
    double vibration = spin * spin * (3 + 6 * m->bearing) * (1 + noise_bell(&m->noise, 0.08));
    return (struct washer_inputs){
        .level_liter = fmax(0, m->level_liter + noise_bell(&m->noise, 0.02)),
        .water_celsius = m->water_celsius + noise_bell(&m->noise, 0.1),
        .drum_rpm = m->drum_rpm,
        .vibration_mm_s = fmax(0, vibration),
        .power_watt = fmax(0, power_watt(m, out) + noise_bell(&m->noise, 1)),
        .heater_ohm = m->trouble[WASHER_HEATER_OPEN] > 0 ? INFINITY : HEATER_OHM,
        .pump_turns = out.pump && m->trouble[WASHER_DRAIN_BLOCKED] <= 0,
        .inlet_flows = inlet_liter_s(m, out) > 0.01,
        .locked = m->locked,
        .wet_floor_pan = m->pan_liter > 0.3,
    };
}
