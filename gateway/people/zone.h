/* Local time from the system's zone files (TZif, RFC 8536), as data: the shell
 * reads the file, this core never opens anything. */
#ifndef GATEWAY_PEOPLE_ZONE_H
#define GATEWAY_PEOPLE_ZONE_H

#include "base/err.h"
#include "base/slice.h"

struct zone;

struct zone_time {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second;
    int weekday;      /* 0: Sunday */
    int32_t offset_s; /* east of UTC */
};

/* A zone file's bytes, version 1 to 4; nothing is borrowed. ERR_CORRUPT, ERR_NOMEM. */
int zone_parse(struct slice file, struct zone **ret_zone, struct err *e);
void zone_free(struct zone *zone);

/* zone NULL: UTC. */
struct zone_time zone_local(const struct zone *zone, int64_t utc_ms);
/* Whether a zone's name is safe to be a path below the zone folder. */
bool zone_name_ok(const char *name);

#endif
