/* What a source says, decoded: the shell's port makes these from shim frames,
 * its probe from the machine itself. Nothing here is owned; slices and context
 * are borrowed during the call. (contract of agent/port and agent/probe) */
#ifndef AGENT_BATCH_REPORT_H
#define AGENT_BATCH_REPORT_H

#include "proto/wire.h"

enum report_kind {
    REPORT_HELLO,         /* text = the source's name; the first word after it connects */
    REPORT_SNAPSHOT_DONE, /* since its hello it has told all active faults, states, open cycles;
                             a source that never says so is taken at its word after a while */
    REPORT_GAUGE,         /* id = metric, v, exponent */
    REPORT_COUNTER,       /* same; v only grows, or starts again */
    REPORT_STATE,         /* same; holds until the next one */
    REPORT_EVENT,         /* id = event, v, exponent */
    REPORT_FAULT,         /* id = fault, active, count, first_ms, ref, context */
    REPORT_CYCLE,         /* id = cycle, phase (enum wire_phase), number */
    REPORT_INTENT,        /* phase = enum wire_intent_kind, until_ms (0: further notice) */
    REPORT_RESET,         /* id = reason, text */
    REPORT_FACTORY_RESET, /* the owner ended: everything spooled is purged */
    REPORT_ACTION_KNOWN,  /* id = an action that this source can do */
    REPORT_ACTION_DONE,   /* ref = of the request; phase = enum wire_result_status, text */
    REPORT_GONE,          /* the shell: the source's connection ended */
    REPORT_CLOCK,         /* the source knows the time: wall_ms, at its at_ms */
};

struct report {
    enum report_kind kind;
    uint32_t source;  /* 0: the agent itself; 1..LIMIT_SOURCES-1: given out by the shell, and
                         the same for the same appliance for as long as the agent runs */
    uint32_t boot;    /* the source's own boot; another boot is another source on the wire */
    bool counted;     /* `counter` holds: frames do, the shell's own messages do not */
    uint32_t counter; /* of the frame, from 1 in each boot; what is left out was lost. A frame
                         that is sent again keeps its number */
    int64_t at_ms;    /* the source's own clock, since its boot; not before 0 */
    uint32_t id, instance;
    int64_t v;        /* value = v * 10^exponent */
    int32_t exponent; /* -18..18 */
    bool active;
    uint32_t count;   /* of a fault: raised so often since the last durable answer */
    int64_t first_ms; /* the first of these, the source's clock */
    uint32_t ref; /* of a fault: the counter of the frame, given back once it is durable; 0: wants
                     no answer */
    uint32_t phase, number;
    int64_t until_ms;  /* the source's clock */
    int64_t wall_ms;   /* of a clock: Unix time at at_ms */
    struct slice text; /* at most LIMIT_TEXT bytes */
    size_t n_context;  /* at most LIMIT_CONTEXT */
    const struct wire_context *context;
};

#endif
