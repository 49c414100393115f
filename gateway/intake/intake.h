/* From Paho's thread to the loop: a bounded ring that never makes Paho wait. What
 * does not fit is dropped, unacknowledged and counted; the device sends it again. */
#ifndef GATEWAY_INTAKE_INTAKE_H
#define GATEWAY_INTAKE_INTAKE_H

#include "base/err.h"
#include "base/slice.h"
#include "proto/limits.h"

struct intake;

struct intake_config {
    size_t cap_bytes;
    const char *own_id;      /* the echo comes back on its topic; copied */
    void (*wake)(void *arg); /* any thread: something waits */
    void *arg;
};

enum intake_kind { INTAKE_UP, INTAKE_ECHO };
struct intake_message {
    enum intake_kind kind;
    int64_t arrived_ms;  /* wall clock, when Paho handed it over */
    struct slice device; /* INTAKE_UP */
    struct slice payload;
};

/* ERR_NOMEM. */
int intake_new(const struct intake_config *config, struct intake **ret_intake);
void intake_free(struct intake *in);

/* One thread: copies, wakes, returns. Topics that are none of ours, a payload over
 * the limit and a full ring are counted. */
void intake_push(struct intake *in, struct slice topic, struct slice payload, int64_t wall_ms);

/* The loop: lends the oldest message until intake_pop; false when there is none. */
bool intake_peek(struct intake *in, struct intake_message *ret_message);
void intake_pop(struct intake *in);

struct intake_stats {
    uint64_t taken, dropped_full, refused_topic, refused_size;
    size_t used_bytes, cap_bytes;
};
void intake_stats(const struct intake *in, struct intake_stats *ret_stats);

#endif
