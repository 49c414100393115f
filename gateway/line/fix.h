/* Event time, fixed once when a batch arrives and journalled beside it, so that a
 * replay and every chart see the same times. (contract for readers of inputs.fix)
 *
 * event time = the source's own milliseconds + offset_ms */
#ifndef GATEWAY_LINE_FIX_H
#define GATEWAY_LINE_FIX_H

#include "proto/wire.h"

enum fix_quality {
    FIX_TRUSTED,  /* the device's clock, trusted and plausible */
    FIX_ANCHORED, /* its wall clock was wrong; repaired from the same boot's message */
    FIX_GUESSED,  /* of an earlier boot with an untrusted clock: shown as uncertain */
};
struct fix_source {
    int64_t offset_ms;
    enum fix_quality quality;
};
struct line_fix {
    uint64_t boot, session; /* of the message it came in */
    int64_t sent_ms;
    int64_t listen_ms;
    int64_t latest_ms; /* no event time is after this */
    size_t n_sources;
    struct fix_source sources[LIMIT_SOURCES];
};

/* What is remembered of a device's clock: the smallest delay seen in this boot. */
struct fix_anchor {
    uint64_t boot;
    int64_t offset_ms; /* wall = CLOCK_BOOTTIME + offset_ms; 0: none yet */
};

/* A message came: moves the anchor. */
void fix_anchor_move(struct fix_anchor *anchor, uint64_t boot, int64_t sent_ms, int64_t arrived_ms);
/* Fixes the sources of a batch (boot, session, sent_ms, listen_ms are the caller's).
 * Also fixes source 0 of a batch that names none. */
void fix_batch(const struct wire_batch *batch, const struct fix_anchor *anchor, int64_t arrived_ms,
               struct line_fix *fix);
/* Event time of a fact of source `index`; the last source's when there is no such.
 * Never before 1970 nor after latest_ms. */
int64_t fix_at(const struct line_fix *fix, uint32_t index, int64_t at_ms);

/* The same for a time to come, of source 0's clock. */
int64_t fix_until(const struct line_fix *fix, int64_t until_ms);

void fix_encode(const struct line_fix *fix, struct buf *out);
/* ERR_CORRUPT. */
int fix_decode(struct slice bytes, struct line_fix *ret_fix);

#endif
