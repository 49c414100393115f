#include "gateway/api/metrics/metrics.h"

#include <math.h>

static const char *const type_names[] = {"counter", "gauge", "histogram"};
static const double bounds[METRICS_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,  0.5,    1,     2.5,  5,     10};

static void put_number(struct buf *out, double v)
{
    if (isnan(v))
        buf_str(out, "NaN");
    else if (isinf(v))
        buf_str(out, v > 0 ? "+Inf" : "-Inf");
    else if (fabs(v) < 1e15 && v == floor(v))
        buf_fmt(out, "%.0f", v);
    else
        buf_fmt(out, "%.17g", v);
}

void metrics_family(struct metrics *m, const char *name, enum metrics_type type, const char *help)
{
    m->family = name;
    buf_fmt(m->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_names[type]);
}

void metrics_value(struct metrics *m, double value)
{
    buf_fmt(m->out, "%s ", m->family);
    put_number(m->out, value);
    buf_u8(m->out, '\n');
}

/* A label's value may come from a device: quotes, backslashes and line ends are
 * escaped as the format wants it. */
static void put_escaped(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            buf_str(out, "\\n");
        else if (*p == '"' || *p == '\\')
            buf_fmt(out, "\\%c", *p);
        else
            buf_put(out, p, 1);
    }
}

void metrics_labelled(struct metrics *m, const char *label, const char *label_value, double value)
{
    buf_fmt(m->out, "%s{%s=\"", m->family, label);
    put_escaped(m->out, label_value);
    buf_str(m->out, "\"} ");
    put_number(m->out, value);
    buf_u8(m->out, '\n');
}

void metrics_histogram_add(struct metrics_histogram *h, double seconds)
{
    size_t i = 0;
    while (i < METRICS_BUCKETS && seconds > bounds[i])
        i++;
    h->counts[i]++;
    h->sum_s += seconds;
}

void metrics_histogram_put(struct metrics *m, const char *name, const char *help,
                           const struct metrics_histogram *h)
{
    metrics_family(m, name, METRICS_HISTOGRAM, help);
    uint64_t total = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        total += h->counts[i];
        buf_fmt(m->out, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], (unsigned long long)total);
    }
    total += h->counts[METRICS_BUCKETS];
    buf_fmt(m->out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", name, (unsigned long long)total, name);
    put_number(m->out, h->sum_s);
    buf_fmt(m->out, "\n%s_count %llu\n", name, (unsigned long long)total);
}
