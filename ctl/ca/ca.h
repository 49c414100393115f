/* A bench's certificate authority: two P-256 roots, and leaves whose common name
 * is the identity. For a bench and for tests; a vendor's own PKI takes its place
 * in production with the same shape of certificates. */
#ifndef CTL_CA_CA_H
#define CTL_CA_CA_H

#include "base/err.h"

enum ca_role {
    CA_BROKER,  /* server: needs at least one host */
    CA_GATEWAY, /* client: the gateway, and its canary */
    CA_DEVICE   /* client: one appliance */
};

struct ca_request {
    enum ca_role role;
    const char *name;         /* common name: [A-Za-z0-9._-]{1,64} */
    const char *const *hosts; /* broker: DNS names or IP addresses */
    unsigned n_hosts;
    int days;         /* 1..36500; negative: already expired that long (tests) */
    const char *root; /* "ca" or "ca2" */
};

/* Makes <dir>/ca.{crt,key}, ca2.{crt,key} and roots.pem (both roots: what devices
 * pin). Does nothing when they are there. ERR_IO, ERR_CORRUPT. */
int ca_init(const char *dir, struct err *e);

/* Makes <dir>/<name>.{crt,key}, keys readable by their owner alone. An existing
 * pair is replaced only after the new one is whole. ERR_INVALID (name, days,
 * hosts), ERR_NOT_FOUND (no root: ca_init first), ERR_IO. */
int ca_issue(const char *dir, const struct ca_request *request, struct err *e);

/* `tocsin ca init|issue|bench`. Returns the exit status. */
int cmd_ca(int argc, char **argv);

#endif
