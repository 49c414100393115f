/* The CONNECT request that the MQTT library sends to our listener, read from
 * bytes that any local process may have sent. */
#ifndef NET_DEVICE_REQUEST_H
#define NET_DEVICE_REQUEST_H

#include "base/slice.h"

#define REQUEST_MAX 1024 /* bytes, blank line included */

enum request_verdict {
    REQUEST_MORE,    /* no blank line yet */
    REQUEST_REFUSED, /* not ours: wrong shape, secret or destination */
    REQUEST_GOOD,
};

struct request {
    size_t broker;    /* index */
    uint32_t attempt; /* of the link */
    size_t len;       /* bytes of the request; what stands after them is for the broker */
};

/* `secret` is the base64 text of the Basic credentials, compared in constant
 * time. The destination is "b<broker>.a<attempt>.invalid". */
enum request_verdict request_read(struct slice bytes, struct slice secret,
                                  struct request *ret_request);

#endif
