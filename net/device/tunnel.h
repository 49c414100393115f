/* One connection of the MQTT library, carried through TLS to a broker. */
#ifndef NET_DEVICE_TUNNEL_H
#define NET_DEVICE_TUNNEL_H

#include "base/list.h"
#include "net/device/request.h"
#include "net/device/tls.h"
#include "net/loop.h"

struct tunnel;

/* Where a request leads. */
struct tunnel_way {
    struct tls_identity *identity; /* the tunnel holds it from then on */
    size_t broker;                 /* index */
    const char *host;              /* borrowed for the tunnel's life */
    uint16_t port;
};

struct tunnel_owner {
    void *arg;
    struct slice secret; /* borrowed for life */
    /* The request was ours: fills the way, or says false and it is refused. */
    bool (*admit)(void *arg, struct tunnel *t, const struct request *request,
                  struct tunnel_way *ret_way);
    /* The handshake is done. */
    void (*secured)(void *arg, struct tunnel *t, bool resumed);
    /* It is over and its sockets are closed. `why` is lent; NULL: it has none of
     * its own (the library closed, or it was never admitted). */
    void (*ended)(void *arg, struct tunnel *t, const struct link_reason *why);
    /* The memory is gone. */
    void (*freed)(void *arg);
};

/* Takes the descriptor (closes it when out of memory). Answers 200 at once: the
 * library waits for that under its global lock. ERR_NOMEM. */
int tunnel_new(struct loop *loop, const struct tunnel_owner *owner, int fd, struct tunnel **ret);
bool tunnel_admitted(const struct tunnel *t);
/* What the library still has to say is carried, for a second at most. */
void tunnel_finish(struct tunnel *t);
void tunnel_abort(struct tunnel *t);

#endif
