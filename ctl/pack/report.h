/* Mistakes of a pack's source, gathered so that all are told at once. */
#ifndef CTL_PACK_REPORT_H
#define CTL_PACK_REPORT_H

#include "base/buf.h"

#define REPORT_MOST 50 /* more are only counted */

struct report {
    size_t count;
    struct buf texts; /* NUL-ended lines, "file:line:col: found X, expected Y" */
};

void report_init(struct report *r);
void report_free(struct report *r);
void report_add(struct report *r, const char *file, unsigned line, unsigned col, const char *fmt,
                ...) __attribute__((format(printf, 5, 6)));
/* One that already names its place. */
void report_text(struct report *r, const char *text);
/* The text behind `from` (NULL: the first), or NULL at the end. */
const char *report_next(const struct report *r, const char *from);
/* "; did you mean "x"?" or "". `words` is NULL-ended. */
const char *report_hint(const char *word, const char *const *words, char *to, size_t cap);

#endif
