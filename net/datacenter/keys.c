#include "net/datacenter/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_file(const char *what, const char *file, struct err *e)
{
    struct stat st;
    int fd = file && *file ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND,
                       "the %s file '%s' cannot be read: %s; check its name and owner", what,
                       file ? file : "", file && *file ? strerror(errno) : "it has no name");
    bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    close(fd);
    return is_file ? 0 : err_set(e, ERR_INVALID, "the %s '%s' is not a file", what, file);
}

/* Never asks at a terminal. */
static int no_password(char *to, int cap, int writing, void *arg)
{
    (void)to;
    (void)cap;
    (void)writing;
    (void)arg;
    return 0;
}

static int check_contents(SSL_CTX *tls, const char *ca, const char *cert, const char *key,
                          struct err *e)
{
    SSL_CTX_set_default_passwd_cb(tls, no_password);
    if (SSL_CTX_load_verify_locations(tls, ca, NULL) != 1)
        return err_set(e, ERR_INVALID, "the CA file '%s' holds no certificate in PEM", ca);
    if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1)
        return err_set(e, ERR_INVALID, "the certificate file '%s' holds no certificate in PEM",
                       cert);
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1)
        return 0;
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
        return err_set(e, ERR_INVALID,
                       "the key '%s' does not belong to the certificate '%s': use the two that "
                       "were issued together",
                       key, cert);
    return err_set(e, ERR_INVALID,
                   "the key file '%s' holds no private key in PEM without a password", key);
}

int keys_check(const char *ca_file, const char *cert_file, const char *key_file, struct err *e)
{
    int rc = check_file("CA", ca_file, e);
    if (rc == 0)
        rc = check_file("certificate", cert_file, e);
    if (rc == 0)
        rc = check_file("key", key_file, e);
    if (rc)
        return rc;
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return err_set(e, ERR_NOMEM, "no memory to look at the certificates");
    rc = check_contents(tls, ca_file, cert_file, key_file, e);
    SSL_CTX_free(tls);
    ERR_clear_error();
    return rc;
}
