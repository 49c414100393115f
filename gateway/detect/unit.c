/* The table of units. A unit is its dimensions (length, mass, time, current,
 * temperature, level, data) and its scale in the base units of those. */
#include "gateway/detect/unit.h"

#include <stdio.h>

#define TEMP(n, sc, off, sym)                                                                      \
    {                                                                                              \
        {[DIM_TEMPERATURE] = 1}, true, sc, off, n, NULL, sym                                       \
    }
#define U(n, sc, sym, ...)                                                                         \
    {                                                                                              \
        {__VA_ARGS__}, false, sc, 0, n, NULL, sym                                                  \
    }
/*                      m  kg   s  A  K  dB B */
#define NUMBER        0, 0, 0, 0, 0, 0, 0
#define TIME          0, 0, 1, 0, 0, 0, 0
#define FREQUENCY     0, 0, -1, 0, 0, 0, 0
#define LENGTH        1, 0, 0, 0, 0, 0, 0
#define AREA          2, 0, 0, 0, 0, 0, 0
#define VOLUME        3, 0, 0, 0, 0, 0, 0
#define FLOW          3, 0, -1, 0, 0, 0, 0
#define SPEED         1, 0, -1, 0, 0, 0, 0
#define ACCELERATION  1, 0, -2, 0, 0, 0, 0
#define MASS          0, 1, 0, 0, 0, 0, 0
#define CONCENTRATION -3, 1, 0, 0, 0, 0, 0
#define FORCE         1, 1, -2, 0, 0, 0, 0
#define PRESSURE      -1, 1, -2, 0, 0, 0, 0
#define ENERGY        2, 1, -2, 0, 0, 0, 0
#define POWER         2, 1, -3, 0, 0, 0, 0
#define CURRENT       0, 0, 0, 1, 0, 0, 0
#define CHARGE        0, 0, 1, 1, 0, 0, 0
#define VOLTAGE       2, 1, -3, -1, 0, 0, 0
#define RESISTANCE    2, 1, -3, -2, 0, 0, 0
#define LEVEL         0, 0, 0, 0, 0, 1, 0
#define DATA          0, 0, 0, 0, 0, 0, 1

static const struct unit units[] = {
    U("none", 1, "", NUMBER),
    U("second", 1, "s", TIME),
    U("bool", 1, "", NUMBER),
    U("count", 1, "", NUMBER),
    U("ratio", 1, "", NUMBER),
    U("percent", 0.01, "%", NUMBER),
    U("permille", 0.001, "\u2030", NUMBER),
    U("ppm", 1e-6, "ppm", NUMBER),
    U("ppb", 1e-9, "ppb", NUMBER),
    TEMP("celsius", 1, 273.15, "\u00b0C"),
    TEMP("fahrenheit", 5.0 / 9.0, 459.67 * 5.0 / 9.0, "\u00b0F"),
    U("kelvin", 1, "K", 0, 0, 0, 0, 1, 0, 0), /* always a difference */
    U("millisecond", 0.001, "ms", TIME),
    U("minute", 60, "min", TIME),
    U("hour", 3600, "h", TIME),
    U("day", 86400, "d", TIME),
    U("week", 604800, "wk", TIME),
    U("hertz", 1, "Hz", FREQUENCY),
    U("kilohertz", 1000, "kHz", FREQUENCY),
    U("rpm", 1.0 / 60, "rpm", FREQUENCY),
    U("meter", 1, "m", LENGTH),
    U("centimeter", 0.01, "cm", LENGTH),
    U("millimeter", 0.001, "mm", LENGTH),
    U("micrometer", 1e-6, "\u00b5m", LENGTH),
    U("square_meter", 1, "m\u00b2", AREA),
    U("cubic_meter", 1, "m\u00b3", VOLUME),
    U("liter", 0.001, "l", VOLUME),
    U("milliliter", 1e-6, "ml", VOLUME),
    U("cubic_meter_per_hour", 1.0 / 3600, "m\u00b3/h", FLOW),
    U("liter_per_second", 0.001, "l/s", FLOW),
    U("liter_per_minute", 0.001 / 60, "l/min", FLOW),
    U("liter_per_hour", 0.001 / 3600, "l/h", FLOW),
    U("meter_per_second", 1, "m/s", SPEED),
    U("millimeter_per_second", 0.001, "mm/s", SPEED),
    U("meter_per_second_squared", 1, "m/s\u00b2", ACCELERATION),
    U("kilogram", 1, "kg", MASS),
    U("gram", 0.001, "g", MASS),
    U("gram_per_cubic_meter", 0.001, "g/m\u00b3", CONCENTRATION),
    U("microgram_per_cubic_meter", 1e-9, "\u00b5g/m\u00b3", CONCENTRATION),
    U("newton", 1, "N", FORCE),
    U("pascal", 1, "Pa", PRESSURE),
    U("hectopascal", 100, "hPa", PRESSURE),
    U("kilopascal", 1000, "kPa", PRESSURE),
    U("megapascal", 1e6, "MPa", PRESSURE),
    U("millibar", 100, "mbar", PRESSURE),
    U("bar", 1e5, "bar", PRESSURE),
    U("psi", 6894.757293168361, "psi", PRESSURE),
    U("joule", 1, "J", ENERGY),
    U("kilojoule", 1000, "kJ", ENERGY),
    U("megajoule", 1e6, "MJ", ENERGY),
    U("watt_hour", 3600, "Wh", ENERGY),
    U("kilowatt_hour", 3.6e6, "kWh", ENERGY),
    U("watt", 1, "W", POWER),
    U("kilowatt", 1000, "kW", POWER),
    U("milliwatt", 0.001, "mW", POWER),
    U("volt_ampere", 1, "VA", POWER),
    U("ampere", 1, "A", CURRENT),
    U("milliampere", 0.001, "mA", CURRENT),
    U("ampere_hour", 3600, "Ah", CHARGE),
    U("volt", 1, "V", VOLTAGE),
    U("millivolt", 0.001, "mV", VOLTAGE),
    U("ohm", 1, "\u2126", RESISTANCE),
    U("decibel", 1, "dB", LEVEL),
    U("dbm", 1, "dBm", LEVEL),
    U("byte", 1, "B", DATA),
    U("kibibyte", 1024, "KiB", DATA),
    U("mebibyte", 1048576, "MiB", DATA),
    U("gibibyte", 1073741824, "GiB", DATA),
};
#define CELSIUS 9
#define UNITS   (sizeof units / sizeof units[0])

