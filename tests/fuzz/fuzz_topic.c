/* Any bytes as a topic: none of ours, or one that is made again the same. */
#include "proto/topic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice id;
    char again[TOPIC_MAX];
    enum topic_kind kind = topic_parse(slice_of(data, size), &id);
    if (kind == TOPIC_NONE)
        return 0;
    topic_of(again, kind, id);
    if (!slice_eq(slice_str(again), slice_of(data, size)))
        abort();
    return 0;
}
