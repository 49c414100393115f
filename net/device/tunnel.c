/*  ASKED --request--> RESOLVING --> DIALLING --> SHAKING --> CARRYING --> OVER
 *
 * Happy path: the library asks, we find the broker, connect, shake hands, and
 * carry bytes both ways until one side closes.
 *
 * The library's socket is never left unread (a partial write stalls it for a
 * second), so what the broker does not take yet waits in `up`, bounded by what
 * the link allows in flight. The broker's socket is left unread while the library
 * does not take what is in `down`.
 *
 * What goes wrong ends in over(), once, with a reason where the cause is ours to
 * know; closing the library's socket is what tells it. */
#include "net/device/tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

/* A peer is known to be of this process before it gets here, so it may take the
 * time that the library's receiver can sleep (1.1 s) before it asks. */
#define ADMISSION_MS 3000
#define FINISH_MS    1000
#define UP_MAX       (8 * 1024 * 1024)
#define UP_KEEP      (32 * 1024)

enum tunnel_state { ASKED, RESOLVING, DIALLING, SHAKING, CARRYING, OVER };

struct tunnel {
    struct tunnel_owner owner;
    struct loop *loop;
    enum tunnel_state state;
    struct tunnel_way way;
    struct loop_timer timer;
    struct loop_watch peer_watch, broker_watch;
    int peer, broker;
    bool broker_watched, admitted, peer_gone, broker_blocked;
    uv_getaddrinfo_t resolving;
    struct addrinfo *addresses, *address;
    struct tls *tls;
    struct buf up; /* from the library, for the broker */
    size_t up_sent;
    size_t down_len, down_sent; /* from the broker, for the library */
    uint8_t down[4096];
    struct link_reason reason;
    bool has_reason;
    int open_handles; /* closing: the memory goes with the last */
};

static void over(struct tunnel *t);

/* --- death --- */

static void handle_gone(struct tunnel *t)
{
    if (--t->open_handles > 0)
        return;
    void (*freed)(void *arg) = t->owner.freed;
    void *arg = t->owner.arg;
    free(t);
    freed(arg);
}

static void timer_closed(struct loop_timer *timer)
{
    handle_gone(CONTAINER(timer, struct tunnel, timer));
}

static void peer_closed(struct loop_watch *watch)
{
    handle_gone(CONTAINER(watch, struct tunnel, peer_watch));
}

static void dial(struct tunnel *t);

static void broker_closed(struct loop_watch *watch)
{
    struct tunnel *t = CONTAINER(watch, struct tunnel, broker_watch);
    if (t->state == DIALLING) {
        t->open_handles--;
        dial(t);
    } else {
        handle_gone(t);
    }
}

static void close_sockets(struct tunnel *t)
{
    loop_watch_close(&t->peer_watch, peer_closed);
    close(t->peer);
    if (t->broker_watched)
        loop_watch_close(&t->broker_watch, broker_closed);
    if (t->broker >= 0)
        close(t->broker);
}

static void over(struct tunnel *t)
{
    if (t->state == OVER)
        return;
    t->state = OVER;
    tls_free(t->tls);
    if (t->admitted)
        tls_identity_drop(t->way.identity);
    close_sockets(t);
    loop_timer_close(&t->timer, timer_closed);
    if (t->resolving.loop)
        uv_cancel((uv_req_t *)&t->resolving); /* its callback comes either way */
    if (t->addresses)
        uv_freeaddrinfo(t->addresses);
    t->addresses = NULL;
    buf_free(&t->up);
    t->owner.ended(t->owner.arg, t, t->has_reason ? &t->reason : NULL);
}

static void fail(struct tunnel *t, enum link_stage stage, int code, const char *text)
{
    t->has_reason = true;
    t->reason = (struct link_reason){.stage = stage, .retry = LINK_RETRY_NETWORK, .code = code};
    snprintf(t->reason.text, sizeof t->reason.text, "%s:%u: %s", t->way.host, t->way.port, text);
    over(t);
}

static void fail_tls(struct tunnel *t)
{
    t->has_reason = true;
    snprintf(t->reason.broker, sizeof t->reason.broker, "%.150s:%u", t->way.host, t->way.port);
    tls_explain(t->tls, &t->reason);
    over(t);
}

/* --- carrying --- */

