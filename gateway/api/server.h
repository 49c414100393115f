/* The gateway's outside: REST, the live feed, the console's files, login, and a
 * second listener for /metrics, /healthz and /readyz. docs/openapi.yaml is its
 * contract with clients; this header is main's. (contract)
 *
 * Everything runs on the loop's thread; only password hashing is done by libuv's
 * worker threads. Logs lines HT001... */
#ifndef GATEWAY_API_SERVER_H
#define GATEWAY_API_SERVER_H

#include "base/err.h"
#include "gateway/api/rest/ops.h"
#include "gateway/store/store.h"
#include "net/loop.h"

struct server;

struct server_config {
    const char *listen;       /* "127.0.0.1:8080", "[::1]:8080", port 0: any free one */
    const char *ops_listen;   /* likewise, for /metrics, /healthz, /readyz; "": none */
    const char *static_root;  /* the console's folder; "": no console */
    const char *zone_folder;  /* NULL: /usr/share/zoneinfo */
    bool secure_cookie;       /* the browser reaches us by https (a proxy in front) */
    bool trust_forwarded;     /* a proxy in front sets X-Forwarded-For */
    int64_t session_ms;       /* a session's whole life; 0: 12 h */
    int64_t idle_ms;          /* ends a session that is not used; 0: 2 h */
    uint32_t max_connections; /* 0: 1024 */
    uint32_t max_feeds;       /* 0: 1000; of max_connections, so that requests find room */
};

/* Binds both listeners. Borrows loop, store and ops for life; config until it
 * returns. ERR_IO (address in use, not ours), ERR_INVALID (an address or the
 * static root is malformed), ERR_NOMEM. */
int server_new(struct loop *loop, struct store *store, const struct server_config *config,
               const struct api_ops *ops, struct server **ret_server, struct err *e);
/* Ends the listeners and all connections, after which nothing is called back.
 * `closed` comes on the loop, after what the store or ops still owe has been
 * answered; only then is the memory gone and may store and ops go. */
void server_close(struct server *server, void (*closed)(void *arg), void *arg);

/* The ports that were bound. */
int server_port(const struct server *server);
int server_ops_port(const struct server *server);

/* Call after each commit for each hand-off row of the feed, in order. `type` is
 * handoff.kind, `json` its body (one line); both are copied. */
void server_feed_push(struct server *server, int64_t no, const char *type, const char *json);

#endif
