/* From libyaml's events to a tree. libcyaml, which sits on the same parser, knows
 * no places of values and no maps with free keys; see
 * docs/decisions/0005-yaml-with-places.md. */
#include "ctl/pack/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

struct loader {
    yaml_parser_t parser;
    struct arena *arena;
    struct report *report;
    const char *file;
    struct slice bytes;
    size_t at, chars; /* byte and character that were found last */
    unsigned depth;
};

static struct yaml *load_node(struct loader *l, const yaml_event_t *event);

static struct yaml *fail(struct loader *l, const yaml_mark_t *at, const char *what)
{
    report_add(l->report, l->file, (unsigned)at->line + 1, (unsigned)at->column + 1, "%s", what);
    return NULL;
}

/* The parser begins some of its sentences as we do. */
static const char *problem_of(const yaml_parser_t *parser)
{
    const char *text = parser->problem ? parser->problem : "a mistake";
    return strncmp(text, "found ", 6) == 0 ? text + 6 : text;
}

static bool next_event(struct loader *l, yaml_event_t *event)
{
    if (yaml_parser_parse(&l->parser, event))
        return true;
    report_add(l->report, l->file, (unsigned)l->parser.problem_mark.line + 1,
               (unsigned)l->parser.problem_mark.column + 1, "found %s%s%s, expected valid YAML",
               problem_of(&l->parser), l->parser.context ? " " : "",
               l->parser.context ? l->parser.context : "");
    return false;
}

static struct yaml *new_node(struct loader *l, const yaml_event_t *event, enum yaml_kind kind)
{
    struct yaml *n = arena_take(l->arena, sizeof *n);
    if (!n)
        return fail(l, &event->start_mark, "found a larger file than fits, expected a smaller");
    n->kind = kind;
    n->file = l->file;
    n->line = n->raw_line = (unsigned)event->start_mark.line + 1;
    n->col = n->raw_col = (unsigned)event->start_mark.column + 1;
    return n;
}

/* Marks count characters and only grow; this is the byte of one. */
static size_t byte_of(struct loader *l, size_t mark)
{
    while (l->chars < mark && l->at < l->bytes.len) {
        l->at++;
        while (l->at < l->bytes.len && (l->bytes.ptr[l->at] & 0xc0) == 0x80)
            l->at++;
        l->chars++;
    }
    return l->at;
}

/* The text as it stands in the file, when it says the same: plain, folded or
 * literal, or quoted without escapes. */
static void keep_raw(struct loader *l, const yaml_event_t *event, struct yaml *n)
{
    size_t from = byte_of(l, event->start_mark.index), to = byte_of(l, event->end_mark.index);
    n->raw = n->text;
    const char *bytes = (const char *)l->bytes.ptr;
    yaml_scalar_style_t style = event->data.scalar.style;
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
        while (from < to && bytes[from] != '\n')
            from++;
        from += from < to;
        n->raw_line++;
        n->raw_col = 1;
    } else if (style != YAML_PLAIN_SCALAR_STYLE) {
        if (memchr(bytes + from, '\\', to - from) || to - from < 2)
            return;
        from++;
        to--;
        n->raw_col++;
    }
    while (to > from && strchr(" \n\r\t", bytes[to - 1]))
        to--;
    n->raw = arena_str(l->arena, slice_of(bytes + from, to - from));
}

static struct yaml *load_text(struct loader *l, const yaml_event_t *event)
{
    struct yaml *n = new_node(l, event, YAML_TEXT);
    if (!n)
        return NULL;
    if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
        return fail(l, &event->start_mark, "found a zero byte, expected text");
    n->text = arena_str(l->arena, slice_of(event->data.scalar.value, event->data.scalar.length));
    if (!n->text)
        return fail(l, &event->start_mark, "found a larger file than fits, expected a smaller");
    keep_raw(l, event, n);
    return n->raw ? n : NULL;
}

/* Grows by doubling inside the arena: the old halves are lost, which is bounded. */
static bool push(struct loader *l, struct yaml *n, size_t *cap, struct yaml *key, struct yaml *item)
{
    if (n->n == *cap) {
        size_t more = *cap ? *cap * 2 : 8;
        struct yaml **keys = arena_array(l->arena, more, sizeof *keys);
        struct yaml **items = arena_array(l->arena, more, sizeof *items);
        if (!keys || !items)
            return false;
        for (size_t i = 0; i < n->n; i++) {
            keys[i] = n->key[i];
            items[i] = n->item[i];
        }
        n->key = keys;
        n->item = items;
        *cap = more;
    }
    n->key[n->n] = key;
    n->item[n->n++] = item;
    return true;
}

