/* GET /alerts. */
#include "gateway/api/rest/alert_row.h"
#include "gateway/api/rest/search.h"
#include "gateway/builtin/builtin.h"

static const char *const states[] = {"open", "acknowledged", "resolved", NULL};
static const char *const severities[] = {"minor", "major", "critical", NULL}; /* as stored */
static const char *const yes_no[] = {"0", "1", NULL};
static const char *const sorts[] = {"severity", "newest", NULL};

struct filter {
    uint32_t states, severities;
    const char *device, *model, *rule, *customer, *q;
    int snoozed, test, sort;
    struct page page;
    int64_t after[2]; /* severity, id */
};

static void parse(const struct call *c, struct filter *f, struct problem *p)
{
    static const char *const known[] = {"limit", "after", "state",    "severity", "device",
                                        "model", "rule",  "customer", "q",        "snoozed",
                                        "test",  "sort",  NULL};
    const struct query *q = http_query(c->req);
    *f = (struct filter){.snoozed = -1, .test = -1, .after = {INT64_MAX, INT64_MAX}};
    query_known(q, known, p);
    page_parse(c, &f->page, p);
    query_words(q, "state", states, &f->states, p);
    query_words(q, "severity", severities, &f->severities, p);
    query_text(q, "device", 64, &f->device, p);
    query_text(q, "model", 256, &f->model, p);
    query_text(q, "rule", 256, &f->rule, p);
    query_text(q, "customer", 64, &f->customer, p);
    query_text(q, "q", 256, &f->q, p);
    query_word(q, "snoozed", yes_no, &f->snoozed, p);
    query_word(q, "test", yes_no, &f->test, p);
    query_word(q, "sort", sorts, &f->sort, p);
    if (f->page.after && !cursor_parse(f->page.after, f->after, 2))
        problem_field(p, 400, "after", "is no cursor of this list");
}

/* The set of states and the order decide which index serves, so they make the
 * text; the rest are values, for a cache that keeps every text it saw.
 * ?1 device ?2 model ?3 rule ?4 customer ?5 q ?6 now ?7, ?8 the cursor ?9 limit
 * ?10 bits of severities ?11 snoozed ?12 test ?13 what search_pack found */
static const char *statement(const struct filter *f, struct buf *sql)
{
    static const char *const state_sets[] = {NULL,
                                             "'open'",
                                             "'acknowledged'",
                                             "'open', 'acknowledged'",
                                             "'resolved'",
                                             "'open', 'resolved'",
                                             "'acknowledged', 'resolved'",
                                             NULL};
    buf_str(sql, ALERT_COLUMNS ALERT_TABLES " WHERE 1");
    if (state_sets[f->states])
        buf_fmt(sql, " AND a.state IN (%s)", state_sets[f->states]);
    buf_str(sql, " AND (?1 IS NULL OR a.device = ?1) AND (?2 IS NULL OR d.model = ?2)"
                 " AND (?3 IS NULL OR a.rule = ?3) AND (?4 IS NULL OR c.id = ?4)"
                 " AND (?5 IS NULL OR a.device LIKE ?5 ESCAPE '\\' OR a.rule LIKE ?5 ESCAPE '\\'"
                 " OR d.name LIKE ?5 ESCAPE '\\' OR d.model LIKE ?5 ESCAPE '\\'"
                 " OR d.serial LIKE ?5 ESCAPE '\\' OR c.name LIKE ?5 ESCAPE '\\'"
                 " OR replace(a.rule, '_', ' ') LIKE ?5 ESCAPE '\\'"
                 " OR a.pack || '/' || a.message IN (SELECT value FROM json_each(?13))"
                 " OR EXISTS (SELECT 1 FROM json_each(a.evidence) v WHERE a.pack || '/#' ||"
                 " json_extract(v.value, '$.fault') IN (SELECT value FROM json_each(?13))))"
                 " AND (?10 = 0 OR ?10 & (1 << a.severity))"
                 " AND (?11 < 0 OR ?11 = (a.snoozed_until_ms > ?6))"
                 " AND (?12 < 0 OR ?12 = a.test)");
    if (f->sort)
        buf_str(sql, " AND a.id < ?8 ORDER BY a.id DESC LIMIT ?9");
    else
        buf_str(sql, " AND (a.severity, a.id) < (?7, ?8)"
                     " ORDER BY a.severity DESC, a.id DESC LIMIT ?9");
    return buf_cstr(sql);
}

/* The keys of what packs call q, as a JSON array. */
static const char *pack_keys(const struct rest *rest, const char *q, struct buf *out)
{
    const struct pack *const *packs = NULL;
    size_t n = rest->ops->packs(rest->ops->ctx, &packs), found = 0;
    buf_str(out, "[");
    for (size_t i = 0; q && i < n; i++)
        search_pack(packs[i], q, out, &found);
    if (q)
        search_pack(builtin_pack(), q, out, &found);
    buf_str(out, "]");
    return buf_ok(out) ? buf_cstr(out) : "[]";
}

static void bind_filter(sqlite3_stmt *s, const struct filter *f, const char *keys, int64_t now_ms)
{
    const char *texts[] = {f->device, f->model, f->rule, f->customer};
    char like[600];
    for (int i = 0; i < 4; i++)
        bind_text(s, i + 1, texts[i]);
    if (f->q) {
        like_pattern(like, sizeof like, f->q);
        sqlite3_bind_text(s, 5, like, -1, SQLITE_TRANSIENT);
    }
    sqlite3_bind_int64(s, 6, now_ms);
    sqlite3_bind_int64(s, 7, f->after[0]);
    sqlite3_bind_int64(s, 8, f->after[1]);
    sqlite3_bind_int64(s, 9, f->page.limit + 1);
    sqlite3_bind_int64(s, 10, f->severities);
    sqlite3_bind_int(s, 11, f->snoozed);
    sqlite3_bind_int(s, 12, f->test);
    bind_text(s, 13, keys);
}

static void reply_rows(struct call *c, sqlite3_stmt *s, const struct filter *f)
{
    json_t *items = json_array();
    char next[64] = "";
    int64_t key[2] = {0, 0};
    while (sqlite3_step(s) == SQLITE_ROW) {
        if ((int64_t)json_array_size(items) == f->page.limit) {
            cursor_print(next, sizeof next, key, 2);
            break;
        }
        json_array_append_new(items, alert_row_json(c->rest, s, c->now_ms));
        key[0] = sqlite3_column_int64(s, ALERT_SEVERITY);
        key[1] = sqlite3_column_int64(s, ALERT_ID);
    }
    call_json(c, 200, page_json(items, next));
}

void alerts_list(void *ctx, void *request)
{
    struct call *c = request;
    struct filter f;
    struct buf sql, keys;
    (void)ctx;
    parse(c, &f, &c->problem);
    if (call_failed(c))
        return;
    buf_init(&sql, 8192);
    buf_init(&keys, 1024 * 1024);
    sqlite3_stmt *s = call_read(c, statement(&f, &sql));
    if (s) {
        bind_filter(s, &f, pack_keys(c->rest, f.q, &keys), c->now_ms);
        reply_rows(c, s, &f);
        store_release(s);
    }
    buf_free(&keys);
    buf_free(&sql);
}
