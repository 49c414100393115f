/* The Standard Webhooks signature: HMAC-SHA256 over "id.timestamp.body". */
#ifndef GATEWAY_NOTIFY_SIGN_H
#define GATEWAY_NOTIFY_SIGN_H

#include "base/slice.h"

#define SIGN_TEXT 64

/* "v1,<base64>". False: the secret is not "whsec_" and the base64 of 24 to 64 bytes. */
bool sign_webhook(const char *secret, const char *id, int64_t timestamp_s, struct slice body,
                  char ret_signature[SIGN_TEXT]);

#endif
