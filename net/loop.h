/* A thin face over libuv: one loop a program, and the five things that wake it.
 *
 * Timers, wakes, watches and signals live inside their owner; a callback gets
 * the address of the node and finds the owner with CONTAINER (base/list.h).
 * Closing is an event: the memory is the owner's again in `closed`, or, where
 * `closed` is NULL, when loop_free has returned.
 *
 * Everything is for the loop's thread, except loop_wake_send. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct loop;

/* ERR_NOMEM, ERR_IO. */
int loop_new(struct loop **ret_loop, struct err *e);
/* Runs until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Closes what is still open, runs the loop until all of it is closed, frees. */
void loop_free(struct loop *loop);
/* The loop itself, lent: for libraries that bring their own libuv glue. */
uv_loop_t *loop_uv(struct loop *loop);

/* --- timers: milliseconds of CLOCK_MONOTONIC --- */
struct loop_timer {
    uv_timer_t uv;
    void (*fire)(struct loop_timer *timer);
    void (*closed)(struct loop_timer *timer);
};
void loop_timer_init(struct loop_timer *t, struct loop *loop, void (*fire)(struct loop_timer *));
/* (Re)starts; repeat_ms 0: once. */
void loop_timer_start(struct loop_timer *t, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_close(struct loop_timer *t, void (*closed)(struct loop_timer *));

/* --- wakes: any thread calls send; at least one `woken` follows, on the loop --- */
struct loop_wake {
    uv_async_t uv;
    void (*woken)(struct loop_wake *wake);
    void (*closed)(struct loop_wake *wake);
};
int loop_wake_init(struct loop_wake *w, struct loop *loop, void (*woken)(struct loop_wake *));
void loop_wake_send(struct loop_wake *w);
void loop_wake_close(struct loop_wake *w, void (*closed)(struct loop_wake *));

/* --- watches: a descriptor that others own; level-triggered --- */
struct loop_watch {
    uv_poll_t uv;
    /* `bad`: the descriptor reports an error or was hung up. */
    void (*ready)(struct loop_watch *watch, bool readable, bool writable, bool bad);
    void (*closed)(struct loop_watch *watch);
};
/* Makes the descriptor non-blocking. ERR_IO: it cannot be watched. */
int loop_watch_init(struct loop_watch *w, struct loop *loop, int fd,
                    void (*ready)(struct loop_watch *, bool, bool, bool));
/* Neither: pauses. */
void loop_watch_want(struct loop_watch *w, bool readable, bool writable);
/* The descriptor may be closed right after this returns. */
void loop_watch_close(struct loop_watch *w, void (*closed)(struct loop_watch *));

/* --- signals --- */
struct loop_signal {
    uv_signal_t uv;
    void (*raised)(struct loop_signal *signal, int number);
    void (*closed)(struct loop_signal *signal);
};
int loop_signal_init(struct loop_signal *s, struct loop *loop, int number,
                     void (*raised)(struct loop_signal *, int));
void loop_signal_close(struct loop_signal *s, void (*closed)(struct loop_signal *));

#endif
