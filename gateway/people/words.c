#include "gateway/people/words.h"

#include "gateway/builtin/builtin.h"

#include <ctype.h>
#include <math.h>

void words_device(const struct words *w, const char *language, struct buf *out)
{
    if (*w->device_name) {
        buf_fmt(out, "%.200s", w->device_name);
        return;
    }
    const char *family = render_family(w->pack, language);
    buf_fmt(out, "%s%s%.100s", family ? family : "", family && *w->model ? " " : "",
            *w->model || family ? w->model : w->device);
}

static double real_or_nan(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* A field of ids that the line wrote; 0: none. */
static uint32_t id_of(const json_t *clause, const char *key)
{
    int64_t v = json_integer_value(json_object_get(clause, key));
    return v > 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

void words_evidence(const json_t *evidence, uint32_t *ret_metric, double *ret_value,
                    double *ret_limit)
{
    *ret_metric = 0;
    *ret_value = *ret_limit = (double)NAN;
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const json_t *clause = json_array_get(evidence, i);
        uint32_t metric = id_of(clause, "metric");
        if (!metric)
            continue;
        *ret_metric = metric;
        *ret_value = real_or_nan(json_object_get(clause, "value"));
        *ret_limit = real_or_nan(json_object_get(clause, "limit"));
        return;
    }
}

static uint32_t fault_of(const json_t *evidence)
{
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        uint32_t fault = id_of(json_array_get(evidence, i), "fault");
        if (fault)
            return fault;
    }
    return 0;
}

void words_values(const struct words *w, const char *language, const char *device_name,
                  const struct zone *zone, struct render_values *ret)
{
    uint32_t metric;
    struct render_values v = {.language = language,
                              .device_name = device_name,
                              .model = w->model,
                              .customer_name = w->customer_name,
                              .since_ms = w->since_ms,
                              .until_ms = w->until_ms,
                              .now_ms = w->now_ms,
                              .zone = zone};
    words_evidence(w->evidence, &metric, &v.value, &v.limit);
    v.metric = metric ? builtin_metric(w->pack, metric) : NULL;
    *ret = v;
}

void words_line(const struct words *w, enum audience audience, struct buf *out)
{
    const struct pack_message *m = render_message(w->pack, w->message, "en");
    struct render_values v;
    if (!m)
        return;
    words_values(w, "en", w->device, NULL, &v);
    v.customer_name = NULL;
    render_text(audience == AUDIENCE_SUPPORT ? m->support : m->manufacturer, &v, out);
}

/* "heater_open" as "Heater open". */
static void put_name(const char *name, struct buf *out)
{
    for (const char *p = name; *p; p++)
        buf_u8(out, *p == '_'   ? ' '
                    : p == name ? (uint8_t)toupper((unsigned char)*p)
                                : (uint8_t)*p);
}

void words_title(const struct words *w, struct buf *out)
{
    const struct pack_message *m = render_message(w->pack, w->message, "en");
    struct render_values v;
    struct buf name;
    if (!m || !*m->title) {
        put_name(w->rule, out);
        return;
    }
    buf_init(&name, 1024);
    words_device(w, "en", &name);
    words_values(w, "en", buf_cstr(&name), NULL, &v);
    render_text(m->title, &v, out);
    buf_free(&name);
}

/* How much of a line is its first clause. */
static size_t clause_len(const char *line)
{
    size_t n = 0;
    for (; line[n]; n++) {
        bool ends = line[n + 1] == ' ' || line[n + 1] == '\0';
        if (line[n] == ';' || (ends && (line[n] == '.' || line[n] == ',')))
            break;
    }
    return n;
}

static const char *fault_label(const struct pack *pack, uint32_t id)
{
    const struct pack_fault *f = pack && id ? pack_fault(pack, id) : NULL;
    for (size_t i = 0; f && i < f->n_labels; i++)
        if (strcmp(f->labels[i].lang, "en") == 0)
            return f->labels[i].text;
    return NULL;
}

void words_headline(const struct words *w, struct buf *out)
{
    const struct pack_message *m = render_message(w->pack, w->message, "en");
    uint32_t fault = fault_of(w->evidence);
    const char *label = fault_label(w->pack, fault);
    size_t n = m ? clause_len(m->support) : 0;
    if (n) {
        char clause[256];
        struct render_values v;
        n = n < sizeof clause ? n : sizeof clause - 1;
        memcpy(clause, m->support, n);
        clause[n] = 0;
        words_values(w, "en", w->device, NULL, &v);
        v.customer_name = NULL;
        render_text(clause, &v, out);
    } else if (label) {
        buf_str(out, label);
    } else {
        put_name(w->rule, out);
    }
    if (fault)
        buf_fmt(out, " (fault %u)", fault);
}
