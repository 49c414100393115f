/* The socket interface of libcurl: it says which descriptors and what time it waits
 * for, we say when they are ready. Descriptors are curl's; each has a watch of ours
 * for as long as curl asks for it. */
#include "gateway/notify/multi.h"

#include "base/list.h"

#include <stdlib.h>

struct multi {
    struct loop *loop;
    CURLM *curl;
    struct loop_timer timer;
    struct list watches;
    size_t closing; /* handles whose memory the loop still has */
    bool ending;
    void (*closed)(void *arg);
    void *arg;
};

struct socket_watch {
    struct loop_watch watch;
    struct list link;
    struct multi *multi;
    curl_socket_t fd;
    bool readable, writable; /* wanted */
};

static void tell_ended(struct multi *m)
{
    int left;
    for (CURLMsg *msg = curl_multi_info_read(m->curl, &left); msg;
         msg = curl_multi_info_read(m->curl, &left)) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURL *easy = msg->easy_handle;
        CURLcode code = msg->data.result; /* msg is gone with the handle */
        struct transfer *transfer = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(m->curl, easy);
        transfer->ended(transfer, code);
    }
}

static void timer_fired(struct loop_timer *timer)
{
    struct multi *m = CONTAINER(timer, struct multi, timer);
    int running;
    long left_ms = -1;
    curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_ended(m);
    /* The loop counts whole milliseconds, curl finer ones. Woken a fraction too early
     * it does nothing, and does not ask again for a time that it has asked for. */
    curl_multi_timeout(m->curl, &left_ms);
    if (left_ms >= 0 && !uv_is_active((const uv_handle_t *)&timer->uv))
        loop_timer_start(timer, left_ms + 1, 0);
}

static int want_timer(CURLM *curl, long timeout_ms, void *arg)
{
    (void)curl;
    struct multi *m = arg;
    if (timeout_ms < 0)
        loop_timer_stop(&m->timer);
    else
        loop_timer_start(&m->timer, timeout_ms ? timeout_ms + 1 : 0, 0);
    return 0;
}

static void socket_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct socket_watch *w = CONTAINER(watch, struct socket_watch, watch);
    struct multi *m = w->multi;
    int events = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    if (bad) /* let curl read or write, and find out by itself what is wrong */
        events |= (w->readable ? CURL_CSELECT_IN : 0) | (w->writable ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(m->curl, w->fd, events, &running); /* may close the watch */
    tell_ended(m);
}

static void one_closed(struct multi *m)
{
    if (--m->closing > 0 || !m->ending)
        return;
    if (m->closed)
        m->closed(m->arg);
    free(m);
}

static void watch_closed(struct loop_watch *watch)
{
    struct socket_watch *w = CONTAINER(watch, struct socket_watch, watch);
    struct multi *m = w->multi;
    free(w);
    one_closed(m);
}

static void close_watch(struct socket_watch *w)
{
    list_remove(&w->link);
    w->multi->closing++;
    loop_watch_close(&w->watch, watch_closed);
}

static struct socket_watch *new_watch(struct multi *m, curl_socket_t fd)
{
    struct socket_watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->multi = m;
    w->fd = fd;
    if (loop_watch_init(&w->watch, m->loop, fd, socket_ready)) {
        free(w);
        return NULL;
    }
    list_push(&m->watches, &w->link);
    curl_multi_assign(m->curl, fd, w);
    return w;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    (void)easy;
    struct multi *m = arg;
    struct socket_watch *w = of_socket;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            curl_multi_assign(m->curl, fd, NULL);
            close_watch(w);
        }
        return 0;
    }
    if (!w)
        w = new_watch(m, fd);
    if (!w)
        return -1; /* curl fails the transfer */
    w->readable = what & CURL_POLL_IN;
    w->writable = what & CURL_POLL_OUT;
    loop_watch_want(&w->watch, w->readable, w->writable);
    return 0;
}

int multi_new(struct loop *loop, struct multi **ret_multi, struct err *e)
{
    struct multi *m = calloc(1, sizeof *m);
    if (!m)
        goto memory;
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        goto global;
    m->curl = curl_multi_init();
    if (!m->curl)
        goto multi;
    m->loop = loop;
    list_init(&m->watches);
    loop_timer_init(&m->timer, loop, timer_fired);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, 32L); /* kept when idle */
    *ret_multi = m;
    return 0;
multi:
    curl_global_cleanup();
global:
    free(m);
memory:
    return err_set(e, ERR_NOMEM, "libcurl does not start: no memory");
}

int multi_start(struct multi *m, struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    return curl_multi_add_handle(m->curl, t->easy) == CURLM_OK ? 0 : ERR_NOMEM;
}

void multi_stop(struct multi *m, struct transfer *t)
{
    curl_multi_remove_handle(m->curl, t->easy);
}

static void timer_closed(struct loop_timer *timer)
{
    one_closed(CONTAINER(timer, struct multi, timer));
}

void multi_close(struct multi *m, void (*closed)(void *arg), void *arg)
{
    m->ending = true;
    m->closed = closed;
    m->arg = arg;
    m->closing++;                /* the timer */
    curl_multi_cleanup(m->curl); /* closes idle connections, may still call want_socket */
    m->curl = NULL;
    curl_global_cleanup();
    while (!list_empty(&m->watches))
        close_watch(CONTAINER(m->watches.next, struct socket_watch, link));
    loop_timer_close(&m->timer, timer_closed);
}
