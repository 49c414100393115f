/* One line, "tocsin-kept 1 <session> <wall floor> <boot> <crc>": written to a new
 * file, synced, renamed over the old one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/identity/identity.h"
#include "base/crc.h"
#include "base/slice.h"

static int print_kept(char *to, size_t cap, const struct kept *k)
{
    int n = snprintf(to, cap, "tocsin-kept 1 %" PRIu64 " %" PRId64 " %" PRIu64 " ", k->session,
                     k->wall_floor_ms, k->boot);
    uint32_t crc = crc32c(0, to, (size_t)n);
    return n + snprintf(to + n, cap - (size_t)n, "%08x\n", crc);
}

bool kept_read(const char *folder, struct kept *ret)
{
    char path[300], text[200] = "", again[200];
    struct kept k = {0};
    snprintf(path, sizeof path, "%s/kept", folder);
    *ret = k;
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    char *line = fgets(text, sizeof text, f);
    fclose(f);
    if (!line || sscanf(text, "tocsin-kept 1 %" SCNu64 " %" SCNd64 " %" SCNu64, &k.session,
                        &k.wall_floor_ms, &k.boot) != 3)
        return false;
    print_kept(again, sizeof again, &k);
    if (strcmp(text, again) != 0)
        return false;
    *ret = k;
    return true;
}

static int write_synced(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int rc = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
    return close(fd) == 0 ? rc : -1;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

int kept_write(const char *folder, const struct kept *kept, struct err *e)
{
    char path[300], fresh[310], text[200];
    snprintf(path, sizeof path, "%s/kept", folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int n = print_kept(text, sizeof text, kept);
    if (write_synced(fresh, text, (size_t)n) || rename(fresh, path))
        return err_set(e, errno == ENOSPC ? ERR_FULL : ERR_IO, "'%s' cannot be written: %s", path,
                       strerror(errno));
    sync_folder(folder);
    return 0;
}
