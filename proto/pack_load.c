/* Reading a built pack back. The unpacked message stays alive behind the pack
 * and lends its texts; one arena holds the arrays of plain structs. */
#include "proto/pack.h"

#include "base/arena.h"
#include "base/crc.h"
#include "pack.pb-c.h"
#include "proto/pack_file.h"

#include <math.h>
#include <stdlib.h>

struct loaded {
    struct pack pack; /* first: what the caller holds */
    Tocsin__Pack__Pack *from;
    struct arena arena;
};

static bool name_ok(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 64 || s[0] < 'a' || s[0] > 'z')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_'))
            return false;
    return true;
}

static int check_item(const char *what, uint32_t id, uint32_t before, const char *name,
                      size_t n_labels, struct err *e)
{
    if (id == 0 || id > PACK_ID_MAX || id <= before)
        return err_set(e, ERR_INVALID, "pack: %s id %u is out of order or out of range", what, id);
    if (!name_ok(name))
        return err_set(e, ERR_INVALID, "pack: %s %u has no valid name", what, id);
    if (n_labels > PACK_LIST)
        return err_set(e, ERR_LIMIT, "pack: %s %u has more than %d labels", what, id, PACK_LIST);
    return 0;
}

static const struct pack_label *take_labels(struct loaded *l, Tocsin__Pack__Label **from, size_t n)
{
    struct pack_label *to = arena_array(&l->arena, n, sizeof *to);
    for (size_t i = 0; to && i < n; i++)
        to[i] = (struct pack_label){from[i]->lang, from[i]->text};
    return to;
}

static int take_metrics(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_metrics;
    struct pack_metric *to = arena_array(&l->arena, n, sizeof *to);
    uint32_t before = 0;
    for (size_t i = 0; to && i < n; before = l->from->metrics[i++]->id) {
        const Tocsin__Pack__Metric *m = l->from->metrics[i];
        if (check_item("metric", m->id, before, m->name, m->n_labels, e) != 0)
            return e->code;
        if (m->kind > METRIC_COUNTER || m->purpose > PURPOSE_USAGE || !(m->precision > 0) ||
            !isfinite(m->precision) || m->exponent < -18 || m->exponent > 18 ||
            m->stale_after_ms < 0)
            return err_set(e, ERR_INVALID, "pack: metric %u has a value out of range", m->id);
        to[i] = (struct pack_metric){
            .id = m->id,
            .name = m->name,
            .unit = m->unit,
            .kind = (enum metric_kind)m->kind,
            .purpose = (enum purpose)m->purpose,
            .precision = m->precision,
            .exponent = m->exponent,
            .stale_after_ms = m->stale_after_ms,
            .n_labels = m->n_labels,
            .labels = take_labels(l, m->labels, m->n_labels),
        };
    }
    l->pack.n_metrics = n;
    l->pack.metrics = to;
    return 0;
}

static int take_faults(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_faults;
    struct pack_fault *to = arena_array(&l->arena, n, sizeof *to);
    uint32_t before = 0;
    for (size_t i = 0; to && i < n; before = l->from->faults[i++]->id) {
        const Tocsin__Pack__Fault *f = l->from->faults[i];
        if (check_item("fault", f->id, before, f->name, f->n_labels, e) != 0)
            return e->code;
        if (f->severity > SEVERITY_CRITICAL || f->purpose > PURPOSE_USAGE)
            return err_set(e, ERR_INVALID, "pack: fault %u has a value out of range", f->id);
        to[i] = (struct pack_fault){
            .id = f->id,
            .name = f->name,
            .component = f->component,
            .severity = (enum severity)f->severity,
            .purpose = (enum purpose)f->purpose,
            .n_labels = f->n_labels,
            .labels = take_labels(l, f->labels, f->n_labels),
        };
    }
    l->pack.n_faults = n;
    l->pack.faults = to;
    return 0;
}

static int take_cycles(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_cycles;
    struct pack_cycle *to = arena_array(&l->arena, n, sizeof *to);
    uint32_t before = 0;
    for (size_t i = 0; to && i < n; before = l->from->cycles[i++]->id) {
        const Tocsin__Pack__Cycle *c = l->from->cycles[i];
        if (check_item("cycle", c->id, before, c->name, c->n_labels, e) != 0)
            return e->code;
        for (size_t k = 0; k < c->n_metrics; k++)
            if (!pack_metric(&l->pack, c->metrics[k]))
                return err_set(e, ERR_INVALID, "pack: cycle %u names metric %u, which is not there",
                               c->id, c->metrics[k]);
        to[i] = (struct pack_cycle){
            .id = c->id,
            .name = c->name,
            .n_metrics = c->n_metrics,
            .metrics = c->metrics,
            .n_labels = c->n_labels,
            .labels = take_labels(l, c->labels, c->n_labels),
        };
    }
    l->pack.n_cycles = n;
    l->pack.cycles = to;
    return 0;
}

