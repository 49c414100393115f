/* A sliding window in constant memory: 30 whole buckets and the one that is
 * filling, each with the columns that the rules ask for.
 *
 * At time t the window holds what happened from the start of the bucket that is
 * 30 before t's: between one window and one window and a thirtieth. All answers
 * are pure functions of the facts: when it is rolled makes no difference. */
#ifndef GATEWAY_DETECT_WINDOW_H
#define GATEWAY_DETECT_WINDOW_H

#include "gateway/detect/program.h"

#define NEVER_MS INT64_MAX

struct window {
    int64_t head;     /* bucket that is filling; -1: nothing yet */
    int64_t end_ms;   /* of that bucket */
    int64_t from_ms;  /* readings: since when there are some without a long gap;
                         states: of the last change */
    int64_t last_ms;  /* of the last reading */
    int64_t seg_ms;   /* states: counted up to here */
    int64_t until_ms; /* states: the value is good until here (stale then) */
    double value;     /* the last; NAN: unknown */
    int64_t oldest;   /* bucket of the oldest closed row with data, or INT64_MAX */
    double t, tt, tv; /* slopes: sums over the closed rows, in buckets from head */
    double *rows;     /* ROWS + 1 of them; the last sums the closed ones; lent by the slot */
};

void window_reset(struct window *w, const struct window_def *def);
/* Moves on to `now`; nothing when it is there already. */
void window_roll(struct window *w, const struct window_def *def, int64_t now_ms);
/* A reading of a gauge, or of a counter: then `value` is its growth. May be late
 * by less than the window. */
void window_read(struct window *w, const struct window_def *def, int64_t at_ms, double value);
/* A state is said; it holds until the next word, at most `stale_ms`. `rises` is how
 * often it became true (or changed, when it is a number). */
void window_hold(struct window *w, const struct window_def *def, int64_t at_ms, double value,
                 uint32_t rises, int64_t stale_ms);
/* The answer of `func` at now; NAN: unknown. Rolls. */
double window_ask(struct window *w, const struct window_def *def, enum func func, int64_t now_ms);
/* When the answers may change without a word, after now; NEVER_MS: not at all. */
int64_t window_next(struct window *w, const struct window_def *def, int64_t now_ms);
/* After the rows were filled from a snapshot. */
void window_refresh(struct window *w, const struct window_def *def);

#endif
