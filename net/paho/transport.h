/* How an attempt reaches a broker: the part in which the device's link and the
 * gateway's differ. All functions are called on the loop's thread. */
#ifndef NET_PAHO_TRANSPORT_H
#define NET_PAHO_TRANSPORT_H

#include "net/link.h"
#include "net/paho/worker.h"

struct transport {
    void *ctx;
    /* Fills the addresses and files of an attempt at this broker, and makes ready
     * for it. `attempt` counts up. */
    void (*plan)(void *ctx, size_t broker, uint32_t attempt, struct worker_plan *plan);
    /* The attempt is over (the library's handle may still live): lets go of it. */
    void (*abandon)(void *ctx);
    /* Puts what it knows about the attempt's end into `reason`; false: nothing. */
    bool (*explain)(void *ctx, struct link_reason *reason);
    int (*reload)(void *ctx, struct err *e);
    void (*stats)(void *ctx, struct link_stats *stats);
    /* Frees all; `closed` follows as an event. */
    void (*close)(void *ctx, void (*closed)(void *arg), void *arg);
};

#endif
