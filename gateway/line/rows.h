/* What a line writes: the rows of one transaction, as plain structs. The store
 * turns them into SQL; nobody else needs to know both. (contract) */
#ifndef GATEWAY_LINE_ROWS_H
#define GATEWAY_LINE_ROWS_H

#include "gateway/alert/alert.h"
#include "proto/limits.h"
#include "proto/wire.h"

#define LINE_DEVICE_MAX (LIMIT_DEVICE_ID + 1)
#define LINE_TEXT       (LIMIT_TEXT + 1)

/* Everything that changes a line is one of these; the numbers are for ever. */
enum input_kind {
    INPUT_BATCH = 1, /* bytes: the sealed batch; fix: struct line_fix */
    INPUT_HELLO = 2, /* bytes: the whole Up message, like the next two */
    INPUT_WILL = 3,
    INPUT_ACCOUNT = 4,
    INPUT_TICK = 5,      /* time passed and something was due */
    INPUT_PACK = 6,      /* a pack came into force */
    INPUT_ACTION = 7,    /* somebody acted on an alert */
    INPUT_TEST = 8,      /* a test alert was asked for */
    INPUT_START = 9,     /* a life of the gateway began */
    INPUT_CONFLICT = 10, /* a batch with another one's number: evidence, not data */
    INPUT_REBIND = 11,   /* the device's rules are looked up again; what waited is judged */
    INPUT_SETTINGS = 12  /* somebody wished settings for the device */
};

struct row_input {
    uint64_t no;
    enum input_kind kind;
    char device[LINE_DEVICE_MAX]; /* "": of the whole line */
    int64_t arrived_ms;
    int64_t from_ms, to_ms; /* event time of a batch; both 0: none */
    struct slice fix, bytes;
};

/* The ledger's marks of one stream. */
struct row_stream {
    char device[LINE_DEVICE_MAX];
    uint64_t stream;
    uint32_t lane;
    uint64_t contiguous, highest, closed_last; /* closed_last 0: still grows */
    uint64_t expected;                         /* highest number known to exist */
    uint64_t stored, dropped;
    int64_t updated_ms;
    struct slice marks;
    bool forgotten; /* delete the row */
};

/* Numbers that will never come. `replaces`: first numbers of rows of the same
 * stream that this one takes the place of. */
struct row_drop {
    char device[LINE_DEVICE_MAX];
    uint64_t stream, first, last, readings;
    uint32_t reason; /* enum wire_drop_reason */
    int64_t from_ms, to_ms, told_ms;
    bool gone; /* delete the row that begins at `first` */
};

struct row_component {
    char name[64], serial[64], lot[64];
};

enum presence {
    PRESENCE_UNKNOWN,
    PRESENCE_ONLINE,
    PRESENCE_OFFLINE,
    PRESENCE_ASLEEP,
    PRESENCE_OFF
};

struct row_device {
    char id[LINE_DEVICE_MAX];
    uint32_t tenant;
    char model[64], serial[64], firmware[64], hardware[64], agent[64], pack[64];
    uint32_t pack_revision;
    size_t n_components;
    const struct row_component *components;
    enum presence presence;
    int64_t presence_ms;
    uint64_t session;
    int64_t first_seen_ms, last_seen_ms, newest_ms;
    uint64_t readings, batches, source_lost;
};

struct row_latest {
    char device[LINE_DEVICE_MAX];
    uint32_t metric, instance;
    int64_t at_ms;
    double value;
};

struct row_alert {
    char device[LINE_DEVICE_MAX];
    uint32_t tenant;
    struct alert alert;
};

struct row_handoff {
    uint64_t no;
    int64_t at_ms; /* arrival */
    char kind[24]; /* alert.opened, ..., device.presence */
    uint32_t tenant;
    char device[LINE_DEVICE_MAX];
    bool has_alert;
    struct alert alert; /* as it was after this move */
    enum presence presence;
    int64_t presence_ms;
};

/* Settings that a device is to have; the words of agent/twin. */
enum line_setting_kind { SETTING_REPORT_MS, SETTING_MUTE, SETTING_LOG_LEVEL };
struct line_setting {
    enum line_setting_kind kind;
    uint32_t metric; /* 0 for the log's level */
    int64_t value;   /* milliseconds; 1; enum log_level */
};
#define LINE_SETTINGS      64
#define LINE_REPORT_MIN_MS 1000
#define LINE_REPORT_MAX_MS 86400000

struct row_twin {
    char device[LINE_DEVICE_MAX];
    uint64_t desired, reported; /* versions */
    size_t n;
    const struct line_setting *settings;
};

struct row_snapshot {
    char device[LINE_DEVICE_MAX]; /* "#<line>": the line's own */
    uint64_t input_no;
    uint32_t version;
    struct slice bytes;
};

/* Written in this order, in one transaction. */
struct line_commit {
    uint32_t line;
    size_t n_inputs, n_streams, n_drops, n_devices, n_latest, n_alerts, n_entries, n_handoffs,
        n_snapshots, n_twins;
    const struct row_input *inputs;
    const struct row_stream *streams;
    const struct row_drop *drops;
    const struct row_device *devices;
    const struct row_latest *latest;
    const struct row_alert *alerts; /* in the order they changed; the last of an id holds */
    const struct alert_entry *entries;
    const struct row_handoff *handoffs;
    const struct row_snapshot *snapshots;
    const struct row_twin *twins;
};

const char *presence_name(enum presence presence); /* "unknown", "online", ... */

#endif
