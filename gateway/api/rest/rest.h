/* The endpoints under /api/v1: docs/openapi.yaml says what each does. */
#ifndef GATEWAY_API_REST_REST_H
#define GATEWAY_API_REST_REST_H

#include "gateway/api/access/access.h"
#include "gateway/api/feed/feed.h"
#include "gateway/api/rest/ops.h"
#include "gateway/people/stage/zones.h"

struct rest {
    struct loop *loop; /* all borrowed */
    struct store *store;
    struct access *access;
    struct feed *feed;
    const struct api_ops *ops;
    struct zones zones; /* owned: customers read by their own clock */
};

/* Answers a request whose path is under /api/v1 (`path` is what follows it). */
void rest_handle(struct rest *rest, struct http_req *req, const char *path);

/* An alert's event with its headline, for the feed (`rest` is a struct rest);
 * malloc'ed; NULL: as it is. */
char *rest_dress(void *rest, const char *type, const char *json);

/* The ops listener's /readyz (503 with the reasons when it is not) and the parts
 * of /status that it shares: {"ready": bool, "reasons": [...]}. */
void rest_ready(struct rest *rest, struct http_req *req);

#endif
