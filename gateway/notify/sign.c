#include "gateway/notify/sign.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#define KEY_MIN 24
#define KEY_MAX 64

/* The key's bytes; 0: it is not such a secret. */
static size_t read_secret(const char *secret, uint8_t key[KEY_MAX + 3])
{
    if (strncmp(secret, "whsec_", 6) != 0)
        return 0;
    const char *text = secret + 6;
    size_t len = strlen(text), pad = 0;
    if (len == 0 || len % 4 != 0 || len > (KEY_MAX + 2) / 3 * 4)
        return 0;
    while (pad < 2 && text[len - 1 - pad] == '=')
        pad++;
    int n = EVP_DecodeBlock(key, (const unsigned char *)text, (int)len);
    if (n < 0 || (size_t)n < pad)
        return 0;
    size_t bytes = (size_t)n - pad;
    return bytes >= KEY_MIN && bytes <= KEY_MAX ? bytes : 0;
}

bool sign_webhook(const char *secret, const char *id, int64_t timestamp_s, struct slice body,
                  char ret_signature[SIGN_TEXT])
{
    uint8_t key[KEY_MAX + 3], mac[32];
    size_t key_len = read_secret(secret, key);
    if (key_len == 0)
        return false;
    unsigned mac_len = 0;
    struct buf signed_text;
    buf_init(&signed_text, body.len + 512);
    buf_fmt(&signed_text, "%s.%lld.", id, (long long)timestamp_s);
    buf_put(&signed_text, body.ptr, body.len);
    bool ok = buf_ok(&signed_text) && HMAC(EVP_sha256(), key, (int)key_len, signed_text.ptr,
                                           signed_text.len, mac, &mac_len) != NULL;
    OPENSSL_cleanse(key, sizeof key);
    buf_free(&signed_text);
    if (!ok || mac_len != sizeof mac)
        return false;
    unsigned char text[SIGN_TEXT];
    EVP_EncodeBlock(text, mac, sizeof mac);
    snprintf(ret_signature, SIGN_TEXT, "v1,%.48s", (const char *)text);
    return true;
}
