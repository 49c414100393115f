/* Building and storing keys and certificates with OpenSSL. */
#include "ctl/ca/x509.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_S      86400L
#define ROOT_DAYS  (30L * 365)
#define BACKDATE_S 3600L /* a device's clock may be a little behind */

static int ssl_err(struct err *e, const char *what)
{
    char reason[128];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    return err_set(e, ERR_IO, "%s: %s", what, reason);
}

EVP_PKEY *key_new(struct err *e)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        ssl_err(e, "making a P-256 key");
    return key;
}

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    int ok = x && X509_add_ext(cert, x, -1);
    X509_EXTENSION_free(x);
    return ok;
}

static int set_serial(X509 *cert)
{
    unsigned char raw[16];
    BIGNUM *n = NULL;
    int ok = 0;
    if (RAND_bytes(raw, sizeof raw) != 1)
        return 0;
    raw[0] &= 0x7f; /* positive */
    n = BN_bin2bn(raw, sizeof raw, NULL);
    ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
    BN_free(n);
    return ok;
}

/* Version 3, random serial, validity, common name and key. */
static X509 *cert_begin(const char *name, EVP_PKEY *key, long from_s, long to_s)
{
    X509 *cert = X509_new();
    if (!cert)
        return NULL;
    X509_NAME *subject = X509_get_subject_name(cert);
    if (X509_set_version(cert, 2) && set_serial(cert) &&
        X509_gmtime_adj(X509_getm_notBefore(cert), from_s) &&
        X509_time_adj_ex(X509_getm_notAfter(cert), (int)(to_s / DAY_S), to_s % DAY_S, NULL) &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0) &&
        X509_set_pubkey(cert, key))
        return cert;
    X509_free(cert);
    return NULL;
}

X509 *root_new(const char *name, EVP_PKEY *key, struct err *e)
{
    X509 *cert = cert_begin(name, key, -BACKDATE_S, ROOT_DAYS * DAY_S);
    if (cert && X509_set_issuer_name(cert, X509_get_subject_name(cert)) &&
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
        X509_sign(cert, key, EVP_sha256()))
        return cert;
    ssl_err(e, "making a root certificate");
    X509_free(cert);
    return NULL;
}

static int is_address(const char *host)
{
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(host);
    ASN1_OCTET_STRING_free(ip);
    return ip != NULL;
}

/* "DNS:localhost,IP:127.0.0.1" */
static int add_hosts(X509 *cert, X509 *root, const struct ca_request *r)
{
    char value[1024];
    size_t n = 0;
    for (unsigned i = 0; i < r->n_hosts && n < sizeof value; i++)
        n += (size_t)snprintf(value + n, sizeof value - n, "%s%s:%s", i ? "," : "",
                              is_address(r->hosts[i]) ? "IP" : "DNS", r->hosts[i]);
    return n < sizeof value && (n == 0 || add_extension(cert, root, NID_subject_alt_name, value));
}

X509 *leaf_new(const struct ca_request *r, EVP_PKEY *key, X509 *root, EVP_PKEY *root_key,
               struct err *e)
{
    long to_s = (long)r->days * DAY_S;
    long from_s = r->days < 0 ? to_s - DAY_S : -BACKDATE_S;
    const char *usage = r->role == CA_BROKER ? "serverAuth" : "clientAuth";
    X509 *cert = cert_begin(r->name, key, from_s, to_s);
    if (cert && X509_set_issuer_name(cert, X509_get_subject_name(root)) &&
        add_extension(cert, root, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(cert, root, NID_key_usage, "critical,digitalSignature") &&
        add_extension(cert, root, NID_ext_key_usage, usage) &&
        add_extension(cert, root, NID_subject_key_identifier, "hash") &&
        add_extension(cert, root, NID_authority_key_identifier, "keyid") &&
        add_hosts(cert, root, r) && X509_sign(cert, root_key, EVP_sha256()))
        return cert;
    ssl_err(e, "making a certificate");
    X509_free(cert);
    return NULL;
}

/* Opens "<path>.new" for writing with these rights. */
static FILE *new_file(const char *path, mode_t mode, char *temp, size_t size, struct err *e)
{
    snprintf(temp, size, "%s.new", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f)
        err_set(e, ERR_IO, "%s: cannot be written: %s", temp, strerror(errno));
    return f;
}

static int finish_file(FILE *f, const char *temp, const char *path, int written, struct err *e)
{
    int flushed = fflush(f) == 0 && fsync(fileno(f)) == 0;
    int closed = fclose(f) == 0;
    if (written && flushed && closed && rename(temp, path) == 0)
        return 0;
    err_set(e, ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    (void)remove(temp);
    return ERR_IO;
}

int key_write(const char *path, EVP_PKEY *key, struct err *e)
{
    char temp[4096];
    FILE *f = new_file(path, 0600, temp, sizeof temp, e);
    if (!f)
        return ERR_IO;
    int ok = PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    return finish_file(f, temp, path, ok, e);
}

int certs_write(const char *path, X509 *const *certs, unsigned n, struct err *e)
{
    char temp[4096];
    FILE *f = new_file(path, 0644, temp, sizeof temp, e);
    if (!f)
        return ERR_IO;
    int ok = 1;
    for (unsigned i = 0; i < n; i++)
        ok = ok && PEM_write_X509(f, certs[i]);
    return finish_file(f, temp, path, ok, e);
}

EVP_PKEY *key_read(const char *path, struct err *e)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (!f)
        err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    else if (!key)
        ssl_err(e, path);
    if (f)
        fclose(f);
    return key;
}

X509 *cert_read(const char *path, struct err *e)
{
    FILE *f = fopen(path, "re");
    X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (!f)
        err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    else if (!cert)
        ssl_err(e, path);
    if (f)
        fclose(f);
    return cert;
}
