/* Numbers that exist, are not held and of which nobody has said why: after a
 * while without progress, on the listening clock and with the device here, that
 * is an alert of its own. */
#include "gateway/line/inside.h"

#include <stdio.h>

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t stream_due(const struct line *line, const struct device *d, const struct stream *s)
{
    if (ledger_drained(&s->l))
        return INT64_MAX;
    int64_t since = later(s->l.progress_listen_ms, d->presence.since_listen_ms);
    return later(since + line->limits.missing_after_ms, line->grace_listen_ms);
}

static const struct stream *first_due(const struct line *line, const struct device *d,
                                      int64_t *ret_at)
{
    const struct stream *first = NULL;
    int64_t at = INT64_MAX;
    for (size_t i = 0; i < d->n_streams; i++) {
        int64_t due = stream_due(line, d, &d->streams[i]);
        if (due < at) {
            at = due;
            first = &d->streams[i];
        }
    }
    *ret_at = at;
    return first;
}

static bool is_open(const struct device *d)
{
    for (size_t i = 0; i < d->n_alerts; i++)
        if (strcmp(d->alerts[i].a.rule, "data_missing") == 0)
            return true;
    return false;
}

int64_t gaps_due_listen(const struct line *line, const struct device *d)
{
    int64_t at = INT64_MAX;
    if (d->presence.now == PRESENCE_ONLINE && !is_open(d))
        first_due(line, d, &at);
    return at;
}

void gaps_tick(struct line *line, struct device *d, const struct input *in)
{
    int64_t at;
    if (in->now.listen_ms < gaps_due_listen(line, d))
        return;
    const struct stream *s = first_due(line, d, &at);
    if (!s)
        return;
    char text[96];
    snprintf(text, sizeof text, "stream %016llx: %llu of %llu numbers missing",
             (unsigned long long)s->l.stream, (unsigned long long)ledger_missing(&s->l),
             (unsigned long long)s->l.expected);
    struct alert a;
    alert_builtin(&a, "data_missing", SEVERITY_MINOR, AUDIENCE_SUPPORT | AUDIENCE_MANUFACTURER,
                  in->now.wall_ms, text);
    alert_raise(line, d, in, &a);
}

void gaps_settle(struct line *line, struct device *d, const struct input *in)
{
    struct open_alert *oa = alert_find(d, "data_missing", 0);
    if (oa && dev_drained(d))
        alert_clear(line, d, oa, in, in->now.wall_ms);
}
