/* From verdicts to alerts.
 *
 * A verdict about now opens or resolves an alert at once. One that came late
 * waits: for its own end (then it is recorded, and nobody is woken), for the
 * backlog to end, or for a while; then what is true at the device's newest event
 * time decides. Lateness silences a condition that is over, never one that
 * holds. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define LATE_MS (5 * 60 * 1000)

static const struct pack_rule *rule_of(const struct device *d, size_t rule)
{
    return ruleset_rule(d->pack_used->rules, rule);
}

static void alert_of(const struct device *d, const struct verdict *v, struct alert *a)
{
    const struct pack_rule *rule = rule_of(d, v->rule);
    *a = (struct alert){.instance = v->instance,
                        .severity = rule->severity,
                        .tell = rule->tell,
                        .since_ms = v->since_ms,
                        .opened_ms = v->at_ms,
                        .n_evidence = v->n_evidence};
    snprintf(a->rule, sizeof a->rule, "%s", rule->name);
    snprintf(a->pack, sizeof a->pack, "%s", d->pack_used->pack->name);
    snprintf(a->message, sizeof a->message, "%s", rule->message ? rule->message : "");
    memcpy(a->evidence, v->evidence, v->n_evidence * sizeof v->evidence[0]);
    const uint32_t *metrics;
    size_t n = ruleset_reads(d->pack_used->rules, v->rule, &metrics);
    a->n_metrics = n < ALERT_METRICS ? n : ALERT_METRICS;
    for (size_t i = 0; i < a->n_metrics; i++)
        a->metrics[i] = metrics[i];
}

static struct held *held_find(struct device *d, const struct verdict *v, bool late)
{
    for (size_t i = 0; i < d->n_held; i++)
        if (d->held[i].late == late && d->held[i].v.rule == v->rule &&
            d->held[i].v.instance == v->instance)
            return &d->held[i];
    return NULL;
}

static void held_remove(struct device *d, struct held *h)
{
    size_t i = (size_t)(h - d->held);
    memmove(h, h + 1, (d->n_held - i - 1) * sizeof *h);
    d->n_held--;
}

/* A source tells what it lived before: it is not told yet how that ended. */
static bool telling(const struct device *d, const struct input *in)
{
    return in->now.listen_ms < d->telling_listen_ms;
}

/* False: no place; the verdict then counts as one about now. */
static bool hold(const struct judging *j, const struct verdict *v)
{
    struct device *d = j->d;
    if (held_find(d, v, j->late))
        return true;
    if (d->n_held >= DEVICE_HELD)
        return false;
    struct held *more = realloc(d->held, (d->n_held + 1) * sizeof *more);
    if (!more) {
        j->line->broken = true;
        return true;
    }
    d->held = more;
    struct held *h = &more[d->n_held++];
    memset(h, 0, sizeof *h);
    h->v = *v;
    h->late = j->late;
    h->decide_listen_ms = j->in->now.listen_ms + j->line->limits.hold_late_ms;
    return true;
}

static void open_now(struct line *line, struct device *d, const struct input *in,
                     const struct verdict *v, bool watched)
{
    struct alert a;
    alert_of(d, v, &a);
    struct open_alert *oa = alert_raise(line, d, in, &a);
    if (oa)
        oa->watched = watched;
}

static void raise_verdict(const struct judging *j, const struct verdict *v)
{
    const struct pack_rule *rule = rule_of(j->d, v->rule);
    struct open_alert *oa = alert_find(j->d, rule->name, v->instance);
    if (j->late) {
        hold(j, v);
        return;
    }
    if (oa) {
        oa->watched = false; /* the live rules have found it too: they will end it */
        return;
    }
    int64_t late_by = j->in->now.wall_ms - (j->fact_ms < v->at_ms ? j->fact_ms : v->at_ms);
    if (late_by > LATE_MS && (!dev_drained(j->d) || telling(j->d, j->in)) && hold(j, v))
        return;
    open_now(j->line, j->d, j->in, v, false);
}

static void record_held(struct line *line, struct device *d, const struct input *in, struct held *h,
                        int64_t over_ms)
{
    struct alert a;
    alert_of(d, &h->v, &a);
    held_remove(d, h);
    alert_record_late(line, d, in, &a, over_ms);
}

static void clear_verdict(const struct judging *j, const struct verdict *v)
{
    struct held *h = held_find(j->d, v, j->late);
    if (h) {
        record_held(j->line, j->d, j->in, h, v->at_ms);
        return;
    }
    struct open_alert *oa = alert_find(j->d, rule_of(j->d, v->rule)->name, v->instance);
    if (oa && (!j->late || oa->watched))
        alert_clear(j->line, j->d, oa, j->in, v->at_ms);
}

void verdict_take(void *arg, const struct verdict *v)
{
    const struct judging *j = arg;
    struct verdict seen = *v;
    if (j->fact_ms < seen.since_ms)
        seen.since_ms = j->fact_ms;
    switch (v->kind) {
    case VERDICT_RAISE: raise_verdict(j, &seen); break;
    case VERDICT_CLEAR: clear_verdict(j, &seen); break;
    case VERDICT_PENDING:
    case VERDICT_LAPSE: break;
    }
}

/* Decides one that waited. */
static void decide(struct line *line, struct device *d, const struct input *in, struct held *h)
{
    struct verdict v = h->v, now;
    int holds = h->late ? detect_holds(d->live, v.rule, v.instance, &now) : 1;
    if (holds == 0) {
        record_held(line, d, in, h, d->newest_ms);
        return;
    }
    bool late = h->late;
    held_remove(d, h);
    open_now(line, d, in, &v, late);
}

static void watch(struct line *line, struct device *d, const struct input *in)
{
    struct verdict now;
    for (size_t i = d->n_alerts; i-- > 0;) {
        struct open_alert *oa = &d->alerts[i];
        if (!oa->watched)
            continue;
        size_t rule = rule_index(d, oa->a.rule);
        if (rule == SIZE_MAX || detect_holds(d->live, rule, oa->a.instance, &now) == 0)
            alert_clear(line, d, oa, in, d->newest_ms);
    }
}

void held_settle(struct line *line, struct device *d, const struct input *in)
{
    if (!d->live)
        return;
    bool drained = dev_drained(d) && !telling(d, in);
    for (size_t i = d->n_held; i-- > 0;)
        if (drained || in->now.listen_ms >= d->held[i].decide_listen_ms)
            decide(line, d, in, &d->held[i]);
    watch(line, d, in);
    if (!drained || !d->past)
        return;
    detect_free(d->past);
    d->past = NULL;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        d->past_mark_ms[lane] = INT64_MIN;
}

int64_t held_due_listen(const struct device *d)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < d->n_held; i++)
        if (d->held[i].decide_listen_ms < due)
            due = d->held[i].decide_listen_ms;
    return due;
}

size_t rule_index(const struct device *d, const char *name)
{
    size_t n = d->pack_used ? ruleset_count(d->pack_used->rules) : 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(ruleset_rule(d->pack_used->rules, i)->name, name) == 0)
            return i;
    return SIZE_MAX;
}

int line_holds(const struct line *line, uint64_t alert)
{
    struct verdict now;
    for (size_t i = 0; i < line->n_devices; i++) {
        const struct device *d = line->devices[i];
        for (size_t k = 0; k < d->n_alerts; k++) {
            if (d->alerts[k].a.id != alert)
                continue;
            size_t rule = rule_index(d, d->alerts[k].a.rule);
            if (rule == SIZE_MAX || !d->live)
                return -1;
            return detect_holds(d->live, rule, d->alerts[k].a.instance, &now);
        }
    }
    return 0;
}
