#include "gateway/people/stage/zones.h"

#include "base/log.h"

#include <stdio.h>

#define FILE_MAX 65536

void zones_init(struct zones *zones, const char *folder)
{
    *zones = (struct zones){0};
    snprintf(zones->folder, sizeof zones->folder, "%s", folder ? folder : "/usr/share/zoneinfo");
}

static void forget(struct zones *zones)
{
    for (size_t i = 0; i < zones->n; i++)
        zone_free(zones->known[i].zone);
    zones->n = 0;
}

void zones_free(struct zones *zones)
{
    if (zones)
        forget(zones);
}

static struct zone *load(const struct zones *zones, const char *name)
{
    static uint8_t bytes[FILE_MAX];
    struct err e = {0};
    struct zone *zone = NULL;
    char path[300];
    snprintf(path, sizeof path, "%s/%s", zones->folder, name);
    FILE *f = zone_name_ok(name) ? fopen(path, "re") : NULL;
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    if (zone_parse(slice_of(bytes, n), &zone, &e))
        LOG_WARN("PE003", "there is no time zone \"%.64s\" in %s: its customers read UTC", name,
                 zones->folder);
    return zone;
}

const struct zone *zones_get(struct zones *zones, const char *name)
{
    if (strcmp(name, "UTC") == 0)
        return NULL;
    for (size_t i = 0; i < zones->n; i++)
        if (strncmp(zones->known[i].name, name, 64) == 0)
            return zones->known[i].zone;
    if (zones->n == ZONES_MAX)
        forget(zones);
    size_t at = zones->n++;
    snprintf(zones->known[at].name, sizeof zones->known[at].name, "%.64s", name);
    zones->known[at].zone = load(zones, name);
    return zones->known[at].zone;
}
