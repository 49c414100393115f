#include "gateway/api/form/body.h"

#include "base/table.h"
#include "gateway/api/form/query.h"

#include <inttypes.h>
#include <stdio.h>

json_t *body_parse(struct slice bytes, struct problem *p)
{
    json_error_t error;
    if (!bytes.len)
        return json_object();
    json_t *root = json_loadb((const char *)bytes.ptr, bytes.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        problem_set(p, 400, "the body is no valid JSON: line %d, column %d: %s", error.line,
                    error.column, error.text);
        return NULL;
    }
    if (json_is_object(root))
        return root;
    json_decref(root);
    problem_set(p, 422, "the body must be a JSON object");
    return NULL;
}

void body_only(const json_t *body, const char *const *known, struct problem *p)
{
    const char *key;
    json_t *value;
    json_t *object = json_incref((json_t *)(uintptr_t)body);
    json_object_foreach(object, key, value)
    {
        const char *const *k = known;
        while (*k && strcmp(*k, key) != 0)
            k++;
        if (*k)
            continue;
        const char *likely = likely_word(key, known);
        if (likely)
            problem_field(p, 422, key, "is not known here; did you mean %s?", likely);
        else
            problem_field(p, 422, key, "is not known here");
    }
    json_decref(object);
}

/* The field, or NULL: absent (a problem when it is required). */
static json_t *get(const json_t *body, const char *field, bool required, struct problem *p)
{
    json_t *value = json_object_get(body, field);
    if (!value && required)
        problem_field(p, 422, field, "is missing");
    return value;
}

void body_text(const json_t *body, const char *field, struct body_text_rule rule, const char **ret,
               struct problem *p)
{
    json_t *value = get(body, field, rule.required, p);
    if (!value)
        return;
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (!text)
        problem_field(p, 422, field, "must be a string");
    else if (len < rule.min || len > rule.max)
        problem_field(p, 422, field, "must have %zu to %zu bytes, has %zu", rule.min, rule.max,
                      len);
    else if (!text_is_clean(text, len, rule.multiline ? "\t\r\n" : ""))
        problem_field(p, 422, field, "must not have control characters");
    else
        *ret = text;
}

void body_int(const json_t *body, const char *field, bool required, int64_t min, int64_t max,
              int64_t *ret, struct problem *p)
{
    json_t *value = get(body, field, required, p);
    if (!value)
        return;
    int64_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < min || n > max)
        problem_field(p, 422, field, "must be a whole number from %" PRId64 " to %" PRId64, min,
                      max);
    else
        *ret = n;
}

void body_bool(const json_t *body, const char *field, bool *ret, struct problem *p)
{
    json_t *value = get(body, field, false, p);
    if (!value)
        return;
    if (!json_is_boolean(value))
        problem_field(p, 422, field, "must be true or false");
    else
        *ret = json_is_true(value);
}

void body_word(const json_t *body, const char *field, bool required, const char *const *words,
               const char **ret, struct problem *p)
{
    json_t *value = get(body, field, required, p);
    char all[160];
    size_t n = 0;
    if (!value)
        return;
    for (; *words; words++) {
        if (json_is_string(value) && strcmp(json_string_value(value), *words) == 0) {
            *ret = *words;
            return;
        }
        if (n < sizeof all)
            n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", *words);
    }
    problem_field(p, 422, field, "must be one of: %s", all);
}
