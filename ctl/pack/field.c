/* Values of a pack's YAML. Numbers and durations are parsed here, to the last
 * character: 12x is no number. */
#include "ctl/pack/field.h"

#include "base/table.h"
#include "proto/pack.h"

#include <ctype.h>
#include <stdio.h>

bool field_is(struct report *r, const struct yaml *node, enum yaml_kind kind, const char *what)
{
    static const char *const names[] = {"a word", "a list", "a map"};
    if (node->kind == kind)
        return true;
    yaml_wrong(r, node, "found %s, expected %s: %s", names[node->kind], names[kind], what);
    return false;
}

bool field_map(struct report *r, const struct yaml *node, const char *what, const char *const *keys)
{
    if (!field_is(r, node, YAML_MAP, what))
        return false;
    for (size_t i = 0; i < node->n; i++) {
        char hint[96];
        size_t k = 0;
        while (keys[k] && strcmp(keys[k], node->key[i]->text) != 0)
            k++;
        if (!keys[k])
            yaml_wrong(r, node->key[i], "found \"%.60s\", expected a key of %s%s",
                       node->key[i]->text, what,
                       report_hint(node->key[i]->text, keys, hint, sizeof hint));
    }
    return true;
}

const char *field_text(struct report *r, const struct yaml *map, const char *key, bool need)
{
    const struct yaml *n = yaml_get(map, key);
    if (!n) {
        if (need)
            yaml_wrong(r, map, "found no \"%s\", expected one", key);
        return "";
    }
    return field_is(r, n, YAML_TEXT, key) ? n->text : "";
}

bool name_valid(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 64 || !islower((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) && s[i] != '_')
            return false;
    return true;
}

const char *field_name(struct report *r, const struct yaml *map, const char *key)
{
    const char *s = field_text(r, map, key, true);
    const struct yaml *n = yaml_get(map, key);
    if (n && n->kind == YAML_TEXT && !name_valid(s))
        yaml_wrong(r, n,
                   "found \"%.70s\", expected a name of a-z, 0-9 and _ that begins with "
                   "a letter",
                   s);
    return s;
}

double field_real(struct report *r, const struct yaml *map, const char *key, double initial)
{
    const struct yaml *n = yaml_get(map, key);
    double v = initial;
    if (n && field_is(r, n, YAML_TEXT, key) && parse_real(n->text, &v) != 0) {
        yaml_wrong(r, n, "found \"%.40s\", expected a number", n->text);
        v = initial;
    }
    return v;
}

int64_t text_ms(const char *s)
{
    int64_t sum = 0;
    if (strcmp(s, "0") == 0)
        return 0;
    for (bool any = false;; any = true) {
        char part[24];
        size_t n = strspn(s, "0123456789");
        size_t end = n + strspn(s + n, "abcdefghijklmnopqrstuvwxyz");
        int64_t ms;
        if (*s == '\0')
            return any ? sum : -1;
        if (n == 0 || end == n || end >= sizeof part)
            return -1;
        memcpy(part, s, end);
        part[end] = '\0';
        if (parse_duration_ms(part, &ms) != 0 || ms > INT64_C(100000000000000) - sum)
            return -1;
        sum += ms;
        s += end;
    }
}

int64_t field_ms(struct report *r, const struct yaml *map, const char *key, int64_t initial)
{
    const struct yaml *n = yaml_get(map, key);
    if (!n || !field_is(r, n, YAML_TEXT, key))
        return initial;
    int64_t ms = text_ms(n->text);
    if (ms >= 0)
        return ms;
    yaml_wrong(r, n, "found \"%.40s\", expected a duration such as 30s, 10m, 6h or 1d", n->text);
    return initial;
}

bool field_bool(struct report *r, const struct yaml *map, const char *key)
{
    const struct yaml *n = yaml_get(map, key);
    if (!n || !field_is(r, n, YAML_TEXT, key) || strcmp(n->text, "false") == 0)
        return false;
    if (strcmp(n->text, "true") != 0)
        yaml_wrong(r, n, "found \"%.40s\", expected true or false", n->text);
    return true;
}

int field_choice(struct report *r, const struct yaml *map, const char *key,
                 const char *const *words, int initial)
{
    const struct yaml *n = yaml_get(map, key);
    if (!n) {
        if (initial < 0)
            yaml_wrong(r, map, "found no \"%s\", expected one", key);
        return initial < 0 ? 0 : initial;
    }
    if (!field_is(r, n, YAML_TEXT, key))
        return 0;
    struct buf list;
    buf_init(&list, 1024);
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], n->text) == 0) {
            buf_free(&list);
            return i;
        }
        buf_fmt(&list, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    char hint[96];
    yaml_wrong(r, n, "found \"%.40s\", expected %s%s", n->text, buf_cstr(&list),
               report_hint(n->text, words, hint, sizeof hint));
    buf_free(&list);
    return 0;
}

uint32_t node_id(struct report *r, const struct yaml *node)
{
    int64_t id = 0;
    if (parse_int(node->text, &id) == 0 && id >= 1 && id <= PACK_ID_MAX)
        return (uint32_t)id;
    yaml_wrong(r, node, "found \"%.40s\", expected an id from 1 to %d", node->text, PACK_ID_MAX);
    return 0;
}
