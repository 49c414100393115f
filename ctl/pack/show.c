/* Printing for people and for scripts. */
#include "ctl/pack/show.h"

#include <stdio.h>

json_t *show_begin(const struct pack_source *src, const struct report *report)
{
    json_t *errors = json_array();
    for (const char *s = report_next(report, NULL); s; s = report_next(report, s))
        json_array_append_new(errors, json_string(s));
    return json_pack("{s:b, s:s, s:I, s:I, s:o}", "ok", report->count == 0, "pack", src->pack.name,
                     "revision", (json_int_t)src->pack.revision, "mistakes",
                     (json_int_t)report->count, "errors", errors);
}

void show_end(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    fputs("\n", stdout);
    json_decref(object);
}

void show_report(const struct report *report)
{
    size_t shown = 0;
    for (const char *s = report_next(report, NULL); s; s = report_next(report, s), shown++)
        fprintf(stderr, "%s\n", s);
    if (report->count > shown)
        fprintf(stderr, "and %zu more\n", report->count - shown);
}

void show_rules(const struct ruleset *rules)
{
    printf("  %-28s %6s %12s\n", "rule", "steps", "state bytes");
    for (size_t i = 0; i < ruleset_count(rules); i++)
        printf("  %-28s %6zu %12zu\n", ruleset_rule(rules, i)->name, ruleset_cost(rules, i),
               ruleset_rule_bytes(rules, i));
    printf("  one device, shared windows counted once: %zu bytes\n", ruleset_state_bytes(rules));
}

void show_rules_json(const struct ruleset *rules, json_t *object)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ruleset_count(rules); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I}", "rule", ruleset_rule(rules, i)->name,
                                        "steps", (json_int_t)ruleset_cost(rules, i), "state_bytes",
                                        (json_int_t)ruleset_rule_bytes(rules, i)));
    json_object_set_new(object, "rules", list);
    json_object_set_new(object, "device_state_bytes",
                        json_integer((json_int_t)ruleset_state_bytes(rules)));
}
