/* Happy path: the identity is read once; each connection borrows it, takes the
 * broker's kept session, shakes hands (0.2 ms when resumed, 10 ms when not) and
 * leaves its session behind for the next.
 *
 * What goes wrong: the broker's certificate is not ours to trust (verify flags
 * say why), ours is not the broker's (it sends an alert), or the line breaks. A
 * failed handshake forgets the kept session, so that a broker which changed its
 * ticket keys is asked in full the next time. */
#include "net/device/tls.h"

#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "net/device/tls_text.h"

struct tls_identity {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt roots, cert;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_session sessions[LINK_BROKERS_MAX];
    bool kept[LINK_BROKERS_MAX];
    struct link_time (*judge_at)(void *arg);
    void *arg;
    int holders;
};

struct tls {
    mbedtls_ssl_context ssl;
    struct tls_identity *id;
    size_t broker;
    int fd;
    int code;
    uint32_t verify_flags;
    bool verified; /* the certificate came and was judged: not a resumed session */
    bool up;
};

/* --- judging the broker's certificate --- */

static int compare_time(const mbedtls_x509_time *t, const struct tm *now)
{
    const int a[] = {t->year, t->mon, t->day, t->hour, t->min, t->sec};
    const int b[] = {now->tm_year + 1900, now->tm_mon + 1, now->tm_mday,
                     now->tm_hour,        now->tm_min,     now->tm_sec};
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static struct link_time judged_at(const struct tls_identity *id)
{
    if (id->judge_at)
        return id->judge_at(id->arg);
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (struct link_time){.at_ms = (int64_t)ts.tv_sec * 1000, .exact = true};
}

/* The library has judged by the machine's clock, which may stand in 1970; here
 * the dates are judged again by the time that the caller vouches for. */
static int verify(void *arg, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
    struct tls *t = (struct tls *)arg;
    struct link_time judge = judged_at(t->id);
    time_t at = (time_t)(judge.at_ms / 1000);
    struct tm now;
    (void)depth;
    t->verified = true;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (!gmtime_r(&at, &now) || compare_time(&cert->valid_to, &now) < 0)
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    else if (judge.exact && compare_time(&cert->valid_from, &now) > 0)
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    t->verify_flags |= *flags;
    return 0;
}

/* --- the identity --- */

static int wrong_file(struct err *e, const char *what, const char *file, int code)
{
    char why[128];
    struct stat st;
    if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(e, ERR_INVALID, "the %s '%s' is not a file", what, file);
    if (code == MBEDTLS_ERR_X509_FILE_IO_ERROR || code == MBEDTLS_ERR_PK_FILE_IO_ERROR)
        return err_set(e, ERR_NOT_FOUND,
                       "the %s file '%s' cannot be read; check its name and owner", what, file);
    mbedtls_strerror(code, why, sizeof why);
    return err_set(e, ERR_INVALID, "the %s file '%s' is not usable: %s", what, file, why);
}

static int read_files(struct tls_identity *id, const struct link_config *config, struct err *e)
{
    int rc = mbedtls_x509_crt_parse_file(&id->roots, config->ca_file ? config->ca_file : "");
    if (rc)
        return wrong_file(e, "root", config->ca_file ? config->ca_file : "", rc);
    if (config->ca2_file && config->ca2_file[0] &&
        (rc = mbedtls_x509_crt_parse_file(&id->roots, config->ca2_file)))
        return wrong_file(e, "second root", config->ca2_file, rc);
    rc = mbedtls_x509_crt_parse_file(&id->cert, config->cert_file);
    if (rc)
        return wrong_file(e, "certificate", config->cert_file, rc);
    rc = mbedtls_pk_parse_keyfile(&id->key, config->key_file, NULL);
    if (rc)
        return wrong_file(e, "key", config->key_file, rc);
    if (mbedtls_pk_check_pair(&id->cert.pk, &id->key))
        return err_set(e, ERR_INVALID, "the key file '%s' does not belong to the certificate '%s'",
                       config->key_file, config->cert_file);
    return 0;
}

static int configure(struct tls_identity *id, struct err *e)
{
    static const int suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0};
    static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE};
    mbedtls_ssl_config *c = &id->config;
    int rc = mbedtls_ssl_config_defaults(c, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);
    if (!rc)
        rc = mbedtls_ssl_conf_own_cert(c, &id->cert, &id->key);
    if (rc)
        return err_set(e, ERR_NOMEM, "no memory for the TLS configuration");
    mbedtls_ssl_conf_min_version(c, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(c, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(c, suites);
    mbedtls_ssl_conf_curves(c, curves);
    mbedtls_ssl_conf_cert_profile(c, &mbedtls_x509_crt_profile_suiteb);
    mbedtls_ssl_conf_authmode(c, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(c, &id->roots, NULL);
    mbedtls_ssl_conf_session_tickets(c, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    mbedtls_ssl_conf_rng(c, mbedtls_ctr_drbg_random, &id->random);
    return 0;
}

int tls_identity_new(const struct link_config *config, struct link_time (*judge_at)(void *arg),
                     void *arg, struct tls_identity **ret_identity, struct err *e)
{
    struct tls_identity *id = calloc(1, sizeof *id);
    if (!id)
        return err_set(e, ERR_NOMEM, "no memory for the identity");
    id->holders = 1;
    id->judge_at = judge_at;
    id->arg = arg;
    mbedtls_entropy_init(&id->entropy);
    mbedtls_ctr_drbg_init(&id->random);
    mbedtls_x509_crt_init(&id->roots);
    mbedtls_x509_crt_init(&id->cert);
    mbedtls_pk_init(&id->key);
    mbedtls_ssl_config_init(&id->config);
    int rc = 0;
    if (mbedtls_ctr_drbg_seed(&id->random, mbedtls_entropy_func, &id->entropy, NULL, 0))
        rc = err_set(e, ERR_IO, "the system gives no random numbers");
    if (!rc)
        rc = read_files(id, config, e);
    if (!rc)
        rc = configure(id, e);
    if (rc) {
        tls_identity_drop(id);
        return rc;
    }
    *ret_identity = id;
    return 0;
}

static void forget_session(struct tls_identity *id, size_t broker)
{
    if (id->kept[broker])
        mbedtls_ssl_session_free(&id->sessions[broker]);
    id->kept[broker] = false;
}

void tls_identity_hold(struct tls_identity *id)
{
    id->holders++;
}

void tls_identity_drop(struct tls_identity *id)
{
    if (!id || --id->holders > 0)
        return;
    for (size_t i = 0; i < LINK_BROKERS_MAX; i++)
        forget_session(id, i);
    mbedtls_ssl_config_free(&id->config);
    mbedtls_pk_free(&id->key);
    mbedtls_x509_crt_free(&id->cert);
    mbedtls_x509_crt_free(&id->roots);
    mbedtls_ctr_drbg_free(&id->random);
    mbedtls_entropy_free(&id->entropy);
    free(id);
}

/* --- one connection --- */

static int bio_send(void *arg, const unsigned char *bytes, size_t len)
{
    ssize_t n = send(((struct tls *)arg)->fd, bytes, len, MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    /* A broker that refuses us sends its alert and closes. Going on as if this
     * were sent leads to the read that finds the alert. */
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : (int)len;
}

static int bio_recv(void *arg, unsigned char *to, size_t cap)
{
    ssize_t n = recv(((struct tls *)arg)->fd, to, cap, 0);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
                                             : MBEDTLS_ERR_NET_CONN_RESET;
}

int tls_new(struct tls_identity *id, size_t broker, const char *host, int fd, struct tls **ret_tls)
{
    struct tls *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->id = id;
    t->broker = broker;
    t->fd = fd;
    mbedtls_ssl_init(&t->ssl);
    if (mbedtls_ssl_setup(&t->ssl, &id->config) || mbedtls_ssl_set_hostname(&t->ssl, host)) {
        mbedtls_ssl_free(&t->ssl);
        free(t);
        return ERR_NOMEM;
    }
    mbedtls_ssl_set_verify(&t->ssl, verify, t);
    mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
    if (id->kept[broker])
        mbedtls_ssl_set_session(&t->ssl, &id->sessions[broker]);
    *ret_tls = t;
    return 0;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    if (t->up)
        mbedtls_ssl_close_notify(&t->ssl);
    mbedtls_ssl_free(&t->ssl);
    free(t);
}

static enum tls_result result_of(struct tls *t, int rc)
{
    switch (rc) {
    case MBEDTLS_ERR_SSL_WANT_READ: return TLS_WANT_READ;
    case MBEDTLS_ERR_SSL_WANT_WRITE: return TLS_WANT_WRITE;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
    case MBEDTLS_ERR_SSL_CONN_EOF: t->code = rc; return TLS_CLOSED;
    default: t->code = rc; return TLS_FAILED;
    }
}

static void keep_session(struct tls *t)
{
    forget_session(t->id, t->broker);
    mbedtls_ssl_session *kept = &t->id->sessions[t->broker];
    mbedtls_ssl_session_init(kept);
    t->id->kept[t->broker] = true;
    if (mbedtls_ssl_get_session(&t->ssl, kept))
        forget_session(t->id, t->broker);
}

enum tls_result tls_handshake(struct tls *t)
{
    int rc = mbedtls_ssl_handshake(&t->ssl);
    if (rc == 0) {
        t->up = true;
        keep_session(t);
        return TLS_DONE;
    }
    enum tls_result result = result_of(t, rc);
    if (result == TLS_CLOSED)
        result = TLS_FAILED;
    if (result == TLS_FAILED)
        forget_session(t->id, t->broker);
    return result;
}

enum tls_result tls_read(struct tls *t, void *to, size_t cap, size_t *ret_len)
{
    int rc = mbedtls_ssl_read(&t->ssl, (unsigned char *)to, cap);
    if (rc == 0)
        return TLS_CLOSED;
    if (rc < 0)
        return result_of(t, rc);
    *ret_len = (size_t)rc;
    return TLS_DONE;
}

enum tls_result tls_write(struct tls *t, struct slice bytes, size_t *ret_len)
{
    int rc = mbedtls_ssl_write(&t->ssl, bytes.ptr, bytes.len);
    if (rc < 0)
        return result_of(t, rc);
    *ret_len = (size_t)rc;
    return TLS_DONE;
}

bool tls_resumed(const struct tls *t)
{
    return t->up && !t->verified;
}

void tls_explain(const struct tls *t, struct link_reason *reason)
{
    int alert = -1;
    if (t->code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && t->ssl.in_msg)
        alert = t->ssl.in_msg[1]; /* level, then description */
    reason->stage = t->up ? LINK_STAGE_SESSION : LINK_STAGE_TLS;
    reason->code = t->code;
    reason->verify_flags = t->verify_flags;
    reason->retry = t->verify_flags ? LINK_RETRY_CERT
                    : alert >= 0    ? LINK_RETRY_AUTH
                                    : LINK_RETRY_NETWORK;
    char why[160];
    tls_text(why, sizeof why, t->code, t->verify_flags, alert);
    snprintf(reason->text, sizeof reason->text, "%.80s: %s", reason->broker, why);
}
