/* The messages of proto/tocsin.proto as plain structs, and their codec: what
 * agent and gateway handle instead of generated code. (contract)
 *
 * Decoding works in an arena and lends from it and from the input until the
 * arena is reset. Every count and length is held against proto/limits.h; what
 * breaks one is refused with a short static reason that names the field.
 * Errors: ERR_INVALID malformed, ERR_LIMIT over a limit, ERR_VERSION a wire
 * version that this one does not know, ERR_NOMEM. */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "proto/limits.h"

enum wire_lane { LANE_URGENT = 0, LANE_BULK = 1, LANE_COUNT = 2 };

enum wire_drop_reason {                   /* why a number will never come */
                        DROP_BUDGET = 1,  /* the device's spool was full: oldest bulk goes first */
                        DROP_CORRUPT = 2, /* a segment could not be read back */
                        DROP_POISON = 3,  /* the gateway refused it for ever */
                        DROP_PURGED = 4,  /* consent revoked or factory reset */
                        DROP_POWER = 5,   /* sealed, but never durable before the power went */
                        DROP_RESTORE =
                            6, /* the gateway was restored from a backup older than its ack */
};

struct wire_source {
    uint32_t id, boot;
    struct slice name;
    int64_t at_ms;   /* the source's own clock ... */
    int64_t wall_ms; /* ... and the wall clock at that moment */
    uint8_t trust;   /* enum clock_trust */
    uint64_t received, lost;
};

struct wire_column {
    uint32_t source, metric, instance;
    int32_t exponent; /* value = v * 10^exponent, -18..18 */
    bool keyframe;
    size_t n;
    const int64_t *at_ms; /* of the source's clock, n of them, not before 0 */
    const int64_t *v;
};

struct wire_context {
    uint32_t metric;
    int64_t v;
    int32_t exponent;
};

struct wire_fault {
    uint32_t source, fault, instance;
    bool active, keyframe;
    int64_t at_ms, first_ms;
    uint32_t count;
    size_t n_context;
    const struct wire_context *context;
};

enum wire_phase { CYCLE_BEGIN = 0, CYCLE_END = 1, CYCLE_OPEN = 2 };
struct wire_cycle {
    uint32_t source, cycle, instance, phase, number;
    int64_t at_ms;
};

struct wire_event {
    uint32_t source, event, instance;
    int64_t at_ms, v;
    int32_t exponent;
};

enum wire_intent_kind { INTENT_AWAKE = 0, INTENT_ASLEEP = 1, INTENT_OFF = 2 };
struct wire_intent {
    uint32_t kind;
    int64_t at_ms, until_ms; /* the agent's CLOCK_BOOTTIME; until 0: further notice */
};

struct wire_reset {
    uint32_t source, reason;
    struct slice text;
    int64_t at_ms;
};

enum wire_result_status {
    RESULT_DONE,
    RESULT_REFUSED,
    RESULT_UNSUPPORTED,
    RESULT_EXPIRED,
    RESULT_UNKNOWN
};
struct wire_result {
    struct slice command, text;
    uint32_t status;
    int64_t at_ms;
};

struct wire_component {
    struct slice name, serial, lot;
};
struct wire_identity {
    struct slice model, serial, firmware, hardware, agent;
    size_t n_components;
    const struct wire_component *components;
};

struct wire_batch {
    uint64_t stream;
    uint32_t lane;     /* enum wire_lane */
    uint64_t seq, low; /* seq from 1; low <= seq */
    struct slice pack;
    uint32_t pack_revision;
    uint64_t boot;
    int64_t sealed_ms; /* CLOCK_BOOTTIME */
    bool keyframe, factory_reset;
    uint64_t settings_version;
    size_t n_sources, n_columns, n_faults, n_cycles, n_events, n_intents, n_resets, n_results;
    const struct wire_source *sources;
    const struct wire_column *columns;
    const struct wire_fault *faults;
    const struct wire_cycle *cycles;
    const struct wire_event *events;
    const struct wire_intent *intents;
    const struct wire_reset *resets;
    const struct wire_result *results;
    const struct wire_identity *identity; /* NULL: none */
};

struct wire_stream_state {
    uint64_t stream;
    uint32_t lane;
    uint64_t low, next;
    bool closed;
};
struct wire_hello {
    struct slice agent, pack;
    uint32_t pack_revision;
    uint64_t settings_version;
    size_t n_streams, n_capabilities;
    const struct wire_stream_state *streams;
    const struct slice *capabilities;
};

struct wire_drop {
    uint64_t first, last, readings;
    uint32_t reason;
    int64_t from_ms, to_ms;
};
struct wire_account {
    uint64_t stream;
    uint32_t lane;
    uint64_t low, closed_last;
    size_t n_drops;
    const struct wire_drop *drops;
};

enum wire_up_kind { UP_BATCH = 1, UP_HELLO, UP_WILL, UP_ACCOUNT };
struct wire_up {
    uint64_t boot, session;
    int64_t sent_ms;
    enum wire_up_kind kind;
    struct slice batch; /* UP_BATCH: the bytes as spooled; see wire_decode_batch */
    struct wire_hello hello;
    struct wire_account account;
    bool will_clean;
};

struct wire_range {
    uint64_t first, last;
};
struct wire_stream_ack {
    uint64_t stream, contiguous;
    size_t n_above;
    const struct wire_range *above;
};
struct wire_refusal {
    uint64_t stream, seq;
    bool never;
    struct slice reason;
};
struct wire_ack {
    uint32_t credit, hold_off_ms, hello_within_ms;
    size_t n_streams, n_refusals;
    const struct wire_stream_ack *streams;
    const struct wire_refusal *refusals;
};
struct wire_command {
    struct slice id, signature;
    uint32_t action, instance;
    int64_t expires_ms;
    size_t n_args;
    const int64_t *args;
};
struct wire_setting {
    struct slice key;
    int64_t value;
};
struct wire_settings {
    uint64_t version;
    size_t n_settings;
    const struct wire_setting *settings;
};
enum wire_down_kind { DOWN_ACK = 1, DOWN_COMMAND, DOWN_SETTINGS };
struct wire_down {
    uint64_t epoch;
    enum wire_down_kind kind;
    struct wire_ack ack;
    struct wire_command command;
    struct wire_settings settings;
};

/* Appends the encoding to `out`. ERR_LIMIT when it breaks a limit, ERR_NOMEM. */
int wire_encode_batch(const struct wire_batch *batch, struct buf *out);
int wire_encode_up(const struct wire_up *up, struct buf *out);
int wire_encode_down(const struct wire_down *down, struct buf *out);

/* `ret_reason` may be NULL; else a static text on failure. */
int wire_decode_batch(struct slice bytes, struct arena *arena, struct wire_batch *ret,
                      const char **ret_reason);
int wire_decode_up(struct slice bytes, struct arena *arena, struct wire_up *ret,
                   const char **ret_reason);
int wire_decode_down(struct slice bytes, struct arena *arena, struct wire_down *ret,
                     const char **ret_reason);

/* Only stream, lane, seq and low of a batch: cheap, for the ledger and the spool. */
struct wire_head {
    uint64_t stream, seq, low;
    uint32_t lane;
};
int wire_batch_head(struct slice bytes, struct wire_head *ret);

/* v * 10^exponent, correctly rounded for |exponent| <= 18. */
double wire_value(int64_t v, int32_t exponent);

#endif
