/* The loopback door for the MQTT library's connections: bound once and for life
 * on 127.0.0.1, at a port that the system picks. Only sockets of this very
 * process come in; anybody else's is closed unread. */
#ifndef NET_DEVICE_LISTENER_H
#define NET_DEVICE_LISTENER_H

#include "base/err.h"
#include "net/loop.h"

struct listener {
    struct loop_watch watch;
    int fd;
    uint16_t port;
    uint64_t strangers; /* connections of other processes, closed */
    void *arg;
    void (*accepted)(void *arg, int fd); /* takes the descriptor; it is non-blocking */
    void (*closed)(void *arg);
};

/* ERR_IO. */
int listener_open(struct listener *l, struct loop *loop, void (*accepted)(void *arg, int fd),
                  void *arg, struct err *e);
void listener_close(struct listener *l, void (*closed)(void *arg));

#endif
