/* A config struct filled from text: defaults, one file, single settings.
 *
 * Happy path: table_defaults, table_load, table_set for each flag, table_check.
 * A mistake stops at once; the struct then holds a mix of old and new values but
 * can still be freed, so a reload parses into a second struct. */
#include "base/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (1 << 20)
#define WORDS    256 /* rows or choices that a suggestion looks at */

static void *member(const struct table_row *row, void *config)
{
    return (char *)config + row->offset;
}

static const char *suggestion(const char *word, const char *const *words, char *to, size_t cap)
{
    const char *likely = likely_word(word, words);
    to[0] = '\0';
    if (likely)
        snprintf(to, cap, "; did you mean \"%s\"?", likely);
    return to;
}

static const struct table_row *find(const struct table *t, const char *place, const char *name,
                                    struct err *e)
{
    const char *names[WORDS + 1];
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].name, name) == 0)
            return &t->rows[i];
        if (n < WORDS)
            names[n++] = t->rows[i].name;
    }
    names[n] = NULL;
    char hint[96];
    err_set(e, ERR_INVALID, "%s: there is no setting \"%.64s\"%s", place, name,
            suggestion(name, names, hint, sizeof hint));
    return NULL;
}

static int set_string(const struct table_row *row, void *at, const char *place, const char *value,
                      struct err *e)
{
    char **to = at;
    if (row->max > 0 && (double)strlen(value) > row->max)
        return err_set(e, ERR_LIMIT, "%s: %s is %zu bytes long, at most %.0f are allowed", place,
                       row->name, strlen(value), row->max);
    char *copy = strdup(value);
    if (!copy)
        return err_set(e, ERR_NOMEM, "%s: no memory for %s", place, row->name);
    free(*to);
    *to = copy;
    return 0;
}

static int set_choice(const struct table_row *row, void *at, const char *place, const char *value,
                      struct err *e)
{
    char hint[96], all[160] = "";
    for (int64_t i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], value) == 0) {
            *(int64_t *)at = i;
            return 0;
        }
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", row->choices[i]);
    }
    return err_set(e, ERR_INVALID, "%s: %s is \"%.64s\", expected one of %s%s", place, row->name,
                   value, all, suggestion(value, row->choices, hint, sizeof hint));
}

static int set_bool(const struct table_row *row, void *at, const char *place, const char *value,
                    struct err *e)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", NULL};
    char hint[96];
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *(bool *)at = i % 2;
            return 0;
        }
    }
    return err_set(e, ERR_INVALID, "%s: %s is \"%.64s\", expected true or false%s", place,
                   row->name, value, suggestion(value, words, hint, sizeof hint));
}

static int set_number(const struct table_row *row, void *at, const char *place, const char *value,
                      struct err *e)
{
    static const char *const expected[] = {
        [TABLE_INT] = "a whole number",
        [TABLE_DURATION] = "a duration like 250ms, 30s, 5m, 2h or 1d",
        [TABLE_SIZE] = "a size like 64KiB, 20MiB or 1GiB",
        [TABLE_REAL] = "a number",
    };
    int64_t whole = 0;
    double real = 0;
    int rc = row->type == TABLE_INT        ? parse_int(value, &whole)
             : row->type == TABLE_DURATION ? parse_duration_ms(value, &whole)
             : row->type == TABLE_SIZE     ? parse_size_bytes(value, &whole)
                                           : parse_real(value, &real);
    if (rc)
        return err_set(e, ERR_INVALID, "%s: %s is \"%.64s\", expected %s", place, row->name, value,
                       expected[row->type]);
    double n = row->type == TABLE_REAL ? real : (double)whole;
    if ((row->min != 0 || row->max != 0) && (n < row->min || n > row->max)) {
        char min[32], max[32];
        table_number(row->type, row->min, min, sizeof min);
        table_number(row->type, row->max, max, sizeof max);
        return err_set(e, ERR_LIMIT, "%s: %s is %s, expected %s to %s", place, row->name, value,
                       min, max);
    }
    if (row->type == TABLE_REAL)
        *(double *)at = real;
    else
        *(int64_t *)at = whole;
    return 0;
}

