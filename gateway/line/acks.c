/* What a device hears: acks, made of committed marks alone. */
#include "gateway/line/inside.h"

#include <stdio.h>

static struct device *next_in_queue(struct line *line)
{
    if (line->head_queue == line->n_queue) {
        line->head_queue = line->n_queue = 0;
        return NULL;
    }
    struct device *d = line->queue[line->head_queue++];
    d->queued = false;
    return d;
}

static size_t due_streams(struct device *d, struct wire_stream_ack *acks)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_streams && n < LIMIT_STREAMS; i++) {
        struct stream *s = &d->streams[i];
        if (!s->ack_due)
            continue;
        s->ack_due = false;
        acks[n++] = (struct wire_stream_ack){.stream = s->l.stream,
                                             .contiguous = s->done_contiguous,
                                             .n_above = s->n_done,
                                             .above = s->done};
    }
    return n;
}

static bool still_due(const struct device *d)
{
    for (size_t i = 0; i < d->n_streams; i++)
        if (d->streams[i].ack_due)
            return true;
    return false;
}

bool line_next_down(struct line *line, char ret_device[LINE_DEVICE_MAX], struct buf *payload)
{
    struct device *d = next_in_queue(line);
    if (!d)
        return false;
    if (d->twin.due) {
        line_queue(line, d); /* its ack comes next */
        snprintf(ret_device, LINE_DEVICE_MAX, "%s", d->id);
        return twin_down(line, d, payload) == 0;
    }
    struct wire_stream_ack acks[LIMIT_STREAMS];
    struct wire_refusal refusals[DEVICE_REFUSALS];
    for (size_t i = 0; i < d->n_refusals; i++)
        refusals[i] = (struct wire_refusal){.stream = d->refusals[i].stream,
                                            .seq = d->refusals[i].seq,
                                            .never = d->refusals[i].never,
                                            .reason = slice_str(d->refusals[i].reason)};
    struct wire_down down = {
        .epoch = line->config.epoch,
        .kind = DOWN_ACK,
        .ack = {.credit = line->limits.credit,
                .hold_off_ms = line->hold_off_ms,
                .hello_within_ms = d->ask_hello ? line->hello_within_ms : 0,
                .n_streams = due_streams(d, acks),
                .n_refusals = d->n_refusals,
                .streams = acks,
                .refusals = refusals},
    };
    d->n_refusals = 0;
    d->ask_hello = false;
    if (still_due(d))
        line_queue(line, d);
    snprintf(ret_device, LINE_DEVICE_MAX, "%s", d->id);
    buf_reset(payload);
    return wire_encode_down(&down, payload) == 0;
}

void line_hold_off(struct line *line, uint32_t hold_off_ms)
{
    line->hold_off_ms = hold_off_ms;
}

void line_ask_hello(struct line *line, uint32_t within_ms)
{
    line->hello_within_ms = within_ms;
    for (size_t i = 0; i < line->n_devices; i++) {
        struct device *d = line->devices[i];
        if (d->presence.now != PRESENCE_ONLINE)
            continue;
        d->ask_hello = true;
        line_queue(line, d);
    }
}
