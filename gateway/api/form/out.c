#include "gateway/api/form/out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *out_text(const char *text)
{
    json_t *s = json_string(text ? text : "");
    if (s)
        return s;
    char *copy = strdup(text ? text : "");
    if (!copy)
        return NULL;
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    s = json_string(copy);
    free(copy);
    return s;
}

json_t *out_text_or_null(const char *text)
{
    return text && text[0] ? out_text(text) : json_null();
}

json_t *out_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *out_audience(uint32_t bits)
{
    static const char *const names[] = {"customer", "support", "manufacturer"};
    json_t *list = json_array();
    for (size_t i = 0; i < 3; i++)
        if (bits & (1u << i))
            json_array_append_new(list, json_string(names[i]));
    return list;
}

const char *out_severity(int64_t severity)
{
    if (severity >= 2)
        return "critical";
    return severity == 1 ? "major" : "minor";
}

char *out_dump(json_t *root)
{
    char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(root);
    return text;
}
