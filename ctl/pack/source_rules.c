/* rules.yaml: what is watched, how grave it is, and who is told. */
#include "ctl/pack/field.h"
#include "ctl/pack/source.h"

static uint32_t read_tell(struct report *r, const struct yaml *rule)
{
    static const char *const words[] = {"customer", "support", "manufacturer", NULL};
    const struct yaml *list = yaml_get(rule, "tell");
    uint32_t bits = 0;
    if (!list) {
        yaml_wrong(r, rule,
                   "found no \"tell\", expected a list of customer, support, "
                   "manufacturer");
        return 0;
    }
    if (!field_is(r, list, YAML_LIST, "tell"))
        return 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *n = list->item[i];
        char hint[96];
        int k = 0;
        if (!field_is(r, n, YAML_TEXT, "an audience"))
            continue;
        while (words[k] && strcmp(words[k], n->text) != 0)
            k++;
        if (words[k])
            bits |= 1u << k;
        else
            yaml_wrong(r, n, "found \"%.40s\", expected customer, support or manufacturer%s",
                       n->text, report_hint(n->text, words, hint, sizeof hint));
    }
    return bits;
}

static struct pack_place place(const struct yaml *n)
{
    return n ? (struct pack_place){n->file, n->raw_line, n->raw_col}
             : (struct pack_place){"", 0, 0};
}

/* An expression as it stands in the file. */
static const char *expression(struct report *r, const struct yaml *rule, const char *key, bool need)
{
    const char *text = field_text(r, rule, key, need);
    const struct yaml *n = yaml_get(rule, key);
    return n && n->kind == YAML_TEXT ? n->raw : text;
}

static void read_rule(struct pack_rule *to, struct report *r, const struct yaml *rule)
{
    static const char *const severities[] = {"minor", "major", "critical", NULL};
    to->name = field_name(r, rule, "rule");
    to->at = (struct pack_place){rule->file, rule->line, rule->col};
    to->when = expression(r, rule, "when", true);
    to->when_at = place(yaml_get(rule, "when"));
    to->clear = expression(r, rule, "clear", false);
    to->clear_at = place(yaml_get(rule, "clear"));
    to->for_ms = field_ms(r, rule, "for", 0);
    to->severity = (enum severity)field_choice(r, rule, "severity", severities, -1);
    to->tell = read_tell(r, rule);
    to->message = yaml_get(rule, "message") ? field_name(r, rule, "message") : to->name;
}

void source_rules(struct pack_source *src, struct report *r)
{
    static const char *const top[] = {"rules", NULL};
    static const char *const keys[] = {"rule",     "when", "for",     "clear",
                                       "severity", "tell", "message", NULL};
    if (!src->rules || !field_map(r, src->rules, "a rules file", top))
        return;
    const struct yaml *list = yaml_get(src->rules, "rules");
    if (!list || !field_is(r, list, YAML_LIST, "rules"))
        return;
    if (list->n > PACK_RULES) {
        yaml_wrong(r, list, "found %zu rules, expected at most %d", list->n, PACK_RULES);
        return;
    }
    struct pack_rule *rules = arena_array(&src->arena, list->n ? list->n : 1, sizeof *rules);
    if (!rules)
        return;
    src->pack.rules = rules;
    for (size_t i = 0; i < list->n; i++) {
        if (!field_map(r, list->item[i], "a rule", keys))
            continue;
        struct pack_rule *rule = &rules[src->pack.n_rules];
        read_rule(rule, r, list->item[i]);
        for (size_t k = 0; k < src->pack.n_rules; k++)
            if (strcmp(rules[k].name, rule->name) == 0)
                yaml_wrong(r, list->item[i],
                           "found the rule \"%s\" a second time (first on line "
                           "%u), expected another name",
                           rule->name, rules[k].at.line);
        src->pack.n_rules++;
    }
}
