/* A pack's built file: the same pack gives the same bytes. */
#include "proto/pack.h"

#include "base/arena.h"
#include "base/crc.h"
#include "pack.pb-c.h"
#include "proto/pack_file.h"

/* The generated structs want char *, but packing only reads them. */
static char *text(const char *s)
{
    union {
        const char *in;
        char *out;
    } u = {s ? s : ""};
    return u.out;
}

#define ROWS(a, n, row, init)                                                                      \
    ({                                                                                             \
        row **rows_ = arena_array(a, n, sizeof *rows_);                                            \
        row *block_ = arena_array(a, n, sizeof *block_);                                           \
        for (size_t i_ = 0; rows_ && block_ && i_ < (n); i_++) {                                   \
            init(&block_[i_]);                                                                     \
            rows_[i_] = &block_[i_];                                                               \
        }                                                                                          \
        rows_;                                                                                     \
    })

static char **texts(struct arena *a, const char *const *from, size_t n)
{
    char **rows = arena_array(a, n, sizeof *rows);
    for (size_t i = 0; rows && i < n; i++)
        rows[i] = text(from[i]);
    return rows;
}

static Tocsin__Pack__Label **labels(struct arena *a, const struct pack_label *from, size_t n)
{
    Tocsin__Pack__Label **rows = ROWS(a, n, Tocsin__Pack__Label, tocsin__pack__label__init);
    for (size_t i = 0; !a->over && i < n; i++) {
        rows[i]->lang = text(from[i].lang);
        rows[i]->text = text(from[i].text);
    }
    return rows;
}

static void put_metrics(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_metrics = p->n_metrics;
    to->metrics = ROWS(a, p->n_metrics, Tocsin__Pack__Metric, tocsin__pack__metric__init);
    for (size_t i = 0; !a->over && i < p->n_metrics; i++) {
        const struct pack_metric *m = &p->metrics[i];
        Tocsin__Pack__Metric *row = to->metrics[i];
        row->id = m->id;
        row->name = text(m->name);
        row->unit = text(m->unit);
        row->kind = m->kind;
        row->purpose = m->purpose;
        row->precision = m->precision;
        row->exponent = m->exponent;
        row->stale_after_ms = m->stale_after_ms;
        row->n_labels = m->n_labels;
        row->labels = labels(a, m->labels, m->n_labels);
    }
}

static void put_faults(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_faults = p->n_faults;
    to->faults = ROWS(a, p->n_faults, Tocsin__Pack__Fault, tocsin__pack__fault__init);
    for (size_t i = 0; !a->over && i < p->n_faults; i++) {
        const struct pack_fault *f = &p->faults[i];
        Tocsin__Pack__Fault *row = to->faults[i];
        row->id = f->id;
        row->name = text(f->name);
        row->component = text(f->component);
        row->severity = f->severity;
        row->purpose = f->purpose;
        row->n_labels = f->n_labels;
        row->labels = labels(a, f->labels, f->n_labels);
    }
}

static void put_cycles(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_cycles = p->n_cycles;
    to->cycles = ROWS(a, p->n_cycles, Tocsin__Pack__Cycle, tocsin__pack__cycle__init);
    for (size_t i = 0; !a->over && i < p->n_cycles; i++) {
        const struct pack_cycle *c = &p->cycles[i];
        Tocsin__Pack__Cycle *row = to->cycles[i];
        row->id = c->id;
        row->name = text(c->name);
        row->n_metrics = c->n_metrics;
        row->metrics = arena_array(a, c->n_metrics, sizeof *row->metrics);
        if (row->metrics && c->n_metrics)
            memcpy(row->metrics, c->metrics, c->n_metrics * sizeof *row->metrics);
        row->n_labels = c->n_labels;
        row->labels = labels(a, c->labels, c->n_labels);
    }
}

static void put_actions(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_actions = p->n_actions;
    to->actions = ROWS(a, p->n_actions, Tocsin__Pack__Action, tocsin__pack__action__init);
    for (size_t i = 0; !a->over && i < p->n_actions; i++) {
        const struct pack_action *c = &p->actions[i];
        Tocsin__Pack__Action *row = to->actions[i];
        row->id = c->id;
        row->name = text(c->name);
        row->idle_only = c->idle_only;
        row->confirm_device = c->confirm_device;
        row->n_labels = c->n_labels;
        row->labels = labels(a, c->labels, c->n_labels);
    }
}

