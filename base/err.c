/* Names and sentences of errors. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
    if (!e)
        return code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    e->code = code;
    return code;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
    char was[sizeof e->text];
    memcpy(was, e->text, sizeof was);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->text) {
        int room = (int)(sizeof e->text - (size_t)n);
        snprintf(e->text + n, (size_t)room, ": %.*s", room > 3 ? room - 3 : 0, was);
    }
    return e->code;
}

const char *err_name(int code)
{
    static const char *const names[] = {
        "ok",
        "out of memory",
        "input/output error",
        "no room",
        "not found",
        "exists",
        "invalid",
        "over a limit",
        "corrupt",
        "unknown version",
        "busy",
        "denied",
        "closed",
        "result unknown",
        "end",
    };
    int i = -code;
    if (i < 0 || (size_t)i >= sizeof names / sizeof names[0])
        return "unknown error";
    return names[i];
}
