/* A small log of records in one file: tombstones, settings, command ids.
 *
 * Each record stands alone under its own CRC32C, so reading finds every good
 * record whatever lies between them: a torn append, a hole, another file's bytes.
 * A rewrite puts the whole content in a new file and renames it over the old one. */
#ifndef AGENT_JOURNAL_JOURNAL_H
#define AGENT_JOURNAL_JOURNAL_H

#include "base/disk.h"

#define JOURNAL_RECORD_MAX 4096         /* bytes of one record */
#define JOURNAL_FILE_MAX   (256 * 1024) /* of the file; more is not read */

struct journal {
    struct disk *disk;      /* borrowed */
    char name[24];          /* of the file */
    struct disk_file *file; /* NULL until the first append or after a failed open */
    uint64_t bytes;         /* of the file */
    uint64_t written_bytes; /* since open: for the flash budget */
    bool fresh;             /* the name is not known to be durable */
    bool dirty;             /* bytes wait for a sync */
    bool damaged;           /* something that is no record was found */
};

/* Gives every good record, in order, to `each` (lent during the call). Always
 * succeeds but for ERR_NOMEM: what cannot be read is as if it were empty. */
int journal_open(struct journal *j, struct disk *disk, const char *name,
                 void (*each)(void *arg, struct slice record), void *arg);
void journal_close(struct journal *j);

/* Appends one record; durable after journal_sync. ERR_LIMIT, ERR_FULL, ERR_IO, ERR_NOMEM. */
int journal_append(struct journal *j, struct slice record);
int journal_sync(struct journal *j);

/* Replaces the content by what `fill` puts with journal_put; durable on return.
 * On failure the old content is still there. */
struct journal_writer;
int journal_rewrite(struct journal *j, void (*fill)(void *arg, struct journal_writer *w),
                    void *arg);
void journal_put(struct journal_writer *w, struct slice record);

#endif
