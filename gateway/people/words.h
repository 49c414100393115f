/* An alert in words for each audience, from what is stored of it: the same in a
 * mail, a webhook, the API and the command line. */
#ifndef GATEWAY_PEOPLE_WORDS_H
#define GATEWAY_PEOPLE_WORDS_H

#include "gateway/people/render.h"

#include <jansson.h>

/* Borrowed. Texts are never NULL but where it says so. */
struct words {
    const struct pack *pack; /* NULL: not known */
    const char *rule, *message;
    const char *device, *model;
    const char *device_name;            /* what its owner calls it; may be "" */
    const char *customer_name;          /* NULL: nobody's */
    const json_t *evidence;             /* an array; NULL: none */
    int64_t since_ms, until_ms, now_ms; /* now_ms: what "since 9:30" is relative to */
};

/* What a text calls the device: its owner's word, else family and model, else its
 * id. Appends. */
void words_device(const struct words *w, const char *language, struct buf *out);

/* Values for texts in `language`; `device_name` (lent) is what they call the device. */
void words_values(const struct words *w, const char *language, const char *device_name,
                  const struct zone *zone, struct render_values *ret_values);

/* The line for support or the manufacturer, in English. It names the device by its
 * id: the owner's word is nobody else's business. Nothing is appended when the pack
 * has none. */
void words_line(const struct words *w, enum audience audience, struct buf *out);

/* The customer's title, in English, as lists show it. Falls back on the rule. */
void words_title(const struct words *w, struct buf *out);

/* What a support agent would call it, short: the support line's first clause, else
 * the fault's label, else the rule's name; the number of a fault that made it behind:
 * "Defrost heater circuit open (fault 21)". Appends at least a word. */
void words_headline(const struct words *w, struct buf *out);

/* The first clause with a metric; NAN where unknown, metric 0: none. */
void words_evidence(const json_t *evidence, uint32_t *ret_metric, double *ret_value,
                    double *ret_limit);

#endif
