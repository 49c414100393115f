/* A stream of any bytes: frames come out whole or not at all, and sealing what came
 * out gives a frame that comes out again. */
#include "firmware-shim/codec/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t buf[FRAME_BYTES_MAX], again[FRAME_BYTES_MAX], frame[FRAME_BYTES_MAX];
    struct frame_reader r, second;
    frame_reader_init(&r, buf, sizeof buf);
    for (size_t i = 0; i < size; i++) {
        if (frame_feed(&r, data[i]) != FRAME_READY)
            continue;
        memcpy(frame + FRAME_PAYLOAD_AT, r.payload, r.payload_len);
        size_t len = frame_seal(frame, r.payload_len);
        frame_reader_init(&second, again, sizeof again);
        enum frame_event e = FRAME_MORE;
        for (size_t k = 0; k < len; k++)
            e = frame_feed(&second, frame[k]);
        if (e != FRAME_READY || second.payload_len != r.payload_len ||
            memcmp(second.payload, r.payload, r.payload_len) != 0)
            abort();
    }
    return 0;
}
