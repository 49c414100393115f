/* Writing an answer: its head at once, its body in pieces as the client takes
 * them, a stream as long as both sides live. */
#include "base/clock.h"
#include "gateway/api/http/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char nothing_allowed[] = "default-src 'none'; frame-ancestors 'none'";

void http_reply(struct http_req *req, const struct http_reply *reply)
{
    req->reply = *reply;
    req->state = REQ_REPLYING;
    if (reply->extra)
        buf_str(&req->extra, reply->extra);
    int hundreds = reply->status / 100;
    req->http->counts.replies[hundreds >= 1 && hundreds <= 5 ? hundreds : 0]++;
    if (!req->wsi) {
        request_free(req);
        return;
    }
    lws_set_timeout(req->wsi, PENDING_TIMEOUT_HTTP_CONTENT, HTTP_STALL_S);
    lws_callback_on_writable(req->wsi);
}

void http_reply_json(struct http_req *req, int status, char *json)
{
    struct http_reply reply = {.status = status, .type = "application/json", .free_body = free};
    if (!json) {
        http_refuse(req, 500, "out of memory");
        return;
    }
    reply.body = slice_str(json);
    http_reply(req, &reply);
}

void http_reply_problem(struct http_req *req, const struct problem *problem)
{
    static const char poor[] = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\","
                               "\"status\":500,\"detail\":\"out of memory\"}";
    char *json = problem_json(problem);
    struct http_reply reply = {.status = json ? problem->status : 500,
                               .type = "application/problem+json",
                               .body = slice_str(json ? json : poor),
                               .free_body = json ? free : NULL};
    char retry[40];
    snprintf(retry, sizeof retry, "Retry-After: %d\r\n", problem->retry_s);
    if (problem->retry_s)
        reply.extra = retry;
    http_reply(req, &reply);
}

void http_refuse(struct http_req *req, int status, const char *fmt, ...)
{
    struct problem p = {.status = status};
    va_list args;
    va_start(args, fmt);
    vsnprintf(p.detail, sizeof p.detail, fmt, args);
    va_end(args);
    http_reply_problem(req, &p);
}

struct head {
    struct lws *wsi;
    uint8_t *at, *end;
    bool bad;
};

static void head_add(struct head *h, const char *name, const char *value, size_t len)
{
    h->bad |= lws_add_http_header_by_name(h->wsi, (const uint8_t *)name, (const uint8_t *)value,
                                          (int)len, &h->at, h->end) != 0;
}

static void head_line(struct head *h, const char *name, const char *value)
{
    head_add(h, name, value, strlen(value));
}

/* "Name: value\r\n" lines, as the caller of http_reply gave them. */
static void head_extra(struct head *h, const char *lines)
{
    char name[64];
    for (const char *end; (end = strstr(lines, "\r\n")); lines = end + 2) {
        const char *colon = strstr(lines, ": ");
        if (!colon || colon > end || (size_t)(colon - lines) + 2 > sizeof name)
            continue;
        snprintf(name, sizeof name, "%.*s:", (int)(colon - lines), lines);
        head_add(h, name, colon + 2, (size_t)(end - colon - 2));
    }
}

static bool has_body(const struct http_req *req)
{
    return req->state == REQ_STREAMING || (req->reply.status != 204 && req->reply.status != 304);
}

static int write_head(struct http_req *req)
{
    uint8_t room[LWS_PRE + 4096];
    struct head h = {req->wsi, room + LWS_PRE, room + sizeof room, false};
    const struct http_reply *r = &req->reply;
    h.bad = lws_add_http_header_status(req->wsi, (unsigned)r->status, &h.at, h.end) != 0;
    if (r->type)
        head_line(&h, "content-type:", r->type);
    head_line(&h, "cache-control:", r->cache ? r->cache : "no-store");
    head_line(&h, "content-security-policy:", r->policy ? r->policy : nothing_allowed);
    head_line(&h, "x-content-type-options:", "nosniff");
    head_line(&h, "referrer-policy:", "no-referrer");
    head_line(&h, "cross-origin-resource-policy:", "same-origin");
    if (req->state == REQ_STREAMING)
        head_line(&h, "x-accel-buffering:", "no");
    if (req->state == REQ_STREAMING || req->close_after)
        head_line(&h, "connection:", "close");
    else if (has_body(req))
        h.bad |= lws_add_http_header_content_length(req->wsi, r->body.len, &h.at, h.end) != 0;
    head_extra(&h, buf_cstr(&req->extra));
    if (h.bad || lws_finalize_write_http_header(req->wsi, room + LWS_PRE, &h.at, h.end))
        return -1;
    req->head_written = true;
    return 0;
}

static int finish(struct http_req *req)
{
    struct lws *wsi = req->wsi;
    bool close_it = req->close_after;
    request_free(req);
    return close_it || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int write_body(struct http_req *req)
{
    static uint8_t room[LWS_PRE + HTTP_CHUNK]; /* the loop's thread alone writes */
    size_t left = req->reply.body.len - req->written;
    size_t n = left < HTTP_CHUNK ? left : HTTP_CHUNK;
    if (!has_body(req) || req->method == HTTP_HEAD || !left)
        return finish(req);
    memcpy(room + LWS_PRE, req->reply.body.ptr + req->written, n);
    if (lws_write(req->wsi, room + LWS_PRE, n, n == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        0)
        return -1;
    req->written += n;
    if (n == left)
        return finish(req);
    lws_set_timeout(req->wsi, PENDING_TIMEOUT_HTTP_CONTENT, HTTP_STALL_S);
    lws_callback_on_writable(req->wsi);
    return 0;
}

static int write_stream(struct http_req *req)
{
    static uint8_t room[LWS_PRE + HTTP_CHUNK];
    req->waiting_since_ms = 0;
    size_t n = req->stream.pull(req->stream.arg, (char *)room + LWS_PRE, HTTP_CHUNK);
    if (!n)
        return 0;
    if (lws_write(req->wsi, room + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
        return -1;
    http_stream_wake(req);
    return 0;
}

int reply_writeable(struct http_req *req)
{
    if (req->state != REQ_REPLYING && req->state != REQ_STREAMING)
        return 0;
    if (!req->head_written && write_head(req))
        return -1;
    return req->state == REQ_STREAMING ? write_stream(req) : write_body(req);
}

bool http_stream(struct http_req *req, const char *type, const struct http_stream *stream)
{
    if (!req->wsi) {
        request_free(req);
        return false;
    }
    req->state = REQ_STREAMING;
    req->stream = *stream;
    req->reply = (struct http_reply){.status = 200, .type = type};
    req->http->counts.replies[2]++;
    free(req->asked); /* a stream lives long: keep little */
    req->asked = NULL;
    buf_free(&req->text);
    if (req->thing_gone)
        req->thing_gone(req->thing);
    req->thing_gone = NULL;
    lws_set_timeout(req->wsi, NO_PENDING_TIMEOUT, 0);
    http_stream_wake(req);
    return true;
}

void http_stream_wake(struct http_req *req)
{
    if (!req->wsi || req->waiting_since_ms)
        return;
    req->waiting_since_ms = clock_mono_us() / 1000;
    lws_callback_on_writable(req->wsi);
}

int64_t http_stream_stalled_ms(const struct http_req *req)
{
    return req->waiting_since_ms ? clock_mono_us() / 1000 - req->waiting_since_ms : 0;
}

void http_stream_end(struct http_req *req)
{
    if (req->wsi)
        lws_set_timeout(req->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}
