/* Reading a request: its address, the headers we know, its body. */
#include "base/clock.h"
#include "gateway/api/http/inside.h"

#include <stdlib.h>

static const struct {
    enum lws_token_indexes token;
    const char *custom; /* for headers that the library does not know by token */
    size_t max;
} header_rules[HTTP_HEADERS] = {
    [HTTP_HOST] = {WSI_TOKEN_HOST, NULL, 256},
    [HTTP_ORIGIN] = {WSI_TOKEN_ORIGIN, NULL, 256},
    [HTTP_COOKIE] = {WSI_TOKEN_HTTP_COOKIE, NULL, 4096},
    [HTTP_AUTHORIZATION] = {WSI_TOKEN_HTTP_AUTHORIZATION, NULL, 512},
    [HTTP_CONTENT_TYPE] = {WSI_TOKEN_HTTP_CONTENT_TYPE, NULL, 128},
    [HTTP_IF_NONE_MATCH] = {WSI_TOKEN_HTTP_IF_NONE_MATCH, NULL, 256},
    [HTTP_CSRF] = {0, "x-csrf-token:", 128},
    [HTTP_LAST_EVENT_ID] = {0, "last-event-id:", 32},
    [HTTP_SEC_FETCH_SITE] = {0, "sec-fetch-site:", 32},
    [HTTP_FORWARDED_FOR] = {WSI_TOKEN_X_FORWARDED_FOR, NULL, 256},
};

static enum http_method method_of(int lws_method)
{
    switch (lws_method) {
    case LWSHUMETH_GET: return HTTP_GET;
    case LWSHUMETH_HEAD: return HTTP_HEAD;
    case LWSHUMETH_POST: return HTTP_POST;
    case LWSHUMETH_PUT: return HTTP_PUT;
    case LWSHUMETH_DELETE: return HTTP_DELETE;
    default: return HTTP_OTHER;
    }
}

static void take_header(struct http_req *req, enum http_header h)
{
    const char *custom = header_rules[h].custom;
    int name_len = custom ? (int)strlen(custom) : 0;
    int len = custom ? lws_hdr_custom_length(req->wsi, custom, name_len)
                     : lws_hdr_total_length(req->wsi, header_rules[h].token);
    if (len <= 0)
        return;
    if ((size_t)len > header_rules[h].max) {
        problem_set(&req->asked->problem, 431, "a header is longer than %zu bytes",
                    header_rules[h].max);
        return;
    }
    char *to = (char *)buf_room(&req->text, (size_t)len + 1);
    if (!to)
        return;
    int n = custom ? lws_hdr_custom_copy(req->wsi, to, len + 1, custom, name_len)
                   : lws_hdr_copy(req->wsi, to, len + 1, header_rules[h].token);
    if (n < 0)
        return;
    to[len] = 0;
    req->header_at[h] = (uint32_t)req->text.len + 1;
    req->text.len += (size_t)len + 1;
}

