/* Roots, certificate and key, looked at before the MQTT library uses them: it would
 * only say that there is no connection. */
#ifndef NET_DATACENTER_KEYS_H
#define NET_DATACENTER_KEYS_H

#include "base/err.h"

/* ERR_NOT_FOUND: one of the files cannot be read. ERR_INVALID: one is not PEM of its
 * kind, the key has a password, or it is not the certificate's. The text names the file. */
int keys_check(const char *ca_file, const char *cert_file, const char *key_file, struct err *e);

#endif
