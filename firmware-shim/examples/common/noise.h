/* A small seeded random source for models (xorshift64*, Vigna 2016). */
#ifndef EXAMPLES_NOISE_H
#define EXAMPLES_NOISE_H

#include <stdint.h>

struct noise {
    uint64_t state;
};

static inline void noise_seed(struct noise *n, uint64_t seed)
{
    n->state = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
    if (n->state == 0)
        n->state = 1;
}

/* Even in [0, 1). */
static inline double noise_even(struct noise *n)
{
    n->state ^= n->state >> 12;
    n->state ^= n->state << 25;
    n->state ^= n->state >> 27;
    return (double)((n->state * 0x2545f4914f6cdd1du) >> 11) / 9007199254740992.0;
}

/* Bell-shaped around 0, with this standard deviation (a sum of four even ones). */
static inline double noise_bell(struct noise *n, double deviation)
{
    double sum = noise_even(n) + noise_even(n) + noise_even(n) + noise_even(n) - 2.0;
    return sum * 1.7320508 * deviation;
}

#endif
