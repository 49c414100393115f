#include "ctl/doctor/keys.h"

#include "proto/topic.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#define CHECK     "certificate"
#define SOON_DAYS 30

int keys_days_left(const X509 *cert)
{
    int days = 0, seconds = 0;
    if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
        return -1;
    return seconds < 0 && days == 0 ? -1 : days;
}

static const char *tls_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "no PEM of that kind in it";
}

static X509 *read_cert(struct report *r, const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        report_bad(r, CHECK,
                   "put the file there, readable by the program's user, or correct the "
                   "setting",
                   "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    if (!cert)
        report_bad(r, CHECK, "put a PEM certificate there", "%s: is no certificate: %s", path,
                   tls_reason());
    return cert;
}

static void check_key(struct report *r, const char *path, X509 *cert, const char *cert_path)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (!f) {
        report_bad(r, CHECK, "put the key there, readable by the program's user",
                   "%s: cannot be read: %s", path, strerror(errno));
        return;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    bool open_to_others = fstat(fileno(f), &st) == 0 && (st.st_mode & 037);
    fclose(f);
    if (!key)
        report_bad(r, CHECK, "put the certificate's key there as PEM without a password",
                   "%s: is no key: %s", path, tls_reason());
    else if (X509_check_private_key(cert, key) != 1)
        report_bad(r, CHECK, "put the two files that were issued together there",
                   "%s: is not the key of %s", path, cert_path);
    else if (open_to_others)
        report_bad(r, CHECK,
                   "chmod 600 (or 640 for the program's group), and issue a new one when "
                   "others may have read it",
                   "%s: others may read or change it (mode %03o)", path,
                   (unsigned)(st.st_mode & 0777));
    ERR_clear_error();
    EVP_PKEY_free(key);
}

static bool load_roots(X509_STORE *store, const struct keys_files *f)
{
    return X509_STORE_load_file(store, f->roots) == 1 &&
           (!f->roots2 || !f->roots2[0] || X509_STORE_load_file(store, f->roots2) == 1);
}

/* The chain alone: whether the time is right is told apart. */
static void check_chain(struct report *r, const struct keys_files *f, X509 *cert)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!store || !ctx || !load_roots(store, f))
        report_bad(r, CHECK, "put the roots there as PEM, or correct the setting",
                   "%s%s%s: roots cannot be read: %s", f->roots, f->roots2 ? " " : "",
                   f->roots2 ? f->roots2 : "", tls_reason());
    else if (X509_STORE_CTX_init(ctx, store, cert, NULL) == 1) {
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
        if (X509_verify_cert(ctx) != 1)
            report_bad(r, CHECK, "issue it from a root that the brokers and this file hold",
                       "%s: does not come from the roots in %s: %s", f->cert, f->roots,
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
}

static void check_name(struct report *r, const struct keys_files *f, const char *name)
{
    if (!topic_id_valid(slice_str(name)))
        report_bad(r, CHECK, "issue it with a name of 1 to 64 of A-Z a-z 0-9 . _ -",
                   "%s: its common name '%s' is no id", f->cert, name);
    else if (f->must_name && strcmp(name, f->must_name) != 0)
        report_bad(r, CHECK, "issue it with that name, or set 'id' to the certificate's",
                   "%s: names '%s', the settings say '%s'", f->cert, name, f->must_name);
}

static void check_time(struct report *r, const char *path, const X509 *cert)
{
    int days = keys_days_left(cert);
    if (days < 0)
        report_bad(r, CHECK, "issue a new one, put it in place and send the program SIGHUP",
                   "%s: has expired %d days ago", path, -days);
    else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
        report_bad(r, CHECK, "set the clock, or issue it again", "%s: is not valid yet", path);
    else if (days < SOON_DAYS)
        report_bad(r, CHECK, "issue a new one now", "%s: %d days left", path, days);
}

void keys_check(struct report *r, const struct keys_files *f, char *ret_name)
{
    unsigned before = r->bad;
    ret_name[0] = '\0';
    X509 *cert = read_cert(r, f->cert);
    if (!cert)
        return;
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, ret_name, 65);
    check_name(r, f, ret_name);
    check_time(r, f->cert, cert);
    check_chain(r, f, cert);
    check_key(r, f->key, cert, f->cert);
    if (r->bad == before)
        report_fine(r, CHECK, "%s: %s, %d days left; key and roots fit", f->cert, ret_name,
                    keys_days_left(cert));
    X509_free(cert);
}

SSL_CTX *keys_context(const struct keys_files *f)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool fine = ctx && SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
                load_roots(SSL_CTX_get_cert_store(ctx), f) &&
                SSL_CTX_use_certificate_chain_file(ctx, f->cert) == 1 &&
                SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) == 1;
    ERR_clear_error();
    if (fine)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    else {
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}
