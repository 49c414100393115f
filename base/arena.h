/* A bump allocator over one block: many small pieces, freed all at once. The
 * decoders work in one, so a hostile message can cost no more than the block. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena {
    uint8_t *mem; /* owned */
    size_t cap;
    size_t used;
    bool over; /* a piece was refused since the last reset */
};

/* ERR_NOMEM. */
int arena_init(struct arena *a, size_t cap_bytes);
void arena_free(struct arena *a);
void arena_reset(struct arena *a);
/* Zeroed, aligned to 16; lent until reset. NULL (and `over`) when full. */
void *arena_take(struct arena *a, size_t n_bytes);
/* n pieces of `size` bytes; checks the product. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A NUL-terminated copy. */
char *arena_str(struct arena *a, struct slice s);

#endif
