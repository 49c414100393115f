/* The settings that the gateway desires and that are in force here: durable, and
 * told by their version in each batch and hello.
 *
 *   report_ms/<metric>   of two readings nearer than this one is left out, 0..1 day
 *   mute/<metric>        not 0: the metric is not reported
 *   log_level            enum log_level
 *
 * A message with settings replaces all earlier ones. Keys that this version does
 * not know are left out; values are held to their bounds. */
#ifndef AGENT_TWIN_TWIN_H
#define AGENT_TWIN_TWIN_H

#include "base/disk.h"
#include "proto/wire.h"

struct twin; /* opaque */

#define TWIN_SETTINGS 64 /* of known keys; more are refused */

/* Reads what was in force, from any bytes. ERR_NOMEM. */
int twin_open(struct disk *disk, struct twin **ret);
void twin_free(struct twin *t);

/* 0: in force, and durable. ERR_EXISTS: not newer than what is in force.
 * ERR_LIMIT: too many. ERR_IO, ERR_FULL: in force, but not durable yet: the
 * version told is the old one, so that the gateway says it again. */
int twin_apply(struct twin *t, const struct wire_settings *settings);

uint64_t twin_version(const struct twin *t);
int64_t twin_interval_ms(const struct twin *t, uint32_t metric); /* 0: none */
bool twin_muted(const struct twin *t, uint32_t metric);
int64_t twin_log_level(const struct twin *t); /* -1: not set */

/* The i-th setting in force; false at the end. The key is lent until the next call. */
bool twin_at(const struct twin *t, size_t i, struct slice *ret_key, int64_t *ret_value);

#endif
