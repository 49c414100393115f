/* pack.yaml: the family, its metrics, faults, cycles and actions. */
#include "ctl/pack/field.h"
#include "ctl/pack/source.h"
#include "gateway/detect/unit.h"

#include <math.h>
#include <stdlib.h>

static const char *const purposes[] = {"safety", "diagnosis", "usage", NULL};
static const char *const severities[] = {"minor", "major", "critical", NULL};
static const char *const kinds[] = {"gauge", "state", "counter", NULL};

static int by_id(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b; /* the id comes first in every item */
    return *x < *y ? -1 : *x > *y;
}

/* Each item of map[key], sorted by id, its body a map; `read` fills one. */
struct items {
    const char *key, *what;
    const char *const *fields;
    size_t size;
    void (*read)(struct pack_source *src, struct report *r, const struct yaml *body, void *to);
};

static void *read_items(struct pack_source *src, struct report *r, const struct items *items,
                        size_t *ret_n)
{
    const struct yaml *map = yaml_get(src->root, items->key);
    *ret_n = 0;
    if (!map || !field_is(r, map, YAML_MAP, items->key))
        return NULL;
    if (map->n > PACK_ITEMS) {
        yaml_wrong(r, map, "found %zu %s, expected at most %d", map->n, items->key, PACK_ITEMS);
        return NULL;
    }
    char *to = arena_array(&src->arena, map->n ? map->n : 1, items->size);
    for (size_t i = 0; to && i < map->n; i++) {
        uint32_t id = node_id(r, map->key[i]);
        if (id == 0 || !field_map(r, map->item[i], items->what, items->fields))
            continue;
        memcpy(to + *ret_n * items->size, &id, sizeof id);
        items->read(src, r, map->item[i], to + *ret_n * items->size);
        (*ret_n)++;
    }
    if (to)
        qsort(to, *ret_n, items->size, by_id);
    return to;
}

static const char *read_unit(struct report *r, const struct yaml *body)
{
    const char *unit = field_text(r, body, "unit", true);
    const struct unit *u = unit_find(slice_str(unit));
    const struct yaml *n = yaml_get(body, "unit");
    if (n && n->kind == YAML_TEXT && (!u || strcmp(u->name, unit) != 0)) {
        char hint[96];
        yaml_wrong(r, n, "found \"%.40s\", expected a unit%s%s", unit, u ? ": write " : "",
                   u ? u->name : report_hint(unit, unit_names(), hint, 96));
    }
    return unit;
}

static void read_metric(struct pack_source *src, struct report *r, const struct yaml *body,
                        void *to)
{
    (void)src;
    struct pack_metric *m = to;
    m->name = field_name(r, body, "name");
    m->kind = (enum metric_kind)field_choice(r, body, "kind", kinds, -1);
    m->unit = read_unit(r, body);
    m->purpose = (enum purpose)field_choice(r, body, "purpose", purposes, -1);
    m->stale_after_ms = field_ms(r, body, "stale_after", 0);
    m->precision = field_real(r, body, "precision", 1);
    const struct yaml *p = yaml_get(body, "precision");
    if (!p && m->kind == METRIC_GAUGE)
        yaml_wrong(r, body, "found no \"precision\", expected one for a gauge, such as 0.1");
    if (!(m->precision >= 1e-9 && m->precision <= 1e9)) {
        yaml_wrong(r, p ? p : body, "found precision %g, expected 1e-9 to 1e9", m->precision);
        m->precision = 1;
    }
    m->exponent = (int32_t)floor(log10(m->precision) + 1e-9);
    if (strcmp(m->unit, "bool") == 0 && m->kind != METRIC_STATE)
        yaml_wrong(r, body, "found unit bool on a %s, expected kind: state", kinds[m->kind]);
}

static void read_fault(struct pack_source *src, struct report *r, const struct yaml *body, void *to)
{
    (void)src;
    struct pack_fault *f = to;
    f->name = field_name(r, body, "name");
    f->component = field_text(r, body, "component", false);
    f->severity = (enum severity)field_choice(r, body, "severity", severities, -1);
    f->purpose = (enum purpose)field_choice(r, body, "purpose", purposes, PURPOSE_SAFETY);
}

static void metric_hint(const struct pack *p, struct report *r, const struct yaml *n)
{
    const char *names[PACK_ITEMS + 1];
    size_t count = 0;
    char hint[96];
    for (size_t i = 0; i < p->n_metrics; i++)
        names[count++] = p->metrics[i].name;
    names[count] = NULL;
    yaml_wrong(r, n, "found \"%.60s\", expected a metric of this pack%s", n->text,
               report_hint(n->text, names, hint, sizeof hint));
}

