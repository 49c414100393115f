/* The spool's own state, for the files of this folder only.
 *
 *   s-<session>-<lane>-<stream>-<first>   a segment, all numbers 16 hex digits
 *   bad-<n>                               a segment that could not be used
 *   tombs                                 the journal of tombstones
 *   reserve                               bytes to give back when the disk is full
 *
 * Segment: head (magic, version, stream, boot, CRC), then records, each under
 * two CRCs: one over its head, seeded with the stream's id, one over its body. */
#ifndef AGENT_SPOOL_INSIDE_H
#define AGENT_SPOOL_INSIDE_H

#include "agent/journal/journal.h"
#include "agent/spool/spool.h"
#include "base/buf.h"

#define SEGMENT_HEAD    32u
#define RECORD_HEAD     48u
#define RECORD_BODY_MAX (LIMIT_BATCH + SPOOL_MARKS * 8)
#define SEGMENT_NAME    80
#define RAM_MAX         (96u * 1024) /* a lane's records that wait for the disk */
#define RESERVE_BYTES   8192u
#define POSITIONS       64u

struct segment {
    uint64_t stream, first, last; /* last: by what follows it; may be less in truth */
    uint32_t bytes;
    bool open_end; /* the current one of a current stream */
};

struct stream {
    uint64_t id, session, low, next;
    uint64_t boot; /* of its last segment's head */
    uint64_t acked;
    enum wire_lane lane;
    bool closed;
};

struct drop {
    uint64_t stream;
    struct wire_drop d;
};

struct lane {
    uint64_t stream;        /* the current one's id */
    struct disk_file *file; /* the current segment, or NULL */
    uint64_t unsynced;      /* records since the last sync */
    uint64_t unsynced_from; /* offset in the segment where these start */
    bool fresh;             /* the segment's name is not durable */
    bool lost_sync;         /* a sync failed: what is unsynced must be written anew */
    struct buf ram;         /* encoded records that are not on disk, oldest first */
    size_t ram_off;
};

struct position {                /* where a record lies, to find it again at once */
    uint64_t stream, seq, first; /* first: its segment's */
    uint32_t offset;
};

struct spool {
    struct spool_config c;
    struct disk *disk;
    uint64_t segment_bytes;
    struct journal tombs;
    struct stream *streams; /* oldest life first */
    size_t n_streams;
    struct segment *segments; /* by stream's age, then first */
    size_t n_segments;
    struct drop *drops; /* those of a stream in order, never overlapping */
    size_t n_drops;
    struct lane lanes[LANE_COUNT];
    struct spool_mark marks[SPOOL_MARKS];
    size_t n_marks;
    bool marks_owed; /* the disk refused to keep them: again at the next tick */
    struct position positions[POSITIONS];
    struct disk_file *reading; /* the segment last read, or NULL */
    uint64_t reading_stream, reading_first;
    struct buf io;
    uint64_t bytes; /* of all segments */
    int64_t day_ms; /* when this day of the flash budget began */
    bool has_reserve;
    struct spool_stats stats;
};

/* One record, taken apart. */
struct record {
    uint64_t seq;
    uint32_t readings, body, offset, end; /* offset of its head, and behind it */
    uint32_t n_marks;
    int64_t from_ms, to_ms;
    uint32_t body_crc;
};

/* segment.c: the bytes of a segment */
void segment_name(const struct stream *st, uint64_t first, char *to);
bool segment_parse_name(const char *name, struct stream *ret_stream, uint64_t *ret_first);
void segment_put_head(struct buf *out, uint64_t stream, uint64_t boot);
/* ERR_VERSION: made by a later version. ERR_CORRUPT: no head. */
int segment_take_head(struct slice bytes, uint64_t stream, uint64_t *ret_boot);
void record_put(struct buf *out, uint64_t stream, uint64_t seq, const struct spool_record *r);
/* The next good record head at or after `offset`, skipping what is none.
 * ERR_END, ERR_IO. */
int record_next(struct spool *s, struct disk_file *f, uint64_t stream, uint32_t offset,
                struct record *ret);
/* The body into s->io (marks, then payload), checked. ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
int record_body(struct spool *s, struct disk_file *f, const struct record *r);

/* table.c: streams, segments and marks in RAM */
struct stream *stream_find(const struct spool *s, uint64_t id);          /* or NULL */
struct stream *stream_of(const struct spool *s, uint64_t id);            /* one that is there */
size_t segment_of(const struct spool *s, uint64_t stream, uint64_t seq); /* or n_segments */
int segment_insert(struct spool *s, const struct segment *seg);
void segment_remove(struct spool *s, size_t i);
int stream_insert(struct spool *s, const struct stream *st, size_t *ret_index);
void stream_remove(struct spool *s, size_t i);
void mark_put(struct spool *s, struct spool_mark m);

/* tomb.c: what will never come */
void tomb_load(struct spool *s);
int tomb_add(struct spool *s, uint64_t stream, const struct wire_drop *d);       /* durable on 0 */
void tomb_remember(struct spool *s, uint64_t stream, const struct wire_drop *d); /* RAM only */
/* Before records go whose marks may be the only ones: written, and synced when asked. */
void tomb_keep_marks(struct spool *s, bool durable);
void tomb_forget(struct spool *s, uint64_t stream, uint64_t up_to);
/* The first number >= seq that is under no tombstone. */
uint64_t tomb_skip(const struct spool *s, uint64_t stream, uint64_t seq);

/* room.c: the budget */
int room_make(struct spool *s, uint64_t need_bytes);
int room_drop_segment(struct spool *s, size_t i, enum wire_drop_reason reason);
void room_unlink(struct spool *s, size_t i);
void room_reserve(struct spool *s);
void flash_count(struct spool *s, uint64_t bytes, int64_t boot_ms);
bool flash_allows(const struct spool *s, enum wire_lane lane);

/* write.c */
void stream_settle(struct spool *s, struct stream *st);
void lane_finish(struct spool *s, struct lane *l); /* closes the current segment */

/* recover.c */
int recover(struct spool *s);

#endif
