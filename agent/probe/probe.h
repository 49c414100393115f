/* The machine's own readings, as reports of source 0 with the ids of
 * proto/system_metrics.h. Files are opened once and read again from their start;
 * what this machine does not have is left out. Nothing allocates per sample. */
#ifndef AGENT_PROBE_PROBE_H
#define AGENT_PROBE_PROBE_H

#include "agent/batch/report.h"
#include "base/clock.h"
#include "base/err.h"

struct probe;

/* `root` stands before /proc and /sys ("" but in tests); `folder` is on the disk to
 * be watched. ERR_NOMEM. */
int probe_new(const char *root, const char *folder, struct probe **ret, struct err *e);
void probe_free(struct probe *p);

/* Calls `report` for each reading of now. `boot` is the low half of the device's. */
void probe_sample(struct probe *p, struct now now, uint32_t boot,
                  void (*report)(void *arg, const struct report *report), void *arg);

/* Why the device last started, in a word that is lent for ever: "crash" when the
 * kernel kept a record of one, else "unknown". */
const char *probe_reset_reason(const struct probe *p);

#endif
