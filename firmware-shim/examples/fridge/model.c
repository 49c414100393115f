/* Heat capacities and conductances of a 300 litre fridge-freezer; chosen so that at
 * 22 degrees the compressor runs about four tenths of the time. */
#include "model.h"

#include <math.h>

#define CABINET_JOULE_KELVIN     45000.0 /* air, shelves and food */
#define FREEZER_JOULE_KELVIN     40000.0
#define EVAPORATOR_JOULE_KELVIN  3000.0
#define CABINET_WATT_KELVIN      1.1 /* through the walls */
#define FREEZER_WATT_KELVIN      0.6
#define DOOR_WATT_KELVIN         25.0 /* more, while it is open */
#define FAN_WATT_KELVIN          1.95 /* cabinet to evaporator with the fan running */
#define STILL_WATT_KELVIN        0.2
#define FREEZER_EVAP_WATT_KELVIN 12.0
#define COOLING_WATT             125.0 /* at an evaporator of -26 degrees */
#define COOLING_LOSS             0.02  /* of it a kelvin below that */
#define COMPRESSOR_WATT          85.0
#define HEATER_WATT              160.0
#define HEATER_OHM               330.0
#define FAN_WATT                 4.0
#define STANDBY_WATT             3.0
#define DAY_S                    86400.0
#define PI                       3.14159265358979

void fridge_model_init(struct fridge_model *m, uint64_t seed)
{
    *m = (struct fridge_model){.cabinet_celsius = 5,
                               .freezer_celsius = -18,
                               .evaporator_celsius = -20,
                               .ambient_celsius = 22};
    noise_seed(&m->noise, seed);
}

void fridge_model_trouble(struct fridge_model *m, enum fridge_trouble trouble, double level)
{
    m->trouble[trouble] = level;
    if (level > 0)
        return;
    if (trouble == FRIDGE_SEAL_WEAR)
        m->seal_worn = 0;
    if (trouble == FRIDGE_ICING || trouble == FRIDGE_HEATER_OPEN)
        m->ice = 0;
    if (trouble == FRIDGE_SENSOR_DRIFT)
        m->drift_kelvin = 0;
}

/* Thirty openings between seven and ten at night, ten to forty seconds each. */
static void use_door(struct fridge_model *m, double dt_s, double day_s)
{
    double hour = day_s / 3600;
    if (m->door_held)
        return;
    if (m->door_s > 0)
        m->door_s = fmax(0, m->door_s - dt_s);
    else if (hour >= 7 && hour < 22 && noise_even(&m->noise) < 30 * dt_s / (15 * 3600))
        m->door_s = 10 + 30 * noise_even(&m->noise);
}

static bool door_is_open(const struct fridge_model *m)
{
    return m->door_held || m->door_s > 0;
}

static void wear(struct fridge_model *m, double dt_s)
{
    double days = dt_s / DAY_S;
    m->seal_worn = fmin(3, m->seal_worn + 0.06 * m->trouble[FRIDGE_SEAL_WEAR] * days);
    m->drift_kelvin = fmin(15, m->drift_kelvin + 0.5 * m->trouble[FRIDGE_SENSOR_DRIFT] * days);
    double moisture = 0.03 + 0.05 * m->seal_worn + 0.8 * m->trouble[FRIDGE_ICING];
    if (door_is_open(m))
        moisture += 2;
    m->ice = fmin(1, m->ice + moisture * days);
}

static bool compressor_runs(const struct fridge_model *m, struct fridge_outputs out)
{
    return out.compressor || m->trouble[FRIDGE_RELAY_STUCK] > 0;
}

static bool heater_heats(const struct fridge_model *m, struct fridge_outputs out)
{
    return out.heater && m->trouble[FRIDGE_HEATER_OPEN] <= 0;
}

static double cooling_watt(const struct fridge_model *m)
{
    double factor = 1 + COOLING_LOSS * (m->evaporator_celsius + 26);
    return COOLING_WATT * fmax(0.1, fmin(1.6, factor));
}