static void take_query(struct http_req *req)
{
    char part[1024];
    int n;
    for (int i = 0; i < QUERY_ARGS + 1; i++) {
        n = lws_hdr_copy_fragment(req->wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (n == -1)
            return;
        if (n < 0) {
            problem_set(&req->asked->problem, 400, "a query parameter is longer than %zu bytes",
                        sizeof part - 1);
            return;
        }
        /* The library makes "/" of an empty query. */
        if (n > 0 && !(n == 1 && part[0] == '/'))
            query_add(&req->asked->query, slice_of(part, (size_t)n), &req->asked->problem);
    }
}

static void take_path(struct http_req *req, const char *uri, int len)
{
    buf_put(&req->text, uri, (size_t)len);
    buf_u8(&req->text, 0);
    if (len > 512 || !text_is_clean(uri, (size_t)len, ""))
        problem_set(&req->asked->problem, 400,
                    "the path is too long, or has control bytes or bad UTF-8");
}

/* How much body comes; what cannot be answered on this connection closes it. */
static void take_length(struct http_req *req)
{
    char text[24];
    if (lws_hdr_total_length(req->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
        problem_set(&req->asked->problem, 411,
                    "chunked bodies are not taken: send a Content-Length");
        req->close_after = true;
    }
    if (!lws_hdr_total_length(req->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH))
        return;
    int n = lws_hdr_copy(req->wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (n <= 0 || strspn(text, "0123456789") != (size_t)n) {
        problem_set(&req->asked->problem, 400, "Content-Length is no number");
        req->close_after = true;
        return;
    }
    req->body_left = strtoull(text, NULL, 10);
    if (req->body_left > HTTP_BODY_MAX)
        problem_set(&req->asked->problem, 413, "the body has %s bytes; at most %d are taken", text,
                    HTTP_BODY_MAX);
    if (req->body_left > HTTP_DRAIN_MAX)
        req->close_after = true;
}

static struct http_req *request_new(struct http_listener *l, struct lws *wsi,
                                    struct http_req **slot)
{
    struct http_req *req = calloc(1, sizeof *req);
    if (!req)
        return NULL;
    req->asked = calloc(1, sizeof *req->asked);
    if (!req->asked) {
        free(req);
        return NULL;
    }
    req->http = l->http;
    req->listener = l;
    req->wsi = wsi;
    req->slot = slot;
    req->began_ms = clock_mono_us() / 1000;
    buf_init(&req->text, 16 * 1024);
    buf_init(&req->body, HTTP_BODY_MAX);
    buf_init(&req->extra, 2048);
    l->http->open_requests++;
    l->http->counts.requests++;
    return req;
}

int request_begin(struct http_listener *l, struct lws *wsi, struct http_req **slot)
{
    char *uri;
    int len;
    if (*slot)
        return -1; /* a second request while the first is open: never in order */
    struct http_req *req = request_new(l, wsi, slot);
    if (!req)
        return -1;
    *slot = req;
    req->method = method_of(lws_http_get_uri_and_method(wsi, &uri, &len));
    take_path(req, uri, len);
    take_query(req);
    for (int h = 0; h < HTTP_HEADERS; h++)
        take_header(req, (enum http_header)h);
    take_length(req);
    lws_get_peer_simple(wsi, req->peer, sizeof req->peer);
    if (!buf_ok(&req->text))
        return -1; /* out of memory; the connection's end frees the request */
    if (!req->body_left || req->close_after)
        request_complete(req);
    return 0;
}

int request_body(struct http_req *req, const void *bytes, size_t len)
{
    if (req->state != REQ_READING)
        return 0; /* refused already: what still comes is thrown away */
    if (clock_mono_us() / 1000 - req->began_ms > HTTP_REQUEST_MS)
        return -1;
    req->body_left -= len < req->body_left ? len : req->body_left;
    if (!problem_is(&req->asked->problem))
        buf_put(&req->body, bytes, len);
    return buf_ok(&req->body) ? 0 : -1;
}

void request_complete(struct http_req *req)
{
    req->state = REQ_HANDLING;
    lws_set_timeout(req->wsi, NO_PENDING_TIMEOUT, 0);
    if (problem_is(&req->asked->problem))
        http_reply_problem(req, &req->asked->problem);
    else
        req->listener->handle(req->listener->arg, req);
}

void request_free(struct http_req *req)
{
    if (req->slot)
        *req->slot = NULL;
    if (req->thing_gone)
        req->thing_gone(req->thing);
    if (req->reply.free_body)
        req->reply.free_body((void *)(uintptr_t)req->reply.body.ptr);
    buf_free(&req->text);
    buf_free(&req->body);
    buf_free(&req->extra);
    free(req->asked);
    req->http->open_requests--;
    free(req);
}

void request_gone(struct http_req *req)
{
    req->wsi = NULL;
    *req->slot = NULL;
    req->slot = NULL;
    if (req->state == REQ_HANDLING)
        return; /* http_reply frees it */
    if (req->state == REQ_STREAMING)
        req->stream.closed(req->stream.arg);
    request_free(req);
}

enum http_method http_method(const struct http_req *req)
{
    return req->method;
}

const char *http_path(const struct http_req *req)
{
    return (const char *)req->text.ptr;
}

const struct query *http_query(const struct http_req *req)
{
    return &req->asked->query;
}

const char *http_header(const struct http_req *req, enum http_header header)
{
    return req->header_at[header] ? (const char *)req->text.ptr + req->header_at[header] - 1 : NULL;
}

struct slice http_body(const struct http_req *req)
{
    return buf_slice(&req->body);
}

const char *http_peer(const struct http_req *req)
{
    return req->peer;
}

void http_attach(struct http_req *req, void *thing, void (*gone)(void *thing))
{
    req->thing = thing;
    req->thing_gone = gone;
}

void *http_attached(const struct http_req *req)
{
    return req->thing;
}
