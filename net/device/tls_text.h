/* TLS failures in a person's words. */
#ifndef NET_DEVICE_TLS_TEXT_H
#define NET_DEVICE_TLS_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* One sentence for an mbedTLS code, the verify flags, and the alert that the
 * broker sent (-1: none). */
void tls_text(char *to, size_t cap, int code, uint32_t verify_flags, int alert);

#endif
