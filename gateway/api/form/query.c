#include "gateway/api/form/query.h"

#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>

/* How many bytes the UTF-8 character at s takes; 0: none that is well-formed
 * (Unicode 15, table 3-7). */
static size_t utf8_len(const uint8_t *s, size_t left)
{
    uint8_t lo = 0x80, hi = 0xbf;
    size_t n;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        n = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        n = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        lo = 0xa0;
    else if (s[0] == 0xed)
        hi = 0x9f;
    else if (s[0] == 0xf0)
        lo = 0x90;
    else if (s[0] == 0xf4)
        hi = 0x8f;
    if (n > left || s[1] < lo || s[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool text_is_clean(const char *text, size_t len, const char *allow)
{
    const uint8_t *s = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_len(s + i, len - i);
        if (!n)
            return false;
        if ((s[i] < 0x20 || s[i] == 0x7f) && (!s[i] || !strchr(allow, s[i])))
            return false;
        i += n;
    }
    return true;
}

/* Copies one name or value into q->text; NULL (with a problem) when it cannot. */
static const char *take(struct query *q, struct slice part, struct problem *p)
{
    char *start = q->text + q->used;
    if (part.len >= sizeof q->text - q->used) {
        problem_set(p, 400, "the query is longer than %d bytes", QUERY_TEXT);
        return NULL;
    }
    if (part.len)
        memcpy(start, part.ptr, part.len);
    start[part.len] = 0;
    if (!text_is_clean(start, part.len, "")) {
        problem_set(p, 400, "the query has a control byte or bytes that are no UTF-8");
        return NULL;
    }
    q->used += part.len + 1;
    return start;
}

void query_add(struct query *q, struct slice part, struct problem *p)
{
    const uint8_t *eq = part.len ? memchr(part.ptr, '=', part.len) : NULL;
    size_t name_len = eq ? (size_t)(eq - part.ptr) : part.len;
    const char *name = take(q, slice_of(part.ptr, name_len), p);
    if (!name)
        return;
    const char *value =
        take(q, eq ? slice_of(eq + 1, part.len - name_len - 1) : slice_of(NULL, 0), p);
    if (!value)
        return;
    if (query_get(q, name)) {
        problem_field(p, 400, name, "is there twice");
    } else if (q->n == QUERY_ARGS) {
        problem_set(p, 400, "the query has more than %d parameters", QUERY_ARGS);
    } else {
        q->args[q->n].name = name;
        q->args[q->n++].value = value;
    }
}

void query_known(const struct query *q, const char *const *known, struct problem *p)
{
    for (size_t i = 0; i < q->n; i++) {
        const char *const *k = known;
        while (*k && strcmp(*k, q->args[i].name) != 0)
            k++;
        if (*k)
            continue;
        const char *likely = likely_word(q->args[i].name, known);
        if (likely)
            problem_field(p, 400, q->args[i].name, "is not known here; did you mean %s?", likely);
        else
            problem_field(p, 400, q->args[i].name, "is not known here");
    }
}

const char *query_get(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->args[i].name, name) == 0)
            return q->args[i].value;
    return NULL;
}

void query_int(const struct query *q, const char *name, int64_t min, int64_t max, int64_t *ret,
               struct problem *p)
{
    const char *value = query_get(q, name);
    int64_t n;
    if (!value)
        return;
    if (parse_int(value, &n) || n < min || n > max)
        problem_field(p, 400, name, "must be a whole number from %" PRId64 " to %" PRId64, min,
                      max);
    else
        *ret = n;
}

void query_text(const struct query *q, const char *name, size_t max_bytes, const char **ret,
                struct problem *p)
{
    const char *value = query_get(q, name);
    if (!value)
        return;
    if (strlen(value) > max_bytes)
        problem_field(p, 400, name, "is longer than %zu bytes", max_bytes);
    else
        *ret = value;
}

static void say_words(char *out, size_t cap, const char *const *words)
{
    size_t n = 0;
    for (; *words && n < cap; words++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", *words);
}

static int word_index(const char *text, size_t len, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
            return i;
    return -1;
}

void query_word(const struct query *q, const char *name, const char *const *words, int *ret,
                struct problem *p)
{
    const char *value = query_get(q, name);
    if (!value)
        return;
    int i = word_index(value, strlen(value), words);
    char all[128];
    say_words(all, sizeof all, words);
    if (i < 0)
        problem_field(p, 400, name, "must be one of: %s", all);
    else
        *ret = i;
}

void query_words(const struct query *q, const char *name, const char *const *words,
                 uint32_t *ret_bits, struct problem *p)
{
    const char *at = query_get(q, name);
    uint32_t bits = 0;
    if (!at)
        return;
    for (bool more = true; more;) {
        size_t len = strcspn(at, ",");
        int i = word_index(at, len, words);
        if (i < 0) {
            char all[128];
            say_words(all, sizeof all, words);
            problem_field(p, 400, name, "must be some of, with commas: %s", all);
            return;
        }
        bits |= UINT32_C(1) << i;
        more = at[len] == ',';
        at += len + 1;
    }
    *ret_bits = bits;
}

bool cursor_parse(const char *text, int64_t *ret, size_t n)
{
    char part[24];
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(text, ".");
        if (len >= sizeof part || (text[len] == '.') != (i + 1 < n))
            return false;
        memcpy(part, text, len);
        part[len] = 0;
        if (parse_int(part, &ret[i]))
            return false;
        text += len + 1;
    }
    return true;
}

void cursor_print(char *out, size_t cap, const int64_t *numbers, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%" PRId64, i ? "." : "", numbers[i]);
}
