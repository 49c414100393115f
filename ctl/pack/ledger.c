/* The ledger of ids. Old batches and stored readings name ids alone, so an id that
 * changed its meaning would change the past. */
#include "ctl/pack/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define LEDGER_BYTES (1024 * 1024)

static const char head[] =
    "# What these ids mean, for ever. `tocsin pack check --update-lock` adds new ones;\n"
    "# lines are never edited or removed.\n";

/* The pack's ids as lines, in the ledger's order. */
static void write_lines(const struct pack *p, struct buf *out)
{
    static const char *const kinds[] = {"gauge", "state", "counter"};
    for (size_t i = 0; i < p->n_metrics; i++)
        buf_fmt(out, "metric %u %s %s %s %.9g\n", p->metrics[i].id, p->metrics[i].name,
                kinds[p->metrics[i].kind], p->metrics[i].unit, p->metrics[i].precision);
    for (size_t i = 0; i < p->n_faults; i++)
        buf_fmt(out, "fault %u %s\n", p->faults[i].id, p->faults[i].name);
    for (size_t i = 0; i < p->n_cycles; i++)
        buf_fmt(out, "cycle %u %s\n", p->cycles[i].id, p->cycles[i].name);
    for (size_t i = 0; i < p->n_actions; i++)
        buf_fmt(out, "action %u %s\n", p->actions[i].id, p->actions[i].name);
}

static struct slice next_line(struct slice *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
    struct slice line = slice_of(rest->ptr, n);
    *rest = slice_of(rest->ptr + n + (end != NULL), rest->len - n - (end != NULL));
    while (line.len && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    return line;
}

/* "metric 1 " of a line: what must be unique. */
static struct slice key_of(struct slice line)
{
    size_t n = 0, blanks = 0;
    while (n < line.len && blanks < 2)
        blanks += line.ptr[n++] == ' ';
    return slice_of(line.ptr, n);
}

static bool is_entry(struct slice line)
{
    return line.len > 0 && line.ptr[0] != '#';
}

/* The line of `text` with that key, or an empty slice. */
static struct slice find(struct slice text, struct slice key)
{
    while (text.len) {
        struct slice line = next_line(&text);
        if (is_entry(line) && slice_eq(key_of(line), key))
            return line;
    }
    return slice_of(NULL, 0);
}

#define SHOW(s) (int)(s).len, (const char *)(s).ptr

static void compare(struct slice lock, struct slice now, const char *file, struct report *r)
{
    unsigned number = 0;
    while (lock.len) {
        struct slice line = next_line(&lock);
        number++;
        if (!is_entry(line))
            continue;
        struct slice other = find(now, key_of(line));
        if (other.len == 0)
            report_add(r, file, number, 1,
                       "found \"%.*s\" gone from the pack, expected it to "
                       "stay: ids are for ever",
                       SHOW(line));
        else if (!slice_eq(line, other))
            report_add(r, file, number, 1,
                       "found \"%.*s\" changed to \"%.*s\", expected a new id "
                       "for a new meaning",
                       SHOW(line), SHOW(other));
    }
}

static bool read_lock(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n;
    do {
        uint8_t *at = buf_room(out, 4096);
        n = at ? fread(at, 1, 4096, file) : 0;
        out->len += n;
    } while (n > 0);
    fclose(file);
    return true;
}

static void write_lock(const char *path, struct buf *text, struct report *r)
{
    char temp[1100];
    snprintf(temp, sizeof temp, "%s.new", path);
    FILE *file = fopen(temp, "we");
    bool good = file && fwrite(text->ptr, 1, text->len, file) == text->len;
    if (file && fclose(file) != 0)
        good = false;
    if (!good || rename(temp, path) != 0) {
        report_add(r, path, 1, 1, "cannot be written: %s", strerror(errno));
        unlink(temp);
    }
}

void ledger_check(const struct pack_source *src, bool update, size_t *ret_added,
                  struct report *report)
{
    char path[1024];
    struct buf lock, now;
    buf_init(&lock, LEDGER_BYTES);
    buf_init(&now, LEDGER_BYTES);
    snprintf(path, sizeof path, "%s/ids.lock", src->dir);
    size_t before = report->count, added = 0;
    if (!read_lock(path, &lock))
        buf_str(&lock, head);
    write_lines(&src->pack, &now);
    compare(buf_slice(&lock), buf_slice(&now), path, report);
    struct slice rest = buf_slice(&now), was = buf_slice(&lock);
    struct buf next;
    buf_init(&next, LEDGER_BYTES);
    buf_put(&next, was.ptr, was.len);
    while (rest.len) {
        struct slice line = next_line(&rest);
        if (find(was, key_of(line)).len)
            continue;
        added++;
        buf_put(&next, line.ptr, line.len);
        buf_str(&next, "\n");
        if (!update)
            report_add(report, path, 1, 1,
                       "found no \"%.*s\", expected it: add new ids with "
                       "`tocsin pack check --update-lock`",
                       SHOW(line));
    }
    if (update && added && report->count == before)
        write_lock(path, &next, report);
    *ret_added = added;
    buf_free(&next);
    buf_free(&now);
    buf_free(&lock);
}
