/* What http.c, request.c and reply.c share; nobody else includes it. */
#ifndef GATEWAY_API_HTTP_INSIDE_H
#define GATEWAY_API_HTTP_INSIDE_H

#include "base/list.h"
#include "gateway/api/http/http.h"

#include <libwebsockets.h>

#define HTTP_LISTENERS    2
#define HTTP_HEADER_BYTES 8192
#define HTTP_CHUNK        (16 * 1024) /* of a body, a turn of the loop */
#define HTTP_REQUEST_MS   20000
#define HTTP_STALL_S      30
#define HTTP_DRAIN_MAX    (1024 * 1024) /* a body over the limit is read up to here */

struct http_listener {
    struct http *http;
    struct loop_watch watch;
    bool watched;
    int fd;
    http_handle_fn handle;
    void *arg;
};

struct http {
    struct loop *loop;
    struct lws_context *lws; /* NULL again when it is destroyed */
    struct lws_vhost *vhost;
    struct http_listener listeners[HTTP_LISTENERS];
    size_t n_listeners;
    uint32_t max_connections;
    uint32_t open_requests; /* not answered or not freed yet */
    struct http_counts counts;
    struct loop_timer closing;
    uint32_t closing_turns;
    bool is_closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

enum req_state {
    REQ_READING,  /* the body is coming */
    REQ_HANDLING, /* the handler owes an answer */
    REQ_REPLYING,
    REQ_STREAMING,
};

/* What only matters until the answer begins; large. */
struct asked {
    struct query query;
    struct problem problem; /* found while reading */
};

struct http_req {
    struct http *http;
    struct http_listener *listener;
    struct lws *wsi;        /* NULL: the client is gone */
    struct http_req **slot; /* the connection's pointer to us */
    enum req_state state;
    enum http_method method;
    int64_t began_ms; /* monotonic */
    bool close_after;

    struct asked *asked;              /* NULL once a stream began */
    struct buf text;                  /* path and headers, NUL-terminated */
    uint32_t header_at[HTTP_HEADERS]; /* offset + 1; 0: absent */
    char peer[48];
    struct buf body;
    size_t body_left;

    struct http_reply reply;
    struct buf extra;
    size_t written;
    bool head_written;

    struct http_stream stream;
    int64_t waiting_since_ms; /* 0: not waiting for the client */

    void *thing;
    void (*thing_gone)(void *thing);
};

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len);
/* request.c */
int request_begin(struct http_listener *listener, struct lws *wsi, struct http_req **slot);
int request_body(struct http_req *req, const void *bytes, size_t len);
void request_complete(struct http_req *req);
void request_gone(struct http_req *req);
void request_free(struct http_req *req);
/* reply.c: 0 go on, -1 close the connection */
int reply_writeable(struct http_req *req);

#endif
