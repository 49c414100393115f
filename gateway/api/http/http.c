/* Listeners and the library's life.
 *
 * We bind and accept by ourselves and hand connections over: the limit on
 * connections and the text of a failed bind are then ours. Closing: the library
 * wants its context destroyed twice, with turns of the loop between (its handles
 * close as libuv's do); a timer does that and waits for requests that are still
 * owed an answer. */
#include "gateway/api/http/http.h"

#include "gateway/api/http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct lws_protocols protocols[] = {
    {"http", http_callback, sizeof(struct http_req *), 4096, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

int http_new(struct loop *loop, uint32_t max_connections, struct http **ret_http, struct err *e)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return err_set(e, ERR_NOMEM, "http: out of memory");
    http->loop = loop;
    http->max_connections = max_connections;
    *ret_http = http;
    return 0;
}

static bool make_context(struct http *http)
{
    void *loops[1] = {loop_uv(http->loop)};
    uint32_t max = http->max_connections;
    struct lws_context_creation_info info = {0};
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
    info.foreign_loops = loops;
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.pcontext = &http->lws;
    info.max_http_header_data = HTTP_HEADER_BYTES;
    info.max_http_header_pool = (unsigned short)(max < 60000 ? max : 60000);
    info.fd_limit_per_thread = max + 16;
    info.timeout_secs = 10;
    info.timeout_secs_ah_idle = 10;
    info.uid = info.gid = -1;
    lws_set_log_level(0, NULL);
    http->lws = lws_create_context(&info);
    return http->lws != NULL;
}

/* One virtual host for all listeners: the library would choose between several by
 * the Host header, which is the client's word. */
static bool make_vhost(struct http *http)
{
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = protocols;
    info.vhost_name = "tocsin";
    info.server_string = "tocsin";
    info.keepalive_timeout = 30;
    info.user = http;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    http->vhost = lws_create_vhost(http->lws, &info);
    return http->vhost != NULL;
}

/* "host:port" or "[v6]:port" with a numeric host. */
static int parse_address(const char *address, struct addrinfo **ret, struct err *e)
{
    char host[64] = "";
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    const char *from = address;
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        from++;
        len -= 2;
    }
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    if (!colon || !len || len >= sizeof host)
        goto bad;
    memcpy(host, from, len);
    if (getaddrinfo(host, colon + 1, &hints, ret) == 0)
        return 0;
bad:
    return err_set(e, ERR_INVALID, "%s: must be a numeric address and a port, like 127.0.0.1:8080",
                   address);
}

static int bind_address(const char *address, int *ret_fd, int *ret_port, struct err *e)
{
    struct addrinfo *ai = NULL;
    int one = 1, code = parse_address(address, &ai, e);
    if (code || !ai)
        return code;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 256) ||
        getsockname(fd, (struct sockaddr *)&bound, &len)) {
        code = err_set(e, ERR_IO, "%s: cannot listen: %s", address, strerror(errno));
        if (fd >= 0)
            close(fd);
    } else {
        *ret_fd = fd;
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getsockname has filled it */
        *ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                      : ((struct sockaddr_in *)&bound)->sin_port);
    }
    freeaddrinfo(ai);
    return code;
}

static void accept_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct http_listener *l = CONTAINER(watch, struct http_listener, watch);
    struct http *http = l->http;
    (void)readable;
    (void)writable;
    (void)bad;
    for (int i = 0; i < 64; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (http->counts.connections >= http->max_connections) {
            http->counts.refused_connections++;
            close(fd);
        } else {
            struct lws *wsi = lws_adopt_socket_vhost(http->vhost, fd);
            if (wsi)
                lws_set_opaque_user_data(wsi, l);
            else
                http->counts.refused_connections++; /* the library closed it */
        }
    }
}

int http_listen(struct http *http, const char *address, http_handle_fn handle, void *arg,
                int *ret_port, struct err *e)
{
    if (http->n_listeners == HTTP_LISTENERS)
        return err_set(e, ERR_LIMIT, "%s: too many listeners", address);
    struct http_listener *l = &http->listeners[http->n_listeners];
    int code = bind_address(address, &l->fd, ret_port, e);
    if (code)
        return code;
    l->http = http;
    l->handle = handle;
    l->arg = arg;
    http->n_listeners++;
    return 0;
}

int http_start(struct http *http, struct err *e)
{
    if (!make_context(http) || !make_vhost(http))
        return err_set(e, ERR_IO,
                       "http: libwebsockets did not start: is libwebsockets-evlib-uv installed?");
    for (size_t i = 0; i < http->n_listeners; i++) {
        struct http_listener *l = &http->listeners[i];
        if (loop_watch_init(&l->watch, http->loop, l->fd, accept_ready))
            return err_set(e, ERR_IO, "http: a listening socket cannot be watched");
        loop_watch_want(&l->watch, true, false);
        l->watched = true;
    }
    return 0;
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    struct lws_vhost *vhost = lws_get_vhost(wsi);
    struct http *http = vhost ? lws_get_vhost_user(vhost) : NULL;
    struct http_listener *l = lws_get_opaque_user_data(wsi);
    struct http_req **slot = user;
    switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
        if (http)
            http->counts.connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (http && http->counts.connections)
            http->counts.connections--;
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1;
    case LWS_CALLBACK_HTTP: return l && slot ? request_begin(l, wsi, slot) : -1;
    case LWS_CALLBACK_HTTP_BODY: return slot && *slot ? request_body(*slot, in, len) : -1;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (slot && *slot && (*slot)->state == REQ_READING)
            request_complete(*slot);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE: return slot && *slot ? reply_writeable(*slot) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
        if (slot && *slot)
            request_gone(*slot);
        return 0;
    default: return 0;
    }
}

void http_counts(const struct http *http, struct http_counts *ret_counts)
{
    *ret_counts = http->counts;
}

static void finish(struct http *http)
{
    void (*closed)(void *arg) = http->closed;
    void *arg = http->closed_arg;
    free(http);
    if (closed)
        closed(arg);
}

static void timer_closed(struct loop_timer *timer)
{
    finish(CONTAINER(timer, struct http, closing));
}

static void closing_turn(struct loop_timer *timer)
{
    struct http *http = CONTAINER(timer, struct http, closing);
    http->closing_turns++;
    if (http->lws && http->closing_turns >= 2)
        lws_context_destroy(http->lws);
    if (!http->lws && !http->open_requests)
        loop_timer_close(timer, timer_closed);
}

void http_close(struct http *http, void (*closed)(void *arg), void *arg)
{
    if (http->is_closing)
        return;
    http->is_closing = true;
    http->closed = closed;
    http->closed_arg = arg;
    for (size_t i = 0; i < http->n_listeners; i++) {
        if (http->listeners[i].watched)
            loop_watch_close(&http->listeners[i].watch, NULL);
        close(http->listeners[i].fd);
    }
    if (!http->lws) { /* it never started */
        finish(http);
        return;
    }
    loop_timer_init(&http->closing, http->loop, closing_turn);
    loop_timer_start(&http->closing, 5, 5);
    lws_context_destroy(http->lws);
}
