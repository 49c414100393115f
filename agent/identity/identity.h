/* Who this device is, and what must survive a start: the session's number and the
 * latest time that was ever seen. */
#ifndef AGENT_IDENTITY_IDENTITY_H
#define AGENT_IDENTITY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define IDENTITY_NAME_MAX 65

/* The common name of a PEM certificate: [A-Za-z0-9._-]{1,64}. ERR_NOT_FOUND,
 * ERR_INVALID. */
int identity_name(const char *cert_file, char ret_name[IDENTITY_NAME_MAX], struct err *e);
/* The day until which it is valid, in ms since 1970. */
int identity_valid_until(const char *cert_file, int64_t *ret_ms, struct err *e);

/* A random number of this boot of the device: from the kernel's boot id. */
uint64_t identity_boot(void);

/* What is kept in one small file, replaced whole and synced. */
struct kept {
    uint64_t session;      /* counts the starts of the agent */
    int64_t wall_floor_ms; /* no later time is known to have passed */
    uint64_t boot;         /* the boot in which the file was written */
};

/* An absent or damaged file reads as zeros: the agent always starts. False then. */
bool kept_read(const char *folder, struct kept *ret);
/* ERR_IO, ERR_FULL. */
int kept_write(const char *folder, const struct kept *kept, struct err *e);

#endif
