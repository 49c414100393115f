/* Units of measure: what a pack may name, and how they convert and combine. */
#ifndef GATEWAY_DETECT_UNIT_H
#define GATEWAY_DETECT_UNIT_H

#include "base/slice.h"

enum dim {
    DIM_LENGTH,
    DIM_MASS,
    DIM_TIME,
    DIM_CURRENT,
    DIM_TEMPERATURE,
    DIM_LEVEL, /* decibels */
    DIM_DATA,  /* bytes */
    DIM_COUNT
};

/* In base units a value is v * scale + offset. A temperature is a point on a
 * scale and no amount: points have differences, not sums. */
struct unit {
    int8_t dim[DIM_COUNT];
    bool point; /* on a scale; differences of points are amounts */
    double scale, offset;
    const char *name, *per; /* static; per: "second" in "watt per second", or NULL */
    const char *symbol;     /* as people write it: "°C" */
};

/* A unit by name or by symbol such as "%"; NULL: none. */
const struct unit *unit_find(struct slice name);
/* All names, NULL-ended, for likely_word. */
const char *const *unit_names(void);
/* The plain number's unit, and seconds. */
const struct unit *unit_none(void);
const struct unit *unit_second(void);

bool unit_same_dim(const struct unit *a, const struct unit *b);
bool unit_equal(const struct unit *a, const struct unit *b);
/* An amount in the same steps: celsius becomes a difference in celsius. */
struct unit unit_amount(const struct unit *u);
struct unit unit_mul(const struct unit *a, const struct unit *b);
struct unit unit_div(const struct unit *a, const struct unit *b);
/* What to do to a value in `from` so that it is in `to`: v * mul + add. */
void unit_convert(const struct unit *from, const struct unit *to, double *ret_mul, double *ret_add);
/* "celsius", "celsius per second", "a plain number", for messages. */
void unit_text(const struct unit *u, char *to, size_t cap);

#endif