/* How people also write them in a rule. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"%", "percent"},  {"seconds", "second"}, {"minutes", "minute"}, {"hours", "hour"},
    {"days", "day"},   {"weeks", "week"},     {"liters", "liter"},   {"litre", "liter"},
    {"watts", "watt"}, {"bars", "bar"},       {"meters", "meter"},   {"metre", "meter"},
};

const struct unit *unit_find(struct slice name)
{
    for (size_t i = 0; i < UNITS; i++)
        if (slice_is(name, units[i].name) ||
            (units[i].symbol[0] && slice_is(name, units[i].symbol)))
            return &units[i];
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (slice_is(name, aliases[i].alias))
            return unit_find(slice_str(aliases[i].name));
    return NULL;
}

const char *const *unit_names(void)
{
    static const char *names[UNITS + 1];
    if (!names[0])
        for (size_t i = UNITS; i-- > 0;)
            names[i] = units[i].name;
    return names;
}

const struct unit *unit_none(void)
{
    return &units[0];
}

const struct unit *unit_second(void)
{
    return &units[1];
}

bool unit_same_dim(const struct unit *a, const struct unit *b)
{
    return memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

bool unit_equal(const struct unit *a, const struct unit *b)
{
    return unit_same_dim(a, b) && a->point == b->point && !(a->scale < b->scale) &&
           !(a->scale > b->scale) && !(a->offset < b->offset) && !(a->offset > b->offset);
}

struct unit unit_amount(const struct unit *u)
{
    struct unit amount = *u;
    amount.offset = 0;
    amount.point = false;
    return amount;
}

static struct unit combine(const struct unit *a, const struct unit *b, int sign)
{
    struct unit r = {.scale = sign > 0 ? a->scale * b->scale : a->scale / b->scale};
    for (size_t i = 0; i < DIM_COUNT; i++)
        r.dim[i] = (int8_t)(a->dim[i] + sign * b->dim[i]);
    return r;
}

struct unit unit_mul(const struct unit *a, const struct unit *b)
{
    struct unit r = combine(a, b, 1);
    if (unit_equal(b, unit_none()))
        r.name = a->name, r.per = a->per;
    else if (unit_equal(a, unit_none()))
        r.name = b->name, r.per = b->per;
    return r;
}

struct unit unit_div(const struct unit *a, const struct unit *b)
{
    struct unit r = combine(a, b, -1);
    if (unit_equal(b, unit_none()))
        r.name = a->name, r.per = a->per;
    else if (!a->per && !b->per)
        r.name = a->name, r.per = b->name;
    return r;
}

void unit_convert(const struct unit *from, const struct unit *to, double *ret_mul, double *ret_add)
{
    *ret_mul = from->scale / to->scale;
    *ret_add = (from->offset - to->offset) / to->scale;
}

void unit_text(const struct unit *u, char *to, size_t cap)
{
    static const struct unit number = {.scale = 1};
    if (!u->per && unit_equal(u, &number))
        snprintf(to, cap, "a plain number");
    else if (u->name && u->per)
        snprintf(to, cap, "%s per %s", u->name, u->per);
    else if (u->name && unit_same_dim(u, &units[CELSIUS]) && !u->point)
        snprintf(to, cap, "a difference in %s", u->name);
    else
        snprintf(to, cap, "%s", u->name ? u->name : "a product of units");
}
