#include "gateway/api/rest/call.h"

#include "base/table.h"
#include "gateway/builtin/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

const char *call_param(const struct call *c)
{
    return c->match.params[0];
}

int64_t call_id(const struct call *c)
{
    int64_t id = 0;
    return parse_int(call_param(c), &id) || id < 1 ? 0 : id;
}

void call_not_found(struct call *c, const char *what)
{
    http_refuse(c->req, 404, "there is no %s %s", what, call_param(c));
}

bool call_failed(struct call *c)
{
    if (!problem_is(&c->problem))
        return false;
    http_reply_problem(c->req, &c->problem);
    return true;
}

bool call_body(struct call *c)
{
    struct slice bytes = http_body(c->req);
    const char *type = http_header(c->req, HTTP_CONTENT_TYPE);
    if (bytes.len && (!type || strncasecmp(type, "application/json", 16) != 0)) {
        http_refuse(c->req, 415, "send the body as application/json");
        return false;
    }
    c->body = body_parse(bytes, &c->problem);
    if (!c->body && !problem_is(&c->problem))
        problem_set(&c->problem, 500, "out of memory");
    return !call_failed(c);
}

void call_json(struct call *c, int status, json_t *root)
{
    http_reply_json(c->req, status, out_dump(root));
}

void call_store_failed(struct call *c, int code, const struct err *e)
{
    struct problem p = {.retry_s = 5};
    problem_set(&p, 503, "the store refused: %s", e && e->text[0] ? e->text : err_name(code));
    http_reply_problem(c->req, &p);
}

sqlite3_stmt *call_read(struct call *c, const char *sql)
{
    struct err e = {0};
    sqlite3_stmt *s = store_read(c->rest->store, sql, &e);
    if (!s)
        call_store_failed(c, e.code, &e);
    return s;
}

const char *col_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

json_t *col_text_json(sqlite3_stmt *s, int column)
{
    return out_text(col_text(s, column));
}

json_t *col_int(sqlite3_stmt *s, int column)
{
    return json_integer(sqlite3_column_int64(s, column));
}

json_t *col_int_or_null(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? json_null() : col_int(s, column);
}

json_t *col_customer(sqlite3_stmt *s, int id_column, int name_column)
{
    if (sqlite3_column_type(s, id_column) == SQLITE_NULL)
        return json_null();
    return json_pack("{s:o, s:o}", "id", col_text_json(s, id_column), "name",
                     col_text_json(s, name_column));
}

void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

void page_parse(const struct call *c, struct page *ret, struct problem *p)
{
    *ret = (struct page){100, NULL};
    query_int(http_query(c->req), "limit", 1, PAGE_MAX, &ret->limit, p);
    query_text(http_query(c->req), "after", 512, &ret->after, p);
}

json_t *page_json(json_t *items, const char *next)
{
    return json_pack("{s:o, s:o}", "items", items, "next", out_text_or_null(next));
}

void like_pattern(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    out[n++] = '%';
    for (; *text && n + 4 < cap; text++) {
        if (strchr("%_\\", *text))
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = '%';
    out[n] = 0;
}

static int write_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct write_head *head = arg;
    return head->apply(db, arg, e);
}

static void write_done(void *arg, int result, const struct err *e)
{
    struct write_head *head = arg;
    if (result)
        call_store_failed(head->call, result, e);
    else
        head->done(arg);
    free(arg);
}

void call_write(void *arg)
{
    struct write_head *head = arg;
    struct call *c = head->call;
    struct store_job job = {write_apply, write_done, arg};
    int code = store_write(c->rest->store, &job);
    if (!code)
        return;
    call_store_failed(c, code, NULL);
    free(arg);
}

const struct pack *pack_of(const struct rest *rest, const char *name)
{
    const struct pack *const *packs = NULL;
    size_t n = rest->ops->packs(rest->ops->ctx, &packs);
    if (strcmp(name, BUILTIN_PACK) == 0)
        return builtin_pack();
    for (size_t i = 0; i < n; i++)
        if (strcmp(packs[i]->name, name) == 0)
            return packs[i];
    return NULL;
}

const char *label_of(const struct pack_label *labels, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(labels[i].lang, "en") == 0)
            return labels[i].text;
    return n ? labels[0].text : name;
}

const char *kind_name(enum metric_kind kind)
{
    static const char *const names[] = {"gauge", "state", "counter"};
    return names[kind];
}

json_t *metric_json(const struct pack *pack, uint32_t id)
{
    const struct pack_metric *m = builtin_metric(pack, id);
    char unknown[32];
    snprintf(unknown, sizeof unknown, "metric %u", id);
    return json_pack("{s:I, s:o, s:o, s:o, s:s}", "id", (json_int_t)id, "name",
                     out_text(m ? m->name : unknown), "label",
                     out_text(m ? label_of(m->labels, m->n_labels, m->name) : unknown), "unit",
                     out_text(m ? m->unit : ""), "kind", kind_name(m ? m->kind : METRIC_GAUGE));
}

const char *audience_name(int64_t bit)
{
    if (bit == AUDIENCE_CUSTOMER)
        return "customer";
    return bit == AUDIENCE_SUPPORT ? "support" : "manufacturer";
}
