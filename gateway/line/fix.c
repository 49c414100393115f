/* Fixing event time.
 *
 * The happy path: the device's clock is disciplined, the batch's pairing of
 * source milliseconds and wall clock holds, and the offset is their difference.
 *
 * When the clock is not to be trusted, or what it says cannot be (more than ten
 * minutes from what the gateway sees), and the message was sent in the boot that
 * sealed the batch: the message says when, in CLOCK_BOOTTIME, it was sent, so
 * the device's wall clock can be corrected by how wrong it is now. Network delay
 * makes that estimate late, never early; the anchor keeps the smallest delay,
 * and follows a clock that runs slow in steps of a minute.
 *
 * A source that knows the time itself pairs its own clock, not the agent's: how
 * wrong the agent is says nothing about it.
 *
 * Of an earlier boot with an untrusted clock only a bound is known: it was over
 * before this boot began. */
#include "gateway/line/fix.h"

#include "base/clock.h"
#include "base/err.h"

#define PLAUSIBLE_MS   (10 * 60 * 1000)
#define ANCHOR_STEP_MS (60 * 1000)
#define EARLIEST_MS    INT64_C(1577836800000) /* 2020: no device is older than this code */
#define FIX_VERSION    1

/* Numbers from outside, held where sums of them cannot overflow. */
static int64_t sane(int64_t ms)
{
    const int64_t bound = INT64_C(1) << 52;
    return ms > bound ? bound : ms < -bound ? -bound : ms;
}

void fix_anchor_move(struct fix_anchor *anchor, uint64_t boot, int64_t sent_ms, int64_t arrived_ms)
{
    int64_t offset = sane(arrived_ms) - sane(sent_ms);
    if (anchor->boot != boot || anchor->offset_ms == 0 || offset < anchor->offset_ms ||
        offset > anchor->offset_ms + ANCHOR_STEP_MS)
        anchor->offset_ms = offset;
    anchor->boot = boot;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* What must be added to the device's wall clock, by source 0's pairing. */
static int64_t wall_error(const struct wire_batch *batch, const struct fix_anchor *anchor)
{
    const struct wire_source *agent = &batch->sources[0];
    return sane(agent->at_ms) + anchor->offset_ms - sane(agent->wall_ms);
}

static struct fix_source fix_one(const struct wire_batch *batch, const struct wire_source *source,
                                 const struct fix_anchor *anchor, int64_t arrived_ms)
{
    int64_t said = sane(source->wall_ms) - sane(source->at_ms);
    bool same_boot = anchor->boot == batch->boot && anchor->offset_ms != 0;
    bool possible = source->wall_ms >= EARLIEST_MS && source->wall_ms <= arrived_ms + PLAUSIBLE_MS;
    int64_t error = same_boot ? wall_error(batch, anchor) : 0;
    bool own = source != &batch->sources[0] && source->wall_ms != batch->sources[0].wall_ms;
    if (own && possible && source->trust >= TRUST_RTC)
        return (struct fix_source){said, FIX_TRUSTED};
    if (possible && source->trust >= TRUST_RTC && distance(error, 0) <= PLAUSIBLE_MS)
        return (struct fix_source){said, FIX_TRUSTED};
    if (same_boot && !own)
        return (struct fix_source){said + error, FIX_ANCHORED};
    if (possible)
        return (struct fix_source){said, FIX_GUESSED};
    int64_t bound = anchor->offset_ms ? anchor->offset_ms : arrived_ms;
    return (struct fix_source){bound - sane(source->at_ms), FIX_GUESSED};
}

void fix_batch(const struct wire_batch *batch, const struct fix_anchor *anchor, int64_t arrived_ms,
               struct line_fix *fix)
{
    fix->latest_ms = arrived_ms + PLAUSIBLE_MS;
    fix->n_sources = batch->n_sources;
    for (size_t i = 0; i < batch->n_sources; i++)
        fix->sources[i] = fix_one(batch, &batch->sources[i], anchor, arrived_ms);
    if (batch->n_sources > 0)
        return;
    bool same_boot = anchor->boot == batch->boot && anchor->offset_ms != 0;
    fix->n_sources = 1;
    fix->sources[0] = same_boot
                          ? (struct fix_source){anchor->offset_ms, FIX_ANCHORED}
                          : (struct fix_source){arrived_ms - sane(batch->sealed_ms), FIX_GUESSED};
}

int64_t fix_at(const struct line_fix *fix, uint32_t index, int64_t at_ms)
{
    size_t i = index < fix->n_sources ? index : fix->n_sources - 1;
    int64_t ms = sane(at_ms) + (fix->n_sources ? fix->sources[i].offset_ms : 0);
    return ms < 0 ? 0 : ms > fix->latest_ms ? fix->latest_ms : ms;
}

int64_t fix_until(const struct line_fix *fix, int64_t until_ms)
{
    return sane(until_ms) + (fix->n_sources ? fix->sources[0].offset_ms : 0);
}

void fix_encode(const struct line_fix *fix, struct buf *out)
{
    buf_u8(out, FIX_VERSION);
    buf_u64(out, fix->boot);
    buf_varint(out, fix->session);
    buf_zigzag(out, fix->sent_ms);
    buf_zigzag(out, fix->listen_ms);
    buf_zigzag(out, fix->latest_ms);
    buf_varint(out, fix->n_sources);
    for (size_t i = 0; i < fix->n_sources; i++) {
        buf_zigzag(out, fix->sources[i].offset_ms);
        buf_u8(out, (uint8_t)fix->sources[i].quality);
    }
}

int fix_decode(struct slice bytes, struct line_fix *ret_fix)
{
    struct reader r = reader_of(bytes);
    struct line_fix fix = {0};
    if (read_u8(&r) != FIX_VERSION)
        return ERR_CORRUPT;
    fix.boot = read_u64(&r);
    fix.session = read_varint(&r);
    fix.sent_ms = read_zigzag(&r);
    fix.listen_ms = read_zigzag(&r);
    fix.latest_ms = read_zigzag(&r);
    uint64_t n = read_varint(&r);
    if (n > LIMIT_SOURCES)
        return ERR_CORRUPT;
    fix.n_sources = (size_t)n;
    for (size_t i = 0; i < fix.n_sources; i++) {
        fix.sources[i].offset_ms = sane(read_zigzag(&r));
        fix.sources[i].quality = (enum fix_quality)read_u8(&r);
    }
    if (r.bad || reader_left(&r))
        return ERR_CORRUPT;
    *ret_fix = fix;
    return 0;
}
