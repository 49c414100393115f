/* When to try again: full jitter under a doubling ceiling (Brooker, "Exponential
 * Backoff And Jitter", 2015). A success resets it only when it lasted: a session
 * that dies young counts as a failure, so being kicked at once backs off too. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include "base/rng.h"

struct backoff {
    int64_t floor_ms;   /* no wait is shorter */
    int64_t cap_ms;     /* no ceiling is higher */
    int64_t lasting_ms; /* a session of this length resets */
    uint32_t failures;
};

void backoff_init(struct backoff *b, int64_t floor_ms, int64_t cap_ms, int64_t lasting_ms);
/* Counts a failure and returns how long to wait from now. */
int64_t backoff_fail(struct backoff *b, struct rng *rng);
/* A session ended after this long: resets when it lasted. */
void backoff_session(struct backoff *b, int64_t lasted_ms);

#endif
