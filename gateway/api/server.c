/* Puts the API together and shares requests out between its parts. */
#include "gateway/api/server.h"

#include "base/clock.h"
#include "base/list.h"
#include "gateway/api/http/assets.h"
#include "gateway/api/rest/rest.h"

#include <stdlib.h>

struct server {
    struct rest rest;
    struct http *http;
    struct assets *assets;
    struct api_ops ops;
    int port, ops_port;
    struct loop_timer closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void handle_api(void *arg, struct http_req *req)
{
    static const char base[] = "/api/v1/";
    struct server *server = arg;
    const char *path = http_path(req);
    if (strncmp(path, base, sizeof base - 1) == 0)
        rest_handle(&server->rest, req, path + sizeof base - 2);
    else if (server->assets)
        assets_serve(server->assets, req);
    else
        http_refuse(req, 404, "there is no %s", path);
}

static void put_http(struct metrics *m, const struct server *server)
{
    static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    struct http_counts n;
    http_counts(server->http, &n);
    metrics_family(m, "tocsin_http_requests_total", METRICS_COUNTER, "Requests that came.");
    metrics_value(m, (double)n.requests);
    metrics_family(m, "tocsin_http_replies_total", METRICS_COUNTER, "Answers by class of status.");
    for (int i = 1; i < 6; i++)
        metrics_labelled(m, "class", classes[i], (double)n.replies[i]);
    metrics_family(m, "tocsin_http_connections", METRICS_GAUGE, "Connections that are open.");
    metrics_value(m, n.connections);
    metrics_family(m, "tocsin_http_connections_refused_total", METRICS_COUNTER,
                   "Connections over the limit.");
    metrics_value(m, (double)n.refused_connections);
}

static void put_feed(struct metrics *m, const struct server *server)
{
    struct feed_counts n;
    feed_counts(server->rest.feed, &n);
    metrics_family(m, "tocsin_feed_clients", METRICS_GAUGE, "Clients of the live feed.");
    metrics_value(m, n.clients);
    metrics_family(m, "tocsin_feed_events_total", METRICS_COUNTER, "Events pushed to the feed.");
    metrics_value(m, (double)n.events);
    metrics_family(m, "tocsin_feed_resyncs_total", METRICS_COUNTER,
                   "Clients told to read the lists again.");
    metrics_value(m, (double)n.resyncs);
}

static void put_access(struct metrics *m, const struct server *server)
{
    struct access_counts n;
    access_counts(server->rest.access, &n);
    metrics_family(m, "tocsin_logins_total", METRICS_COUNTER, "Logins by result.");
    metrics_labelled(m, "result", "ok", (double)n.logins);
    metrics_labelled(m, "result", "refused", (double)n.refused);
    metrics_labelled(m, "result", "locked_out", (double)n.locked_out);
}

static void serve_metrics(struct server *server, struct http_req *req)
{
    struct buf out;
    struct metrics m = {&out, NULL};
    buf_init(&out, 1024 * 1024);
    put_http(&m, server);
    put_feed(&m, server);
    put_access(&m, server);
    if (server->ops.metrics)
        server->ops.metrics(server->ops.ctx, &m);
    if (!buf_ok(&out)) {
        buf_free(&out);
        http_refuse(req, 500, "the metrics are larger than 1 MiB");
        return;
    }
    struct http_reply reply = {.status = 200,
                               .type = "text/plain; version=0.0.4; charset=utf-8",
                               .body = buf_slice(&out),
                               .free_body = free};
    http_reply(req, &reply); /* takes the buffer's memory */
}

static void handle_ops(void *arg, struct http_req *req)
{
    struct server *server = arg;
    const char *path = http_path(req);
    if (http_method(req) != HTTP_GET && http_method(req) != HTTP_HEAD)
        http_refuse(req, 405, "%s takes GET", path);
    else if (strcmp(path, "/metrics") == 0)
        serve_metrics(server, req);
    else if (strcmp(path, "/healthz") == 0)
        http_reply_json(req, 200, strdup("{\"ok\":true}"));
    else if (strcmp(path, "/readyz") == 0)
        rest_ready(&server->rest, req);
    else
        http_refuse(req, 404, "there is no %s; there are /metrics, /healthz, /readyz", path);
}

static int make_parts(struct server *server, const struct server_config *config, struct err *e)
{
    struct rest *r = &server->rest;
    struct access_config access = {
        .secure_cookie = config->secure_cookie,
        .trust_forwarded = config->trust_forwarded,
        .session_ms = config->session_ms ? config->session_ms : 12 * INT64_C(3600000),
        .idle_ms = config->idle_ms ? config->idle_ms : 2 * INT64_C(3600000),
    };
    int code = 0;
    if (config->static_root && config->static_root[0])
        code = assets_load(config->static_root, &server->assets, e);
    if (code)
        return code;
    r->access = access_new(r->loop, r->store, &access, e);
    if (!r->access)
        return e->code;
    struct feed_config feed = {config->max_feeds ? config->max_feeds : 1000, rest_dress, r};
    return feed_new(r->loop, r->store, &feed, &r->feed, e);
}

static int listen_all(struct server *server, const struct server_config *config, struct err *e)
{
    int code = http_new(server->rest.loop, config->max_connections ? config->max_connections : 1024,
                        &server->http, e);
    if (!code)
        code = http_listen(server->http, config->listen, handle_api, server, &server->port, e);
    if (!code && config->ops_listen && config->ops_listen[0])
        code =
            http_listen(server->http, config->ops_listen, handle_ops, server, &server->ops_port, e);
    return code ? code : http_start(server->http, e);
}

static void server_free(struct server *server)
{
    feed_free(server->rest.feed);
    zones_free(&server->rest.zones);
    access_free(server->rest.access);
    assets_free(server->assets);
    free(server);
}

static void failed_closed(void *arg)
{
    server_free(arg);
}

int server_new(struct loop *loop, struct store *store, const struct server_config *config,
               const struct api_ops *ops, struct server **ret_server, struct err *e)
{
    struct err own = {0};
    struct server *server = calloc(1, sizeof *server);
    e = e ? e : &own;
    if (!server)
        return err_set(e, ERR_NOMEM, "api: out of memory");
    server->ops = *ops;
    server->rest = (struct rest){.loop = loop, .store = store, .ops = &server->ops};
    zones_init(&server->rest.zones, config->zone_folder);
    int code = make_parts(server, config, e);
    if (!code)
        code = listen_all(server, config, e);
    if (!code) {
        *ret_server = server;
        return 0;
    }
    if (server->http)
        http_close(server->http, failed_closed, server);
    else
        server_free(server);
    return code;
}

static void timer_closed(struct loop_timer *timer)
{
    struct server *server = CONTAINER(timer, struct server, closing);
    void (*closed)(void *arg) = server->closed;
    void *arg = server->closed_arg;
    server_free(server);
    if (closed)
        closed(arg);
}

/* What writes behind a request's back (the last use of a session) is waited for. */
static void closing_turn(struct loop_timer *timer)
{
    struct server *server = CONTAINER(timer, struct server, closing);
    if (!access_owed(server->rest.access))
        loop_timer_close(timer, timer_closed);
}

static void http_closed(void *arg)
{
    struct server *server = arg;
    loop_timer_init(&server->closing, server->rest.loop, closing_turn);
    loop_timer_start(&server->closing, 0, 5);
}

void server_close(struct server *server, void (*closed)(void *arg), void *arg)
{
    server->closed = closed;
    server->closed_arg = arg;
    feed_close(server->rest.feed);
    http_close(server->http, http_closed, server);
}

int server_port(const struct server *server)
{
    return server->port;
}

int server_ops_port(const struct server *server)
{
    return server->ops_port;
}

void server_feed_push(struct server *server, int64_t no, const char *type, const char *json)
{
    feed_push(server->rest.feed, no, type, json);
}
