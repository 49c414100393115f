/* One TLS connection to a broker, made step by step so that the doctor can say which
 * step failed and what to do. Every wait has an end. */
#ifndef CTL_DOCTOR_DIAL_H
#define CTL_DOCTOR_DIAL_H

#include <openssl/ssl.h>
#include <stdint.h>

struct dial {
    int fd; /* -1: not open */
    SSL *ssl;
};
struct trouble {
    char found[256];
    const char *remedy; /* static */
};

/* 0, or -1 with the trouble told; dial_close either way. */
int dial_tcp(struct dial *d, const char *host, uint16_t port, struct trouble *t);
int dial_tls(struct dial *d, SSL_CTX *ctx, const char *host, struct trouble *t);
int dial_send(struct dial *d, const uint8_t *bytes, size_t n);
/* One whole MQTT packet: its first byte, and up to `cap` bytes of what follows the
 * length (the rest is read and dropped). 0, or -1: closed, or nothing in time. */
int dial_packet(struct dial *d, uint8_t *ret_first, uint8_t *body, size_t cap, size_t *ret_n);
/* How long one read may wait from now on. */
void dial_patience(struct dial *d, int ms);
void dial_close(struct dial *d);

#endif
