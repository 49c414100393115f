/* A request's query and body, as an outsider may send them: the first byte picks
 * the endpoint, the first line is the query, the rest the body. */
#include "gateway/api/form/body.h"
#include "gateway/api/form/query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_body(int kind, const json_t *body, struct problem *p)
{
    struct body_login login = {"", ""};
    struct body_move move;
    struct body_customer customer;
    struct body_owner owner;
    struct body_webhook webhook;
    switch (kind % 8) {
    case 0: body_login(body, &login, p); break;
    case 1: body_acknowledge(body, &move, p); break;
    case 2: body_snooze(body, 1700000000000, &move, p); break;
    case 3: body_resolve(body, &move, p); break;
    case 4: body_note(body, &move, p); break;
    case 5: body_customer(body, &customer, p); break;
    case 6: body_owner(body, 1700000000000, &owner, p); break;
    default: body_webhook(body, &webhook, p);
    }
}

static void read_query(struct slice line, struct problem *p)
{
    static const char *const words[] = {"open", "resolved", NULL};
    struct query q = {0};
    int64_t n = 0, cursor[3];
    uint32_t bits = 0;
    while (line.len) {
        const uint8_t *amp = memchr(line.ptr, '&', line.len);
        size_t len = amp ? (size_t)(amp - line.ptr) : line.len;
        query_add(&q, slice_of(line.ptr, len), p);
        line = slice_of(line.ptr + len + (amp != NULL), line.len - len - (amp != NULL));
    }
    query_known(&q, words, p);
    query_int(&q, "limit", 1, 500, &n, p);
    query_words(&q, "state", words, &bits, p);
    for (size_t i = 0; i < q.n; i++)
        cursor_parse(q.args[i].value, cursor, 1 + i % 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem p = {0};
    if (!size)
        return 0;
    struct slice rest = slice_of(data + 1, size - 1);
    const uint8_t *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
    size_t line = end ? (size_t)(end - rest.ptr) : 0;
    read_query(slice_of(rest.ptr, line), &p);
    if (end)
        rest = slice_of(end + 1, rest.len - line - 1);
    json_t *body = body_parse(rest, &p);
    if (body)
        read_body(data[0], body, &p);
    json_decref(body);
    /* Whatever was wrong, the answer is JSON. */
    char *text = problem_json(&p);
    json_t *again = text ? json_loads(text, 0, NULL) : NULL;
    if (!again)
        abort();
    json_decref(again);
    free(text);
    return 0;
}