static int set_row(const struct table_row *row, void *config, const char *place, const char *value,
                   struct err *e)
{
    void *at = member(row, config);
    switch (row->type) {
    case TABLE_STRING: return set_string(row, at, place, value, e);
    case TABLE_CHOICE: return set_choice(row, at, place, value, e);
    case TABLE_BOOL: return set_bool(row, at, place, value, e);
    default: return set_number(row, at, place, value, e);
    }
}

int table_set(const struct table *t, void *config, const char *place, const char *name,
              const char *value, struct err *e)
{
    const struct table_row *row = find(t, place, name, e);
    return row ? set_row(row, config, place, value, e) : ERR_INVALID;
}

static void forget_strings(const struct table *t, void *config)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].type == TABLE_STRING)
            *(char **)member(&t->rows[i], config) = NULL;
}

int table_defaults(const struct table *t, void *config, struct err *e)
{
    forget_strings(t, config);
    for (size_t i = 0; i < t->count; i++) {
        const struct table_row *row = &t->rows[i];
        int rc = 0;
        if (row->initial || row->type == TABLE_STRING)
            rc = set_row(row, config, "default", row->initial ? row->initial : "", e);
        else if (row->type == TABLE_BOOL)
            *(bool *)member(row, config) = false;
        else if (row->type == TABLE_REAL)
            *(double *)member(row, config) = 0;
        else
            *(int64_t *)member(row, config) = 0;
        if (rc) {
            table_free(t, config);
            return rc;
        }
    }
    return 0;
}

void table_free(const struct table *t, void *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].type == TABLE_STRING)
            free(*(char **)member(&t->rows[i], config));
    forget_strings(t, config);
}

int table_check(const struct table *t, const void *config, struct err *e)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct table_row *row = &t->rows[i];
        if (!row->required || row->type != TABLE_STRING)
            continue;
        const char *const *s = (const void *)((const char *)config + row->offset);
        if (!*s || !**s)
            return err_set(e, ERR_INVALID, "%s is not set: %s", row->name, row->help);
    }
    return 0;
}

/* One line of a file, being read. */
struct line {
    const char *file;
    unsigned no;
    const char *start, *at, *end;
    char place[200];
};

static const char *place_of(struct line *l, const char *where)
{
    snprintf(l->place, sizeof l->place, "%s:%u:%zu", l->file, l->no,
             (size_t)(where - l->start) + 1);
    return l->place;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct line *l)
{
    while (l->at < l->end && blank(*l->at))
        l->at++;
}

static bool at_rest(const struct line *l)
{
    return l->at == l->end || *l->at == '#';
}

/* [a-z0-9_.-]+ into `to`. */
static int take_name(struct line *l, char *to, size_t cap, struct err *e)
{
    const char *from = l->at;
    while (l->at < l->end && (strchr("_.-", *l->at) ? *l->at != '\0'
                                                    : (*l->at >= 'a' && *l->at <= 'z') ||
                                                          (*l->at >= '0' && *l->at <= '9') ||
                                                          (*l->at >= 'A' && *l->at <= 'Z')))
        l->at++;
    size_t n = (size_t)(l->at - from);
    if (n == 0 || n >= cap)
        return err_set(e, ERR_INVALID, "%s: expected the name of a setting", place_of(l, from));
    memcpy(to, from, n);
    to[n] = '\0';
    skip_blanks(l);
    if (l->at == l->end || *l->at != '=')
        return err_set(e, ERR_INVALID, "%s: expected \"=\" after %.64s", place_of(l, l->at), to);
    l->at++;
    skip_blanks(l);
    return 0;
}

