/* libcurl's transfers on the house's loop: no thread, no polling. */
#ifndef GATEWAY_NOTIFY_MULTI_H
#define GATEWAY_NOTIFY_MULTI_H

#include "net/loop.h"

#include <curl/curl.h>

struct multi;

/* Lives inside its owner. `easy` stays the owner's. */
struct transfer {
    CURL *easy;
    /* The exchange ended; called on the loop, never from within multi_start. */
    void (*ended)(struct transfer *transfer, CURLcode code);
};

/* Borrows the loop for life. ERR_NOMEM. */
int multi_new(struct loop *loop, struct multi **ret_multi, struct err *e);
/* Borrows the transfer until it ended or was stopped. ERR_NOMEM. */
int multi_start(struct multi *multi, struct transfer *transfer);
/* Breaks it off; `ended` is not called. */
void multi_stop(struct multi *multi, struct transfer *transfer);
/* No transfer is under way any more. The memory is gone when `closed` is called. */
void multi_close(struct multi *multi, void (*closed)(void *arg), void *arg);

#endif
