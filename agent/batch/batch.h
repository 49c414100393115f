/* Gathers reports and makes batches of them: by size, by age, at once when urgent.
 *
 * A report changes a few small tables; nothing is allocated after batch_new
 * (about 70 KiB). The caller asks batch_due, gives the number that the batch will
 * have, stores the bytes, and only then batch_sealed forgets them.
 *
 * A keyframe batch speaks for exactly the sources that it names: those that were
 * heard since their start, or that said "this was all". It holds every fault,
 * state and open cycle of theirs, so what it does not list is not so. */
#ifndef AGENT_BATCH_BATCH_H
#define AGENT_BATCH_BATCH_H

#include "agent/batch/report.h"
#include "base/clock.h"
#include "base/err.h"

struct batch; /* opaque */

#define BATCH_SERIES 256 /* (source, metric, instance) known at a time */
#define BATCH_FAULTS 128 /* (source, fault, instance) known at a time */
#define BATCH_OPEN   64  /* fault, event or cycle records of a batch not yet sealed */
#define BATCH_REFS   (BATCH_OPEN + 1)

struct batch_config {
    uint64_t boot;
    int64_t bulk_age_ms, heartbeat_ms, keyframe_ms, chatter_refill_ms;
    int64_t urgent_linger_ms; /* the next urgent batch waits so long after the last one */
    uint32_t bulk_samples;    /* 1..1000 */
    const char *pack;         /* copied */
    uint32_t pack_revision;
    const char *agent; /* name of source 0; copied */
    /* May be NULL: how far an earlier life had accounted for a source's frames. */
    bool (*marked)(void *arg, uint32_t boot, uint32_t *ret_next);
    void *arg;
};

/* NULL: no memory. */
struct batch *batch_new(const struct batch_config *config, struct now now);
void batch_free(struct batch *b);

enum batch_answer {
    BATCH_KEPT = 0,
    BATCH_THINNED = 1, /* left out as the interval asks; counted as handled */
    BATCH_AGAIN = 2,   /* a fault that was told before and is durable: answer it again */
    BATCH_KNOWN = 3,   /* a fault that was told before and waits: nothing to do */
};
#define BATCH_SKIP (-1) /* as interval_ms: muted or without consent, accounted for as handled */
/* interval_ms: of two gauge or counter readings nearer than this the second is
 * left out. Returns enum batch_answer, or
 * ERR_FULL     seal what batch_flush says is due, then give it again
 * ERR_INVALID  a field is out of bounds (source, exponent, time, context) */
int batch_report(struct batch *b, const struct report *r, int64_t interval_ms, struct now now);
/* A report that found no room at all: accounted for as lost. */
void batch_lose(struct batch *b, const struct report *r);
/* Frames that were lost before they came here, so far. */
uint64_t batch_lost(const struct batch *b);

void batch_identity(struct batch *b); /* the identity goes with the next urgent batch */
/* Whether this factory reset is new (BATCH_KEPT), waits to be durable (BATCH_KNOWN)
 * or was answered (BATCH_AGAIN): a source says it until it hears the answer. */
int batch_factory_reset_known(const struct batch *b, const struct report *r);
void batch_factory_reset(struct batch *b, const struct report *r);
int batch_result(struct batch *b, struct slice command, enum wire_result_status status,
                 struct slice text, struct now now); /* ERR_FULL */
/* Forgets readings that were gathered but not sealed (consent was revoked). */
void batch_discard(struct batch *b);

enum batch_kind { BATCH_NONE, BATCH_URGENT, BATCH_BULK, BATCH_KEY_URGENT, BATCH_KEY_BULK };
/* What is to be sealed now, the most urgent first. */
enum batch_kind batch_due(struct batch *b, struct now now);
/* From now on all that is open is due (the agent stops, or a report found no room). */
void batch_flush(struct batch *b);
int64_t batch_wake_ms(const struct batch *b);
/* Each stream starts with a keyframe, as soon as there is something to say. */
void batch_keyframe(struct batch *b);

struct batch_ref {
    uint32_t source, boot, ref;
};
struct batch_info {
    uint32_t readings;
    int64_t from_ms, to_ms; /* wall */
    size_t n_marks;
    struct {
        uint32_t boot, next;
    } marks[LIMIT_SOURCES];
    size_t n_refs; /* faults to be answered once this batch is durable */
    struct batch_ref refs[BATCH_REFS];
};
static inline enum wire_lane batch_lane(enum batch_kind kind)
{
    return kind == BATCH_BULK || kind == BATCH_KEY_BULK ? LANE_BULK : LANE_URGENT;
}
/* Encodes into `out` (emptied first). ERR_NOMEM, ERR_LIMIT. Nothing is forgotten
 * until batch_sealed of the same kind says that the spool has it. */
int batch_seal(struct batch *b, enum batch_kind kind, struct wire_head head,
               uint64_t settings_version, const struct wire_identity *identity, struct now now,
               struct buf *out, struct batch_info *ret);
void batch_sealed(struct batch *b, enum batch_kind kind, struct now now);
/* A fault was answered: the source counts anew from here. */
void batch_durable(struct batch *b, const struct batch_ref *ref);

#endif
