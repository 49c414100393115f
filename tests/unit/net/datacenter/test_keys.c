/* Wrong certificates are told at the start, by the file's name, and not as "no
 * connection" for ever. */
#include "net/datacenter/keys.h"

#include "tests/support/cu.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tocsin-keys-XXXXXX";
static char paths[8][64];
enum { CERT, KEY, OTHER_KEY, LOCKED_KEY, EMPTY, JUNK, FOLDER, NOTHING };
static const char *const names[] = {"a.crt", "a.key", "b.key", "locked.key",
                                    "empty", "junk",  "dir",   "nothing"};

static void put_key(EVP_PKEY *key, const char *path, const char *password)
{
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(PEM_write_PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL,
                                         (const unsigned char *)password,
                                         password ? (int)strlen(password) : 0, NULL, NULL),
                    1);
    fclose(f);
}

static void put_cert(EVP_PKEY *key, const char *path)
{
    X509 *cert = X509_new();
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    CU_ASSERT(X509_sign(cert, key, EVP_sha256()) > 0);
    CU_ASSERT_EQUAL(PEM_write_X509(f, cert), 1);
    fclose(f);
    X509_free(cert);
}

static void put_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void begin(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    put_key(key, paths[KEY], NULL);
    put_key(other, paths[OTHER_KEY], NULL);
    put_key(key, paths[LOCKED_KEY], "secret");
    put_cert(key, paths[CERT]);
    put_text(paths[EMPTY], "");
    put_text(paths[JUNK], "\x01\x02 no PEM\n");
    mkdir(paths[FOLDER], 0700);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void end(void)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(paths[i]);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void what_belongs_together_is_fine(void)
{
    struct err e = {0};
    CU_ASSERT_EQUAL(keys_check(paths[CERT], paths[CERT], paths[KEY], &e), 0);
}

/* holds: START-4 */
static void each_mistake_names_its_file(void)
{
    static const struct {
        int ca, cert, key, code, named;
        const char *says;
    } cases[] = {
        {NOTHING, CERT, KEY, ERR_NOT_FOUND, NOTHING, "No such file"},
        {CERT, NOTHING, KEY, ERR_NOT_FOUND, NOTHING, "certificate"},
        {CERT, CERT, NOTHING, ERR_NOT_FOUND, NOTHING, "key"},
        {CERT, CERT, FOLDER, ERR_INVALID, FOLDER, "not a file"},
        {EMPTY, CERT, KEY, ERR_INVALID, EMPTY, "CA"},
        {CERT, JUNK, KEY, ERR_INVALID, JUNK, "certificate"},
        {CERT, KEY, KEY, ERR_INVALID, KEY, "certificate"},
        {CERT, CERT, JUNK, ERR_INVALID, JUNK, "key"},
        {CERT, CERT, CERT, ERR_INVALID, CERT, "key"},
        {CERT, CERT, OTHER_KEY, ERR_INVALID, OTHER_KEY, "does not belong"},
        {CERT, CERT, LOCKED_KEY, ERR_INVALID, LOCKED_KEY, "without a password"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(
            keys_check(paths[cases[i].ca], paths[cases[i].cert], paths[cases[i].key], &e),
            cases[i].code);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, paths[cases[i].named]));
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, cases[i].says));
    }
}

TESTS(STORY(begin), STORY(what_belongs_together_is_fine), STORY(each_mistake_names_its_file),
      STORY(end))
