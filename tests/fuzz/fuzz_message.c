/* Any payload: what decodes is within its bounds and encodes to what decodes alike. */
#include "firmware-shim/codec/message.h"

#include <stdlib.h>
#include <string.h>

static void up(const uint8_t *data, size_t size)
{
    uint8_t bytes[400], twice[400];
    struct message_up m, back;
    if (message_up_decode(data, size, &m) != MESSAGE_OK)
        return;
    int len = message_up_encode(&m, bytes, sizeof bytes);
    if (len <= 0 || message_up_decode(bytes, (size_t)len, &back) != MESSAGE_OK)
        abort();
    int again = message_up_encode(&back, twice, sizeof twice);
    if (again != len || memcmp(bytes, twice, (size_t)len) != 0)
        abort();
    uint16_t metric;
    struct message_value value;
    while (m.kind == MESSAGE_FAULT && m.u.fault.context.len)
        if (!message_context_next(&m.u.fault.context, &metric, &value))
            abort();
}

static void down(const uint8_t *data, size_t size)
{
    uint8_t bytes[400];
    struct message_down m, back;
    if (message_down_decode(data, size, &m) != MESSAGE_OK)
        return;
    int len = message_down_encode(&m, bytes, sizeof bytes);
    if (len <= 0 || message_down_decode(bytes, (size_t)len, &back) != MESSAGE_OK)
        abort();
    struct message_value value;
    while (m.kind == MESSAGE_ACTION && m.u.action.args.len)
        if (!message_arg_next(&m.u.action.args, &value))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    up(data, size);
    down(data, size);
    return 0;
}
