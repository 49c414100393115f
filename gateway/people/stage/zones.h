/* The system's zone files, read once each. */
#ifndef GATEWAY_PEOPLE_STAGE_ZONES_H
#define GATEWAY_PEOPLE_STAGE_ZONES_H

#include "gateway/people/zone.h"

#define ZONES_MAX 64

struct zones {
    char folder[200];
    size_t n;
    struct {
        char name[65];
        struct zone *zone; /* NULL: there is none of that name */
    } known[ZONES_MAX];
};

void zones_init(struct zones *zones, const char *folder);
void zones_free(struct zones *zones);
/* Lends the zone until the next call; NULL (UTC) when the name is wrong, said in
 * the log once. */
const struct zone *zones_get(struct zones *zones, const char *name);

#endif
