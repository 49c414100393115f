/* A config table as people read it: `show config` and --help. */
#include "base/table.h"

#include <math.h>
#include <stdio.h>

struct step {
    const char *unit;
    double factor;
};

/* The largest unit that leaves a whole number. */
static void with_unit(const struct step *steps, double value, char *to, size_t cap)
{
    while (steps[1].unit && (value == 0 || fmod(value, steps->factor) != 0))
        steps++;
    snprintf(to, cap, "%.0f%s", value / steps->factor, steps->unit);
}

void table_number(enum table_type type, double value, char *to, size_t cap)
{
    static const struct step spans[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                        {"s", 1000},     {"ms", 1},      {NULL, 0}};
    static const struct step sizes[] = {
        {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {NULL, 0}};
    if (type == TABLE_DURATION)
        with_unit(spans, value, to, cap);
    else if (type == TABLE_SIZE)
        with_unit(sizes, value, to, cap);
    else if (type == TABLE_REAL)
        snprintf(to, cap, "%.15g", value);
    else
        snprintf(to, cap, "%.0f", value);
}

static void put_quoted(struct buf *out, const char *s)
{
    buf_str(out, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_str(out, "\\");
        buf_put(out, s, 1);
    }
    buf_str(out, "\"");
}

static void put_value(const struct table_row *row, const void *config, struct buf *out)
{
    const void *at = (const char *)config + row->offset;
    char number[32];
    switch (row->type) {
    case TABLE_STRING: {
        const char *s = *(char *const *)at;
        put_quoted(out, row->secret && s && *s ? "***" : s ? s : "");
        break;
    }
    case TABLE_BOOL: buf_str(out, *(const bool *)at ? "true" : "false"); break;
    case TABLE_CHOICE: buf_str(out, row->choices[*(const int64_t *)at]); break;
    case TABLE_REAL:
        table_number(row->type, *(const double *)at, number, sizeof number);
        buf_str(out, number);
        break;
    case TABLE_INT: buf_fmt(out, "%lld", (long long)*(const int64_t *)at); break;
    default:
        table_number(row->type, (double)*(const int64_t *)at, number, sizeof number);
        buf_str(out, number);
    }
}

void table_show(const struct table *t, const void *config, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        buf_fmt(out, "%s = ", t->rows[i].name);
        put_value(&t->rows[i], config, out);
        buf_fmt(out, "  # %s\n", t->rows[i].help);
    }
}

static void put_type(const struct table_row *row, struct buf *out)
{
    static const char *const names[] = {
        [TABLE_STRING] = "TEXT",       [TABLE_INT] = "NUMBER", [TABLE_BOOL] = "true|false",
        [TABLE_DURATION] = "DURATION", [TABLE_SIZE] = "SIZE",  [TABLE_REAL] = "NUMBER",
    };
    if (row->type == TABLE_CHOICE) {
        for (size_t i = 0; row->choices[i]; i++)
            buf_fmt(out, "%s%s", i ? "|" : "", row->choices[i]);
        return;
    }
    buf_str(out, names[row->type]);
    if (row->min == 0 && row->max == 0)
        return;
    if (row->type == TABLE_STRING) {
        buf_fmt(out, " (at most %.0f bytes)", row->max);
        return;
    }
    char min[32], max[32];
    table_number(row->type, row->min, min, sizeof min);
    table_number(row->type, row->max, max, sizeof max);
    buf_fmt(out, " (%s to %s)", min, max);
}

void table_help(const struct table *t, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct table_row *row = &t->rows[i];
        buf_fmt(out, "  --%s=", row->name);
        put_type(row, out);
        if (row->required)
            buf_str(out, ", required");
        else if (row->initial && *row->initial)
            buf_fmt(out, ", default %s", row->secret ? "***" : row->initial);
        buf_fmt(out, "\n      %s\n", row->help);
    }
}
