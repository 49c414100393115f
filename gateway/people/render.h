/* A pack's message with its places filled in: {device_name} {model} {value}
 * {limit} {since} {until} {customer_name} {title}. */
#ifndef GATEWAY_PEOPLE_RENDER_H
#define GATEWAY_PEOPLE_RENDER_H

#include "base/buf.h"
#include "gateway/people/zone.h"
#include "proto/pack.h"

struct render_values {
    const char *language;                            /* of the text */
    const char *device_name, *model, *customer_name; /* customer_name NULL: nobody's business */
    const char *title;                               /* NULL: none */
    const struct pack_metric *metric;                /* of value and limit; NULL: none */
    double value, limit;                             /* NAN: unknown, none */
    int64_t since_ms, until_ms, now_ms;              /* UTC */
    const struct zone *zone;                         /* NULL: UTC */
};

/* Appends. Control characters that came from outside become blanks; a place that
 * it does not know stays as it is written. */
void render_text(const char *text, const struct render_values *values, struct buf *out);

/* The message in exactly that language, in its base language ("de" for "de-AT"),
 * or in English; NULL when there is none. */
const struct pack_message *render_message(const struct pack *pack, const char *name,
                                          const char *language);
/* The family's name in that language, else in English, else NULL. */
const char *render_family(const struct pack *pack, const char *language);

#endif
