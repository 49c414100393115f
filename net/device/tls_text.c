#include "net/device/tls_text.h"

#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <stdio.h>

static const char *flag_text(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } rows[] = {
        /* what is most telling comes first */
        {MBEDTLS_X509_BADCERT_CN_MISMATCH, "its certificate is for another host name"},
        {MBEDTLS_X509_BADCERT_EXPIRED, "its certificate has expired"},
        {MBEDTLS_X509_BADCERT_FUTURE, "its certificate is not valid yet; is this clock right?"},
        {MBEDTLS_X509_BADCERT_REVOKED, "its certificate is revoked"},
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "its certificate is not signed by a pinned root"},
        {MBEDTLS_X509_BADCERT_BAD_KEY, "its certificate's key is not P-256 or P-384"},
        {MBEDTLS_X509_BADCERT_BAD_MD, "its certificate is signed with a hash that is too weak"},
        {MBEDTLS_X509_BADCERT_BAD_PK, "its certificate is not of the ECDSA kind"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (flags & rows[i].flag)
            return rows[i].text;
    return "its certificate is not acceptable";
}

static const char *alert_text(int alert)
{
    switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_NO_CERT:
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT: return "the broker finds our certificate bad";
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
        return "the broker does not support our kind of certificate";
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED: return "our certificate is revoked";
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED: return "our certificate has expired; renew it";
    case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN: return "the broker does not accept our certificate";
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
        return "the broker does not know the root that signed our certificate";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED: return "the broker denies access to our certificate";
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
    case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
        return "the broker has no cipher or version in common; it must offer TLS 1.2 with ECDSA";
    default: return NULL;
    }
}

void tls_text(char *to, size_t cap, int code, uint32_t verify_flags, int alert)
{
    const char *known = alert >= 0 ? alert_text(alert) : NULL;
    if (verify_flags) {
        snprintf(to, cap, "we do not trust it: %s", flag_text(verify_flags));
    } else if (known) {
        snprintf(to, cap, "%s", known);
    } else if (alert >= 0) {
        snprintf(to, cap, "the broker ended TLS with alert %d", alert);
    } else if (code) {
        char why[100];
        mbedtls_strerror(code, why, sizeof why);
        snprintf(to, cap, "TLS failed: %s", why);
    } else {
        snprintf(to, cap, "the broker closed the connection");
    }
}
