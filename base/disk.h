/* One folder of files, as the cores see it: a small struct of functions with a
 * real version (disk_posix) and a simulated one that loses power.
 *
 * Names are plain file names inside the folder. Every function returns 0 or
 * more, or a negative enum err_code: ERR_FULL when the disk is full, ERR_IO for
 * any other refusal, ERR_NOT_FOUND, ERR_NOMEM. What was appended is durable only
 * after sync; that a name exists, is gone or was renamed only after sync_dir. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include "base/slice.h"

struct disk_file; /* opaque, one open file */

struct disk {
    void *ctx;
    /* Opens for reading and appending; creates when `create`. */
    int (*open)(void *ctx, const char *name, bool create, struct disk_file **ret_file);
    void (*close)(void *ctx, struct disk_file *file);
    /* Writes all of `bytes` at the end. On error any prefix may be there. */
    int (*append)(void *ctx, struct disk_file *file, struct slice bytes);
    /* Reads up to len bytes at offset; returns how many (0 at the end). */
    int64_t (*read)(void *ctx, struct disk_file *file, uint64_t offset, void *to, size_t len);
    int64_t (*size)(void *ctx, struct disk_file *file);
    int (*truncate)(void *ctx, struct disk_file *file, uint64_t size);
    int (*sync)(void *ctx, struct disk_file *file); /* fdatasync */
    int (*sync_dir)(void *ctx);
    int (*rename)(void *ctx, const char *from, const char *to); /* replaces `to` */
    int (*unlink)(void *ctx, const char *name);
    /* Calls `each` with every file's name and size, in any order. */
    int (*list)(void *ctx, void (*each)(void *arg, const char *name, uint64_t size), void *arg);
    /* Bytes and inodes that are free for us on this file system. */
    int (*free_space)(void *ctx, uint64_t *ret_bytes, uint64_t *ret_inodes);
};

/* The real one over a folder, which is made (0700) when missing. */
int disk_posix_open(const char *folder, struct disk *ret_disk);
void disk_posix_close(struct disk *disk);

#endif
