/* A built pack from anywhere: refused or loaded, and then saved again. */
#include "base/crc.h"
#include "proto/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fuzzer does not guess checksums: the head is made to fit the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file;
    buf_init(&file, PACK_FILE_BYTES * 2);
    buf_str(&file, "TOCSINPK");
    buf_u32(&file, 1);
    buf_u32(&file, (uint32_t)size);
    buf_u32(&file, crc32c(0, data, size));
    buf_put(&file, data, size);
    struct pack *pack = NULL;
    if (pack_load(buf_slice(&file), &pack, NULL) == 0) {
        struct buf again;
        buf_init(&again, PACK_FILE_BYTES * 2);
        pack_save(pack, &again);
        buf_free(&again);
        pack_free(pack);
    }
    pack_load(slice_of(data, size), &pack, NULL);
    buf_free(&file);
    return 0;
}