static void melt(struct fridge_model *m, double dt_s)
{
    /* Trapped by its own ice, an iced-up drain lets only some of it go. */
    double stays = m->trouble[FRIDGE_ICING] > 0 ? 0.9 : 0;
    if (m->evaporator_celsius > 0)
        m->ice = fmax(m->ice * stays, m->ice - (1 - stays) * dt_s / 2400);
}

static void flow(struct fridge_model *m, struct fridge_outputs out, double dt_s)
{
    bool fan = out.fan && m->trouble[FRIDGE_FAN_BLOCKED] <= 0;
    double through_ice = 1 / (1 + 2.5 * m->ice * m->ice);
    double leak = CABINET_WATT_KELVIN * (1 + m->seal_worn);
    if (door_is_open(m))
        leak += DOOR_WATT_KELVIN;
    double room = leak * (m->ambient_celsius - m->cabinet_celsius);
    double room_freezer =
        FREEZER_WATT_KELVIN * (1 + 0.5 * m->seal_worn) * (m->ambient_celsius - m->freezer_celsius);
    double cold = (fan ? FAN_WATT_KELVIN : STILL_WATT_KELVIN) * through_ice *
                  (m->cabinet_celsius - m->evaporator_celsius);
    double cold_freezer =
        FREEZER_EVAP_WATT_KELVIN * through_ice * (m->freezer_celsius - m->evaporator_celsius);
    double pumped = compressor_runs(m, out) ? cooling_watt(m) : 0;
    double heated = heater_heats(m, out) ? HEATER_WATT : 0;
    m->cabinet_celsius += (room - cold) / CABINET_JOULE_KELVIN * dt_s;
    m->freezer_celsius +=
        (room_freezer - cold_freezer * (heated > 0 ? 0.2 : 1)) / FREEZER_JOULE_KELVIN * dt_s;
    m->evaporator_celsius += (cold + cold_freezer * (heated > 0 ? 0.2 : 1) + heated - pumped) /
                             EVAPORATOR_JOULE_KELVIN * dt_s;
}

static double power_watt(const struct fridge_model *m, struct fridge_outputs out)
{
    return STANDBY_WATT + (compressor_runs(m, out) ? COMPRESSOR_WATT : 0) +
           (heater_heats(m, out) ? HEATER_WATT : 0) + (out.fan ? FAN_WATT : 0);
}

void fridge_model_step(struct fridge_model *m, struct fridge_outputs out, double dt_s, double day_s)
{
    m->ambient_celsius = 22 + 2 * sin(2 * PI * (day_s / DAY_S - 0.4));
    use_door(m, dt_s, day_s);
    wear(m, dt_s);
    flow(m, out, dt_s);
    melt(m, dt_s);
    m->energy_joule += power_watt(m, out) * dt_s;
}

static double cabinet_probe(struct fridge_model *m)
{
    if (m->trouble[FRIDGE_SENSOR_BROKEN] > 0)
        return NAN;
    double off = m->trouble[FRIDGE_SENSOR_NONSENSE] > 0 ? 70 : -m->drift_kelvin;
    return m->cabinet_celsius + off + noise_bell(&m->noise, 0.05);
}

struct fridge_inputs fridge_model_read(struct fridge_model *m, struct fridge_outputs out)
{
    bool fan = out.fan && m->trouble[FRIDGE_FAN_BLOCKED] <= 0;
    return (struct fridge_inputs){
        .cabinet_celsius = cabinet_probe(m),
        .freezer_celsius = m->freezer_celsius + noise_bell(&m->noise, 0.05),
        .evaporator_celsius = m->evaporator_celsius + noise_bell(&m->noise, 0.1),
        .ambient_celsius = m->ambient_celsius + noise_bell(&m->noise, 0.1),
        .power_watt = fmax(0, power_watt(m, out) + noise_bell(&m->noise, 1)),
        .fan_rpm = fan ? 1500 * (1 - 0.2 * m->ice) + noise_bell(&m->noise, 15) : 0,
        .heater_ohm = m->trouble[FRIDGE_HEATER_OPEN] > 0 ? INFINITY : HEATER_OHM,
        .door_open = door_is_open(m),
    };
}
