/* Any bytes to the listener: an accepted request lies inside them and bears the
 * secret. */
#include "net/device/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request r;
    if (request_read(slice_of(data, size), slice_str("c2VjcmV0"), &r) != REQUEST_GOOD)
        return 0;
    if (r.len > size || r.len > REQUEST_MAX || !memmem(data, r.len, "c2VjcmV0", 8))
        abort();
    return 0;
}
