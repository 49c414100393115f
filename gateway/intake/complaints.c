#include "gateway/intake/complaints.h"

#include "proto/topic.h"

#include <string.h>

static bool is_fresh(const struct complaint *x, int64_t now_ms)
{
    return x->said_ms <= now_ms && now_ms - x->said_ms < COMPLAINTS_EVERY_MS;
}

/* The device's own place, else a free one, else the one that was said longest ago. */
static struct complaint *place_of(struct complaints *c, struct slice device)
{
    struct complaint *best = &c->of[0];
    for (size_t i = 0; i < COMPLAINTS; i++) {
        struct complaint *x = &c->of[i];
        if (slice_is(device, x->device))
            return x;
        if (best->device[0] && (!x->device[0] || x->said_ms < best->said_ms))
            best = x;
    }
    return best;
}

bool complaints_due(struct complaints *c, struct slice device, int64_t now_ms,
                    struct complaint_line *ret_line)
{
    if (!topic_id_valid(device))
        device = slice_str(COMPLAINTS_NO_DEVICE);
    struct complaint *x = place_of(c, device);
    bool known = slice_is(device, x->device);
    if (x->device[0] && is_fresh(x, now_ms)) {
        x->unsaid += known;
        return false; /* of one that is not known: all places had a line this minute */
    }
    if (!known) {
        *x = (struct complaint){0};
        memcpy(x->device, device.ptr, device.len);
    }
    *ret_line = (struct complaint_line){x->device, x->unsaid};
    x->said_ms = now_ms;
    x->unsaid = 0;
    return true;
}
