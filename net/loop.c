#include "net/loop.h"

#include <stdlib.h>

struct loop {
    uv_loop_t uv;
};

int loop_new(struct loop **ret_loop, struct err *e)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return err_set(e, ERR_NOMEM, "no memory for the event loop");
    int rc = uv_loop_init(&loop->uv);
    if (rc) {
        free(loop);
        return err_set(e, ERR_IO, "the event loop does not start: %s", uv_strerror(rc));
    }
    *ret_loop = loop;
    return 0;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void close_one(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    do {
        uv_walk(&loop->uv, close_one, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    } while (uv_loop_close(&loop->uv) == UV_EBUSY);
    free(loop);
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *t = (struct loop_timer *)uv->data;
    t->fire(t);
}

void loop_timer_init(struct loop_timer *t, struct loop *loop, void (*fire)(struct loop_timer *))
{
    uv_timer_init(&loop->uv, &t->uv);
    t->uv.data = t;
    t->fire = fire;
    t->closed = NULL;
}

void loop_timer_start(struct loop_timer *t, int64_t after_ms, int64_t repeat_ms)
{
    /* libuv counts from the time it cached before this callback; a long callback
     * must not make timers fire early. */
    uv_update_time(t->uv.loop);
    uv_timer_start(&t->uv, timer_fired, after_ms > 0 ? (uint64_t)after_ms : 0,
                   repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
}

void loop_timer_stop(struct loop_timer *t)
{
    uv_timer_stop(&t->uv);
}

static void timer_closed(uv_handle_t *uv)
{
    struct loop_timer *t = (struct loop_timer *)uv->data;
    if (t->closed)
        t->closed(t);
}

void loop_timer_close(struct loop_timer *t, void (*closed)(struct loop_timer *))
{
    t->closed = closed;
    uv_close((uv_handle_t *)&t->uv, timer_closed);
}

static void wake_woken(uv_async_t *uv)
{
    struct loop_wake *w = (struct loop_wake *)uv->data;
    w->woken(w);
}

int loop_wake_init(struct loop_wake *w, struct loop *loop, void (*woken)(struct loop_wake *))
{
    w->woken = woken;
    w->closed = NULL;
    w->uv.data = w;
    return uv_async_init(&loop->uv, &w->uv, wake_woken) ? ERR_IO : 0;
}

void loop_wake_send(struct loop_wake *w)
{
    uv_async_send(&w->uv);
}

static void wake_closed(uv_handle_t *uv)
{
    struct loop_wake *w = (struct loop_wake *)uv->data;
    if (w->closed)
        w->closed(w);
}

void loop_wake_close(struct loop_wake *w, void (*closed)(struct loop_wake *))
{
    w->closed = closed;
    uv_close((uv_handle_t *)&w->uv, wake_closed);
}

static void watch_ready(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *w = (struct loop_watch *)uv->data;
    w->ready(w, events & UV_READABLE, events & UV_WRITABLE, status < 0 || (events & UV_DISCONNECT));
}

int loop_watch_init(struct loop_watch *w, struct loop *loop, int fd,
                    void (*ready)(struct loop_watch *, bool, bool, bool))
{
    w->ready = ready;
    w->closed = NULL;
    w->uv.data = w;
    return uv_poll_init(&loop->uv, &w->uv, fd) ? ERR_IO : 0;
}

void loop_watch_want(struct loop_watch *w, bool readable, bool writable)
{
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events)
        uv_poll_start(&w->uv, events | UV_DISCONNECT, watch_ready);
    else
        uv_poll_stop(&w->uv);
}

static void watch_closed(uv_handle_t *uv)
{
    struct loop_watch *w = (struct loop_watch *)uv->data;
    if (w->closed)
        w->closed(w);
}

void loop_watch_close(struct loop_watch *w, void (*closed)(struct loop_watch *))
{
    w->closed = closed;
    uv_close((uv_handle_t *)&w->uv, watch_closed);
}

static void signal_raised(uv_signal_t *uv, int number)
{
    struct loop_signal *s = (struct loop_signal *)uv->data;
    s->raised(s, number);
}

int loop_signal_init(struct loop_signal *s, struct loop *loop, int number,
                     void (*raised)(struct loop_signal *, int))
{
    s->raised = raised;
    s->closed = NULL;
    s->uv.data = s;
    if (uv_signal_init(&loop->uv, &s->uv))
        return ERR_IO;
    return uv_signal_start(&s->uv, signal_raised, number) ? ERR_IO : 0;
}

static void signal_closed(uv_handle_t *uv)
{
    struct loop_signal *s = (struct loop_signal *)uv->data;
    if (s->closed)
        s->closed(s);
}

void loop_signal_close(struct loop_signal *s, void (*closed)(struct loop_signal *))
{
    s->closed = closed;
    uv_close((uv_handle_t *)&s->uv, signal_closed);
}
