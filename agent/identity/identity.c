#include "agent/identity/identity.h"

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int open_cert(const char *file, mbedtls_x509_crt *crt, struct err *e)
{
    mbedtls_x509_crt_init(crt);
    int rc = mbedtls_x509_crt_parse_file(crt, file);
    if (rc == 0)
        return 0;
    mbedtls_x509_crt_free(crt);
    if (rc == MBEDTLS_ERR_X509_FILE_IO_ERROR || rc == MBEDTLS_ERR_PK_FILE_IO_ERROR)
        return err_set(e, ERR_NOT_FOUND, "the certificate '%s' cannot be read; check its name",
                       file);
    return err_set(e, ERR_INVALID, "the certificate '%s' is not PEM or is damaged", file);
}

static bool valid_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool take_name(const mbedtls_x509_name *subject, char ret[IDENTITY_NAME_MAX])
{
    for (const mbedtls_x509_name *n = subject; n; n = n->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) != 0)
            continue;
        if (n->val.len == 0 || n->val.len >= IDENTITY_NAME_MAX)
            return false;
        for (size_t i = 0; i < n->val.len; i++)
            if (!valid_char(n->val.p[i]))
                return false;
        memcpy(ret, n->val.p, n->val.len);
        ret[n->val.len] = 0;
        return true;
    }
    return false;
}

int identity_name(const char *cert_file, char ret_name[IDENTITY_NAME_MAX], struct err *e)
{
    mbedtls_x509_crt crt;
    int rc = open_cert(cert_file, &crt, e);
    if (rc)
        return rc;
    if (!take_name(&crt.subject, ret_name))
        rc = err_set(e, ERR_INVALID,
                     "the common name of '%s' is no device id: 1 to 64 of letters, digits, . _ -",
                     cert_file);
    mbedtls_x509_crt_free(&crt);
    return rc;
}

int identity_valid_until(const char *cert_file, int64_t *ret_ms, struct err *e)
{
    mbedtls_x509_crt crt;
    int rc = open_cert(cert_file, &crt, e);
    if (rc)
        return rc;
    struct tm tm = {.tm_year = crt.valid_to.year - 1900,
                    .tm_mon = crt.valid_to.mon - 1,
                    .tm_mday = crt.valid_to.day,
                    .tm_hour = crt.valid_to.hour,
                    .tm_min = crt.valid_to.min,
                    .tm_sec = crt.valid_to.sec};
    *ret_ms = (int64_t)timegm(&tm) * 1000;
    mbedtls_x509_crt_free(&crt);
    return 0;
}

uint64_t identity_boot(void)
{
    char text[64] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (f) {
        if (!fgets(text, sizeof text, f))
            text[0] = 0;
        fclose(f);
    }
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const char *c = text; *c && *c != '\n'; c++)
        hash = (hash ^ (uint64_t)(unsigned char)*c) * UINT64_C(1099511628211);
    return hash;
}
