/* The one face of HTTP: nothing else includes libwebsockets.
 *
 * A listener calls its handler once a request has come whole (body included);
 * the handler answers exactly once, at once or later on the loop's thread, with
 * http_reply or http_stream. A client that hung up meanwhile makes the answer do
 * nothing; the request stays valid until it is answered.
 *
 * Bounds: headers 8 KiB, body HTTP_BODY_MAX (413), 10 s for the headers, 20 s
 * for the whole request, 30 s without progress for a reply, 30 s of idle
 * keep-alive, max_connections in all. Upgrades are refused. */
#ifndef GATEWAY_API_HTTP_HTTP_H
#define GATEWAY_API_HTTP_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/api/form/problem.h"
#include "gateway/api/form/query.h"
#include "gateway/api/form/router.h"
#include "net/loop.h"

#define HTTP_BODY_MAX (64 * 1024)

struct http;
struct http_req;

typedef void (*http_handle_fn)(void *arg, struct http_req *req);

/* ERR_NOMEM. */
int http_new(struct loop *loop, uint32_t max_connections, struct http **ret_http, struct err *e);
/* "127.0.0.1:8080", "[::1]:0"; at most 2. ERR_INVALID, ERR_IO; `ret_port` is what
 * was bound. */
int http_listen(struct http *http, const char *address, http_handle_fn handle, void *arg,
                int *ret_port, struct err *e);
/* After the last http_listen. ERR_IO (libwebsockets' libuv plugin is not installed). */
int http_start(struct http *http, struct err *e);
/* Ends all connections and streams; requests that are not answered yet must still
 * be. `closed` comes on the loop when all of it, those included, is gone; at once
 * when it was never started. */
void http_close(struct http *http, void (*closed)(void *arg), void *arg);

struct http_counts {
    uint64_t requests, refused_connections;
    uint64_t replies[6]; /* by status / 100 */
    uint32_t connections;
};
void http_counts(const struct http *http, struct http_counts *ret_counts);

/* --- what was asked; lent until the answer --- */
enum http_header {
    HTTP_HOST,
    HTTP_ORIGIN,
    HTTP_COOKIE,
    HTTP_AUTHORIZATION,
    HTTP_CONTENT_TYPE,
    HTTP_IF_NONE_MATCH,
    HTTP_CSRF,
    HTTP_LAST_EVENT_ID,
    HTTP_SEC_FETCH_SITE,
    HTTP_FORWARDED_FOR,
    HTTP_HEADERS
};
enum http_method http_method(const struct http_req *req);
/* Decoded, without "." and ".." and doubled slashes. */
const char *http_path(const struct http_req *req);
const struct query *http_query(const struct http_req *req);
/* NULL when it was not sent. */
const char *http_header(const struct http_req *req, enum http_header header);
struct slice http_body(const struct http_req *req);
/* The other end's address, as text. */
const char *http_peer(const struct http_req *req);
/* Room for the caller's own thing of this request; freed with it by `gone` (may
 * be NULL). */
void http_attach(struct http_req *req, void *thing, void (*gone)(void *thing));
void *http_attached(const struct http_req *req);

/* --- the answer --- */
struct http_reply {
    int status;
    const char *type; /* content type, static; NULL: no body */
    struct slice body;
    void (*free_body)(void *body); /* NULL: the body is static or outlives the server */
    const char *cache;             /* Cache-Control, static; NULL: no-store */
    const char *policy;            /* Content-Security-Policy, static; NULL: nothing allowed */
    const char *extra;             /* further header lines "Name: value\r\n..."; copied; NULL */
};
void http_reply(struct http_req *req, const struct http_reply *reply);
/* Takes `json` (malloc'ed; NULL becomes a 500). */
void http_reply_json(struct http_req *req, int status, char *json);
void http_reply_problem(struct http_req *req, const struct problem *problem);
/* A problem of one sentence. */
void http_refuse(struct http_req *req, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* An answer without end. `pull` writes up to `room` bytes to `to` and returns how
 * many; 0: nothing now, until http_stream_wake. `closed` is the last call; the
 * request is gone after it. */
struct http_stream {
    size_t (*pull)(void *arg, char *to, size_t room);
    void (*closed)(void *arg);
    void *arg;
};
/* What was asked and what was attached end here: a stream keeps little. False: the
 * client is gone already, nothing will be called. */
bool http_stream(struct http_req *req, const char *type, const struct http_stream *stream);
void http_stream_wake(struct http_req *req);
/* For how long (ms) the client has not taken what was ready; 0: it keeps up. */
int64_t http_stream_stalled_ms(const struct http_req *req);
/* Ends it; `closed` follows. */
void http_stream_end(struct http_req *req);

#endif
