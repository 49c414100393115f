/* Sealed batches in order, inside a budget, until they are released: peek, read,
 * release.
 *
 * A stream is born for each lane at each spool_open, with a random id; its
 * numbers count from 1 and are never given twice. Streams of earlier lives are
 * closed: they only drain. A number leaves the spool released (the gateway has
 * it) or dropped; a drop is a tombstone, durable before the bytes go.
 *
 * Memory is bounded at open (about 45 KiB) and flat in the backlog. The spool
 * opens from any bytes in its folder; a disk that is full or fails later costs
 * durability, then bulk, then new urgent batches (ERR_FULL), in this order. */
#ifndef AGENT_SPOOL_SPOOL_H
#define AGENT_SPOOL_SPOOL_H

#include "base/disk.h"
#include "base/err.h"
#include "proto/wire.h"

#define SPOOL_STREAMS  256 /* at most: older lives are dropped, bulk first */
#define SPOOL_SEGMENTS 512
#define SPOOL_DROPS    512 /* tombstones, all streams */
#define SPOOL_MARKS    LIMIT_SOURCES
/* So many numbers may be given beyond the last durable one before the spool syncs
 * by itself: after a power cut no more than these are in doubt, and accounted for. */
#define SPOOL_UNSYNCED_URGENT 4
#define SPOOL_UNSYNCED_BULK   16

struct spool; /* opaque */

struct spool_config {
    struct disk *disk;     /* borrowed for life */
    uint64_t random;       /* for the new streams' ids */
    uint64_t boot;         /* of the device: another one means that power was lost */
    uint64_t session;      /* orders the lives of the agent */
    uint64_t budget_bytes; /* all segments; 0: 20 MiB */
    uint64_t budget_files; /* 8..SPOOL_SEGMENTS; 0: SPOOL_SEGMENTS */
    uint64_t head_room_bytes, head_room_inodes; /* left free on the disk */
    uint64_t daily_write_bytes;                 /* 0: 20,000,000 */
};

/* How far the frames of a source are accounted for: all before `next` are held by
 * a record or were told to be lost. Kept with each record, so that the next life
 * of the agent knows what died before the spool. */
struct spool_mark {
    uint32_t boot, next;
};

struct spool_record {
    struct slice bytes;     /* at most LIMIT_BATCH */
    uint32_t readings;      /* how many a tombstone will say were in it */
    int64_t from_ms, to_ms; /* wall time of these */
    size_t n_marks;
    const struct spool_mark *marks;
};

/* ERR_NOMEM only. */
int spool_open(const struct spool_config *config, struct spool **ret);
void spool_close(struct spool *s); /* frees; does not sync */
/* Before a clean stop: makes all durable and says so, so that after a loss of
 * power no number is in doubt. Nothing may be appended afterwards. */
void spool_end(struct spool *s, int64_t boot_ms);

/* The head that the next record of a lane must be encoded with. */
struct wire_head spool_next(const struct spool *s, enum wire_lane lane);
/* Takes the record in under that number. It may be read and sent at once; it is
 * durable after a spool_sync of the lane. ERR_FULL (no room even after dropping),
 * ERR_LIMIT, ERR_NOMEM: the number stays free. */
int spool_append(struct spool *s, enum wire_lane lane, const struct spool_record *record,
                 int64_t boot_ms);
/* ERR_IO, ERR_FULL: not durable yet, try again. */
int spool_sync(struct spool *s, enum wire_lane lane, int64_t boot_ms);
bool spool_dirty(const struct spool *s, enum wire_lane lane);
/* Now and then (10 s will do): writes what waits in RAM, keeps the head-room. */
void spool_tick(struct spool *s, int64_t boot_ms);

struct spool_stream {
    uint64_t id;
    enum wire_lane lane;
    uint64_t low;  /* oldest number that may still come as a batch; next: none */
    uint64_t next; /* the number after the last */
    bool closed;
    bool to_account; /* has tombstones, or is closed and all its numbers are gone */
};
size_t spool_count(const struct spool *s);
/* The i-th stream, oldest life first, urgent before bulk in each. */
struct spool_stream spool_at(const struct spool *s, size_t i);
bool spool_find(const struct spool *s, uint64_t stream, struct spool_stream *ret);

/* The first number >= from that is not under a tombstone and not released; the
 * stream's `next` when there is none. */
uint64_t spool_seek(const struct spool *s, uint64_t stream, uint64_t from);
/* Lends the bytes until the next call. ERR_NOT_FOUND: released or dropped.
 * ERR_CORRUPT: could not be read back, and is a tombstone from now on. ERR_IO. */
int spool_read(struct spool *s, uint64_t stream, uint64_t seq, struct slice *ret);
/* All numbers up to `contiguous` are with the gateway. A closed stream that is
 * done goes away as a whole. Returns how many batches were let go. */
uint64_t spool_release(struct spool *s, uint64_t stream, uint64_t contiguous);
/* One number, or everything, will never come: durable before the bytes go. */
int spool_drop(struct spool *s, uint64_t stream, uint64_t seq, enum wire_drop_reason reason);
int spool_purge(struct spool *s, enum wire_drop_reason reason);
/* Tombstones of a stream, in order; returns how many were written to `ret`. */
size_t spool_drops(const struct spool *s, uint64_t stream, struct wire_drop *ret, size_t max);

/* What earlier lives knew of a source's boot; false: nothing. */
bool spool_marked(const struct spool *s, uint32_t boot, uint32_t *ret_next);

struct spool_stats {
    uint64_t bytes, segments, streams;  /* on disk now */
    uint64_t ram_bytes;                 /* waiting in RAM */
    uint64_t owed;                      /* numbers not yet released or dropped */
    uint64_t dropped[DROP_RESTORE + 1]; /* numbers, by reason, since open */
    uint64_t set_aside;                 /* bad files, since open */
    uint64_t flash_today_bytes, syncs, disk_errors;
};
void spool_stats(const struct spool *s, struct spool_stats *ret);

#endif