static Tocsin__Pack__Place *place(struct arena *a, const struct pack_place *from)
{
    Tocsin__Pack__Place *to = arena_take(a, sizeof *to);
    if (!to)
        return NULL;
    tocsin__pack__place__init(to);
    to->file = text(from->file);
    to->line = from->line;
    to->col = from->col;
    return to;
}

static void put_rules(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_rules = p->n_rules;
    to->rules = ROWS(a, p->n_rules, Tocsin__Pack__Rule, tocsin__pack__rule__init);
    for (size_t i = 0; !a->over && i < p->n_rules; i++) {
        const struct pack_rule *r = &p->rules[i];
        Tocsin__Pack__Rule *row = to->rules[i];
        row->name = text(r->name);
        row->when = text(r->when);
        row->clear = text(r->clear);
        row->message = text(r->message);
        row->at = place(a, &r->at);
        row->when_at = place(a, &r->when_at);
        row->clear_at = place(a, &r->clear_at);
        row->for_ms = r->for_ms;
        row->severity = r->severity;
        row->tell = r->tell;
    }
}

static void put_messages(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->n_messages = p->n_messages;
    to->messages = ROWS(a, p->n_messages, Tocsin__Pack__Message, tocsin__pack__message__init);
    for (size_t i = 0; !a->over && i < p->n_messages; i++) {
        const struct pack_message *m = &p->messages[i];
        Tocsin__Pack__Message *row = to->messages[i];
        row->name = text(m->name);
        row->lang = text(m->lang);
        row->title = text(m->title);
        row->body = text(m->body);
        row->support = text(m->support);
        row->manufacturer = text(m->manufacturer);
        row->n_steps = m->n_steps;
        row->steps = texts(a, m->steps, m->n_steps);
    }
}

/* Generous: the rows of each item, at their generated size. */
static size_t arena_bytes(const struct pack *p)
{
    size_t items = p->n_metrics + p->n_faults + p->n_cycles + p->n_actions + p->n_rules +
                   p->n_messages + p->n_labels + p->n_models + 8;
    size_t lists = p->n_labels;
    for (size_t i = 0; i < p->n_metrics; i++)
        lists += p->metrics[i].n_labels;
    for (size_t i = 0; i < p->n_faults; i++)
        lists += p->faults[i].n_labels;
    for (size_t i = 0; i < p->n_cycles; i++)
        lists += p->cycles[i].n_labels + p->cycles[i].n_metrics;
    for (size_t i = 0; i < p->n_actions; i++)
        lists += p->actions[i].n_labels;
    for (size_t i = 0; i < p->n_messages; i++)
        lists += p->messages[i].n_steps;
    return items * 512 + lists * 96 + 4096;
}

static void put_pack(struct arena *a, const struct pack *p, Tocsin__Pack__Pack *to)
{
    to->name = text(p->name);
    to->revision = p->revision;
    to->n_models = p->n_models;
    to->models = texts(a, p->models, p->n_models);
    to->n_labels = p->n_labels;
    to->labels = labels(a, p->labels, p->n_labels);
    put_metrics(a, p, to);
    put_faults(a, p, to);
    put_cycles(a, p, to);
    put_actions(a, p, to);
    put_rules(a, p, to);
    put_messages(a, p, to);
}

int pack_save(const struct pack *pack, struct buf *out)
{
    struct arena a;
    if (arena_init(&a, arena_bytes(pack)) != 0)
        return ERR_NOMEM;
    Tocsin__Pack__Pack to;
    tocsin__pack__pack__init(&to);
    put_pack(&a, pack, &to);
    int rc = ERR_NOMEM;
    if (a.over)
        goto out;
    size_t n = tocsin__pack__pack__get_packed_size(&to);
    rc = ERR_LIMIT;
    if (n > PACK_FILE_BYTES - PACK_HEAD_BYTES)
        goto out;
    size_t start = out->len;
    buf_put(out, PACK_MAGIC, 8);
    buf_u32(out, PACK_FORMAT);
    buf_u32(out, (uint32_t)n);
    buf_u32(out, 0);
    uint8_t *body = buf_room(out, n);
    rc = ERR_NOMEM;
    if (!body)
        goto out;
    tocsin__pack__pack__pack(&to, body);
    uint32_t crc = crc32c(0, body, n);
    for (size_t i = 0; i < 4; i++)
        out->ptr[start + 16 + i] = (uint8_t)(crc >> (8 * i));
    out->len += n;
    rc = 0;
out:
    arena_free(&a);
    return rc;
}
