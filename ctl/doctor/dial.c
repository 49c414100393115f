#include "ctl/doctor/dial.h"

#include "ctl/doctor/mqtt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 8000

static int tell(struct trouble *t, const char *remedy, const char *what, const char *why)
{
    snprintf(t->found, sizeof t->found, "%s: %s", what, why);
    t->remedy = remedy;
    return -1;
}

/* Connects within the time; errno says why not. */
static int connect_within(int fd, const struct addrinfo *a)
{
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -1;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&p, 1, WAIT_MS) != 1) {
        errno = ETIMEDOUT;
        return -1;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    errno = error;
    return error ? -1 : 0;
}

void dial_patience(struct dial *d, int ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

int dial_tcp(struct dial *d, const char *host, uint16_t port, struct trouble *t)
{
    char service[8];
    struct addrinfo *list = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    *d = (struct dial){.fd = -1};
    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host, service, &hints, &list);
    if (rc)
        return tell(t, "correct the name in 'brokers', or this machine's name service",
                    "the name is not found", gai_strerror(rc));
    for (const struct addrinfo *a = list; a && d->fd < 0; a = a->ai_next) {
        d->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (d->fd >= 0 && connect_within(d->fd, a) != 0) {
            rc = errno;
            close(d->fd);
            d->fd = -1;
        }
    }
    freeaddrinfo(list);
    if (d->fd < 0)
        return tell(t, "start the broker, open the way to it, or correct 'brokers'",
                    "nobody answers", strerror(rc));
    /* From here on the socket itself waits, for as long as it is told. */
    (void)fcntl(d->fd, F_SETFL, fcntl(d->fd, F_GETFL) & ~O_NONBLOCK);
    dial_patience(d, WAIT_MS);
    return 0;
}

/* What the broker's certificate lacks, or why it will not have ours. */
static int tls_trouble(SSL *ssl, struct trouble *t)
{
    long verdict = SSL_get_verify_result(ssl);
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    switch (verdict) {
    case X509_V_OK: break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return tell(t,
                    "write a name that the broker's certificate holds in 'brokers', or issue "
                    "the broker one with this name (tocsin ca issue --role broker --host)",
                    "the broker's certificate is for another host",
                    X509_verify_cert_error_string(verdict));
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return tell(t, "give the broker a new certificate and restart it",
                    "the broker's certificate", X509_verify_cert_error_string(verdict));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return tell(t, "set this machine's clock", "the broker's certificate",
                    X509_verify_cert_error_string(verdict));
    default:
        return tell(t, "put the root that signed the broker's certificate into the roots' file",
                    "the broker's certificate comes from none of our roots",
                    X509_verify_cert_error_string(verdict));
    }
    return tell(t, "look at the broker's log; it must know our root and take this certificate",
                "the broker ended the TLS handshake", reason ? reason : "the connection closed");
}

int dial_tls(struct dial *d, SSL_CTX *ctx, const char *host, struct trouble *t)
{
    struct in6_addr ip;
    bool numeric = inet_pton(AF_INET, host, &ip) == 1 || inet_pton(AF_INET6, host, &ip) == 1;
    d->ssl = SSL_new(ctx);
    if (!d->ssl || SSL_set_fd(d->ssl, d->fd) != 1)
        return tell(t, "free some memory", "TLS", "no memory");
    if (numeric)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(d->ssl), host);
    else {
        SSL_set1_host(d->ssl, host);
        SSL_ctrl(d->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 (void *)(uintptr_t)host); /* copied */
    }
    return SSL_connect(d->ssl) == 1 ? 0 : tls_trouble(d->ssl, t);
}

int dial_send(struct dial *d, const uint8_t *bytes, size_t n)
{
    return SSL_write(d->ssl, bytes, (int)n) == (int)n ? 0 : -1;
}

static int read_all(struct dial *d, uint8_t *to, size_t n)
{
    for (size_t have = 0; have < n;) {
        int got = SSL_read(d->ssl, to + have, (int)(n - have));
        if (got <= 0)
            return -1;
        have += (size_t)got;
    }
    return 0;
}

int dial_packet(struct dial *d, uint8_t *ret_first, uint8_t *body, size_t cap, size_t *ret_n)
{
    uint8_t byte, drop;
    size_t length = 0;
    unsigned shift = 0;
    bool bad = false, last = false;
    if (read_all(d, ret_first, 1))
        return -1;
    while (!last) {
        if (read_all(d, &byte, 1))
            return -1;
        last = mqtt_length(byte, &length, &shift, &bad);
        if (bad)
            return -1;
    }
    size_t n = length < cap ? length : cap;
    if (read_all(d, body, n))
        return -1;
    for (size_t i = n; i < length; i++)
        if (read_all(d, &drop, 1))
            return -1;
    *ret_n = n;
    return 0;
}

void dial_close(struct dial *d)
{
    if (d->ssl) {
        (void)SSL_shutdown(d->ssl); /* or the broker's log has an error about us */
        SSL_free(d->ssl);
    }
    if (d->fd >= 0)
        close(d->fd);
    *d = (struct dial){.fd = -1};
    ERR_clear_error();
}
