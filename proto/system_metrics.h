/* What an agent measures of its own machine. Ids from 60000 on are ours, for ever;
 * a pack's end at PACK_ID_MAX. Agent and gateway read this one table. (contract) */
#ifndef PROTO_SYSTEM_METRICS_H
#define PROTO_SYSTEM_METRICS_H

#include "proto/pack.h"

/* X(constant, id, name, kind, unit, exponent); a value is v * 10^exponent. */
#define SYSTEM_METRICS(X)                                                                          \
    X(SYSTEM_CPU_BUSY, 60000, "system_cpu_busy", METRIC_GAUGE, "percent", -1)                      \
    X(SYSTEM_LOAD, 60001, "system_load", METRIC_GAUGE, "one", -2)                                  \
    X(SYSTEM_MEMORY_AVAILABLE, 60002, "system_memory_available", METRIC_GAUGE, "byte", 0)          \
    X(SYSTEM_MEMORY_USED, 60003, "system_memory_used", METRIC_GAUGE, "percent", -1)                \
    X(SYSTEM_DISK_FREE, 60004, "system_disk_free", METRIC_GAUGE, "byte", 0)                        \
    X(SYSTEM_DISK_USED, 60005, "system_disk_used", METRIC_GAUGE, "percent", -1)                    \
    X(SYSTEM_FLASH_WEAR, 60006, "system_flash_wear", METRIC_GAUGE, "percent", 0)                   \
    X(SYSTEM_TEMPERATURE, 60007, "system_temperature", METRIC_GAUGE, "celsius", -1)                \
    X(SYSTEM_NET_UP, 60008, "system_net_up", METRIC_STATE, "bool", 0)                              \
    X(SYSTEM_NET_RECEIVED, 60009, "system_net_received", METRIC_COUNTER, "byte", 0)                \
    X(SYSTEM_NET_SENT, 60010, "system_net_sent", METRIC_COUNTER, "byte", 0)                        \
    X(SYSTEM_UPTIME, 60011, "system_uptime", METRIC_GAUGE, "second", 0)                            \
    X(SYSTEM_AGENT_MEMORY, 60012, "system_agent_memory", METRIC_GAUGE, "byte", 0)

#define SYSTEM_METRIC_ID(constant, id, name, kind, unit, exponent) constant = id,
enum system_metric { SYSTEM_METRICS(SYSTEM_METRIC_ID) SYSTEM_METRIC_FIRST = 60000 };
#undef SYSTEM_METRIC_ID

struct system_metric_row {
    uint32_t id;
    const char *name, *unit;
    enum metric_kind kind;
    int32_t exponent;
};

#define SYSTEM_METRIC_ROW(constant, id, name, kind, unit, exponent)                                \
    {id, name, unit, kind, exponent},
/* static const struct system_metric_row rows[] = {SYSTEM_METRICS(SYSTEM_METRIC_ROW)}; */

#endif
