/* Report a reading, a fault or a cycle from firmware in one line.
 *
 *     static struct shim shim;
 *     shim_init(&shim, &config);                  // once
 *     shim_poll(&shim);                           // in the main loop, each 1..100 ms
 *     shim_gauge(&shim, TOCSIN_CABINET_TEMP, SHIM_MILLI(4250));
 *     shim_fault_raise(&shim, TOCSIN_FAULT_FAN_STALLED, NULL, 0);
 *
 * No malloc, no blocking, all memory in `struct shim`. Each shim_* call but
 * shim_init and shim_poll may come from an interrupt when the platform has a
 * lock. A call only puts a frame into a buffer; shim_poll moves the bytes.
 *
 * Values that find no room are dropped, and the hole in the counter tells the
 * agent so. Faults are held and said again until the agent has them on disk. */
#ifndef FIRMWARE_SHIM_SHIM_H
#define FIRMWARE_SHIM_SHIM_H

#include "codec/frame.h"
#include "codec/message.h"
#include "platform.h"

/* Sizes, to change with -D. With these a struct shim takes less than 470 bytes. */
#ifndef SHIM_TX_BYTES
#define SHIM_TX_BYTES 128 /* waiting to be sent; also bounds the longest message */
#endif
#ifndef SHIM_RX_BYTES
#define SHIM_RX_BYTES 40 /* the longest message to firmware, with 6 bytes of frame */
#endif
#ifndef SHIM_FAULTS
#define SHIM_FAULTS 4 /* faults that are held at the same time */
#endif
#ifndef SHIM_FAULTS_AWAY
#define SHIM_FAULTS_AWAY 6 /* raised, with the agent, and only remembered */
#endif
#ifndef SHIM_CONTEXT_BYTES
#define SHIM_CONTEXT_BYTES 64 /* of all held faults; a value takes about 4 */
#endif
#ifndef SHIM_SETTINGS
#define SHIM_SETTINGS 3 /* metrics with a report interval set from outside */
#endif
#ifndef SHIM_RESEND_MS
#define SHIM_RESEND_MS 500 /* doubles up to 64 times this */
#endif
#ifndef SHIM_CHATTER_MS
#define SHIM_CHATTER_MS 1000 /* changes of one fault inside this are told as one */
#endif

#define SHIM_VALUE(n, exponent) ((struct message_value){(n), (exponent)})
#define SHIM_WHOLE(n)           SHIM_VALUE(n, 0)
#define SHIM_DECI(n)            SHIM_VALUE(n, -1)
#define SHIM_CENTI(n)           SHIM_VALUE(n, -2)
#define SHIM_MILLI(n)           SHIM_VALUE(n, -3)

struct shim_component {
    const char *name, *serial, *lot; /* the name as in the pack; serial and lot may be NULL */
};

struct shim_identity {
    const char *source; /* this controller among those of the appliance: "main" */
    const char *firmware, *model, *serial; /* may be NULL */
    const struct shim_component *components;
    uint8_t component_count; /* at most MESSAGE_COMPONENTS_MAX */
};

struct shim_context {
    uint16_t metric;
    struct message_value value;
};

struct shim;

struct shim_request {
    uint16_t action;
    uint8_t instance;
    uint32_t request;          /* for shim_action_done */
    struct message_bytes args; /* lent while the action runs; read with message_arg_next */
};

struct shim_action {
    uint16_t id;
    /* Runs inside shim_poll and must not block. Returns enum message_result; after
     * MESSAGE_RESULT_STARTED or _CONFIRM firmware calls shim_action_done later. */
    uint8_t (*run)(void *ctx, const struct shim_request *request);
};

/* Borrowed for the shim's life. */
struct shim_config {
    const struct shim_platform *platform;
    void *ctx; /* given to the platform and to each callback */
    const struct shim_identity *identity;
    const struct shim_action *actions;
    uint8_t action_count;
    /* The agent is new or lost what it knew: report all states again. May be NULL. */
    void (*on_hello)(void *ctx);
    /* The wall clock, from the agent. May be NULL. */
    void (*on_time)(void *ctx, int64_t wall_ms, bool trusted);
};

struct shim_held { /* one fault; private */
    uint32_t counter, changed_ms, first_ms, sent_ms;
    uint16_t id; /* 0: the factory reset */
    uint8_t instance, flags;
    uint16_t raises;
    uint8_t cut, context_at, context_len;
};

struct shim_away { /* private */
    uint16_t id;   /* 0: free */
    uint8_t instance;
    uint8_t again; /* is to be said again */
};

struct shim_setting { /* private */
    uint32_t last_ms, interval_ms;
    uint16_t metric;
    uint8_t seen; /* instances that were sent in this interval */
};

