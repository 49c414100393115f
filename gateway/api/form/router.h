/* Which handler answers a method and a path. Pure.
 *
 * A pattern's segments are literal or "{name}"; a parameter matches one segment
 * that is not empty. */
#ifndef GATEWAY_API_FORM_ROUTER_H
#define GATEWAY_API_FORM_ROUTER_H

#include <stddef.h>

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OTHER };
/* "GET" ... Static. */
const char *http_method_name(enum http_method method);

#define ROUTE_PARAMS 2
#define ROUTE_PARAM  128 /* bytes, NUL included */

struct route {
    enum http_method method; /* HTTP_GET answers HEAD too */
    const char *pattern;     /* "/alerts/{id}/note" */
    int need;                /* the caller's: who may */
    void (*handle)(void *ctx, void *request);
};
struct route_match {
    const struct route *route; /* NULL: none */
    char allow[64];            /* when NULL: methods that this path has ("GET, PUT"), or "" */
    char params[ROUTE_PARAMS][ROUTE_PARAM];
};
/* `path` is decoded and begins with '/'. */
void route_find(const struct route *routes, size_t n, enum http_method method, const char *path,
                struct route_match *ret_match);

#endif
