#include "gateway/api/access/secret.h"

#include <sodium.h>
#include <string.h>

/* OWASP's floor for argon2id: 19 MiB, two passes. More memory would make a burst
 * of logins weigh more than the gateway itself. */
#define OPS 2
#define MEM (19 * 1024 * 1024)

int secret_init(struct err *e)
{
    return sodium_init() < 0 ? err_set(e, ERR_IO, "libsodium found no source of randomness") : 0;
}

void secret_random(char ret_text[SECRET_TEXT])
{
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(ret_text, SECRET_TEXT, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

uint64_t secret_seed(void)
{
    uint64_t seed;
    randombytes_buf(&seed, sizeof seed);
    return seed;
}

void secret_hash(const char *text, char ret_hash[SECRET_HASH])
{
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(ret_hash, SECRET_HASH, hash, sizeof hash);
}

bool secret_equal(const char *a, const char *b)
{
    return a && strlen(a) == strlen(b) && sodium_memcmp(a, b, strlen(b)) == 0;
}

void secret_wipe(void *memory, size_t bytes)
{
    sodium_memzero(memory, bytes);
}

int password_hash(const char *password, char ret_hash[PASSWORD_HASH])
{
    _Static_assert(crypto_pwhash_STRBYTES <= PASSWORD_HASH, "room for an argon2id string");
    return crypto_pwhash_str_alg(ret_hash, password, strlen(password), OPS, MEM,
                                 crypto_pwhash_ALG_ARGON2ID13)
               ? ERR_NOMEM
               : 0;
}
