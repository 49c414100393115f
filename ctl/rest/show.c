/* Rows and ages for people. */
#include "ctl/rest/show.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *show_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t show_int(const json_t *object, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(object, name));
}

void show_age(char *to, size_t size, int64_t at_ms)
{
    int64_t s = (clock_now().wall_ms - at_ms) / 1000;
    if (at_ms == 0)
        snprintf(to, size, "-");
    else if (s < 120)
        snprintf(to, size, "%lld s", (long long)(s < 0 ? 0 : s));
    else if (s < 7200)
        snprintf(to, size, "%lld min", (long long)(s / 60));
    else if (s < 172800)
        snprintf(to, size, "%lld h", (long long)(s / 3600));
    else
        snprintf(to, size, "%lld d", (long long)(s / 86400));
}

void show_time(char *to, size_t size, int64_t at_ms)
{
    time_t t = (time_t)(at_ms / 1000);
    struct tm tm;
    if (at_ms == 0 || !localtime_r(&t, &tm) || !strftime(to, size, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(to, size, "-");
}

void show_cell(const char *text, int width)
{
    int n = 0;
    for (; *text && (width == 0 || n < width); text++, n++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    for (; n < width; n++)
        putchar(' ');
    if (width)
        putchar(' ');
}

void show_alert_heading(void)
{
    printf("%-6s %-8s %-12s %-7s %-20s %-10s %s\n", "id", "severity", "state", "age", "device",
           "model", "what happened");
}

void show_alert_row(const json_t *alert)
{
    char age[32], id[32];
    const char *headline = show_text(alert, "headline");
    const char *presence = show_text(alert, "presence");
    bool silent = strcmp(presence, "offline") == 0 || strcmp(presence, "asleep") == 0 ||
                  strcmp(presence, "off") == 0;
    snprintf(id, sizeof id, "%lld", (long long)show_int(alert, "id"));
    show_age(age, sizeof age, show_int(alert, "opened_ms"));
    show_cell(id, 6);
    show_cell(show_text(alert, "severity"), 8);
    show_cell(show_text(alert, "state"), 12);
    show_cell(age, 7);
    show_cell(show_text(alert, "device"), 20);
    show_cell(show_text(alert, "model"), 10);
    show_cell(headline[0] ? headline : show_text(alert, "rule"), 0);
    if (silent && strcmp(show_text(alert, "state"), "resolved") != 0)
        printf(" (device %s)", presence);
    printf("%s%s\n", json_is_true(json_object_get(alert, "test")) ? " (test)" : "",
           json_is_true(json_object_get(alert, "late")) ? " (late)" : "");
}
