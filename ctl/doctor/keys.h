/* Certificates: that the files are there and private, belong together, come from the
 * roots, name who they should, and how many days are left. */
#ifndef CTL_DOCTOR_KEYS_H
#define CTL_DOCTOR_KEYS_H

#include "ctl/doctor/report.h"

#include <openssl/ssl.h>

struct keys_files {
    const char *roots, *roots2; /* roots2 may be NULL or "" */
    const char *cert, *key;
    const char *must_name; /* NULL: any device's id */
};

/* Reports under "certificate". `ret_name` (65 bytes) gets the common name, "" when it
 * cannot be known. */
void keys_check(struct report *r, const struct keys_files *files, char *ret_name);

/* A client's context with those roots and that certificate, TLS 1.2 as both programs
 * speak it; NULL when a file cannot be used. */
SSL_CTX *keys_context(const struct keys_files *files);

/* Whole days until a certificate ends; negative: it ended. */
int keys_days_left(const X509 *cert);

#endif
