#include "gateway/intake/intake.h"

#include "base/ring.h"
#include "proto/topic.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct head {
    int64_t arrived_ms;
    uint8_t kind;
    uint8_t device_len;
    char device[LIMIT_DEVICE_ID];
};

struct intake {
    struct intake_config config;
    char own_id[LIMIT_DEVICE_ID + 1];
    struct ring *ring;
    _Atomic uint64_t taken, refused_topic, refused_size;
};

int intake_new(const struct intake_config *config, struct intake **ret_intake)
{
    struct intake *in = calloc(1, sizeof *in);
    struct ring *ring = ring_new(config->cap_bytes);
    if (!in || !ring) {
        free(in);
        ring_free(ring);
        return ERR_NOMEM;
    }
    in->config = *config;
    in->ring = ring;
    snprintf(in->own_id, sizeof in->own_id, "%s", config->own_id);
    *ret_intake = in;
    return 0;
}

void intake_free(struct intake *in)
{
    if (!in)
        return;
    ring_free(in->ring);
    free(in);
}

void intake_push(struct intake *in, struct slice topic, struct slice payload, int64_t wall_ms)
{
    struct slice id;
    enum topic_kind kind = topic_parse(topic, &id);
    if (kind != TOPIC_UP && !(kind == TOPIC_ECHO && slice_is(id, in->own_id))) {
        atomic_fetch_add(&in->refused_topic, 1);
        return;
    }
    if (payload.len > LIMIT_MESSAGE) {
        atomic_fetch_add(&in->refused_size, 1);
        return;
    }
    struct head head = {.arrived_ms = wall_ms,
                        .kind = kind == TOPIC_UP ? INTAKE_UP : INTAKE_ECHO,
                        .device_len = (uint8_t)id.len};
    memcpy(head.device, id.ptr, id.len);
    if (ring_push(in->ring, slice_of(&head, sizeof head), payload))
        atomic_fetch_add(&in->taken, 1);
    in->config.wake(in->config.arg);
}

bool intake_peek(struct intake *in, struct intake_message *ret_message)
{
    struct slice record;
    if (!ring_peek(in->ring, &record) || record.len < sizeof(struct head))
        return false;
    struct head head;
    memcpy(&head, record.ptr, sizeof head);
    *ret_message = (struct intake_message){
        .kind = (enum intake_kind)head.kind,
        .arrived_ms = head.arrived_ms,
        .device = slice_of(record.ptr + offsetof(struct head, device), head.device_len),
        .payload = slice_of(record.ptr + sizeof head, record.len - sizeof head)};
    return true;
}

void intake_pop(struct intake *in)
{
    ring_pop(in->ring);
}

void intake_stats(const struct intake *in, struct intake_stats *ret_stats)
{
    *ret_stats = (struct intake_stats){.taken = atomic_load(&in->taken),
                                       .dropped_full = ring_dropped(in->ring),
                                       .refused_topic = atomic_load(&in->refused_topic),
                                       .refused_size = atomic_load(&in->refused_size),
                                       .used_bytes = ring_used(in->ring),
                                       .cap_bytes = in->config.cap_bytes};
}
