/* The real disk: one folder, held open by descriptor. */
#include "base/disk.h"

#include "base/err.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct disk_file {
    int fd;
};

struct folder {
    int fd;
};

static int from_errno(void)
{
    switch (errno) {
    case ENOSPC:
    case EDQUOT: return ERR_FULL;
    case ENOENT: return ERR_NOT_FOUND;
    case ENOMEM: return ERR_NOMEM;
    default: return ERR_IO;
    }
}

static int folder_fd(void *ctx)
{
    return ((struct folder *)ctx)->fd;
}

static int posix_open(void *ctx, const char *name, bool create, struct disk_file **ret_file)
{
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
    struct disk_file *file = malloc(sizeof *file);
    if (!file)
        return ERR_NOMEM;
    file->fd = openat(folder_fd(ctx), name, flags, 0600);
    if (file->fd < 0) {
        int rc = from_errno();
        free(file);
        return rc;
    }
    *ret_file = file;
    return 0;
}

static void posix_close(void *ctx, struct disk_file *file)
{
    (void)ctx;
    if (!file)
        return;
    close(file->fd);
    free(file);
}

static int posix_append(void *ctx, struct disk_file *file, struct slice bytes)
{
    (void)ctx;
    while (bytes.len) {
        ssize_t n = write(file->fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return from_errno();
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return 0;
}

static int64_t posix_read(void *ctx, struct disk_file *file, uint64_t offset, void *to, size_t len)
{
    (void)ctx;
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(file->fd, (uint8_t *)to + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return from_errno();
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (int64_t)done;
}

static int64_t posix_size(void *ctx, struct disk_file *file)
{
    (void)ctx;
    struct stat st;
    return fstat(file->fd, &st) == 0 ? (int64_t)st.st_size : from_errno();
}

static int posix_truncate(void *ctx, struct disk_file *file, uint64_t size)
{
    (void)ctx;
    return ftruncate(file->fd, (off_t)size) == 0 ? 0 : from_errno();
}

static int posix_sync(void *ctx, struct disk_file *file)
{
    (void)ctx;
    return fdatasync(file->fd) == 0 ? 0 : from_errno();
}

static int posix_sync_dir(void *ctx)
{
    return fsync(folder_fd(ctx)) == 0 ? 0 : from_errno();
}

static int posix_rename(void *ctx, const char *from, const char *to)
{
    int fd = folder_fd(ctx);
    return renameat(fd, from, fd, to) == 0 ? 0 : from_errno();
}

static int posix_unlink(void *ctx, const char *name)
{
    return unlinkat(folder_fd(ctx), name, 0) == 0 ? 0 : from_errno();
}

static int posix_list(void *ctx, void (*each)(void *, const char *, uint64_t), void *arg)
{
    int fd = openat(folder_fd(ctx), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        int rc = from_errno();
        if (fd >= 0)
            close(fd);
        return rc;
    }
    for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        struct stat st;
        if (fstatat(folder_fd(ctx), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            each(arg, d->d_name, (uint64_t)st.st_size);
    }
    closedir(dir);
    return 0;
}

static int posix_free_space(void *ctx, uint64_t *ret_bytes, uint64_t *ret_inodes)
{
    struct statvfs vfs;
    if (fstatvfs(folder_fd(ctx), &vfs) != 0)
        return from_errno();
    *ret_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
    *ret_inodes = vfs.f_files ? (uint64_t)vfs.f_favail : UINT64_MAX;
    return 0;
}

int disk_posix_open(const char *path, struct disk *ret_disk)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return from_errno();
    struct folder *folder = malloc(sizeof *folder);
    if (!folder)
        return ERR_NOMEM;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        int rc = from_errno();
        free(folder);
        return rc;
    }
    *ret_disk = (struct disk){
        folder,       posix_open,     posix_close,      posix_append,   posix_read,
        posix_size,   posix_truncate, posix_sync,       posix_sync_dir, posix_rename,
        posix_unlink, posix_list,     posix_free_space,
    };
    return 0;
}

void disk_posix_close(struct disk *disk)
{
    struct folder *folder = disk->ctx;
    if (!folder)
        return;
    close(folder->fd);
    free(folder);
    disk->ctx = NULL;
}
