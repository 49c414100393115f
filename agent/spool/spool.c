/* Opening and closing: the rest is in recover.c, write.c, read.c and room.c. */
#include "agent/spool/inside.h"

#include <stdlib.h>

#define SEGMENT_LEAST (16u * 1024)
#define SEGMENT_MOST  (16u * 1024 * 1024)

static void set_defaults(struct spool_config *c)
{
    if (!c->budget_bytes)
        c->budget_bytes = 20 * 1024 * 1024;
    if (c->budget_bytes < 8 * SEGMENT_LEAST)
        c->budget_bytes = 8 * SEGMENT_LEAST;
    if (c->budget_files < 8 || c->budget_files > SPOOL_SEGMENTS)
        c->budget_files = SPOOL_SEGMENTS;
    if (!c->daily_write_bytes)
        c->daily_write_bytes = 20000000;
}

int spool_open(const struct spool_config *config, struct spool **ret)
{
    struct spool *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->c = *config;
    set_defaults(&s->c);
    s->disk = config->disk;
    s->segment_bytes = s->c.budget_bytes / 128;
    if (s->segment_bytes < SEGMENT_LEAST)
        s->segment_bytes = SEGMENT_LEAST;
    if (s->segment_bytes > SEGMENT_MOST)
        s->segment_bytes = SEGMENT_MOST;
    s->streams = calloc(SPOOL_STREAMS, sizeof *s->streams);
    s->segments = calloc(SPOOL_SEGMENTS, sizeof *s->segments);
    s->drops = calloc(SPOOL_DROPS, sizeof *s->drops);
    buf_init(&s->io, RECORD_BODY_MAX);
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        buf_init(&s->lanes[lane].ram, RAM_MAX);
    if (!s->streams || !s->segments || !s->drops || recover(s) != 0) {
        spool_close(s);
        return ERR_NOMEM;
    }
    *ret = s;
    return 0;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    for (size_t lane = 0; lane < LANE_COUNT; lane++) {
        if (s->lanes[lane].file)
            s->disk->close(s->disk->ctx, s->lanes[lane].file);
        buf_free(&s->lanes[lane].ram);
    }
    if (s->reading)
        s->disk->close(s->disk->ctx, s->reading);
    if (s->tombs.disk)
        journal_close(&s->tombs);
    buf_free(&s->io);
    free(s->streams);
    free(s->segments);
    free(s->drops);
    free(s);
}
