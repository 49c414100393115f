/* Whose past a device's history is. */
#ifndef GATEWAY_API_REST_OWNER_H
#define GATEWAY_API_REST_OWNER_H

#include "gateway/api/rest/call.h"

/* Whether there is such a device, and from when on its past may be shown: since it
 * belongs to whom it belongs to now, or since its last owner gave it away (0: it
 * never had another owner, or the caller may see further back). False: answered. */
bool owner_since(struct call *c, const char *device, int64_t *ret_from_ms);

#endif
