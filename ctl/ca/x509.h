/* Private to ctl/ca: keys and certificates as OpenSSL objects and PEM files. */
#ifndef CTL_CA_X509_H
#define CTL_CA_X509_H

#include "ctl/ca/ca.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The caller frees. NULL: e says why (OpenSSL's own words). */
EVP_PKEY *key_new(struct err *e);
X509 *root_new(const char *name, EVP_PKEY *key, struct err *e);
X509 *leaf_new(const struct ca_request *r, EVP_PKEY *key, X509 *root, EVP_PKEY *root_key,
               struct err *e);

/* PEM files; written whole under a temporary name, then renamed. */
int key_write(const char *path, EVP_PKEY *key, struct err *e);
int certs_write(const char *path, X509 *const *certs, unsigned n, struct err *e);
EVP_PKEY *key_read(const char *path, struct err *e);
X509 *cert_read(const char *path, struct err *e);

#endif
