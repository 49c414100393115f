/* What is known of each source: its boot, its clock, and how far its frames are
 * accounted for. */
#include "agent/batch/inside.h"

#define EARLIEST_MS INT64_C(1577836800000) /* 2020: no clock of a living appliance is older */
#define LATEST_MS   (INT64_C(1) << 46)
#define AHEAD_MS    (10 * 60 * 1000)

bool source_open(const struct batch *b, uint32_t source)
{
    const struct source *s = &b->sources[source];
    if (s->handled[LANE_URGENT] || s->handled[LANE_BULK] || s->lost)
        return true;
    for (size_t i = 0; i < BATCH_SERIES; i++)
        if (b->series[i].kind != REPORT_HELLO && b->series[i].source == source && b->series[i].n)
            return true;
    for (size_t i = 0; i < b->n_open; i++)
        if (b->open[i].w.source == source)
            return true;
    for (size_t i = 0; i < b->n_resets; i++)
        if (b->resets[i].source == source)
            return true;
    return false;
}

/* A new boot: what was known of the old one no longer holds. */
static void start_anew(struct batch *b, uint32_t source, uint32_t boot)
{
    struct source *s = &b->sources[source];
    char name[sizeof s->name];
    memcpy(name, s->name, sizeof name);
    *s = (struct source){.known = true, .boot = boot, .at_ms = -1};
    memcpy(s->name, name, sizeof name);
    s->has_next = b->c.marked && b->c.marked(b->c.arg, boot, &s->next);
    if (!s->has_next)
        s->next = 1;
    s->mark = s->next;
    fault_forget(b, source);
    for (size_t i = 0; i < BATCH_SERIES; i++)
        if (b->series[i].source == source)
            b->series[i].known = false;
    for (size_t i = 0; i < CYCLES_OPEN; i++)
        if (b->cycles_open[i].source == source)
            b->cycles_open[i].used = false;
}

int64_t source_now_ms(const struct source *s, struct now now)
{
    return s->at_ms + (now.boot_ms - s->heard_ms);
}

int64_t source_wall_ms(const struct source *s, int64_t at_ms, struct now now)
{
    if (s->has_clock)
        return s->clock_wall_ms + (at_ms - s->clock_at_ms);
    return now.wall_ms - (source_now_ms(s, now) - at_ms);
}

/* What is said again tells of an earlier moment, and the shell's own words of none. */
static void hear_clock(struct source *s, const struct report *r, struct now now)
{
    bool again = r->kind == REPORT_FAULT || r->kind == REPORT_FACTORY_RESET;
    bool heard = s->at_ms >= 0;
    if (heard && (r->kind == REPORT_GONE || r->kind == REPORT_SNAPSHOT_DONE ||
                  (again && r->at_ms < source_now_ms(s, now))))
        return;
    s->at_ms = r->at_ms;
    s->heard_ms = now.boot_ms;
}

/* A source that knows the time is taken at its word, also about days ago: it may
 * have lived them unheard. What cannot be is left out. */
static void hear_wall(struct source *s, const struct report *r, struct now now)
{
    bool early = r->wall_ms < EARLIEST_MS;
    bool ahead = now.trust >= TRUST_RTC && r->wall_ms > now.wall_ms + AHEAD_MS;
    s->has_clock = !early && !ahead && r->wall_ms < LATEST_MS;
    s->clock_at_ms = r->at_ms;
    s->clock_wall_ms = r->wall_ms;
}

int source_hear(struct batch *b, const struct report *r, struct now now)
{
    struct source *s = &b->sources[r->source];
    if (!s->known || s->boot != r->boot) {
        if (s->known && source_open(b, r->source))
            return ERR_FULL; /* a batch holds one boot of a source: seal first */
        start_anew(b, r->source, r->boot);
    }
    s->gone = r->kind == REPORT_GONE;
    hear_clock(s, r, now);
    if (r->kind == REPORT_CLOCK)
        hear_wall(s, r, now);
    if (r->kind == REPORT_HELLO) {
        if (!s->settles_ms)
            s->settles_ms = now.boot_ms + SETTLE_MS;
        size_t n = r->text.len < sizeof s->name - 1 ? r->text.len : sizeof s->name - 1;
        if (n)
            memcpy(s->name, r->text.ptr, n);
        s->name[n] = 0;
    }
    return 0;
}

/* Heard from its first frame on: all that it has told is known here. */
static void complete(struct batch *b, struct source *s)
{
    if (s->complete)
        return;
    s->complete = true;
    batch_keyframe(b);
}

void source_count(struct batch *b, const struct report *r)
{
    struct source *s = &b->sources[r->source];
    if (r->kind == REPORT_SNAPSHOT_DONE)
        complete(b, s);
    if (!r->counted)
        return;
    int32_t ahead = (int32_t)(r->counter - s->next);
    if (ahead < 0) { /* said again: if it is new here, it was taken for lost */
        if (s->lost) {
            s->lost--;
            b->lost--;
        }
        return;
    }
    if (ahead == 0 && r->counter == 1 && !s->has_next)
        complete(b, s);
    s->lost += (uint32_t)ahead;
    b->lost += (uint32_t)ahead;
    s->next = r->counter + 1;
    s->has_next = true;
}

void source_keep(struct batch *b, const struct report *r, enum wire_lane lane)
{
    if (r->counted)
        b->sources[r->source].handled[lane]++;
}

void source_skip(struct batch *b, const struct report *r)
{
    if (r->source >= LIMIT_SOURCES || !b->sources[r->source].known)
        return;
    source_count(b, r);
    if (r->counted)
        b->sources[r->source].skipped++;
}

void batch_lose(struct batch *b, const struct report *r)
{
    if (r->source >= LIMIT_SOURCES || !b->sources[r->source].known)
        return;
    source_count(b, r);
    if (!r->counted)
        return;
    b->sources[r->source].lost++;
    b->lost++;
}

uint64_t batch_lost(const struct batch *b)
{
    return b->lost;
}
