/* What a person does to an alert goes to its line as an input; the answer comes
 * after the commit and shows the alert as it is then. */
#include "gateway/api/rest/call.h"

void call_move_failed(struct call *c, const char *what, int result, const struct err *e)
{
    if (result == ERR_NOT_FOUND)
        call_not_found(c, what);
    else if (result == ERR_DENIED || result == ERR_EXISTS || result == ERR_INVALID)
        http_refuse(c->req, 409, "%s", e && e->text[0] ? e->text : err_name(result));
    else
        call_store_failed(c, result, e);
}

static void moved(void *arg, int result, const struct err *e, int64_t alert)
{
    struct call *c = arg;
    (void)alert;
    if (result)
        call_move_failed(c, "alert", result, e);
    else
        alert_reply(c, call_id(c));
}

typedef void (*parse_fn)(const struct call *c, struct body_move *ret, struct problem *p);

static void move(struct call *c, enum api_move kind, parse_fn parse)
{
    struct body_move body = {"", "", 0};
    struct err e = {0};
    if (!call_body(c))
        return;
    parse(c, &body, &c->problem);
    if (call_failed(c))
        return;
    if (!call_id(c)) {
        call_not_found(c, "alert");
        return;
    }
    struct api_action action = {.move = kind,
                                .alert = call_id(c),
                                .at_ms = c->now_ms,
                                .until_ms = body.until_ms,
                                .actor = c->who.actor,
                                .reason = body.reason,
                                .note = body.note};
    int code = c->rest->ops->alert_action(c->rest->ops->ctx, &action, moved, c, &e);
    if (code)
        call_move_failed(c, "alert", code, &e);
}

static void parse_acknowledge(const struct call *c, struct body_move *ret, struct problem *p)
{
    body_acknowledge(c->body, ret, p);
}

static void parse_snooze(const struct call *c, struct body_move *ret, struct problem *p)
{
    body_snooze(c->body, c->now_ms, ret, p);
}

static void parse_resolve(const struct call *c, struct body_move *ret, struct problem *p)
{
    body_resolve(c->body, ret, p);
}

static void parse_note(const struct call *c, struct body_move *ret, struct problem *p)
{
    body_note(c->body, ret, p);
}

void alert_acknowledge(void *ctx, void *request)
{
    (void)ctx;
    move(request, API_ACKNOWLEDGE, parse_acknowledge);
}

void alert_snooze(void *ctx, void *request)
{
    (void)ctx;
    move(request, API_SNOOZE, parse_snooze);
}

void alert_resolve(void *ctx, void *request)
{
    (void)ctx;
    move(request, API_RESOLVE, parse_resolve);
}

void alert_note(void *ctx, void *request)
{
    (void)ctx;
    move(request, API_NOTE, parse_note);
}

static void tested(void *arg, int result, const struct err *e, int64_t alert)
{
    struct call *c = arg;
    if (result)
        call_move_failed(c, "device", result, e);
    else
        call_json(c, 202, json_pack("{s:I}", "alert", (json_int_t)alert));
}

void device_test_alert(void *ctx, void *request)
{
    struct call *c = request;
    struct err e = {0};
    (void)ctx;
    if (!call_body(c))
        return;
    body_empty(c->body, &c->problem);
    if (call_failed(c))
        return;
    int code = c->rest->ops->test_alert(c->rest->ops->ctx, call_param(c), c->who.actor, c->now_ms,
                                        tested, c, &e);
    if (code)
        call_move_failed(c, "device", code, &e);
}
