#include "gateway/people/locale.h"

#include <math.h>
#include <stdio.h>

enum tongue { EN, DE, TONGUES };
static const char *const codes[TONGUES] = {"en", "de"};

static enum tongue tongue_of(const char *language)
{
    for (int i = 0; i < TONGUES; i++)
        if (strncmp(language, codes[i], 2) == 0 && (language[2] == '\0' || language[2] == '-'))
            return (enum tongue)i;
    return EN;
}

const char *locale_of(const char *language)
{
    return codes[tongue_of(language)];
}

struct unit_text {
    const char *unit;
    const char *text[TONGUES]; /* with the blank that goes before it */
};

/* U+00A0 before a unit: the number never stands alone at a line's end. */
#define GAP "\xc2\xa0"
static const struct unit_text units[] = {
    {"celsius", {GAP "°C", GAP "°C"}},
    {"kelvin", {GAP "K", GAP "K"}},
    {"fahrenheit", {GAP "°F", GAP "°F"}},
    {"percent", {"%", GAP "%"}},
    {"watt", {GAP "W", GAP "W"}},
    {"kilowatt", {GAP "kW", GAP "kW"}},
    {"watt_hour", {GAP "Wh", GAP "Wh"}},
    {"kilowatt_hour", {GAP "kWh", GAP "kWh"}},
    {"volt", {GAP "V", GAP "V"}},
    {"ampere", {GAP "A", GAP "A"}},
    {"hertz", {GAP "Hz", GAP "Hz"}},
    {"rpm", {GAP "rpm", GAP "U/min"}},
    {"bar", {GAP "bar", GAP "bar"}},
    {"pascal", {GAP "Pa", GAP "Pa"}},
    {"liter", {GAP "l", GAP "l"}},
    {"litre", {GAP "l", GAP "l"}},
    {"liter_per_minute", {GAP "l/min", GAP "l/min"}},
    {"litre_per_minute", {GAP "l/min", GAP "l/min"}},
    {"millimeter", {GAP "mm", GAP "mm"}},
    {"kilogram", {GAP "kg", GAP "kg"}},
    {"gram", {GAP "g", GAP "g"}},
    {"millisecond", {GAP "ms", GAP "ms"}},
    {"second", {GAP "s", GAP "s"}},
    {"minute", {GAP "min", GAP "min"}},
    {"hour", {GAP "h", GAP "h"}},
    {"day", {GAP "d", GAP "d"}},
    {"byte", {GAP "bytes", GAP "Byte"}},
    {"decibel", {GAP "dB", GAP "dB"}},
    {"ratio", {"", ""}},
    {"count", {"", ""}},
    {"none", {"", ""}},
    {"", {"", ""}},
};

static void put_unit(enum tongue t, const char *unit, struct buf *out)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].unit, unit) == 0) {
            buf_str(out, units[i].text[t]);
            return;
        }
    }
    buf_str(out, GAP); /* a unit of the pack's own: its name, readable */
    for (; *unit; unit++)
        buf_put(out, *unit == '_' ? " " : unit, 1);
}

static int decimals_of(double precision)
{
    int n = 0;
    for (double p = precision; n < 6 && p > 0 && fabs(p - round(p)) > 1e-9; n++)
        p *= 10;
    return n;
}

/* Fixed decimals without trailing zeros, the language's comma, groups from 10000 on. */
static void put_number(enum tongue t, double value, int decimals, struct buf *out)
{
    char raw[400];
    snprintf(raw, sizeof raw, "%.*f", decimals, fabs(value) < 1e15 ? value : 0);
    if (fabs(value) >= 1e15) { /* no appliance reads this: keep it short */
        buf_fmt(out, "%g", value);
        return;
    }
    char *point = strchr(raw, '.');
    if (point) {
        char *end = raw + strlen(raw);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            *--end = '\0';
    }
    char *digits = raw + (raw[0] == '-');
    if (strcmp(raw, "-0") == 0)
        digits = raw + 1;
    else if (raw[0] == '-')
        buf_str(out, "-");
    size_t whole = strcspn(digits, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i && whole > 4 && (whole - i) % 3 == 0)
            buf_str(out, t == DE ? "." : ",");
        buf_put(out, digits + i, 1);
    }
    if (digits[whole] == '.')
        buf_fmt(out, "%s%s", t == DE ? "," : ".", digits + whole + 1);
}