struct shim { /* private */
    const struct shim_config *config;
    uint32_t boot, counter, dropped;
    uint32_t last_ms, wraps;
    uint16_t tx_len;
    uint8_t reset, hello_next, context_len;
    const char *reset_text;
    struct frame_reader reader;
    struct shim_held held[SHIM_FAULTS];
    struct shim_away away[SHIM_FAULTS_AWAY];
    struct shim_setting settings[SHIM_SETTINGS];
    uint8_t tx[SHIM_TX_BYTES];
    uint8_t rx[SHIM_RX_BYTES];
    uint8_t context[SHIM_CONTEXT_BYTES]; /* of the held faults, without gaps */
};

/* `boot` differs from the last start's: random, or counted in flash. `reset` is an
 * enum message_reset; `reset_text` (may be NULL) says more and is borrowed. */
void shim_init(struct shim *s, const struct shim_config *config, uint32_t boot, uint8_t reset,
               const char *reset_text);

/* Moves bytes, runs actions, says held faults again. From one thread only. */
void shim_poll(struct shim *s);

/* The instance tells the left compressor from the right one; 0 where there is one.
 * False: no room, dropped and counted. True also where the agent muted it. */
bool shim_value(struct shim *s, uint8_t kind, uint16_t id, uint8_t instance,
                struct message_value value); /* MESSAGE_GAUGE .. MESSAGE_EVENT */
bool shim_cycle(struct shim *s, uint16_t cycle, uint8_t instance, uint8_t phase, uint8_t outcome);

/* Raising what is raised and clearing what is clear does nothing, so both can be
 * called in a loop. At most MESSAGE_CONTEXT_MAX values go with a raise; those that
 * find no room are cut and counted. False: SHIM_FAULTS faults wait for the agent;
 * call again later. */
bool shim_fault_raise_of(struct shim *s, uint16_t fault, uint8_t instance,
                         const struct shim_context *context, uint8_t count);
bool shim_fault_clear_of(struct shim *s, uint16_t fault, uint8_t instance);

/* Before going quiet: so that silence is no alarm. 0: until further notice. */
bool shim_intent(struct shim *s, uint8_t intent, uint64_t for_ms); /* enum message_intent */

/* Pairs this moment with the wall clock, from firmware that knows the time. */
bool shim_wall(struct shim *s, int64_t wall_ms);

/* Ends an action that was started. `text` may be NULL. */
bool shim_action_done(struct shim *s, const struct shim_request *request, uint8_t result,
                      const char *text);

size_t shim_waiting(const struct shim *s);     /* bytes not yet taken by the line */
uint32_t shim_said(const struct shim *s);      /* messages so far, dropped ones included */
uint32_t shim_dropped(const struct shim *s);   /* messages that found no room */
size_t shim_faults_held(const struct shim *s); /* not yet acknowledged */

/* One line each: shim_gauge(), and shim_gauge_of() with an instance. */
#define SHIM_REPORTER(name, kind)                                                                  \
    static inline bool name##_of(struct shim *s, uint16_t id, uint8_t instance,                    \
                                 struct message_value value)                                       \
    {                                                                                              \
        return shim_value(s, kind, id, instance, value);                                           \
    }                                                                                              \
    static inline bool name(struct shim *s, uint16_t id, struct message_value value)               \
    {                                                                                              \
        return shim_value(s, kind, id, 0, value);                                                  \
    }
SHIM_REPORTER(shim_gauge, MESSAGE_GAUGE)
SHIM_REPORTER(shim_counter, MESSAGE_COUNTER) /* its total, not its growth */
SHIM_REPORTER(shim_state, MESSAGE_STATE)
SHIM_REPORTER(shim_event, MESSAGE_EVENT)

static inline bool shim_cycle_begin(struct shim *s, uint16_t cycle)
{
    return shim_cycle(s, cycle, 0, MESSAGE_CYCLE_BEGIN, MESSAGE_OUTCOME_OK);
}
static inline bool shim_cycle_end(struct shim *s, uint16_t cycle, uint8_t outcome)
{
    return shim_cycle(s, cycle, 0, MESSAGE_CYCLE_END, outcome);
}
static inline bool shim_fault_raise(struct shim *s, uint16_t fault,
                                    const struct shim_context *context, uint8_t count)
{
    return shim_fault_raise_of(s, fault, 0, context, count);
}
static inline bool shim_fault_clear(struct shim *s, uint16_t fault)
{
    return shim_fault_clear_of(s, fault, 0);
}
/* The owner erased the appliance. Held like a fault; false: no room, call again. */
static inline bool shim_factory_reset(struct shim *s)
{
    return shim_fault_raise_of(s, 0, 0, NULL, 0);
}
static inline bool shim_asleep(struct shim *s, uint64_t for_ms)
{
    return shim_intent(s, MESSAGE_ASLEEP, for_ms);
}
static inline bool shim_off(struct shim *s, uint64_t for_ms)
{
    return shim_intent(s, MESSAGE_OFF, for_ms);
}
static inline bool shim_awake(struct shim *s)
{
    return shim_intent(s, MESSAGE_AWAKE, 0);
}

#endif
