/* The device's TLS: mutual, version 1.2, P-256 alone, by mbedTLS over a
 * non-blocking socket; sessions are resumed by ticket, one kept for each broker. */
#ifndef NET_DEVICE_TLS_H
#define NET_DEVICE_TLS_H

#include "base/err.h"
#include "base/slice.h"
#include "net/link.h"

struct tls_identity; /* roots, certificate, key, random numbers, kept sessions */
struct tls;          /* one connection */

/* Reads the files. `judge_at` may be NULL. ERR_NOMEM, ERR_IO (random numbers),
 * ERR_INVALID (a file, named with its error), ERR_NOT_FOUND. */
int tls_identity_new(const struct link_config *config, struct link_time (*judge_at)(void *arg),
                     void *arg, struct tls_identity **ret_identity, struct err *e);
/* One holder more; with the last it is freed. NULL is fine. */
void tls_identity_hold(struct tls_identity *id);
void tls_identity_drop(struct tls_identity *id);

/* A client's side on a connected socket, which is borrowed. `broker` is the index
 * under which the session is kept. The caller holds the identity meanwhile. ERR_NOMEM. */
int tls_new(struct tls_identity *id, size_t broker, const char *host, int fd, struct tls **ret_tls);
/* Says goodbye when the handshake was done, and frees. */
void tls_free(struct tls *t);

enum tls_result { TLS_DONE, TLS_WANT_READ, TLS_WANT_WRITE, TLS_CLOSED, TLS_FAILED };

enum tls_result tls_handshake(struct tls *t);
/* TLS_DONE: *ret_len is at least 1. */
enum tls_result tls_read(struct tls *t, void *to, size_t cap, size_t *ret_len);
/* After TLS_WANT_*: call again with the same bytes. */
enum tls_result tls_write(struct tls *t, struct slice bytes, size_t *ret_len);
/* After the handshake: the session came from a ticket. */
bool tls_resumed(const struct tls *t);

/* After TLS_FAILED: stage, retry class, code, verify flags, and the sentence. */
void tls_explain(const struct tls *t, struct link_reason *reason);

#endif
