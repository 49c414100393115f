/* Full-jitter back-off. */
#include "base/backoff.h"

void backoff_init(struct backoff *b, int64_t floor_ms, int64_t cap_ms, int64_t lasting_ms)
{
    *b = (struct backoff){floor_ms, cap_ms, lasting_ms, 0};
}

int64_t backoff_fail(struct backoff *b, struct rng *rng)
{
    int64_t ceiling = b->floor_ms;
    for (uint32_t i = 0; i < b->failures && ceiling < b->cap_ms; i++)
        ceiling *= 2;
    if (ceiling > b->cap_ms)
        ceiling = b->cap_ms;
    if (b->failures < 32)
        b->failures++;
    int64_t wait = (int64_t)rng_below(rng, (uint64_t)ceiling + 1);
    return wait < b->floor_ms ? b->floor_ms : wait;
}

void backoff_session(struct backoff *b, int64_t lasted_ms)
{
    if (lasted_ms >= b->lasting_ms)
        b->failures = 0;
}
