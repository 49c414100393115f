/* One request on its way through an endpoint, and what endpoints share. */
#ifndef GATEWAY_API_REST_CALL_H
#define GATEWAY_API_REST_CALL_H

#include "gateway/api/form/body.h"
#include "gateway/api/form/out.h"
#include "gateway/api/rest/rest.h"

struct call { /* lives as long as its request */
    struct rest *rest;
    struct http_req *req;
    struct identity who;
    struct route_match match;
    struct problem problem;
    int64_t now_ms; /* wall */
    json_t *body;   /* NULL: none was read */
};

/* The path's first parameter. */
const char *call_param(const struct call *c);
/* It as a number from 1; 0: it is none (answer with call_not_found). */
int64_t call_id(const struct call *c);
void call_not_found(struct call *c, const char *what);
/* Answers with the problem; true when there is one. */
bool call_failed(struct call *c);
/* Reads the body into c->body; false: answered. Wants application/json. */
bool call_body(struct call *c);
/* Takes root. */
void call_json(struct call *c, int status, json_t *root);
/* Answers for a failed write or read. */
void call_store_failed(struct call *c, int code, const struct err *e);

/* Answers for what a line refused: a 404 for `what`, a 409 with the reason, a 503. */
void call_move_failed(struct call *c, const char *what, int result, const struct err *e);

/* --- reading --- */
/* A prepared statement, or NULL: answered with a 503. store_release it. */
sqlite3_stmt *call_read(struct call *c, const char *sql);
const char *col_text(sqlite3_stmt *s, int column); /* "" for null */
json_t *col_text_json(sqlite3_stmt *s, int column);
json_t *col_int(sqlite3_stmt *s, int column);
json_t *col_int_or_null(sqlite3_stmt *s, int column);
json_t *col_customer(sqlite3_stmt *s, int id_column, int name_column); /* {id, name} or null */
void bind_text(sqlite3_stmt *s, int at, const char *text);             /* lent until released */

/* --- pages --- */
#define PAGE_MAX 500
struct page {
    int64_t limit;
    const char *after; /* NULL: the first page */
};
void page_parse(const struct call *c, struct page *ret, struct problem *p);
/* {items, next}; takes items. `next` NULL or "": the last page. */
json_t *page_json(json_t *items, const char *next);
/* "%text%" with LIKE's own signs escaped by '\'. */
void like_pattern(char *out, size_t cap, const char *text);

/* --- writing --- */
/* Runs `apply` with arg in the commit thread's transaction (a refusal that is not
 * the store's must not be its result: others share the transaction), then `done`
 * on the loop, then frees arg (malloc'ed), whose first member this is. */
struct write_head {
    struct call *call;
    store_apply_fn apply;
    void (*done)(void *arg); /* only after a commit; answers */
};
void call_write(void *arg);

/* --- packs --- */
const struct pack *pack_of(const struct rest *rest, const char *name);
const char *label_of(const struct pack_label *labels, size_t n, const char *name);
const char *kind_name(enum metric_kind kind);
/* {id, name, label, unit, kind}; a metric that neither the pack nor we know is named
 * by number. */
json_t *metric_json(const struct pack *pack, uint32_t id);
const char *audience_name(int64_t bit);

/* --- endpoints --- */
void alerts_list(void *ctx, void *request);
void alerts_get(void *ctx, void *request);
void alert_reply(struct call *c, int64_t id); /* 200 with the whole alert, or 404 */
void alert_acknowledge(void *ctx, void *request);
void alert_snooze(void *ctx, void *request);
void alert_resolve(void *ctx, void *request);
void alert_note(void *ctx, void *request);
void device_test_alert(void *ctx, void *request);
void devices_list(void *ctx, void *request);
void devices_get(void *ctx, void *request);
void device_reply(struct call *c, const char *id);
/* NULL: answered. */
json_t *device_latest(struct call *c, const char *id, const struct pack *pack);
json_t *device_ledger(struct call *c, const char *id);
json_t *device_settings(struct call *c, const char *id, const struct pack *pack);
void device_settings_put(void *ctx, void *request);
void device_timeline(void *ctx, void *request);
void device_series(void *ctx, void *request);
void customers_list(void *ctx, void *request);
void customers_get(void *ctx, void *request);
void customers_put(void *ctx, void *request);
void owner_put(void *ctx, void *request);
void webhooks_list(void *ctx, void *request);
void webhooks_put(void *ctx, void *request);
void webhooks_delete(void *ctx, void *request);
void outbox_list(void *ctx, void *request);
void outbox_replay(void *ctx, void *request);
void packs_list(void *ctx, void *request);
void status_get(void *ctx, void *request);

#endif