static int take_actions(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_actions;
    struct pack_action *to = arena_array(&l->arena, n, sizeof *to);
    uint32_t before = 0;
    for (size_t i = 0; to && i < n; before = l->from->actions[i++]->id) {
        const Tocsin__Pack__Action *a = l->from->actions[i];
        if (check_item("action", a->id, before, a->name, a->n_labels, e) != 0)
            return e->code;
        to[i] = (struct pack_action){
            .id = a->id,
            .name = a->name,
            .idle_only = a->idle_only,
            .confirm_device = a->confirm_device,
            .n_labels = a->n_labels,
            .labels = take_labels(l, a->labels, a->n_labels),
        };
    }
    l->pack.n_actions = n;
    l->pack.actions = to;
    return 0;
}

static struct pack_place place(const Tocsin__Pack__Place *from)
{
    if (!from)
        return (struct pack_place){"", 0, 0};
    return (struct pack_place){from->file, from->line, from->col};
}

static int take_rules(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_rules;
    struct pack_rule *to = arena_array(&l->arena, n, sizeof *to);
    for (size_t i = 0; to && i < n; i++) {
        const Tocsin__Pack__Rule *r = l->from->rules[i];
        if (!name_ok(r->name))
            return err_set(e, ERR_INVALID, "pack: rule number %zu has no valid name", i + 1);
        if (r->severity > SEVERITY_CRITICAL || r->for_ms < 0 ||
            r->tell > (AUDIENCE_CUSTOMER | AUDIENCE_SUPPORT | AUDIENCE_MANUFACTURER))
            return err_set(e, ERR_INVALID, "pack: rule %s has a value out of range", r->name);
        to[i] = (struct pack_rule){
            .name = r->name,
            .when = r->when,
            .clear = r->clear,
            .message = r->message,
            .at = place(r->at),
            .when_at = place(r->when_at),
            .clear_at = place(r->clear_at),
            .for_ms = r->for_ms,
            .severity = (enum severity)r->severity,
            .tell = r->tell,
        };
    }
    l->pack.n_rules = n;
    l->pack.rules = to;
    return 0;
}

static int take_messages(struct loaded *l, struct err *e)
{
    size_t n = l->from->n_messages;
    struct pack_message *to = arena_array(&l->arena, n, sizeof *to);
    for (size_t i = 0; to && i < n; i++) {
        Tocsin__Pack__Message *m = l->from->messages[i];
        if (m->n_steps > PACK_LIST)
            return err_set(e, ERR_LIMIT, "pack: message %s has more than %d steps", m->name,
                           PACK_LIST);
        to[i] = (struct pack_message){
            .name = m->name,
            .lang = m->lang,
            .title = m->title,
            .body = m->body,
            .support = m->support,
            .manufacturer = m->manufacturer,
            .n_steps = m->n_steps,
            .steps = (const char *const *)m->steps,
        };
    }
    l->pack.n_messages = n;
    l->pack.messages = to;
    return 0;
}

static int take_counts(const Tocsin__Pack__Pack *p, struct err *e)
{
    if (p->n_metrics > PACK_ITEMS || p->n_faults > PACK_ITEMS || p->n_cycles > PACK_ITEMS ||
        p->n_actions > PACK_ITEMS)
        return err_set(e, ERR_LIMIT, "pack: more than %d metrics, faults, cycles or actions",
                       PACK_ITEMS);
    if (p->n_rules > PACK_RULES)
        return err_set(e, ERR_LIMIT, "pack: more than %d rules", PACK_RULES);
    if (p->n_messages > PACK_MESSAGES)
        return err_set(e, ERR_LIMIT, "pack: more than %d messages", PACK_MESSAGES);
    if (p->n_models > PACK_LIST || p->n_labels > PACK_LIST)
        return err_set(e, ERR_LIMIT, "pack: more than %d models or languages", PACK_LIST);
    if (!name_ok(p->name))
        return err_set(e, ERR_INVALID, "pack: it has no valid name");
    return 0;
}