static bool is_twice(struct loader *l, const struct yaml *map, const struct yaml *key)
{
    if (!yaml_get(map, key->text))
        return false;
    yaml_wrong(l->report, key, "found \"%s\" a second time, expected it once", key->text);
    return true;
}

static struct yaml *load_many(struct loader *l, const yaml_event_t *start, enum yaml_kind kind)
{
    struct yaml *n = new_node(l, start, kind);
    size_t cap = 0;
    bool good = n != NULL;
    if (++l->depth > YAML_DEPTH)
        return fail(l, &start->start_mark, "found deeper nesting than fits, expected less");
    while (good) {
        yaml_event_t event;
        if (!next_event(l, &event))
            return NULL;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        struct yaml *key = NULL, *item = load_node(l, &event);
        yaml_event_delete(&event);
        good = item != NULL;
        if (good && kind == YAML_MAP) {
            key = item;
            if (key->kind != YAML_TEXT) {
                yaml_wrong(l->report, key, "found a list or map as a key, expected a word");
                return NULL;
            }
            good = !is_twice(l, n, key) && next_event(l, &event);
            if (good) {
                item = load_node(l, &event);
                good = item != NULL;
                yaml_event_delete(&event);
            }
        }
        good = good && push(l, n, &cap, key, item);
    }
    l->depth--;
    return good ? n : NULL;
}

static struct yaml *load_node(struct loader *l, const yaml_event_t *event)
{
    const yaml_char_t *anchor =
        event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
        : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
        : event->type == YAML_MAPPING_START_EVENT  ? event->data.mapping_start.anchor
                                                   : NULL;
    if (anchor || event->type == YAML_ALIAS_EVENT)
        return fail(l, &event->start_mark, "found an anchor or alias, expected it written out");
    switch (event->type) {
    case YAML_SCALAR_EVENT: return load_text(l, event);
    case YAML_SEQUENCE_START_EVENT: return load_many(l, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT: return load_many(l, event, YAML_MAP);
    default: return fail(l, &event->start_mark, "found nothing, expected a value");
    }
}

static struct yaml *load_document(struct loader *l)
{
    struct yaml *root = NULL;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!next_event(l, &event))
            return NULL;
        if (event.type == YAML_STREAM_END_EVENT) {
            more = false;
            if (!root)
                report_add(l->report, l->file, 1, 1, "found an empty file, expected a map");
        } else if (event.type != YAML_STREAM_START_EVENT &&
                   event.type != YAML_DOCUMENT_START_EVENT &&
                   event.type != YAML_DOCUMENT_END_EVENT) {
            bool second = root != NULL;
            root = second ? fail(l, &event.start_mark, "found a second document, expected one")
                          : load_node(l, &event);
            more = root != NULL;
        }
        yaml_event_delete(&event);
    }
    return root;
}

static bool read_file(const char *path, struct buf *bytes, struct report *report)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        report_add(report, path, 1, 1, "cannot be opened: %s", strerror(errno));
        return false;
    }
    size_t n;
    do {
        uint8_t *at = buf_room(bytes, 4096);
        n = at ? fread(at, 1, 4096, file) : 0;
        bytes->len += n;
    } while (n > 0);
    bool good = buf_ok(bytes) && !ferror(file);
    fclose(file);
    if (!good)
        report_add(report, path, 1, 1, "cannot be read, or is larger than %d bytes",
                   YAML_FILE_BYTES);
    return good;
}

struct yaml *yaml_read(const char *path, struct arena *arena, struct report *report)
{
    struct buf bytes;
    buf_init(&bytes, YAML_FILE_BYTES);
    struct yaml *root = NULL;
    struct loader l = {.arena = arena, .report = report};
    l.file = arena_str(arena, slice_str(path));
    if (!l.file || !read_file(path, &bytes, report))
        goto out;
    l.bytes = buf_slice(&bytes);
    if (!yaml_parser_initialize(&l.parser)) {
        report_add(report, path, 1, 1, "out of memory");
        goto out;
    }
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l.parser, bytes.ptr ? bytes.ptr : (const uint8_t *)"", bytes.len);
    root = load_document(&l);
    yaml_parser_delete(&l.parser);
out:
    buf_free(&bytes);
    return root;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0)
            return map->item[i];
    return NULL;
}
