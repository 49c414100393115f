/* What is wrong between the files: rules that do not compile, messages that are
 * missing in a language, places in a text that nothing will fill. */
#include "ctl/pack/source.h"
#include "gateway/detect/detect.h"

static const char *const places[] = {"device_name", "model", "customer_name", "title", "value",
                                     "limit",       "since", "until",         NULL};

static void check_place(struct report *r, const struct yaml *n, struct slice place, bool has_value)
{
    char name[40], hint[96];
    size_t len = place.len < sizeof name - 1 ? place.len : sizeof name - 1;
    memcpy(name, place.ptr, len);
    name[len] = '\0';
    for (size_t i = 0; places[i]; i++) {
        if (strcmp(places[i], name) != 0)
            continue;
        if (!has_value && (slice_is(place, "value") || slice_is(place, "limit")))
            yaml_wrong(r, n, "found {%s}, but no rule with this message compares a metric", name);
        return;
    }
    yaml_wrong(r, n,
               "found {%s}, expected {device_name}, {model}, {customer_name}, {value}, "
               "{limit}, {since}, {until} or {title}%s",
               name, report_hint(name, places, hint, sizeof hint));
}

static void check_text(struct report *r, const struct yaml *n, bool has_value)
{
    if (!n || n->kind != YAML_TEXT)
        return;
    for (const char *s = n->text; (s = strchr(s, '{')); s++) {
        size_t len = strcspn(s + 1, "}");
        if (s[1 + len] != '}')
            yaml_wrong(r, n, "found \"{\" without \"}\", expected a place such as {since}");
        else
            check_place(r, n, slice_of(s + 1, len), has_value);
    }
}

static void check_message(struct report *r, const struct yaml *body, bool has_value)
{
    static const char *const keys[] = {"title", "body", "support", "manufacturer", NULL};
    for (size_t i = 0; keys[i]; i++)
        check_text(r, yaml_get(body, keys[i]), has_value);
    const struct yaml *steps = yaml_get(body, "steps");
    for (size_t i = 0; steps && steps->kind == YAML_LIST && i < steps->n; i++)
        check_text(r, steps->item[i], has_value);
}

/* Bits by message: 1 some rule uses it, 2 one of those reads a metric. */
static unsigned use_of(const struct pack_source *src, const struct ruleset *rs, const char *name)
{
    unsigned bits = 0;
    for (size_t i = 0; i < src->pack.n_rules; i++) {
        const uint32_t *reads;
        if (strcmp(src->pack.rules[i].message, name) != 0)
            continue;
        bits |= 1;
        if (rs && ruleset_reads(rs, i, &reads) > 0)
            bits |= 2;
    }
    return bits;
}

static void check_messages(const struct pack_source *src, const struct ruleset *rs,
                           struct report *r)
{
    for (size_t i = 0; i < src->n_langs; i++) {
        const struct yaml *map = src->texts[i] ? yaml_get(src->texts[i], "messages") : NULL;
        for (size_t k = 0; map && map->kind == YAML_MAP && k < map->n; k++) {
            unsigned use = use_of(src, rs, map->key[k]->text);
            if (!(use & 1))
                yaml_wrong(r, map->key[k], "found the message \"%.60s\", which no rule uses",
                           map->key[k]->text);
            else if (map->item[k]->kind == YAML_MAP)
                check_message(r, map->item[k], !rs || (use & 2));
        }
    }
}

static bool has_message(const struct pack_source *src, const char *name, const char *lang)
{
    const struct pack_message *m = pack_message(&src->pack, name, lang);
    return m && strcmp(m->lang, lang) == 0;
}

static void check_translations(const struct pack_source *src, struct report *r)
{
    for (size_t i = 0; i < src->pack.n_rules; i++) {
        const struct pack_rule *rule = &src->pack.rules[i];
        if (src->n_langs == 0)
            report_add(r, rule->at.file, rule->at.line, rule->at.col,
                       "found no messages/en.yaml, expected the message \"%s\"", rule->message);
        for (size_t k = 0; k < src->n_langs; k++)
            if (src->texts[k] && !has_message(src, rule->message, src->langs[k]))
                report_add(r, rule->at.file, rule->at.line, rule->at.col,
                           "found no message \"%s\" in language \"%s\", expected a translation",
                           rule->message, src->langs[k]);
    }
}

void source_check(const struct pack_source *src, struct report *r)
{
    bool good = true;
    for (size_t i = 0; i < src->pack.n_rules; i++) {
        struct err e;
        if (!src->pack.rules[i].when[0])
            good = false; /* told already */
        else if (ruleset_check_rule(&src->pack, i, &e) != 0) {
            report_text(r, e.text);
            good = false;
        }
    }
    struct ruleset *rs = NULL;
    struct err e;
    if (good && ruleset_compile(&src->pack, &rs, &e) != 0)
        report_text(r, e.text);
    check_translations(src, r);
    check_messages(src, rs, r);
    ruleset_free(rs);
}