void locale_value(const char *language, const struct pack_metric *metric, double value,
                  struct buf *out)
{
    static const char *const unknown[TONGUES] = {"unknown", "unbekannt"};
    static const char *const yes[TONGUES] = {"yes", "ja"}, *const no[TONGUES] = {"no", "nein"};
    enum tongue t = tongue_of(language);
    if (!isfinite(value)) {
        buf_str(out, unknown[t]);
    } else if (metric && strcmp(metric->unit, "bool") == 0) {
        buf_str(out, value != 0 ? yes[t] : no[t]);
    } else {
        put_number(t, value, metric && metric->precision > 0 ? decimals_of(metric->precision) : 3,
                   out);
        put_unit(t, metric ? metric->unit : "", out);
    }
}

static const char *const weekdays[TONGUES][7] = {
    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
    {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
};
static const char *const months[TONGUES][12] = {
    {"January", "February", "March", "April", "May", "June", "July", "August", "September",
     "October", "November", "December"},
    {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
     "November", "Dezember"},
};

static void put_clock(enum tongue t, bool twelve, const struct zone_time *at, struct buf *out)
{
    if (twelve)
        buf_fmt(out, "%d:%02d" GAP "%s", at->hour % 12 ? at->hour % 12 : 12, at->minute,
                at->hour < 12 ? "am" : "pm");
    else
        buf_fmt(out, "%02d:%02d%s", at->hour, at->minute, t == DE ? GAP "Uhr" : "");
}

void locale_moment(const char *language, const struct zone *zone, int64_t at_ms, int64_t now_ms,
                   struct buf *out)
{
    enum tongue t = tongue_of(language);
    bool us = strncmp(language, "en-US", 5) == 0;
    struct zone_time at = zone_local(zone, at_ms), now = zone_local(zone, now_ms);
    if (at.day != now.day || at.month != now.month || at.year != now.year) {
        const char *weekday = weekdays[t][at.weekday], *month = months[t][at.month - 1];
        if (t == DE)
            buf_fmt(out, "%s, %d. %s", weekday, at.day, month);
        else if (us)
            buf_fmt(out, "%s, %s %d", weekday, month, at.day);
        else
            buf_fmt(out, "%s, %d %s", weekday, at.day, month);
        if (at.year != now.year)
            buf_fmt(out, "%s %d", us ? "," : "", at.year);
        buf_str(out, ", ");
    }
    put_clock(t, us, &at, out);
    if (!zone)
        buf_str(out, " UTC");
}

static const char *const phrases[TONGUES][PHRASE_COUNT] = {
    {
        [PHRASE_TEST_SUBJECT] = "[Test] ",
        [PHRASE_TEST_NOTE] = "This is a test. Nothing is wrong with your appliance.",
        [PHRASE_HELLO] = "Hello {customer_name},",
        [PHRASE_HELLO_NOBODY] = "Hello,",
        [PHRASE_STEPS] = "What you can do",
        [PHRASE_DEVICE] = "Appliance",
        [PHRASE_MODEL] = "Model",
        [PHRASE_SINCE] = "Since",
        [PHRASE_OVER_SUBJECT] = "It is over: {title}",
        [PHRASE_OVER_DATA] = "Good news: {device_name} has been back to normal since {until}.",
        [PHRASE_OVER_PERSON] = "What we told you about {device_name} was marked as solved.",
        [PHRASE_OVER_FALSE] =
            "What we told you about {device_name} was a false alarm. We are sorry for the worry.",
        [PHRASE_OVER_THANKS] = "You do not need to do anything.",
        [PHRASE_WHY] = "You get this message because {device_name} is registered to you.",
    },
    {
        [PHRASE_TEST_SUBJECT] = "[Test] ",
        [PHRASE_TEST_NOTE] = "Das ist ein Test. Mit Ihrem Gerät ist alles in Ordnung.",
        [PHRASE_HELLO] = "Guten Tag {customer_name},",
        [PHRASE_HELLO_NOBODY] = "Guten Tag,",
        [PHRASE_STEPS] = "Das können Sie tun",
        [PHRASE_DEVICE] = "Gerät",
        [PHRASE_MODEL] = "Modell",
        [PHRASE_SINCE] = "Seit",
        [PHRASE_OVER_SUBJECT] = "Vorbei: {title}",
        [PHRASE_OVER_DATA] = "Gute Nachricht: Bei {device_name} ist seit {until} alles in Ordnung.",
        [PHRASE_OVER_PERSON] = "Was wir Ihnen zu {device_name} gemeldet haben, gilt als gelöst.",
        [PHRASE_OVER_FALSE] =
            "Was wir Ihnen zu {device_name} gemeldet haben, war ein Fehlalarm. Das tut uns leid.",
        [PHRASE_OVER_THANKS] = "Sie müssen nichts weiter tun.",
        [PHRASE_WHY] = "Sie erhalten diese Nachricht, weil {device_name} auf Sie angemeldet ist.",
    },
};

const char *locale_phrase(const char *language, enum phrase phrase)
{
    return phrases[tongue_of(language)][phrase];
}
