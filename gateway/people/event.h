/* A hand-off row as the planner sees it. Its body is JSON that the line wrote; what
 * it holds is checked before it is believed. */
#ifndef GATEWAY_PEOPLE_EVENT_H
#define GATEWAY_PEOPLE_EVENT_H

#include "base/err.h"
#include "base/slice.h"
#include "proto/pack.h"

#include <jansson.h>

enum event_move { EVENT_OTHER, EVENT_OPENED, EVENT_ACKNOWLEDGED, EVENT_RESOLVED };

/* Strings live as long as the event. */
struct event {
    int64_t no, at_ms; /* at_ms: arrival */
    int64_t tenant;
    enum event_move move;
    const char *device;
    /* of the alert; meaningless for EVENT_OTHER */
    int64_t alert, instance;
    const char *rule, *pack, *message, *state, *resolution, *resolved_by, *acked_by;
    enum severity severity;
    uint32_t tell;
    int64_t since_ms, opened_ms, acked_ms, resolved_ms; /* 0: not */
    bool test, late;
    const json_t *evidence; /* an array; NULL: none */
    json_t *root;           /* owns all of the above */
};

/* Reads one row. A kind that nobody is told about gives EVENT_OTHER and 0.
 * ERR_INVALID: the body is not what it should be. */
int event_parse(int64_t no, int64_t at_ms, int64_t tenant, const char *kind, struct slice body,
                struct event *ret_event, struct err *e);
void event_free(struct event *event);

/* When the thing happened, by the appliance's time: what ownership is judged at. */
int64_t event_time_ms(const struct event *event);
const char *severity_word(enum severity severity);

#endif
