/* What firmware and agent say to each other: one message in one frame.
 *
 * Up (firmware to agent) every message starts with the same header:
 *     kind u8 | boot u32 | counter | source_ms | id | instance u8 | body
 * Down (agent to firmware), all of fixed size so that firmware reads it cheaply:
 *     kind u8 | boot u32 | body
 * Fixed numbers are little-endian; the others are varints of 7 bits a byte, low
 * bits first; signed ones are zigzagged. A text is a length and its bytes. A
 * later version may append fields: bytes after the known ones are ignored.
 *
 * `counter` grows by one with each new message, so a hole is a message that was
 * lost. Two kinds are said again, byte for byte, until they are acknowledged: a
 * fault's state and a factory reset; their counter is their identity. So a
 * counter that is not new fills a hole or is a double, and the reader takes a
 * fault's state when its counter is above the last one it took of that fault and
 * instance in this boot. `raises` and `first_age_ms` tell of raises since the
 * last state that was acknowledged: one that came and went unheard is not lost.
 *
 * Freestanding, no allocation; texts and bytes of a decoded message are borrowed
 * from the payload. */
#ifndef FIRMWARE_SHIM_MESSAGE_H
#define FIRMWARE_SHIM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_PROTOCOL       1
#define MESSAGE_TEXT_MAX       48 /* bytes of one text; longer ones are cut when encoding */
#define MESSAGE_CONTEXT_MAX    16 /* values that a fault carries */
#define MESSAGE_COMPONENTS_MAX 8
#define MESSAGE_ARGS_MAX       8 /* arguments of an action, MESSAGE_ARG_BYTES each */
#define MESSAGE_ARG_BYTES      5

/* n * 10^exponent: 4.25 is {425, -2}. Exponents outside -12..12 are refused. */
struct message_value {
    int64_t n;
    int8_t exponent;
};
#define MESSAGE_EXPONENT_MAX 12

struct message_text {
    const char *p; /* not NUL-terminated */
    uint8_t len;
};

struct message_bytes {
    const uint8_t *p;
    uint8_t len;
};

enum message_kind {
    MESSAGE_HELLO = 1,
    MESSAGE_COMPONENT = 2,
    MESSAGE_GAUGE = 3,
    MESSAGE_COUNTER = 4,
    MESSAGE_STATE = 5,
    MESSAGE_EVENT = 6,
    MESSAGE_FAULT = 7,
    MESSAGE_CYCLE = 8,
    MESSAGE_ACTION_RESULT = 9,
    MESSAGE_INTENT = 10,
    MESSAGE_FACTORY_RESET = 11,
    MESSAGE_CLOCK = 12,

    MESSAGE_ACK = 64,
    MESSAGE_ACTION = 65,
    MESSAGE_HELLO_REQUEST = 66,
    MESSAGE_TIME = 67,
    MESSAGE_SETTING = 68,
};

enum message_reset {
    MESSAGE_RESET_UNKNOWN = 0,
    MESSAGE_RESET_POWER = 1,
    MESSAGE_RESET_BUTTON = 2,
    MESSAGE_RESET_SOFTWARE = 3,
    MESSAGE_RESET_WATCHDOG = 4,
    MESSAGE_RESET_BROWNOUT = 5,
    MESSAGE_RESET_CRASH = 6,
    MESSAGE_RESET_UPDATE = 7,
};

enum message_cycle_phase { MESSAGE_CYCLE_BEGIN = 0, MESSAGE_CYCLE_END = 1 };
enum message_outcome {
    MESSAGE_OUTCOME_OK = 0,
    MESSAGE_OUTCOME_ABORTED = 1,
    MESSAGE_OUTCOME_FAILED = 2
};
enum message_intent { MESSAGE_AWAKE = 0, MESSAGE_ASLEEP = 1, MESSAGE_OFF = 2 };
enum message_result {
    MESSAGE_RESULT_DONE = 0,
    MESSAGE_RESULT_STARTED = 1,     /* a second result with the same request follows */
    MESSAGE_RESULT_REFUSED = 2,     /* not now: the appliance is in use */
    MESSAGE_RESULT_UNSUPPORTED = 3, /* no such action, or bad arguments */
    MESSAGE_RESULT_FAILED = 4,
    MESSAGE_RESULT_CONFIRM = 5, /* waits for a press on the appliance */
};

