/* Who asks, and may they: sessions of people, tokens of machines. */
#ifndef GATEWAY_API_ACCESS_ACCESS_H
#define GATEWAY_API_ACCESS_ACCESS_H

#include "gateway/api/access/secret.h"
#include "gateway/api/http/http.h"
#include "gateway/store/store.h"

/* What a route needs and an identity has; higher includes lower. */
enum access_level { ACCESS_OPEN, ACCESS_READ, ACCESS_ACT, ACCESS_ADMIN };

struct identity {
    char name[72];
    char role[16];  /* viewer, agent, admin; a token's scope: read, write */
    char actor[80]; /* user:NAME or token:NAME */
    enum access_level level;
    bool by_session;
    char csrf[SECRET_TEXT]; /* "" for tokens */
    char session[SECRET_HASH];
};

struct access;
struct access_config {
    bool secure_cookie, trust_forwarded;
    int64_t session_ms, idle_ms;
};
/* Borrows loop and store for life. NULL: no memory or no randomness (e). */
struct access *access_new(struct loop *loop, struct store *store,
                          const struct access_config *config, struct err *e);
/* What is still to be called back; free only when 0. */
uint32_t access_owed(const struct access *a);
void access_free(struct access *a);

/* Whether the request may do what needs `need`: 0 and the identity, or a problem
 * (401, 403, 503) to answer with. ACCESS_OPEN always may, with an empty identity. */
int access_check(struct access *a, const struct http_req *req, enum access_level need,
                 int64_t now_ms, struct identity *ret, struct problem *p);

/* POST, GET and DELETE /session: they answer. */
void access_login(struct access *a, struct http_req *req, int64_t now_ms);
void access_whoami(const struct identity *who, struct http_req *req);
void access_logout(struct access *a, const struct identity *who, struct http_req *req);

struct access_counts {
    uint64_t logins, refused, locked_out;
};
void access_counts(const struct access *a, struct access_counts *ret_counts);

#endif
