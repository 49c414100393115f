/* The alerts of a device: rows for each move, and what the stages are told. */
#include "gateway/line/inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_LASTS_MS (10 * 60 * 1000)

struct open_alert *alert_find(struct device *d, const char *rule, uint32_t instance)
{
    for (size_t i = 0; i < d->n_alerts; i++)
        if (d->alerts[i].a.instance == instance && strcmp(d->alerts[i].a.rule, rule) == 0)
            return &d->alerts[i];
    return NULL;
}

static struct row_handoff *handoff(struct line *line, const struct device *d,
                                   const struct input *in, const char *kind)
{
    struct row_handoff *row = rows_add(&line->open->handoffs);
    if (!row) {
        line->broken = true;
        return NULL;
    }
    row->no = line->next_handoff++;
    row->at_ms = in->now.wall_ms;
    row->tenant = 1;
    snprintf(row->kind, sizeof row->kind, "%s", kind);
    snprintf(row->device, sizeof row->device, "%s", d->id);
    return row;
}

void handoff_presence(struct line *line, struct device *d, const struct input *in)
{
    if (line->replaying)
        return;
    struct row_handoff *row = handoff(line, d, in, "device.presence");
    if (!row)
        return;
    row->presence = d->presence.now;
    row->presence_ms = d->presence.since_ms;
}

/* Writes the alert as it is now with its log line; `told` also hands it off. */
static void write_move(struct line *line, const struct device *d, const struct input *in,
                       const struct alert *a, const struct alert_entry *entry, bool told)
{
    if (line->replaying)
        return;
    struct row_alert *row = rows_add(&line->open->alerts);
    struct alert_entry *log = rows_add(&line->open->entries);
    if (!row || !log) {
        line->broken = true;
        return;
    }
    snprintf(row->device, sizeof row->device, "%s", d->id);
    row->tenant = 1;
    row->alert = *a;
    *log = *entry;
    if (!told)
        return;
    char kind[24];
    enum alert_move shown = entry->move == MOVE_UNSNOOZED ? MOVE_SNOOZED : entry->move;
    snprintf(kind, sizeof kind, "alert.%s", alert_move_name(shown));
    struct row_handoff *h = handoff(line, d, in, kind);
    if (!h)
        return;
    h->has_alert = true;
    h->alert = *a;
}

static bool next_id(struct line *line, const struct input *in, uint64_t *ret_id)
{
    if (line->alerts_of_input >= ALERTS_PER_INPUT)
        return false;
    *ret_id = in->no * ALERTS_PER_INPUT + line->alerts_of_input++;
    return true;
}

struct open_alert *alert_raise(struct line *line, struct device *d, const struct input *in,
                               const struct alert *like)
{
    if (alert_find(d, like->rule, like->instance) || d->n_alerts >= DEVICE_ALERTS)
        return NULL;
    struct open_alert *alerts = realloc(d->alerts, (d->n_alerts + 1) * sizeof *alerts);
    if (!alerts) {
        line->broken = true;
        return NULL;
    }
    d->alerts = alerts;
    struct open_alert *oa = &alerts[d->n_alerts];
    memset(oa, 0, sizeof *oa);
    oa->a = *like;
    if (!next_id(line, in, &oa->a.id))
        return NULL;
    d->n_alerts++;
    oa->a.opened_arrival_ms = in->now.wall_ms;
    struct alert_entry entry;
    alert_opened(&oa->a, &entry);
    write_move(line, d, in, &oa->a, &entry, true);
    if (!line->replaying)
        line->stats.opened++;
    return oa;
}

void alert_move(struct line *line, struct device *d, struct open_alert *oa, const struct input *in,
                const struct alert_wish *wish)
{
    struct alert_entry entry;
    if (alert_apply(&oa->a, wish, &entry, NULL))
        return;
    write_move(line, d, in, &oa->a, &entry, true);
    if (oa->a.state != ALERT_RESOLVED)
        return;
    size_t i = (size_t)(oa - d->alerts);
    memmove(oa, oa + 1, (d->n_alerts - i - 1) * sizeof *oa);
    d->n_alerts--;
    if (!line->replaying)
        line->stats.resolved++;
}

void alert_clear(struct line *line, struct device *d, struct open_alert *oa, const struct input *in,
                 int64_t at_ms)
{
    struct alert_wish wish = {.move = MOVE_RESOLVED,
                              .actor = "data",
                              .reason = "data",
                              .at_ms = at_ms,
                              .arrival_ms = in->now.wall_ms};
    alert_move(line, d, oa, in, &wish);
}

void alert_record_late(struct line *line, struct device *d, const struct input *in,
                       const struct alert *like, int64_t over_ms)
{
    struct alert a = *like;
    if (!next_id(line, in, &a.id))
        return;
    a.late = true;
    a.opened_arrival_ms = in->now.wall_ms;
    struct alert_entry opened, over;
    alert_opened(&a, &opened);
    struct alert_wish wish = {.move = MOVE_RESOLVED,
                              .actor = "data",
                              .reason = "data",
                              .at_ms = over_ms,
                              .arrival_ms = in->now.wall_ms};
    if (alert_apply(&a, &wish, &over, NULL))
        return;
    /* One row, in its last state: the unique key of open alerts is another's. */
    write_move(line, d, in, &a, &opened, false);
    write_move(line, d, in, &a, &over, false);
}

void alert_builtin(struct alert *a, const char *rule, enum severity severity, uint32_t tell,
                   int64_t at_ms, const char *evidence)
{
    *a = (struct alert){
        .severity = severity, .tell = tell, .since_ms = at_ms, .opened_ms = at_ms, .n_evidence = 1};
    snprintf(a->rule, sizeof a->rule, "%s", rule);
    snprintf(a->message, sizeof a->message, "%s", rule);
    snprintf(a->pack, sizeof a->pack, "tocsin");
    snprintf(a->evidence[0].text, sizeof a->evidence[0].text, "%s", evidence);
    a->evidence[0].value = a->evidence[0].limit = (double)NAN;
}

static int64_t wall_due(const struct alert *a)
{
    if (a->test)
        return a->opened_arrival_ms + TEST_LASTS_MS;
    return a->snoozed_until_ms ? a->snoozed_until_ms : INT64_MAX;
}

int64_t alerts_due_wall(const struct device *d)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < d->n_alerts; i++)
        if (wall_due(&d->alerts[i].a) < due)
            due = wall_due(&d->alerts[i].a);
    return due;
}

void alerts_tick(struct line *line, struct device *d, const struct input *in)
{
    for (size_t i = d->n_alerts; i-- > 0;) {
        struct open_alert *oa = &d->alerts[i];
        if (in->now.wall_ms < wall_due(&oa->a))
            continue;
        struct alert_wish wake = {.move = MOVE_UNSNOOZED,
                                  .actor = "data",
                                  .at_ms = in->now.wall_ms,
                                  .arrival_ms = in->now.wall_ms};
        if (oa->a.test)
            alert_clear(line, d, oa, in, in->now.wall_ms);
        else
            alert_move(line, d, oa, in, &wake);
    }
}
