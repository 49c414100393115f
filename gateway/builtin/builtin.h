/* What the gateway knows without any pack: the agent's own metrics (from
 * proto/system_metrics.h, with names for people) and the messages of its own rules:
 * data_missing, cloned_device, device_offline, test_alert. It says nothing about a
 * product. Static; nothing to free. */
#ifndef GATEWAY_BUILTIN_BUILTIN_H
#define GATEWAY_BUILTIN_BUILTIN_H

#include "proto/pack.h"

/* Named as the gateway's own rules name their pack: "tocsin". It has no rules and
 * fits no model. */
#define BUILTIN_PACK "tocsin"
const struct pack *builtin_pack(void);

/* The pack's metric, or the agent's own; NULL: neither knows it. pack may be NULL. */
const struct pack_metric *builtin_metric(const struct pack *pack, uint32_t id);

#endif
