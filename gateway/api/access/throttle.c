#include "gateway/api/access/throttle.h"

#include <string.h>

#define PROBES 16

void throttle_init(struct throttle *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->seed = seed;
}

/* FNV-1a with a secret start, finished by splitmix64's mixer: an outsider cannot
 * aim for another's slot. */
static uint64_t mix(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
    return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

uint64_t throttle_key(const struct throttle *t, char kind, const char *a, const char *b)
{
    uint64_t h = mix(mix((UINT64_C(0xcbf29ce484222325) ^ t->seed) + (uint64_t)kind, a), b);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    h ^= h >> 31;
    return h ? h : 1;
}

static const struct throttle_entry *find(const struct throttle *t, uint64_t key)
{
    for (uint64_t i = 0; i < PROBES; i++) {
        const struct throttle_entry *e = &t->entries[(key + i) % THROTTLE_KEYS];
        if (e->key == key)
            return e;
    }
    return NULL;
}

/* The key's entry, made from a free one or the one that failed longest ago. */
static struct throttle_entry *claim(struct throttle *t, uint64_t key)
{
    struct throttle_entry *best = NULL;
    for (uint64_t i = 0; i < PROBES; i++) {
        struct throttle_entry *e = &t->entries[(key + i) % THROTTLE_KEYS];
        if (e->key == key)
            return e;
        if (!best || (best->key && (!e->key || e->last_ms < best->last_ms)))
            best = e;
    }
    memset(best, 0, sizeof *best);
    best->key = key;
    return best;
}

int64_t throttle_wait(const struct throttle *t, uint64_t key, int64_t now_ms)
{
    const struct throttle_entry *e = find(t, key);
    return e && e->locked_until_ms > now_ms ? e->locked_until_ms - now_ms : 0;
}

void throttle_fail(struct throttle *t, uint64_t key, struct throttle_rule rule, int64_t now_ms)
{
    struct throttle_entry *e = claim(t, key);
    if (e->failures && now_ms - e->last_ms > rule.forget_ms)
        e->failures = 0;
    e->last_ms = now_ms;
    e->failures++;
    if (e->failures < rule.free_failures)
        return;
    uint32_t doublings = e->failures - rule.free_failures;
    int64_t lock_ms = rule.first_ms;
    while (doublings-- && lock_ms < rule.max_ms)
        lock_ms *= 2;
    e->locked_until_ms = now_ms + (lock_ms < rule.max_ms ? lock_ms : rule.max_ms);
}

void throttle_forget(struct throttle *t, uint64_t key)
{
    for (uint64_t i = 0; i < PROBES; i++) {
        struct throttle_entry *e = &t->entries[(key + i) % THROTTLE_KEYS];
        if (e->key == key)
            memset(e, 0, sizeof *e);
    }
}
