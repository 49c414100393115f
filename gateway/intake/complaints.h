/* Which devices break the rules of the wire, for the log: at most a line a minute a
 * device, and of bounded memory, however many devices misbehave. */
#ifndef GATEWAY_INTAKE_COMPLAINTS_H
#define GATEWAY_INTAKE_COMPLAINTS_H

#include "base/slice.h"
#include "proto/limits.h"

#include <stdint.h>

#define COMPLAINTS           64 /* devices that are remembered: so many lines a minute at most */
#define COMPLAINTS_EVERY_MS  60000
#define COMPLAINTS_NO_DEVICE "(no device id)"

/* All zero: nobody was complained of. */
struct complaints {
    struct complaint {
        char device[LIMIT_DEVICE_ID + 1]; /* empty: free */
        int64_t said_ms;
        uint64_t unsaid; /* refused since, without a line */
    } of[COMPLAINTS];
};

struct complaint_line {
    const char *device; /* lent until the next call; text that is safe in a log */
    uint64_t unsaid;    /* refused since the last line, this one not counted */
};

/* Something of this device was refused: true when it is to be said now. `now_ms` is of
 * a clock that may jump; a jump backwards costs at most one line more. */
bool complaints_due(struct complaints *c, struct slice device, int64_t now_ms,
                    struct complaint_line *ret_line);

#endif
