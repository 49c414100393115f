/* Making the bench's roots and issuing from them. */
#include "ctl/ca/ca.h"

#include "base/slice.h"
#include "ctl/ca/x509.h"
#include "proto/topic.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 3072

static void path_of(char *to, const char *dir, const char *name, const char *ending)
{
    snprintf(to, PATH_BYTES, "%s/%s%s", dir, name, ending);
}

static int make_root(const char *dir, const char *name, const char *title, struct err *e)
{
    char path[PATH_BYTES];
    int rc = ERR_IO;
    EVP_PKEY *key = key_new(e);
    X509 *cert = key ? root_new(title, key, e) : NULL;
    if (!cert)
        goto out;
    path_of(path, dir, name, ".key");
    rc = key_write(path, key, e);
    path_of(path, dir, name, ".crt");
    if (rc == 0)
        rc = certs_write(path, &cert, 1, e);
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    return rc;
}

static int write_bundle(const char *dir, struct err *e)
{
    char path[PATH_BYTES];
    X509 *roots[2] = {NULL, NULL};
    path_of(path, dir, "ca", ".crt");
    roots[0] = cert_read(path, e);
    path_of(path, dir, "ca2", ".crt");
    roots[1] = roots[0] ? cert_read(path, e) : NULL;
    path_of(path, dir, "roots", ".pem");
    int rc = roots[1] ? certs_write(path, roots, 2, e) : ERR_IO;
    X509_free(roots[0]);
    X509_free(roots[1]);
    return rc;
}

int ca_init(const char *dir, struct err *e)
{
    char path[PATH_BYTES];
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "%s: cannot be made; choose a folder you may write to", dir);
    path_of(path, dir, "roots", ".pem");
    if (access(path, R_OK) == 0)
        return 0;
    int rc = make_root(dir, "ca", "tocsin bench root 1", e);
    if (rc == 0)
        rc = make_root(dir, "ca2", "tocsin bench root 2", e);
    return rc ? rc : write_bundle(dir, e);
}

static int check_request(const struct ca_request *r, struct err *e)
{
    if (!topic_id_valid(slice_str(r->name)))
        return err_set(e, ERR_INVALID, "name '%s': an identity is 1 to 64 of A-Z a-z 0-9 . _ -",
                       r->name);
    if (r->days == 0 || r->days > 36500 || r->days < -36500)
        return err_set(e, ERR_INVALID, "days: expected 1 to 36500");
    if (r->role == CA_BROKER && r->n_hosts == 0)
        return err_set(e, ERR_INVALID,
                       "a broker's certificate needs --host NAME, the name or "
                       "address that clients dial");
    return 0;
}

int ca_issue(const char *dir, const struct ca_request *r, struct err *e)
{
    char path[PATH_BYTES];
    const char *root_name = r->root ? r->root : "ca";
    EVP_PKEY *root_key = NULL, *key = NULL;
    X509 *root = NULL, *cert = NULL;
    int rc = check_request(r, e);
    if (rc)
        return rc;
    rc = ERR_NOT_FOUND;
    path_of(path, dir, root_name, ".key");
    root_key = key_read(path, e);
    path_of(path, dir, root_name, ".crt");
    root = root_key ? cert_read(path, e) : NULL;
    if (!root) {
        err_wrap(e, "no root to sign with; run 'tocsin ca init %s' first", dir);
        goto out;
    }
    rc = ERR_IO;
    key = key_new(e);
    cert = key ? leaf_new(r, key, root, root_key, e) : NULL;
    if (!cert)
        goto out;
    path_of(path, dir, r->name, ".key");
    rc = key_write(path, key, e);
    path_of(path, dir, r->name, ".crt");
    if (rc == 0)
        rc = certs_write(path, &cert, 1, e);
out:
    X509_free(cert);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
    return rc;
}
