/* What the compiler calls for copies and zeroes, as small as a freestanding firmware
 * has it. Counted as the shim's. */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int value, size_t len);

__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *
memcpy(void *restrict to, const void *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memset(void *to, int value,
                                                                           size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((char *)to)[i] = (char)value;
    return to;
}
