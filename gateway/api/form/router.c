#include "gateway/api/form/router.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "?"};
    return names[method];
}

/* Matches one segment; a parameter is copied to ret. */
static bool segment(const char *pattern, size_t pattern_len, const char *path, size_t path_len,
                    char *ret)
{
    if (pattern_len && pattern[0] == '{') {
        if (!path_len || path_len >= ROUTE_PARAM || !ret)
            return false;
        memcpy(ret, path, path_len);
        ret[path_len] = 0;
        return true;
    }
    return pattern_len == path_len && memcmp(pattern, path, path_len) == 0;
}

static bool matches(const char *pattern, const char *path, char params[][ROUTE_PARAM])
{
    size_t n = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t a = strcspn(pattern, "/"), b = strcspn(path, "/");
        if (!segment(pattern, a, path, b, n < ROUTE_PARAMS ? params[n] : NULL))
            return false;
        n += pattern[0] == '{';
        pattern += a;
        path += b;
    }
    return !*pattern && !*path;
}

static void allow(struct route_match *m, enum http_method method)
{
    size_t used = strlen(m->allow);
    snprintf(m->allow + used, sizeof m->allow - used, "%s%s%s", used ? ", " : "",
             http_method_name(method), method == HTTP_GET ? ", HEAD" : "");
}

void route_find(const struct route *routes, size_t n, enum http_method method, const char *path,
                struct route_match *ret_match)
{
    memset(ret_match, 0, sizeof *ret_match);
    if (method == HTTP_HEAD)
        method = HTTP_GET;
    for (size_t i = 0; i < n; i++) {
        if (!matches(routes[i].pattern, path, ret_match->params))
            continue;
        if (routes[i].method == method) {
            ret_match->route = &routes[i];
            return;
        }
        allow(ret_match, routes[i].method);
    }
}
