#include "gateway/api/form/problem.h"

#include "gateway/api/form/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *title;
} titles[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

void problem_set(struct problem *p, int status, const char *fmt, ...)
{
    va_list args;
    if (!p->status)
        p->status = status;
    va_start(args, fmt);
    vsnprintf(p->detail, sizeof p->detail, fmt, args);
    va_end(args);
}

void problem_field(struct problem *p, int status, const char *field, const char *fmt, ...)
{
    if (!p->status)
        p->status = status;
    if (p->n_fields == PROBLEM_FIELDS)
        return;
    va_list args;
    va_start(args, fmt);
    snprintf(p->fields[p->n_fields].field, sizeof p->fields[0].field, "%s", field);
    vsnprintf(p->fields[p->n_fields].detail, sizeof p->fields[0].detail, fmt, args);
    va_end(args);
    p->n_fields++;
}

const char *problem_title(int status)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

static json_t *fields_json(const struct problem *p)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < p->n_fields; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "field", out_text(p->fields[i].field),
                                              "detail", out_text(p->fields[i].detail)));
    return list;
}

char *problem_json(const struct problem *p)
{
    char detail[420];
    if (p->detail[0])
        snprintf(detail, sizeof detail, "%s", p->detail);
    else if (p->n_fields)
        snprintf(detail, sizeof detail, "%s: %s", p->fields[0].field, p->fields[0].detail);
    else
        snprintf(detail, sizeof detail, "%s", problem_title(p->status));
    json_t *root =
        json_pack("{s:s, s:s, s:i, s:o}", "type", "about:blank", "title", problem_title(p->status),
                  "status", p->status, "detail", out_text(detail));
    if (!root)
        return NULL;
    if (p->n_fields)
        json_object_set_new(root, "errors", fields_json(p));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