static size_t arena_bytes(const Tocsin__Pack__Pack *p)
{
    size_t labels = p->n_labels, lists = 16;
    for (size_t i = 0; i < p->n_metrics; i++)
        labels += p->metrics[i]->n_labels;
    for (size_t i = 0; i < p->n_faults; i++)
        labels += p->faults[i]->n_labels;
    for (size_t i = 0; i < p->n_cycles; i++)
        labels += p->cycles[i]->n_labels;
    for (size_t i = 0; i < p->n_actions; i++)
        labels += p->actions[i]->n_labels;
    lists += p->n_metrics + p->n_faults + p->n_cycles + p->n_actions;
    return labels * sizeof(struct pack_label) + p->n_metrics * sizeof(struct pack_metric) +
           p->n_faults * sizeof(struct pack_fault) + p->n_cycles * sizeof(struct pack_cycle) +
           p->n_actions * sizeof(struct pack_action) + p->n_rules * sizeof(struct pack_rule) +
           p->n_messages * sizeof(struct pack_message) + lists * 16;
}

static int take_all(struct loaded *l, struct err *e)
{
    const Tocsin__Pack__Pack *p = l->from;
    l->pack.name = p->name;
    l->pack.revision = p->revision;
    l->pack.n_models = p->n_models;
    l->pack.models = (const char *const *)p->models;
    l->pack.n_labels = p->n_labels;
    l->pack.labels = take_labels(l, p->labels, p->n_labels);
    int rc = take_metrics(l, e);
    if (rc == 0)
        rc = take_faults(l, e);
    if (rc == 0)
        rc = take_cycles(l, e);
    if (rc == 0)
        rc = take_actions(l, e);
    if (rc == 0)
        rc = take_rules(l, e);
    if (rc == 0)
        rc = take_messages(l, e);
    if (rc == 0 && l->arena.over)
        rc = err_set(e, ERR_NOMEM, "pack: out of memory");
    return rc;
}

/* FNV-1a, 64 bits. */
static uint64_t fingerprint(struct slice s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ s.ptr[i]) * UINT64_C(1099511628211);
    return h;
}

static int check_head(struct slice file, struct slice *ret_body, struct err *e)
{
    struct reader r = reader_of(file);
    if (file.len > PACK_FILE_BYTES)
        return err_set(e, ERR_LIMIT, "pack: larger than %d bytes", PACK_FILE_BYTES);
    if (file.len < PACK_HEAD_BYTES || memcmp(file.ptr, PACK_MAGIC, 8) != 0)
        return err_set(e, ERR_INVALID, "pack: not a built pack; make one with `tocsin pack build`");
    r.ptr += 8;
    uint32_t format = read_u32(&r);
    uint32_t len = read_u32(&r);
    uint32_t crc = read_u32(&r);
    if (format != PACK_FORMAT)
        return err_set(e, ERR_VERSION, "pack: format %u, but this program knows %u: build it again",
                       format, PACK_FORMAT);
    if (len != reader_left(&r) || crc32c(0, r.ptr, len) != crc)
        return err_set(e, ERR_CORRUPT, "pack: its checksum does not match: build or copy it again");
    *ret_body = slice_of(r.ptr, len);
    return 0;
}

int pack_load(struct slice file, struct pack **ret_pack, struct err *e)
{
    struct err own;
    e = e ? e : &own;
    struct slice body = {0};
    int rc = check_head(file, &body, e);
    if (rc != 0)
        return rc;
    struct loaded *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_NOMEM, "pack: out of memory");
    l->pack.fingerprint = fingerprint(file);
    l->from = tocsin__pack__pack__unpack(NULL, body.len, body.ptr);
    if (!l->from) {
        rc = err_set(e, ERR_INVALID, "pack: its body cannot be read: build it again");
        goto fail;
    }
    rc = take_counts(l->from, e);
    if (rc != 0)
        goto fail;
    if (arena_init(&l->arena, arena_bytes(l->from)) != 0) {
        rc = err_set(e, ERR_NOMEM, "pack: out of memory");
        goto fail;
    }
    rc = take_all(l, e);
    if (rc != 0)
        goto fail;
    *ret_pack = &l->pack;
    return 0;
fail:
    pack_free(&l->pack);
    return rc;
}

void pack_free(struct pack *pack)
{
    if (!pack)
        return;
    struct loaded *l = (struct loaded *)(void *)pack;
    if (l->from)
        tocsin__pack__pack__free_unpacked(l->from, NULL);
    arena_free(&l->arena);
    free(l);
}