static void read_cycle(struct pack_source *src, struct report *r, const struct yaml *body, void *to)
{
    struct pack_cycle *c = to;
    c->name = field_name(r, body, "name");
    const struct yaml *list = yaml_get(body, "metrics");
    if (!list || !field_is(r, list, YAML_LIST, "metrics"))
        return;
    uint32_t *ids = arena_array(&src->arena, list->n ? list->n : 1, sizeof *ids);
    for (size_t i = 0; ids && i < list->n; i++) {
        const struct yaml *n = list->item[i];
        if (!field_is(r, n, YAML_TEXT, "a metric"))
            continue;
        const struct pack_metric *m = pack_metric_named(&src->pack, n->text);
        if (m)
            ids[c->n_metrics++] = m->id;
        else
            metric_hint(&src->pack, r, n);
    }
    c->metrics = ids;
}

static void read_action(struct pack_source *src, struct report *r, const struct yaml *body,
                        void *to)
{
    static const char *const who[] = {"nobody", "device", NULL};
    (void)src;
    struct pack_action *a = to;
    a->name = field_name(r, body, "name");
    a->idle_only = field_bool(r, body, "idle_only");
    a->confirm_device = field_choice(r, body, "confirm", who, 0) == 1;
}

static void read_models(struct pack_source *src, struct report *r)
{
    const struct yaml *list = yaml_get(src->root, "models");
    if (!list) {
        yaml_wrong(r, src->root, "found no \"models\", expected patterns such as [\"CK-*\"]");
        return;
    }
    if (!field_is(r, list, YAML_LIST, "models"))
        return;
    const char **models = arena_array(&src->arena, list->n ? list->n : 1, sizeof *models);
    for (size_t i = 0; models && i < list->n && i < PACK_LIST; i++)
        if (field_is(r, list->item[i], YAML_TEXT, "a model"))
            models[src->pack.n_models++] = list->item[i]->text;
    src->pack.models = models;
}

#define SAME_NAMES(list, count)                                                                    \
    for (size_t i = 0; i < (count); i++)                                                           \
        for (size_t k = 0; k < i; k++)                                                             \
            if (strcmp((list)[i].name, (list)[k].name) == 0)                                       \
    yaml_wrong(r, src->root, "found two with the name \"%s\" (%u and %u), expected one",           \
               (list)[i].name, (list)[k].id, (list)[i].id)

static void check_names(const struct pack_source *src, struct report *r)
{
    const struct pack *p = &src->pack;
    SAME_NAMES(p->metrics, p->n_metrics);
    SAME_NAMES(p->faults, p->n_faults);
    SAME_NAMES(p->cycles, p->n_cycles);
    SAME_NAMES(p->actions, p->n_actions);
}

bool source_pack(struct pack_source *src, struct report *r)
{
    static const char *const keys[] = {"pack",   "revision", "models",  "metrics",
                                       "faults", "cycles",   "actions", NULL};
    static const char *const metric_keys[] = {"name",    "kind",        "unit", "precision",
                                              "purpose", "stale_after", NULL};
    static const char *const fault_keys[] = {"name", "severity", "component", "purpose", NULL};
    static const char *const cycle_keys[] = {"name", "metrics", NULL};
    static const char *const action_keys[] = {"name", "idle_only", "confirm", NULL};
    struct pack *p = &src->pack;
    if (!field_map(r, src->root, "a pack", keys))
        return false;
    p->name = field_name(r, src->root, "pack");
    double revision = field_real(r, src->root, "revision", 1);
    if (!(revision >= 1 && revision <= 1e9) || floor(revision) < revision)
        yaml_wrong(r, yaml_get(src->root, "revision"), "found revision %g, expected 1, 2, 3...",
                   revision);
    else
        p->revision = (uint32_t)revision;
    read_models(src, r);
    p->metrics = read_items(src, r,
                            &(struct items){"metrics", "a metric", metric_keys,
                                            sizeof(struct pack_metric), read_metric},
                            &p->n_metrics);
    p->faults = read_items(
        src, r,
        &(struct items){"faults", "a fault", fault_keys, sizeof(struct pack_fault), read_fault},
        &p->n_faults);
    p->cycles = read_items(
        src, r,
        &(struct items){"cycles", "a cycle", cycle_keys, sizeof(struct pack_cycle), read_cycle},
        &p->n_cycles);
    p->actions = read_items(src, r,
                            &(struct items){"actions", "an action", action_keys,
                                            sizeof(struct pack_action), read_action},
                            &p->n_actions);
    check_names(src, r);
    return true;
}
