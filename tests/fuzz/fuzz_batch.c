/* Any bytes as a batch: refused or decoded within limits, and what was decoded
 * encodes again to something that decodes to the same bytes. */
#include "base/err.h"
#include "proto/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct wire_batch batch;
    struct wire_head head;
    struct wire_up up;
    struct wire_down down;
    if (!arena.mem && arena_init(&arena, LIMIT_DECODE) != 0)
        abort();
    arena_reset(&arena);
    int headless = wire_batch_head(slice_of(data, size), &head);
    if (wire_decode_batch(slice_of(data, size), &arena, &batch, NULL) == 0) {
        struct buf once, twice;
        buf_init(&once, LIMIT_BATCH);
        buf_init(&twice, LIMIT_BATCH);
        if (headless != 0 || head.seq != batch.seq || head.stream != batch.stream)
            abort();
        if (wire_encode_batch(&batch, &once) == 0) {
            arena_reset(&arena);
            if (wire_decode_batch(buf_slice(&once), &arena, &batch, NULL) != 0 ||
                wire_encode_batch(&batch, &twice) != 0 ||
                !slice_eq(buf_slice(&once), buf_slice(&twice)))
                abort();
        }
        buf_free(&once);
        buf_free(&twice);
    }
    arena_reset(&arena);
    (void)wire_decode_up(slice_of(data, size), &arena, &up, NULL);
    arena_reset(&arena);
    (void)wire_decode_down(slice_of(data, size), &arena, &down, NULL);
    return 0;
}
