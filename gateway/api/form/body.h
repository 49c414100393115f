/* Bodies of requests: strict JSON objects, read field by field. Pure.
 *
 * A mistake is a 422 that names the field (a 400 when it is no JSON at all).
 * Getters leave *ret untouched when the field is absent and may be, or is wrong. */
#ifndef GATEWAY_API_FORM_BODY_H
#define GATEWAY_API_FORM_BODY_H

#include "base/slice.h"
#include "gateway/api/form/problem.h"

#include <jansson.h>

/* One JSON object, no key twice, UTF-8, no NUL; an empty body is {}. NULL with a
 * problem; else the caller json_decref()s, and texts live as long. */
json_t *body_parse(struct slice bytes, struct problem *p);

/* That there is no field but these (NULL-ended). */
void body_only(const json_t *body, const char *const *known, struct problem *p);
/* Length in bytes; `multiline` allows tab, CR and LF. */
struct body_text_rule {
    size_t min, max;
    bool required, multiline;
};
void body_text(const json_t *body, const char *field, struct body_text_rule rule, const char **ret,
               struct problem *p);
void body_int(const json_t *body, const char *field, bool required, int64_t min, int64_t max,
              int64_t *ret, struct problem *p);
void body_bool(const json_t *body, const char *field, bool *ret, struct problem *p);
/* The text is one of `words` (NULL-ended). */
void body_word(const json_t *body, const char *field, bool required, const char *const *words,
               const char **ret, struct problem *p);

/* --- each request's body as a struct; texts live in the json_t --- */
#define WALL_MS_MAX   INT64_C(253402300799999) /* the end of the year 9999 */
#define NOTE_MAX      500
#define SNOOZE_MAX_MS (90 * INT64_C(86400000))

struct body_login {
    const char *user, *password;
};
void body_login(const json_t *body, struct body_login *ret, struct problem *p);

struct body_move { /* acknowledge, snooze, resolve, note */
    const char *reason, *note;
    int64_t until_ms;
};
void body_acknowledge(const json_t *body, struct body_move *ret, struct problem *p);
void body_snooze(const json_t *body, int64_t now_ms, struct body_move *ret, struct problem *p);
void body_resolve(const json_t *body, struct body_move *ret, struct problem *p);
void body_note(const json_t *body, struct body_move *ret, struct problem *p);

struct body_customer {
    const char *name, *language, *timezone, *email, *phone, *channel;
};
void body_customer(const json_t *body, struct body_customer *ret, struct problem *p);

struct body_owner {
    const char *customer; /* NULL: nobody */
    const char *name;     /* NULL: leave as it is */
    int64_t from_ms;      /* now when absent */
};
void body_owner(const json_t *body, int64_t now_ms, struct body_owner *ret, struct problem *p);

struct body_webhook {
    const char *url;
    const char *secret; /* NULL: keep */
    uint32_t audience;  /* bits of proto/pack.h's enum audience */
    bool enabled;
};
void body_webhook(const json_t *body, struct body_webhook *ret, struct problem *p);
/* {} and nothing else. */
void body_empty(const json_t *body, struct problem *p);
/* [A-Za-z0-9._@-]{1,64}: ids of customers and webhooks. */
bool key_is_valid(const char *key);

#endif
