/* The agent's settings, in one table. */
#ifndef AGENT_SHELL_CONFIG_H
#define AGENT_SHELL_CONFIG_H

#include "base/table.h"

struct config {
    char *brokers, *ca, *ca2, *cert, *key;
    char *folder, *pack;
    char *socket, *serial, *status_socket;
    int64_t serial_baud;
    char *model, *serial_number, *firmware, *hardware;
    int64_t probe_interval_ms, bulk_age_ms, heartbeat_ms, keyframe_ms;
    int64_t bulk_samples;
    int64_t spool_bytes, daily_write_bytes, head_room_bytes;
    int64_t keepalive_ms, connect_timeout_ms, liveness_ms, reconnect_floor_ms, reconnect_cap_ms;
    int64_t log_level; /* enum log_level */
};

extern const struct table config_table;

#endif
