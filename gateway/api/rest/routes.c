/* Every endpoint under /api/v1, and who may call it. */
#include "base/clock.h"
#include "gateway/api/rest/call.h"

#include <stdio.h>
#include <stdlib.h>

static void session_post(void *ctx, void *request)
{
    struct call *c = request;
    const char *type = http_header(c->req, HTTP_CONTENT_TYPE);
    (void)ctx;
    /* A form of another site cannot send this type unasked. */
    if (!type || strncmp(type, "application/json", 16) != 0)
        http_refuse(c->req, 415, "send the body as application/json");
    else
        access_login(c->rest->access, c->req, c->now_ms);
}

static void session_get(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    access_whoami(&c->who, c->req);
}

static void session_delete(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    access_logout(c->rest->access, &c->who, c->req);
}

static void feed_get(void *ctx, void *request)
{
    struct call *c = request;
    (void)ctx;
    feed_serve(c->rest->feed, c->req);
}

static const struct route routes[] = {
    {HTTP_POST, "/session", ACCESS_OPEN, session_post},
    {HTTP_GET, "/session", ACCESS_READ, session_get},
    {HTTP_DELETE, "/session", ACCESS_READ, session_delete},
    {HTTP_GET, "/alerts", ACCESS_READ, alerts_list},
    {HTTP_GET, "/alerts/{id}", ACCESS_READ, alerts_get},
    {HTTP_POST, "/alerts/{id}/acknowledge", ACCESS_ACT, alert_acknowledge},
    {HTTP_POST, "/alerts/{id}/snooze", ACCESS_ACT, alert_snooze},
    {HTTP_POST, "/alerts/{id}/resolve", ACCESS_ACT, alert_resolve},
    {HTTP_POST, "/alerts/{id}/note", ACCESS_ACT, alert_note},
    {HTTP_GET, "/devices", ACCESS_READ, devices_list},
    {HTTP_GET, "/devices/{id}", ACCESS_READ, devices_get},
    {HTTP_GET, "/devices/{id}/timeline", ACCESS_READ, device_timeline},
    {HTTP_GET, "/devices/{id}/series", ACCESS_READ, device_series},
    {HTTP_POST, "/devices/{id}/test-alert", ACCESS_ACT, device_test_alert},
    {HTTP_PUT, "/devices/{id}/settings", ACCESS_ACT, device_settings_put},
    {HTTP_PUT, "/devices/{id}/owner", ACCESS_ACT, owner_put},
    {HTTP_GET, "/customers", ACCESS_READ, customers_list},
    {HTTP_GET, "/customers/{id}", ACCESS_READ, customers_get},
    {HTTP_PUT, "/customers/{id}", ACCESS_ACT, customers_put},
    {HTTP_GET, "/webhooks", ACCESS_READ, webhooks_list},
    {HTTP_PUT, "/webhooks/{id}", ACCESS_ADMIN, webhooks_put},
    {HTTP_DELETE, "/webhooks/{id}", ACCESS_ADMIN, webhooks_delete},
    {HTTP_GET, "/outbox", ACCESS_READ, outbox_list},
    {HTTP_POST, "/outbox/{id}/replay", ACCESS_ADMIN, outbox_replay},
    {HTTP_GET, "/packs", ACCESS_READ, packs_list},
    {HTTP_GET, "/status", ACCESS_READ, status_get},
    {HTTP_GET, "/feed", ACCESS_READ, feed_get},
};

static void call_free(void *thing)
{
    struct call *c = thing;
    json_decref(c->body);
    free(c);
}

static void refuse_route(struct call *c, const char *path)
{
    char extra[96];
    struct problem p = {0};
    if (!c->match.allow[0]) {
        http_refuse(c->req, 404, "there is no %s", path);
        return;
    }
    snprintf(extra, sizeof extra, "Allow: %s\r\n", c->match.allow);
    problem_set(&p, 405, "%s takes %s", path, c->match.allow);
    char *json = problem_json(&p);
    struct http_reply reply = {.status = 405,
                               .type = "application/problem+json",
                               .body = slice_str(json),
                               .free_body = free,
                               .extra = extra};
    http_reply(c->req, &reply);
}

void rest_handle(struct rest *rest, struct http_req *req, const char *path)
{
    struct call *c = calloc(1, sizeof *c);
    if (!c) {
        http_refuse(req, 500, "out of memory");
        return;
    }
    c->rest = rest;
    c->req = req;
    c->now_ms = clock_now().wall_ms;
    http_attach(req, c, call_free);
    route_find(routes, sizeof routes / sizeof routes[0], http_method(req), path, &c->match);
    enum access_level need = c->match.route ? (enum access_level)c->match.route->need : ACCESS_READ;
    if (access_check(rest->access, req, need, c->now_ms, &c->who, &c->problem))
        http_reply_problem(req, &c->problem);
    else if (!c->match.route)
        refuse_route(c, path);
    else
        c->match.route->handle(rest, c);
}