static void want(struct tunnel *t)
{
    loop_watch_want(&t->peer_watch, !t->peer_gone, t->down_len > 0);
    if (t->broker_watched)
        loop_watch_want(&t->broker_watch, t->down_len == 0, t->broker_blocked);
}

static void shrink_up(struct tunnel *t)
{
    t->up_sent = 0;
    if (t->up.cap > UP_KEEP) {
        buf_free(&t->up);
        buf_init(&t->up, UP_MAX);
    } else {
        buf_reset(&t->up);
    }
}

/* Library to broker. False: the tunnel is over. */
static bool carry_up(struct tunnel *t)
{
    t->broker_blocked = false;
    while (t->up_sent < t->up.len) {
        size_t n = 0;
        struct slice rest = slice_of(t->up.ptr + t->up_sent, t->up.len - t->up_sent);
        enum tls_result r = tls_write(t->tls, rest, &n);
        if (r == TLS_WANT_WRITE) {
            t->broker_blocked = true;
            return true;
        }
        if (r == TLS_WANT_READ)
            return true;
        if (r != TLS_DONE) {
            fail_tls(t);
            return false;
        }
        t->up_sent += n;
    }
    shrink_up(t);
    if (t->peer_gone)
        over(t);
    return !t->peer_gone;
}

/* Gives `down` to the library; false when it does not take all of it now. */
static bool deliver(struct tunnel *t)
{
    while (t->down_sent < t->down_len) {
        ssize_t n = send(t->peer, t->down + t->down_sent, t->down_len - t->down_sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (n < 0)
            break; /* it closed: its end of file comes by the other way */
        t->down_sent += (size_t)n;
    }
    t->down_len = t->down_sent = 0;
    return true;
}

/* Broker to library. False: the tunnel is over. */
static bool carry_down(struct tunnel *t)
{
    while (deliver(t)) {
        size_t n = 0;
        enum tls_result r = tls_read(t->tls, t->down, sizeof t->down, &n);
        if (r == TLS_WANT_READ || r == TLS_WANT_WRITE)
            return true;
        if (r != TLS_DONE) {
            fail_tls(t);
            return false;
        }
        t->down_len = n;
    }
    return true;
}

static void carry(struct tunnel *t)
{
    if (carry_up(t) && carry_down(t))
        want(t);
}

/* --- towards the broker --- */

static void shake(struct tunnel *t)
{
    switch (tls_handshake(t->tls)) {
    case TLS_DONE:
        t->state = CARRYING;
        t->owner.secured(t->owner.arg, t, tls_resumed(t->tls));
        carry(t);
        break;
    case TLS_WANT_READ: loop_watch_want(&t->broker_watch, true, false); break;
    case TLS_WANT_WRITE: loop_watch_want(&t->broker_watch, true, true); break;
    default: fail_tls(t);
    }
}

/* This address did not answer: the next one, once the watch is closed. */
static void redial(struct tunnel *t, int code)
{
    t->address = t->address->ai_next;
    if (!t->address) {
        fail(t, LINK_STAGE_TCP, code, strerror(code));
        return;
    }
    t->broker_watched = false;
    loop_watch_close(&t->broker_watch, broker_closed);
    close(t->broker);
    t->broker = -1;
}

static void dialled(struct tunnel *t)
{
    int code = 0;
    socklen_t len = sizeof code;
    getsockopt(t->broker, SOL_SOCKET, SO_ERROR, &code, &len);
    if (code) {
        redial(t, code);
        return;
    }
    if (tls_new(t->way.identity, t->way.broker, t->way.host, t->broker, &t->tls)) {
        fail(t, LINK_STAGE_TLS, ERR_NOMEM, "no memory for TLS");
        return;
    }
    t->state = SHAKING;
    shake(t);
}

static void broker_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct tunnel *t = CONTAINER(watch, struct tunnel, broker_watch);
    (void)readable;
    (void)writable;
    (void)bad; /* the next read or write says what it is */
    if (t->state == DIALLING)
        dialled(t);
    else if (t->state == SHAKING)
        shake(t);
    else if (t->state == CARRYING)
        carry(t);
}

