#include "ctl/doctor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 768

bool report_open(struct report *r, bool json)
{
    *r = (struct report){.rows = json ? json_array() : NULL};
    return !json || r->rows;
}

bool report_close(struct report *r)
{
    bool fine = r->bad == 0;
    if (r->rows) {
        json_t *root = json_pack("{s:b, s:o}", "ok", fine, "checks", r->rows);
        if (root && json_dumpf(root, stdout, JSON_COMPACT) == 0)
            putchar('\n');
        json_decref(root);
    } else if (fine)
        printf("all is fine\n");
    else
        printf("%u not as it should be\n", r->bad);
    r->rows = NULL;
    return fine;
}

static void add(struct report *r, const char *state, const char *check, const char *remedy,
                const char *text)
{
    if (!r->rows) {
        printf("%-5s %-12s %s%s%s\n", state, check, text, remedy ? "; remedy: " : "",
               remedy ? remedy : "");
        fflush(stdout);
        return;
    }
    json_t *row = json_pack("{s:s, s:s, s:s}", "state", state, "check", check, "text", text);
    if (row && remedy)
        json_object_set_new(row, "remedy", json_string(remedy));
    json_array_append_new(r->rows, row);
}

void report_fine(struct report *r, const char *check, const char *fmt, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add(r, "ok", check, NULL, text);
}

void report_note(struct report *r, const char *check, const char *fmt, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add(r, "note", check, NULL, text);
}

void report_bad(struct report *r, const char *check, const char *remedy, const char *fmt, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->bad++;
    add(r, "BAD", check, remedy, text);
}
