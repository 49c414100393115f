/* Two circuits of 4.5 kW each at an evaporator of 0 degrees, a house that loses 170 W a
 * kelvin, water that carries the heat into it. */
#include "model.h"

#include <math.h>

#define SEASON_CELSIUS     4.0
#define HOUSE_WATT_KELVIN  170.0
#define HOUSE_JOULE_KELVIN 18.0e6
#define WATER_JOULE_KELVIN 2000000.0 /* 480 litres, most of it in a buffer tank */
#define FLOOR_WATT_KELVIN  420.0     /* water to room */
#define CIRCUIT_WATT       4500.0
#define PUMP_LITER_MIN     28.0
#define JOULE_LITER_KELVIN 4190.0
#define COIL_JOULE_KELVIN  25000.0
#define COIL_WATT_KELVIN   700.0 /* coil to the outdoor air, clean and with the fan */
#define DAY_S              86400.0
#define PI                 3.14159265358979

void heatpump_model_init(struct heatpump_model *m, uint64_t seed)
{
    *m = (struct heatpump_model){.outdoor_celsius = SEASON_CELSIUS,
                                 .flow_celsius = 33,
                                 .return_celsius = 29,
                                 .room_celsius = 21,
                                 .coil_celsius = SEASON_CELSIUS,
                                 .charge = {1, 1}};
    noise_seed(&m->noise, seed);
}

void heatpump_model_trouble(struct heatpump_model *m, enum heatpump_trouble trouble, double level)
{
    m->trouble[trouble] = level;
    if (trouble == HEATPUMP_BURST && level > 0)
        m->charge[0] = 0.1;
    if (level > 0)
        return;
    if (trouble == HEATPUMP_LEAK || trouble == HEATPUMP_BURST)
        m->charge[0] = 1;
    if (trouble == HEATPUMP_LEAK_RIGHT)
        m->charge[1] = 1;
    if (trouble == HEATPUMP_PUMP_WEAR)
        m->pump_worn = 0;
    if (trouble == HEATPUMP_FAN_DIRT)
        m->dirt = 0;
}

static void wear(struct heatpump_model *m, double dt_s)
{
    double days = dt_s / DAY_S;
    m->charge[0] = fmax(0.05, m->charge[0] - 0.03 * m->trouble[HEATPUMP_LEAK] * days);
    m->charge[1] = fmax(0.05, m->charge[1] - 0.03 * m->trouble[HEATPUMP_LEAK_RIGHT] * days);
    m->pump_worn = fmin(0.95, m->pump_worn + 0.06 * m->trouble[HEATPUMP_PUMP_WEAR] * days);
    m->dirt = fmin(0.9, m->dirt + 0.08 * m->trouble[HEATPUMP_FAN_DIRT] * days);
}

static void weather(struct heatpump_model *m, double dt_s, double day_s)
{
    double pull = -m->weather_kelvin / (3 * DAY_S);
    m->weather_kelvin += pull * dt_s + noise_bell(&m->noise, 0.006) * sqrt(dt_s);
    m->outdoor_celsius =
        SEASON_CELSIUS + m->weather_kelvin + 3 * sin(2 * PI * (day_s / DAY_S - 0.4));
}

static double flow_liter_min(const struct heatpump_model *m, struct heatpump_outputs out)
{
    bool still = !out.pump || m->trouble[HEATPUMP_PUMP_SEIZED] > 0;
    return still ? 0 : PUMP_LITER_MIN * (1 - m->pump_worn);
}

static bool fan_turns(const struct heatpump_model *m, struct heatpump_outputs out)
{
    return out.fan && m->trouble[HEATPUMP_FAN_BLOCKED] <= 0;
}

static bool reversed(const struct heatpump_model *m, struct heatpump_outputs out)
{
    return out.reverse && m->trouble[HEATPUMP_VALVE_STUCK] <= 0;
}

/* Heat that one circuit moves: less when the coil is cold or refrigerant is missing. */
static double circuit_watt(const struct heatpump_model *m, int i, struct heatpump_outputs out)
{
    if (!out.compressor[i])
        return 0;
    double by_coil = fmax(0.3, 1 + 0.025 * m->coil_celsius);
    return CIRCUIT_WATT * by_coil * fmin(1, 0.1 + 1.0 * m->charge[i]);
}

static double efficiency(const struct heatpump_model *m)
{
    double lift = fmax(15, m->flow_celsius - m->coil_celsius);
    return fmin(6, 0.42 * (m->flow_celsius + 273.15) / lift);
}

