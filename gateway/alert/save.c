/* An alert as bytes of a snapshot, and back. */
#include "gateway/alert/alert.h"

#include <string.h>

static void put_text(struct buf *out, const char *s)
{
    buf_bytes(out, slice_str(s));
}

/* False when it does not fit. */
static bool get_text(struct reader *r, char *to, size_t size)
{
    struct slice s = read_bytes(r);
    if (r->bad || s.len >= size)
        return false;
    if (s.len)
        memcpy(to, s.ptr, s.len);
    to[s.len] = 0;
    return true;
}

static void save_evidence(const struct evidence *ev, struct buf *out)
{
    put_text(out, ev->text);
    buf_f64(out, ev->value);
    buf_f64(out, ev->limit);
    buf_varint(out, ev->metric);
    buf_varint(out, ev->fault);
    buf_zigzag(out, ev->window_ms);
}

static bool load_evidence(struct reader *r, struct evidence *ev)
{
    if (!get_text(r, ev->text, sizeof ev->text))
        return false;
    ev->value = read_f64(r);
    ev->limit = read_f64(r);
    ev->metric = (uint32_t)read_varint(r);
    ev->fault = (uint32_t)read_varint(r);
    ev->window_ms = read_zigzag(r);
    return !r->bad;
}

void alert_save(const struct alert *a, struct buf *out)
{
    buf_varint(out, a->id);
    buf_varint(out, a->instance);
    put_text(out, a->rule);
    put_text(out, a->pack);
    put_text(out, a->message);
    buf_u8(out, (uint8_t)a->severity);
    buf_varint(out, a->tell);
    buf_u8(out, (uint8_t)a->state);
    const int64_t times[] = {a->snoozed_until_ms,   a->since_ms, a->opened_ms,
                             a->opened_arrival_ms,  a->acked_ms, a->resolved_ms,
                             a->resolved_arrival_ms};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        buf_zigzag(out, times[i]);
    put_text(out, a->acked_by);
    put_text(out, a->resolved_by);
    put_text(out, a->resolution);
    buf_u8(out, (uint8_t)(a->test | a->late << 1));
    buf_varint(out, a->n_evidence);
    for (size_t i = 0; i < a->n_evidence; i++)
        save_evidence(&a->evidence[i], out);
    buf_varint(out, a->n_metrics);
    for (size_t i = 0; i < a->n_metrics; i++)
        buf_varint(out, a->metrics[i]);
}

static bool load_lists(struct reader *r, struct alert *a)
{
    uint64_t n = read_varint(r);
    if (n > VERDICT_EVIDENCE)
        return false;
    a->n_evidence = (size_t)n;
    for (size_t i = 0; i < a->n_evidence; i++)
        if (!load_evidence(r, &a->evidence[i]))
            return false;
    n = read_varint(r);
    if (n > ALERT_METRICS)
        return false;
    a->n_metrics = (size_t)n;
    for (size_t i = 0; i < a->n_metrics; i++)
        a->metrics[i] = (uint32_t)read_varint(r);
    return !r->bad;
}

bool alert_load(struct reader *r, struct alert *ret_alert)
{
    struct alert a = {0};
    a.id = read_varint(r);
    a.instance = (uint32_t)read_varint(r);
    if (!get_text(r, a.rule, sizeof a.rule) || !get_text(r, a.pack, sizeof a.pack) ||
        !get_text(r, a.message, sizeof a.message))
        return false;
    a.severity = (enum severity)read_u8(r);
    a.tell = (uint32_t)read_varint(r);
    a.state = (enum alert_state)read_u8(r);
    int64_t *times[] = {&a.snoozed_until_ms,   &a.since_ms, &a.opened_ms,
                        &a.opened_arrival_ms,  &a.acked_ms, &a.resolved_ms,
                        &a.resolved_arrival_ms};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = read_zigzag(r);
    if (!get_text(r, a.acked_by, sizeof a.acked_by) ||
        !get_text(r, a.resolved_by, sizeof a.resolved_by) ||
        !get_text(r, a.resolution, sizeof a.resolution))
        return false;
    uint8_t flags = read_u8(r);
    a.test = flags & 1;
    a.late = flags >> 1 & 1;
    if (!load_lists(r, &a) || a.state >= ALERT_STATES || a.severity > SEVERITY_CRITICAL)
        return false;
    *ret_alert = a;
    return true;
}