/* Connects to t->address or one after it. */
static void dial(struct tunnel *t)
{
    int code = EHOSTUNREACH;
    for (; t->address; t->address = t->address->ai_next) {
        const struct addrinfo *a = t->address;
        int on = 1;
        t->broker = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (t->broker < 0) {
            code = errno;
            continue;
        }
        setsockopt(t->broker, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if ((connect(t->broker, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS) &&
            loop_watch_init(&t->broker_watch, t->loop, t->broker, broker_ready) == 0) {
            t->broker_watched = true;
            t->open_handles++;
            loop_watch_want(&t->broker_watch, false, true);
            return;
        }
        code = errno;
        close(t->broker);
        t->broker = -1;
    }
    fail(t, LINK_STAGE_TCP, code, strerror(code));
}

static void dial_all(struct tunnel *t, struct addrinfo *addresses)
{
    t->addresses = t->address = addresses;
    t->state = DIALLING;
    dial(t);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct tunnel *t = CONTAINER(request, struct tunnel, resolving);
    t->resolving.loop = NULL;
    if (t->state == OVER) {
        uv_freeaddrinfo(addresses);
        handle_gone(t);
        return;
    }
    t->open_handles--;
    if (status)
        fail(t, LINK_STAGE_RESOLVE, status, "this name is not known; check it and the name server");
    else
        dial_all(t, addresses);
}

static void resolve(struct tunnel *t)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[8];
    snprintf(port, sizeof port, "%u", t->way.port);
    t->state = RESOLVING;
    int rc = uv_getaddrinfo(loop_uv(t->loop), &t->resolving, resolved, t->way.host, port, &hints);
    if (rc) {
        t->resolving.loop = NULL;
        fail(t, LINK_STAGE_RESOLVE, rc, uv_strerror(rc));
        return;
    }
    t->open_handles++;
}

/* --- the library's side --- */

static void read_request(struct tunnel *t)
{
    struct request request;
    switch (request_read(buf_slice(&t->up), t->owner.secret, &request)) {
    case REQUEST_MORE: return;
    case REQUEST_REFUSED: over(t); return;
    case REQUEST_GOOD: break;
    }
    if (!t->owner.admit(t->owner.arg, t, &request, &t->way)) {
        over(t);
        return;
    }
    t->admitted = true;
    tls_identity_hold(t->way.identity);
    t->up_sent = request.len;
    loop_timer_stop(&t->timer);
    resolve(t);
}

/* Reads all there is. False: the tunnel is over. */
static bool read_peer(struct tunnel *t)
{
    for (;;) {
        uint8_t *room = buf_room(&t->up, 4096);
        if (!room) {
            fail(t, LINK_STAGE_SESSION, ERR_FULL, "the broker takes too little");
            return false;
        }
        ssize_t n = recv(t->peer, room, 4096, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0) {
            t->peer_gone = true;
            return true;
        }
        t->up.len += (size_t)n;
    }
}

static void peer_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct tunnel *t = CONTAINER(watch, struct tunnel, peer_watch);
    (void)writable;
    if ((readable || bad) && !t->peer_gone && !read_peer(t))
        return;
    if (t->state == CARRYING) {
        carry(t);
        return;
    }
    if (t->peer_gone) {
        over(t);
        return;
    }
    if (t->state == ASKED)
        read_request(t);
}

static void time_is_up(struct loop_timer *timer)
{
    over(CONTAINER(timer, struct tunnel, timer));
}

int tunnel_new(struct loop *loop, const struct tunnel_owner *owner, int fd, struct tunnel **ret)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n";
    struct tunnel *t = calloc(1, sizeof *t);
    if (!t || loop_watch_init(&t->peer_watch, loop, fd, peer_ready)) {
        free(t);
        close(fd);
        return ERR_NOMEM;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    t->owner = *owner;
    t->loop = loop;
    t->peer = fd;
    t->broker = -1;
    t->open_handles = 2;
    buf_init(&t->up, UP_MAX);
    loop_timer_init(&t->timer, loop, time_is_up);
    loop_timer_start(&t->timer, ADMISSION_MS, 0);
    loop_watch_want(&t->peer_watch, true, false);
    /* Should it fail, the end of file follows. */
    (void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    *ret = t;
    return 0;
}

bool tunnel_admitted(const struct tunnel *t)
{
    return t->admitted;
}

void tunnel_finish(struct tunnel *t)
{
    if (t->state == CARRYING)
        loop_timer_start(&t->timer, FINISH_MS, 0);
    else
        over(t);
}

void tunnel_abort(struct tunnel *t)
{
    over(t);
}