/* "..." with \" and \\; leaves `at` behind the closing quote. */
static int take_quoted(struct line *l, struct buf *to, struct err *e)
{
    const char *from = l->at++;
    for (; l->at < l->end && *l->at != '"'; l->at++) {
        if (*l->at == '\\' && l->at + 1 < l->end && (l->at[1] == '"' || l->at[1] == '\\'))
            l->at++;
        buf_put(to, l->at, 1);
    }
    if (l->at == l->end)
        return err_set(e, ERR_INVALID, "%s: this quote is never closed", place_of(l, from));
    l->at++;
    skip_blanks(l);
    if (!at_rest(l))
        return err_set(e, ERR_INVALID, "%s: expected the line's end after the closing quote",
                       place_of(l, l->at));
    return 0;
}

/* Up to the end of the line or a '#' that follows a blank. */
static void take_bare(struct line *l, struct buf *to)
{
    const char *from = l->at;
    while (l->at < l->end && !(*l->at == '#' && (l->at == from || blank(l->at[-1]))))
        l->at++;
    const char *end = l->at;
    while (end > from && blank(end[-1]))
        end--;
    buf_put(to, from, (size_t)(end - from));
}

static int parse_line(const struct table *t, void *config, struct line *l, unsigned *set_on,
                      struct buf *value, struct err *e)
{
    skip_blanks(l);
    if (at_rest(l))
        return 0;
    char name[65];
    const char *name_at = l->at;
    int rc = take_name(l, name, sizeof name, e);
    if (rc)
        return rc;
    const struct table_row *row = find(t, place_of(l, name_at), name, e);
    if (!row)
        return ERR_INVALID;
    if (set_on[row - t->rows])
        return err_set(e, ERR_INVALID, "%s: %s was already set on line %u", place_of(l, name_at),
                       name, set_on[row - t->rows]);
    set_on[row - t->rows] = l->no;

    const char *value_at = l->at;
    buf_reset(value);
    if (l->at < l->end && *l->at == '"')
        rc = take_quoted(l, value, e);
    else
        take_bare(l, value);
    if (rc)
        return rc;
    const char *text = buf_cstr(value);
    if (!buf_ok(value))
        return err_set(e, ERR_LIMIT, "%s: this value is too long", place_of(l, value_at));
    return set_row(row, config, place_of(l, value_at), text, e);
}

static int refuse_controls(struct line *l, struct err *e)
{
    for (const char *p = l->start; p < l->end; p++)
        if ((unsigned char)*p < 0x20 && !blank(*p))
            return err_set(e, ERR_INVALID, "%s: a control byte 0x%02x does not belong here",
                           place_of(l, p), (unsigned char)*p);
    return 0;
}

int table_parse(const struct table *t, void *config, const char *file, struct slice text,
                struct err *e)
{
    unsigned *set_on = calloc(t->count + 1, sizeof *set_on); /* line that set each row */
    struct buf value;
    buf_init(&value, 64 * 1024);
    if (!set_on)
        return err_set(e, ERR_NOMEM, "%s: no memory to read it", file);
    const char *at = (const char *)text.ptr, *end = at + text.len;
    int rc = 0;
    for (unsigned no = 1; rc == 0 && at < end; no++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct line l = {.file = file, .no = no, .start = at, .at = at, .end = stop ? stop : end};
        rc = refuse_controls(&l, e);
        if (rc == 0)
            rc = parse_line(t, config, &l, set_on, &value, e);
        at = stop ? stop + 1 : end;
    }
    buf_free(&value);
    free(set_on);
    return rc;
}

int table_load(const struct table *t, void *config, const char *file, struct err *e)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", file,
                       strerror(errno));
    int rc;
    struct buf text;
    buf_init(&text, FILE_MAX + 1);
    uint8_t *room = buf_room(&text, FILE_MAX + 1);
    if (!room) {
        rc = err_set(e, ERR_NOMEM, "%s: no memory to read it", file);
        goto read;
    }
    text.len = fread(room, 1, FILE_MAX + 1, f);
    if (ferror(f))
        rc = err_set(e, ERR_IO, "%s: it cannot be read", file);
    else if (text.len > FILE_MAX)
        rc = err_set(e, ERR_LIMIT, "%s: a config file is at most 1 MiB", file);
    else
        rc = table_parse(t, config, file, buf_slice(&text), e);
read:
    buf_free(&text);
    fclose(f);
    return rc;
}