struct message_up {
    uint8_t kind;     /* MESSAGE_HELLO .. MESSAGE_CLOCK */
    uint8_t instance; /* 0 when there is one */
    uint16_t id;      /* metric, fault, cycle or action; 0 for the other kinds */
    uint32_t boot;    /* another number each time the source starts */
    uint32_t counter;
    uint64_t source_ms; /* since the source started; of a fault: of its last change */
    union {
        struct {
            uint8_t protocol;   /* MESSAGE_PROTOCOL */
            uint8_t reset;      /* enum message_reset */
            uint8_t components; /* so many MESSAGE_COMPONENT follow */
            struct message_text reset_text, source, firmware, model, serial; /* may be empty */
        } hello;
        struct {
            uint8_t index; /* 0 .. MESSAGE_COMPONENTS_MAX - 1 */
            struct message_text name, serial, lot;
        } component;
        struct message_value value; /* gauge, counter (its total), state, event */
        struct {
            uint8_t active;        /* 1 raised, 0 cleared: the state now */
            uint16_t raises;       /* raised so often since the last acknowledged state */
            uint32_t first_age_ms; /* the first of these raises was so long before source_ms */
            uint8_t cut;           /* context values that found no room in the source */
            struct message_bytes context; /* read with message_context_next() */
        } fault;
        struct {
            uint8_t phase;   /* enum message_cycle_phase */
            uint8_t outcome; /* enum message_outcome, of an end */
        } cycle;
        struct {
            uint32_t request;
            uint8_t result; /* enum message_result */
            struct message_text text;
        } action_result;
        struct {
            uint8_t intent;  /* enum message_intent */
            uint64_t for_ms; /* 0: no end is known */
        } intent;
        int64_t wall_ms; /* clock: the wall's Unix time at source_ms */
    } u;
};

struct message_down {
    uint8_t kind;  /* MESSAGE_ACK .. MESSAGE_SETTING */
    uint32_t boot; /* of the source that is spoken to; 0: whoever listens */
    union {
        uint32_t ack; /* the counter of a fault or factory reset that is durable now */
        struct {
            uint16_t id;
            uint8_t instance;
            uint32_t request;
            struct message_bytes args; /* read with message_arg_next() */
        } action;                      /* its bytes on the wire: id, instance, request, args */
        struct {
            int64_t wall_ms;
            uint8_t trusted; /* 1: the agent's clock is synchronised */
        } time;
        struct {
            uint16_t metric;
            uint8_t mute;
            uint32_t interval_ms; /* not more often than this; 0: as firmware likes */
        } setting;
    } u;
};

enum message_error {
    MESSAGE_OK = 0,
    MESSAGE_SHORT = -1,   /* ends inside a field, or does not fit the buffer */
    MESSAGE_UNKNOWN = -2, /* a kind of a later version, or of the other direction */
    MESSAGE_BAD = -3,     /* a field is outside its bounds */
};

/* Encode into `buf`: the payload's length, or a negative enum message_error. */
int message_up_encode(const struct message_up *m, uint8_t *buf, size_t size);
int message_down_encode(const struct message_down *m, uint8_t *buf, size_t size);

/* MESSAGE_OK or a negative enum message_error with *ret untouched. All counts,
 * lengths, exponents and enums of a decoded message are inside their bounds,
 * and its context or arguments can be read to the end. */
int message_up_decode(const uint8_t *buf, size_t len, struct message_up *ret);
int message_down_decode(const uint8_t *buf, size_t len, struct message_down *ret);

/* Appends one value to packed bytes of *len so far. False, with *len as it was,
 * when it does not fit; an argument's n must fit 32 bits. */
bool message_context_put(uint8_t *buf, size_t size, size_t *len, uint16_t metric,
                         struct message_value value);
bool message_arg_put(uint8_t *buf, size_t size, size_t *len, struct message_value value);

/* Takes the next value off the front of `bytes`. False at the end, or where the
 * bytes are damaged (never so in a decoded message). */
bool message_context_next(struct message_bytes *bytes, uint16_t *ret_metric,
                          struct message_value *ret_value);
bool message_arg_next(struct message_bytes *bytes, struct message_value *ret_value);

/* A text of a NUL-terminated string (NULL: empty), cut to MESSAGE_TEXT_MAX. */
struct message_text message_text_of(const char *s);

#endif
