/* Gathered mistakes. */
#include "ctl/pack/report.h"

#include "base/table.h"

#include <stdarg.h>
#include <stdio.h>

void report_init(struct report *r)
{
    r->count = 0;
    buf_init(&r->texts, 64 * 1024);
}

void report_free(struct report *r)
{
    buf_free(&r->texts);
}

void report_text(struct report *r, const char *text)
{
    if (r->count++ < REPORT_MOST)
        buf_put(&r->texts, text, strlen(text) + 1);
}

void report_add(struct report *r, const char *file, unsigned line, unsigned col, const char *fmt,
                ...)
{
    char text[640];
    int n = snprintf(text, sizeof text, "%s:%u:%u: ", file, line, col);
    if (n < 0 || (size_t)n >= sizeof text)
        n = 0;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    report_text(r, text);
}

const char *report_next(const struct report *r, const char *from)
{
    const char *begin = (const char *)r->texts.ptr, *end = begin + r->texts.len;
    const char *next = from ? from + strlen(from) + 1 : begin;
    return r->texts.len > 0 && next < end ? next : NULL;
}

const char *report_hint(const char *word, const char *const *words, char *to, size_t cap)
{
    const char *likely = likely_word(word, words);
    to[0] = '\0';
    if (likely)
        snprintf(to, cap, "; did you mean \"%s\"?", likely);
    return to;
}
