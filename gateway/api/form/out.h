/* Values on their way out: what the store holds, as JSON that is always valid.
 * Pure. */
#ifndef GATEWAY_API_FORM_OUT_H
#define GATEWAY_API_FORM_OUT_H

#include <jansson.h>
#include <stdint.h>

/* Bytes that are no UTF-8 become '?'; NULL becomes "". */
json_t *out_text(const char *text);
/* NULL or "" becomes null. */
json_t *out_text_or_null(const char *text);
/* Rounded to 12 digits; what is not finite becomes null. */
json_t *out_real(double value);
/* Bits as words: ["customer", "support", "manufacturer"]. */
json_t *out_audience(uint32_t bits);
/* "critical", "major", "minor" of 2, 1, 0. */
const char *out_severity(int64_t severity);
/* Dumps and releases; NULL: no memory. */
char *out_dump(json_t *root);

#endif
