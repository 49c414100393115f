/* The live feed: server-sent events from a ring that all clients share, and for
 * those who come back after a break from the hand-off table. */
#ifndef GATEWAY_API_FEED_FEED_H
#define GATEWAY_API_FEED_FEED_H

#include "gateway/api/http/http.h"
#include "gateway/store/store.h"

struct feed;

struct feed_config {
    uint32_t max_clients;
    /* What a client sees of a hand-off's body: malloc'ed, one line; NULL: the body as
     * it is. */
    char *(*dress)(void *arg, const char *type, const char *json);
    void *arg;
};

/* Reads the hand-off's last number. Borrows loop and store for life. */
int feed_new(struct loop *loop, struct store *store, const struct feed_config *config,
             struct feed **ret_feed, struct err *e);
/* Ends the clients' streams; call before http_close. */
void feed_close(struct feed *feed);
/* When http_close's `closed` has come. */
void feed_free(struct feed *feed);

/* One line of JSON; copied. */
void feed_push(struct feed *feed, int64_t no, const char *type, const char *json);
/* Answers GET /feed (who may has been checked). */
void feed_serve(struct feed *feed, struct http_req *req);

struct feed_counts {
    uint32_t clients;
    uint64_t events, resyncs, refused;
};
void feed_counts(const struct feed *feed, struct feed_counts *ret_counts);

#endif
