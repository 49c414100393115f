/* What the doctor found: printed line by line, or kept for one JSON object. */
#ifndef CTL_DOCTOR_REPORT_H
#define CTL_DOCTOR_REPORT_H

#include <jansson.h>
#include <stdbool.h>

struct report {
    json_t *rows; /* NULL: print lines as they come */
    unsigned bad;
};

/* false: no memory. */
bool report_open(struct report *r, bool json);
/* Prints the JSON object or the closing line, frees; true when nothing was bad. */
bool report_close(struct report *r);

/* `check` is one word: "clock", "certificate", "broker", "acl", ... */
void report_fine(struct report *r, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Worth knowing, and no reason to fail: something that was not looked at, and why. */
void report_note(struct report *r, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* `remedy` is what to do, a clause without a full stop. */
void report_bad(struct report *r, const char *check, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