static void move_coil(struct heatpump_model *m, struct heatpump_outputs out, double drawn,
                      double dt_s)
{
    double air = COIL_WATT_KELVIN * (fan_turns(m, out) ? 1 : 0.15) * (1 - m->dirt) *
                 (1 - 0.8 * m->frost) * (m->outdoor_celsius - m->coil_celsius);
    double warming = air + (reversed(m, out) ? 6000 : -drawn);
    if (reversed(m, out) && m->coil_celsius > 0 && m->frost > 0) {
        m->frost = fmax(0, m->frost - dt_s / 240);
        warming = fmin(warming, 200); /* melting takes the rest */
    }
    m->coil_celsius += warming / COIL_JOULE_KELVIN * dt_s;
    if (m->coil_celsius > 1)
        m->frost = fmax(0, m->frost - dt_s / 3600);
    if (m->coil_celsius < -2 && drawn > 0)
        m->frost = fmin(1, m->frost + dt_s / (3 * 3600) * fmin(2, -m->coil_celsius / 6));
}

static void move_water(struct heatpump_model *m, double heat, double flow, double dt_s)
{
    double carried = flow / 60 * JOULE_LITER_KELVIN; /* W a kelvin */
    double to_room = flow > 0 ? FLOOR_WATT_KELVIN * (m->return_celsius - m->room_celsius + 2) : 0;
    to_room = fmax(0, to_room);
    double mean = (m->flow_celsius + m->return_celsius) / 2;
    mean += (heat - to_room) / WATER_JOULE_KELVIN * dt_s;
    double spread = carried > 1 ? fmin(30, heat / carried) : fmin(30, heat / 200);
    m->flow_celsius += (mean + spread / 2 - m->flow_celsius) * fmin(1, dt_s / 20);
    m->return_celsius = 2 * mean - m->flow_celsius;
    double lost = HOUSE_WATT_KELVIN * (m->room_celsius - m->outdoor_celsius) - 600;
    m->room_celsius += (to_room - lost) / HOUSE_JOULE_KELVIN * dt_s;
}

void heatpump_model_step(struct heatpump_model *m, struct heatpump_outputs out, double dt_s,
                         double day_s)
{
    weather(m, dt_s, day_s);
    wear(m, dt_s);
    double moved = circuit_watt(m, 0, out) + circuit_watt(m, 1, out);
    double compressors = 0;
    for (int i = 0; i < HEATPUMP_CIRCUITS; i++)
        compressors += out.compressor[i] ? CIRCUIT_WATT / efficiency(m) * 0.95 : 0;
    m->power_watt = 12 + compressors + (out.pump ? 45 : 0) + (out.fan ? 80 : 0);
    m->heat_watt = reversed(m, out) ? -2500 : moved;
    move_coil(m, out, moved * (1 - 1 / efficiency(m)), dt_s);
    move_water(m, m->heat_watt, flow_liter_min(m, out), dt_s);
}

struct heatpump_inputs heatpump_model_read(struct heatpump_model *m, struct heatpump_outputs out)
{
    struct heatpump_inputs in = {
        .outdoor_celsius = m->trouble[HEATPUMP_SENSOR_BROKEN] > 0
                               ? NAN
                               : m->outdoor_celsius + noise_bell(&m->noise, 0.1),
        .flow_celsius = m->flow_celsius + noise_bell(&m->noise, 0.1),
        .return_celsius = m->return_celsius + noise_bell(&m->noise, 0.1),
        .room_celsius = m->room_celsius + noise_bell(&m->noise, 0.05),
        .coil_celsius = m->coil_celsius + noise_bell(&m->noise, 0.1),
        .flow_liter_min = fmax(0, flow_liter_min(m, out) * (1 + noise_bell(&m->noise, 0.01))),
        .fan_rpm = fan_turns(m, out) ? 850 + noise_bell(&m->noise, 8) : 0,
        .power_watt = fmax(0, m->power_watt + noise_bell(&m->noise, 3)),
        .heat_watt = m->heat_watt,
    };
    for (int i = 0; i < HEATPUMP_CIRCUITS; i++) {
        bool on = out.compressor[i];
        double missing = 1 - m->charge[i];
        double boils = m->coil_celsius - 5 - 25 * missing * on; /* degrees */
        in.suction_bar[i] = fmax(0.2, 7.0 * exp(0.03 * boils) * fmin(1, 0.15 + m->charge[i])) +
                            noise_bell(&m->noise, 0.02);
        in.superheat_kelvin[i] = on ? 6 + 30 * missing + noise_bell(&m->noise, 0.3) : 0;
        in.discharge_celsius[i] =
            on ? m->flow_celsius + 30 + 45 * missing + noise_bell(&m->noise, 0.5) : m->flow_celsius;
    }
    return in;
}
