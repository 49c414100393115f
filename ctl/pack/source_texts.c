/* messages/LANG.yaml: names of things and messages in one language each. */
#include "ctl/pack/field.h"
#include "ctl/pack/source.h"

static const char *const steps_key = "steps";

/* The text of texts[lang][section][name], or NULL. */
static const char *translated(const struct pack_source *src, size_t lang, const char *section,
                              const char *name)
{
    const struct yaml *map = src->texts[lang] ? yaml_get(src->texts[lang], section) : NULL;
    const struct yaml *n = map && map->kind == YAML_MAP ? yaml_get(map, name) : NULL;
    return n && n->kind == YAML_TEXT ? n->text : NULL;
}

static const struct pack_label *labels(struct pack_source *src, struct report *r,
                                       const char *section, const char *name, size_t *ret_n)
{
    struct pack_label *to = arena_array(&src->arena, src->n_langs + 1, sizeof *to);
    for (size_t i = 0; to && i < src->n_langs; i++) {
        const char *text = translated(src, i, section, name);
        if (text)
            to[(*ret_n)++] = (struct pack_label){src->langs[i], text};
        else if (src->texts[i])
            yaml_wrong(r, src->texts[i], "found no %s \"%s\", expected its name in \"%s\"", section,
                       name, src->langs[i]);
    }
    return to;
}

/* A name that is translated but not there is a slip, or a leftover. */
#define CHECK_SECTION(section, find)                                                               \
    do {                                                                                           \
        const struct yaml *map = yaml_get(src->texts[lang], section);                              \
        for (size_t i = 0; map && field_is(r, map, YAML_MAP, section) && i < map->n; i++)          \
            if (!(find))                                                                           \
                yaml_wrong(r, map->key[i], "found \"%.60s\", expected one of the pack's %s",       \
                           map->key[i]->text, section);                                            \
    } while (0)

static bool has_action(const struct pack *p, const char *name)
{
    for (size_t i = 0; i < p->n_actions; i++)
        if (strcmp(p->actions[i].name, name) == 0)
            return true;
    return false;
}

static void check_sections(const struct pack_source *src, struct report *r, size_t lang)
{
    static const char *const keys[] = {"language", "family",  "metrics",  "faults",
                                       "cycles",   "actions", "messages", NULL};
    const struct pack *p = &src->pack;
    if (!field_map(r, src->texts[lang], "a language file", keys))
        return;
    const char *language = field_text(r, src->texts[lang], "language", true);
    if (*language && strcmp(language, src->langs[lang]) != 0)
        yaml_wrong(r, yaml_get(src->texts[lang], "language"),
                   "found \"%.20s\", expected \"%s\" as the file is named", language,
                   src->langs[lang]);
    CHECK_SECTION("metrics", pack_metric_named(p, map->key[i]->text));
    CHECK_SECTION("faults", pack_fault_named(p, map->key[i]->text));
    CHECK_SECTION("cycles", pack_cycle_named(p, map->key[i]->text));
    CHECK_SECTION("actions", has_action(p, map->key[i]->text));
}

static void read_steps(struct pack_source *src, struct report *r, const struct yaml *body,
                       struct pack_message *to)
{
    const struct yaml *list = yaml_get(body, steps_key);
    if (!list || !field_is(r, list, YAML_LIST, steps_key))
        return;
    if (list->n > PACK_LIST) {
        yaml_wrong(r, list, "found %zu steps, expected at most %d", list->n, PACK_LIST);
        return;
    }
    const char **steps = arena_array(&src->arena, list->n + 1, sizeof *steps);
    for (size_t i = 0; steps && i < list->n; i++)
        if (field_is(r, list->item[i], YAML_TEXT, "a step"))
            steps[to->n_steps++] = list->item[i]->text;
    to->steps = steps;
}

static void read_messages(struct pack_source *src, struct report *r, size_t lang,
                          struct pack_message *to)
{
    static const char *const keys[] = {"title", "body", "steps", "support", "manufacturer", NULL};
    const struct yaml *map = yaml_get(src->texts[lang], "messages");
    if (!map || !field_is(r, map, YAML_MAP, "messages"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml *body = map->item[i];
        struct pack_message *m = &to[src->pack.n_messages];
        if (!field_map(r, body, "a message", keys))
            continue;
        m->name = map->key[i]->text;
        m->lang = src->langs[lang];
        m->title = field_text(r, body, "title", true);
        m->body = field_text(r, body, "body", true);
        m->support = field_text(r, body, "support", false);
        m->manufacturer = field_text(r, body, "manufacturer", false);
        read_steps(src, r, body, m);
        src->pack.n_messages++;
    }
}

/* The items belong to the arena, and are only now complete. */
#define LABEL_ALL(type, list, count, section)                                                      \
    do {                                                                                           \
        type *to = arena_array(&src->arena, (count) + 1, sizeof *to);                              \
        if (to && (count))                                                                         \
            memcpy(to, (list), (count) * sizeof *to);                                              \
        for (size_t i = 0; to && i < (count); i++)                                                 \
            to[i].labels = labels(src, r, section, to[i].name, &to[i].n_labels);                   \
        (list) = to;                                                                               \
    } while (0)

static void read_family(struct pack_source *src, struct report *r)
{
    struct pack_label *to = arena_array(&src->arena, src->n_langs + 1, sizeof *to);
    for (size_t i = 0; to && i < src->n_langs; i++)
        if (src->texts[i] && src->texts[i]->kind == YAML_MAP)
            to[src->pack.n_labels++] =
                (struct pack_label){src->langs[i], field_text(r, src->texts[i], "family", true)};
    src->pack.labels = to;
}

void source_texts(struct pack_source *src, struct report *r)
{
    struct pack *p = &src->pack;
    size_t most = 0;
    for (size_t i = 0; i < src->n_langs; i++) {
        if (!src->texts[i] || !field_is(r, src->texts[i], YAML_MAP, "a language file"))
            src->texts[i] = NULL;
        const struct yaml *map = src->texts[i] ? yaml_get(src->texts[i], "messages") : NULL;
        most += map && map->kind == YAML_MAP ? map->n : 0;
    }
    struct pack_message *messages = arena_array(&src->arena, most + 1, sizeof *messages);
    if (!messages)
        return;
    p->messages = messages;
    LABEL_ALL(struct pack_metric, p->metrics, p->n_metrics, "metrics");
    LABEL_ALL(struct pack_fault, p->faults, p->n_faults, "faults");
    LABEL_ALL(struct pack_cycle, p->cycles, p->n_cycles, "cycles");
    LABEL_ALL(struct pack_action, p->actions, p->n_actions, "actions");
    for (size_t i = 0; i < src->n_langs; i++) {
        if (!src->texts[i])
            continue;
        check_sections(src, r, i);
        read_messages(src, r, i, messages);
    }
    read_family(src, r);
}
