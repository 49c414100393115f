/* Configurations for brokers that hold the house's rules: the certificate's name
 * is the identity, the client id is bound to it where the broker can, and a device
 * speaks and hears only for itself. */
#ifndef CTL_BROKER_BROKER_H
#define CTL_BROKER_BROKER_H

#include "base/err.h"

#include <stddef.h>

struct broker_plan {
    const char *dir;    /* where the files go; made when missing */
    const char *certs;  /* a folder as `tocsin ca bench` makes it */
    const char *listen; /* address, or "" for all */
    int port;
    const char *user;           /* whom mosquitto becomes when started as root */
    const char *const *devices; /* rabbitmq: users must be known by name */
    size_t n_devices;
};

/* Writes <dir>/mosquitto.conf and <dir>/acl. ERR_IO. */
int broker_mosquitto(const struct broker_plan *plan, struct err *e);

/* Writes <dir>/rabbitmq.conf, <dir>/enabled_plugins and <dir>/definitions.json for
 * RabbitMQ 3.10 with its MQTT plugin. ERR_IO. */
int broker_rabbitmq(const struct broker_plan *plan, struct err *e);

/* `tocsin broker mosquitto|rabbitmq`. Returns the exit status. */
int cmd_broker(int argc, char **argv);

/* Writes a whole file under a temporary name, then renames it. */
struct buf;
int broker_write(const char *dir, const char *name, struct buf *text, struct err *e);

#endif
