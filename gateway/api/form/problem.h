/* What went wrong with a request, as RFC 9457 problem+json: a sentence, and the
 * fields at fault. Pure. */
#ifndef GATEWAY_API_FORM_PROBLEM_H
#define GATEWAY_API_FORM_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#define PROBLEM_FIELDS 8

struct problem {
    int status;  /* 0: none so far */
    int retry_s; /* for 429 and 503: Retry-After; 0: not said */
    char detail[320];
    size_t n_fields;
    struct {
        char field[64];
        char detail[192];
    } fields[PROBLEM_FIELDS];
};

/* Sets the sentence; the first status stays. */
void problem_set(struct problem *p, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds a field at fault (those past PROBLEM_FIELDS are left out). */
void problem_field(struct problem *p, int status, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static inline bool problem_is(const struct problem *p)
{
    return p->status != 0;
}
/* "Not Found" for 404. Static. */
const char *problem_title(int status);
/* The JSON, for the caller to free(); NULL: no memory. Bytes that are no UTF-8
 * in a text become '?'. */
char *problem_json(const struct problem *p);

#endif
