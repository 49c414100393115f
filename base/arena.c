/* The bump allocator. */
#include "base/arena.h"

#include "base/err.h"

#include <stdlib.h>

int arena_init(struct arena *a, size_t cap_bytes)
{
    *a = (struct arena){.mem = malloc(cap_bytes), .cap = cap_bytes};
    return a->mem ? 0 : ERR_NOMEM;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    free(a->mem);
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    a->used = 0;
    a->over = false;
}

void *arena_take(struct arena *a, size_t n_bytes)
{
    size_t at = (a->used + 15) & ~(size_t)15;
    if (at > a->cap || n_bytes > a->cap - at) {
        a->over = true;
        return NULL;
    }
    a->used = at + n_bytes;
    return memset(a->mem + at, 0, n_bytes);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size) {
        a->over = true;
        return NULL;
    }
    return arena_take(a, n * size);
}

char *arena_str(struct arena *a, struct slice s)
{
    char *copy = arena_take(a, s.len + 1);
    if (copy && s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}
