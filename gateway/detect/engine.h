/* One device's engine: its instances and its two clocks. Private to
 * gateway/detect. */
#ifndef GATEWAY_DETECT_ENGINE_H
#define GATEWAY_DETECT_ENGINE_H

#include "gateway/detect/slot.h"

#define MAX_SLOTS     16
#define MAX_HELD      32
#define MAX_EVENT_MS  INT64_C(253402300800000) /* the year 10000 */
#define STATE_VERSION 1

/* A fault that waits until the bulk lane has come as far. */
struct held_fault {
    uint16_t series;
    uint32_t instance, count;
    int64_t at_ms;
    bool active;
};

struct detect {
    const struct ruleset *rs;
    struct slot *slots[MAX_SLOTS]; /* in the order in which they first reported */
    struct slot *zero;             /* the one of instance 0, or NULL */
    size_t n_slots;
    int64_t now_ms[LANE_COUNT]; /* -1: nothing yet */
    size_t n_held;
    struct held_fault held[MAX_HELD]; /* in order of time */
};

size_t detect_bytes(void);
/* NULL: there are too many, or no memory. */
struct slot *detect_slot(struct detect *d, uint32_t instance, bool make);

#endif
