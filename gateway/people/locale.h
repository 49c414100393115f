/* Numbers, units, times and the house's own phrases, by language. Pack messages
 * bring their own words; these stand around them. */
#ifndef GATEWAY_PEOPLE_LOCALE_H
#define GATEWAY_PEOPLE_LOCALE_H

#include "base/buf.h"
#include "gateway/people/zone.h"
#include "proto/pack.h"

/* "de" for "de-AT"; a language that the house has no phrases for is "en". Static. */
const char *locale_of(const char *language);

/* A reading with its unit, rounded to the metric's precision: "9,1 °C", "yes".
 * NAN becomes a word. metric NULL: the bare number. */
void locale_value(const char *language, const struct pack_metric *metric, double value,
                  struct buf *out);
/* A moment as it reads after "since": the time alone on the day of `now_ms`, else
 * with weekday and date. zone NULL: UTC, and says so. */
void locale_moment(const char *language, const struct zone *zone, int64_t at_ms, int64_t now_ms,
                   struct buf *out);

enum phrase {
    PHRASE_TEST_SUBJECT, /* before a subject */
    PHRASE_TEST_NOTE,    /* before a text */
    PHRASE_HELLO,        /* {customer_name} */
    PHRASE_HELLO_NOBODY,
    PHRASE_STEPS,
    PHRASE_DEVICE,
    PHRASE_MODEL,
    PHRASE_SINCE,
    PHRASE_OVER_SUBJECT, /* {title} */
    PHRASE_OVER_DATA,    /* {title} {device_name} {until} */
    PHRASE_OVER_PERSON,
    PHRASE_OVER_FALSE,
    PHRASE_OVER_THANKS,
    PHRASE_WHY, /* {device_name} */
    PHRASE_COUNT,
};
const char *locale_phrase(const char *language, enum phrase phrase);

#endif
