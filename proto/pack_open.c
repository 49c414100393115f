/* A built pack from a file: the shell beside pack_load. */
#include "proto/pack.h"

#include <stdio.h>

int pack_open(const char *path, struct pack **ret_pack, struct err *e)
{
    struct err own;
    e = e ? e : &own;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "%s: cannot be opened: %m", path);
    struct buf bytes;
    buf_init(&bytes, PACK_FILE_BYTES + 4096);
    int rc = 0;
    size_t n;
    do {
        uint8_t *at = buf_room(&bytes, 4096);
        n = at ? fread(at, 1, 4096, file) : 0;
        bytes.len += n;
    } while (n > 0);
    if (ferror(file))
        rc = err_set(e, ERR_IO, "%s: cannot be read: %m", path);
    else if (!buf_ok(&bytes))
        rc = err_set(e, ERR_LIMIT, "%s: larger than %d bytes", path, PACK_FILE_BYTES);
    fclose(file);
    if (rc == 0) {
        rc = pack_load(buf_slice(&bytes), ret_pack, e);
        if (rc != 0)
            err_wrap(e, "%s", path);
    }
    buf_free(&bytes);
    return rc;
}
