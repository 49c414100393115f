/* The part of an address after '?', and its checks. Pure.
 *
 * A mistake is a 400 that names the parameter. Getters leave *ret untouched when
 * the parameter is absent (the caller put the default there) or wrong. */
#ifndef GATEWAY_API_FORM_QUERY_H
#define GATEWAY_API_FORM_QUERY_H

#include "base/slice.h"
#include "gateway/api/form/problem.h"

#define QUERY_ARGS 24
#define QUERY_TEXT 2048

struct query {
    size_t n;
    struct {
        const char *name, *value; /* inside text */
    } args[QUERY_ARGS];
    size_t used;
    char text[QUERY_TEXT];
};

/* Adds one "name=value", its escapes already decoded, to a query that began as
 * zeros. Refused: a control byte, bytes that are no UTF-8, a name twice, more
 * than fits. */
void query_add(struct query *q, struct slice part, struct problem *p);
/* That every name is one of `known` (NULL-ended). */
void query_known(const struct query *q, const char *const *known, struct problem *p);
/* NULL when absent. */
const char *query_get(const struct query *q, const char *name);
void query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *ret,
               struct problem *p);
/* At most max_bytes. */
void query_text(const struct query *q, const char *name, size_t max_bytes, const char **ret,
                struct problem *p);
/* One of `words` (NULL-ended) as its index. */
void query_word(const struct query *q, const char *name, const char *const *words, int *ret,
                struct problem *p);
/* Comma-separated words as bits of their indexes. */
void query_words(const struct query *q, const char *name, const char *const *words,
                 uint32_t *ret_bits, struct problem *p);

/* A page's cursor: n numbers joined by dots, whole text. False when it is not. */
bool cursor_parse(const char *text, int64_t *ret, size_t n);
void cursor_print(char *out, size_t cap, const int64_t *numbers, size_t n);
/* Whether all of the text is well-formed UTF-8 without control bytes (U+0000 to
 * U+001F, U+007F), except those in `allow`. */
bool text_is_clean(const char *text, size_t len, const char *allow);

#endif
