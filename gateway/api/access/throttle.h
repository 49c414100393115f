/* How often a login may be tried: after some failures in a row a key (a user, an
 * address, both) is locked, twice as long each time. Pure; a fixed table, in which
 * the key that failed longest ago gives way. */
#ifndef GATEWAY_API_ACCESS_THROTTLE_H
#define GATEWAY_API_ACCESS_THROTTLE_H

#include <stdint.h>

#define THROTTLE_KEYS 4096

struct throttle_entry {
    uint64_t key; /* 0: free */
    uint32_t failures;
    int64_t last_ms, locked_until_ms;
};
struct throttle {
    uint64_t seed;
    struct throttle_entry entries[THROTTLE_KEYS];
};
struct throttle_rule {
    uint32_t free_failures; /* without a lock */
    int64_t first_ms;       /* the first lock */
    int64_t max_ms;
    int64_t forget_ms; /* without failures: starts again */
};

void throttle_init(struct throttle *t, uint64_t seed);
/* A key from a kind and up to two texts ("" when unused). */
uint64_t throttle_key(const struct throttle *t, char kind, const char *a, const char *b);
/* How long this key is still locked, in ms; 0: it may try. */
int64_t throttle_wait(const struct throttle *t, uint64_t key, int64_t now_ms);
void throttle_fail(struct throttle *t, uint64_t key, struct throttle_rule rule, int64_t now_ms);
void throttle_forget(struct throttle *t, uint64_t key);

#endif
