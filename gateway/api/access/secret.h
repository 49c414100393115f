/* Secrets: passwords as argon2id strings, cookies and tokens as random text of
 * which only the hash is stored. */
#ifndef GATEWAY_API_ACCESS_SECRET_H
#define GATEWAY_API_ACCESS_SECRET_H

#include "base/err.h"
#include "net/loop.h"

#define SECRET_TEXT   48  /* base64url of 32 random bytes, NUL included, and some room */
#define SECRET_HASH   65  /* hex of 32 bytes, NUL included */
#define PASSWORD_HASH 128 /* an argon2id string */

/* Must be called once before the rest. ERR_IO. */
int secret_init(struct err *e);
/* 256 random bits as text. */
void secret_random(char ret_text[SECRET_TEXT]);
uint64_t secret_seed(void);
/* BLAKE2b-256 as hex: enough for secrets that are random already. */
void secret_hash(const char *text, char ret_hash[SECRET_HASH]);
/* In constant time; false when a is NULL. */
bool secret_equal(const char *a, const char *b);
void secret_wipe(void *memory, size_t bytes);

/* Takes tens of milliseconds and 19 MiB. ERR_NOMEM. */
int password_hash(const char *password, char ret_hash[PASSWORD_HASH]);

/* Checks passwords on libuv's worker threads, at most two at a time. */
struct hasher;
typedef void (*hasher_done_fn)(void *arg, bool right);

struct hasher *hasher_new(struct loop *loop);
/* Copies both; `hash` NULL: there is no such user, which takes as long and is
 * wrong. `done` follows on the loop. ERR_FULL: too many are waiting; ERR_NOMEM. */
int hasher_check(struct hasher *h, const char *hash, const char *password, hasher_done_fn done,
                 void *arg);
/* Checks that were asked for and not answered yet; free only when 0. */
uint32_t hasher_owed(const struct hasher *h);
void hasher_free(struct hasher *h);

#endif
