/* Record: magic u16 | length u16 | CRC32C u32 over length and bytes | bytes. */
#include "agent/journal/journal.h"

#include "base/buf.h"
#include "base/crc.h"
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x4a54u
#define HEAD  8u

struct journal_writer {
    struct buf out;
};

static uint32_t check_of(struct slice record)
{
    uint8_t len[2] = {(uint8_t)record.len, (uint8_t)(record.len >> 8)};
    return crc32c(crc32c(0, len, 2), record.ptr, record.len);
}

static void put_record(struct buf *out, struct slice record)
{
    buf_u8(out, (uint8_t)MAGIC);
    buf_u8(out, (uint8_t)(MAGIC >> 8));
    buf_u8(out, (uint8_t)record.len);
    buf_u8(out, (uint8_t)(record.len >> 8));
    buf_u32(out, check_of(record));
    buf_put(out, record.ptr, record.len);
}

/* The record at the start of `s`, or false. */
static bool take_record(struct slice s, struct slice *ret)
{
    if (s.len < HEAD || s.ptr[0] != (uint8_t)MAGIC || s.ptr[1] != (uint8_t)(MAGIC >> 8))
        return false;
    size_t len = (size_t)s.ptr[2] | (size_t)s.ptr[3] << 8;
    if (len > JOURNAL_RECORD_MAX || len > s.len - HEAD)
        return false;
    struct slice record = slice_of(s.ptr + HEAD, len);
    struct reader r = reader_of(slice_of(s.ptr + 4, 4));
    if (read_u32(&r) != check_of(record))
        return false;
    *ret = record;
    return true;
}

static void each_record(struct journal *j, struct slice all,
                        void (*each)(void *arg, struct slice record), void *arg)
{
    struct slice record;
    while (all.len) {
        size_t step = 1;
        if (take_record(all, &record)) {
            each(arg, record);
            step = HEAD + record.len;
        } else {
            j->damaged = true;
        }
        all = slice_of(all.ptr + step, all.len - step);
    }
}

static int open_file(struct journal *j, bool create)
{
    int rc = j->disk->open(j->disk->ctx, j->name, create, &j->file);
    if (rc == 0) {
        int64_t size = j->disk->size(j->disk->ctx, j->file);
        j->bytes = size > 0 ? (uint64_t)size : 0;
        j->fresh = create;
    }
    return rc;
}

int journal_open(struct journal *j, struct disk *disk, const char *name,
                 void (*each)(void *arg, struct slice record), void *arg)
{
    *j = (struct journal){.disk = disk};
    snprintf(j->name, sizeof j->name, "%s", name);
    int rc = open_file(j, false);
    if (rc != 0)
        return rc == ERR_NOMEM ? rc : 0;
    size_t len = j->bytes > JOURNAL_FILE_MAX ? JOURNAL_FILE_MAX : (size_t)j->bytes;
    uint8_t *all = malloc(len + 1);
    if (!all) {
        journal_close(j);
        return ERR_NOMEM;
    }
    int64_t n = disk->read(disk->ctx, j->file, 0, all, len);
    j->damaged = n < 0 || (uint64_t)n != j->bytes;
    each_record(j, slice_of(all, n > 0 ? (size_t)n : 0), each, arg);
    free(all);
    return 0;
}

void journal_close(struct journal *j)
{
    if (j->file)
        j->disk->close(j->disk->ctx, j->file);
    j->file = NULL;
}

int journal_append(struct journal *j, struct slice record)
{
    if (record.len > JOURNAL_RECORD_MAX)
        return ERR_LIMIT;
    int rc = j->file ? 0 : open_file(j, true);
    if (rc != 0)
        return rc;
    struct buf out;
    buf_init(&out, JOURNAL_RECORD_MAX + HEAD);
    put_record(&out, record);
    rc = buf_ok(&out) ? j->disk->append(j->disk->ctx, j->file, buf_slice(&out)) : ERR_NOMEM;
    j->bytes += out.len;
    j->written_bytes += out.len;
    j->dirty = j->dirty || rc == 0;
    buf_free(&out);
    return rc;
}

int journal_sync(struct journal *j)
{
    if (!j->file || (!j->dirty && !j->fresh))
        return 0;
    int rc = j->disk->sync(j->disk->ctx, j->file);
    if (rc == 0 && j->fresh)
        rc = j->disk->sync_dir(j->disk->ctx);
    if (rc == 0)
        j->dirty = j->fresh = false;
    return rc;
}

void journal_put(struct journal_writer *w, struct slice record)
{
    if (record.len <= JOURNAL_RECORD_MAX)
        put_record(&w->out, record);
}

static int write_new(struct journal *j, const char *name, struct slice all)
{
    struct disk_file *file;
    int rc = j->disk->open(j->disk->ctx, name, true, &file);
    if (rc != 0)
        return rc;
    rc = j->disk->truncate(j->disk->ctx, file, 0);
    if (rc == 0)
        rc = j->disk->append(j->disk->ctx, file, all);
    if (rc == 0)
        rc = j->disk->sync(j->disk->ctx, file);
    j->disk->close(j->disk->ctx, file);
    if (rc == 0)
        rc = j->disk->rename(j->disk->ctx, name, j->name);
    if (rc == 0)
        rc = j->disk->sync_dir(j->disk->ctx);
    return rc;
}

int journal_rewrite(struct journal *j, void (*fill)(void *arg, struct journal_writer *w), void *arg)
{
    char name[sizeof j->name + 4];
    snprintf(name, sizeof name, "%s.new", j->name);
    struct journal_writer w;
    buf_init(&w.out, JOURNAL_FILE_MAX);
    fill(arg, &w);
    int rc = buf_ok(&w.out) ? write_new(j, name, buf_slice(&w.out)) : ERR_LIMIT;
    j->written_bytes += w.out.len;
    buf_free(&w.out);
    /* Whatever happened, the name leads to whole records: the old or the new. */
    journal_close(j);
    int again = open_file(j, false);
    if (rc == 0) {
        j->dirty = j->fresh = j->damaged = false;
        return again == ERR_NOT_FOUND ? 0 : again;
    }
    j->fresh = true;
    return rc;
}
