/* Any bytes as a configuration file: read or refused with its place, and what was
 * read shows as a file that reads the same. */
#include "base/table.h"

#include <stddef.h>
#include <stdlib.h>

struct config {
    char *text, *word;
    int64_t number, span_ms, bytes, choice;
    double real;
    bool yes;
};

static const char *const choices[] = {"one", "two", "three", NULL};
#define ROW(name_, type_, ...)                                                                     \
    {                                                                                              \
        .name = #name_, .type = type_, .offset = offsetof(struct config, name_), __VA_ARGS__       \
    }
static const struct table_row rows[] = {
    ROW(text, TABLE_STRING, .max = 40, .help = "a text"),
    ROW(word, TABLE_STRING, .initial = "hello", .help = "a word"),
    ROW(number, TABLE_INT, .initial = "3", .min = -5, .max = 1e6, .help = "a number"),
    ROW(span_ms, TABLE_DURATION, .initial = "1m", .min = 1, .max = 864e5, .help = "a span"),
    ROW(bytes, TABLE_SIZE, .initial = "1MiB", .max = 1e9, .min = 1, .help = "a size"),
    ROW(choice, TABLE_CHOICE, .initial = "two", .choices = choices, .help = "a choice"),
    ROW(real, TABLE_REAL, .initial = "0.5", .min = -1, .max = 1, .help = "a ratio"),
    ROW(yes, TABLE_BOOL, .initial = "no", .help = "yes or no"),
};
static const struct table table = {rows, sizeof rows / sizeof rows[0]};

static void show(const struct config *c, struct buf *out)
{
    buf_init(out, 1 << 20);
    table_show(&table, c, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c = {0}, again = {0};
    struct buf first, second;
    struct err e = {0};
    if (table_defaults(&table, &c, &e) != 0 || table_defaults(&table, &again, &e) != 0)
        abort();
    int rc = table_parse(&table, &c, "fuzz.conf", slice_of(data, size), &e);
    if (rc != 0 && e.text[0] == 0)
        abort(); /* refused without a word */
    if (rc == 0) {
        show(&c, &first);
        if (table_parse(&table, &again, "shown.conf", buf_slice(&first), &e) != 0)
            abort();
        show(&again, &second);
        if (!slice_eq(buf_slice(&first), buf_slice(&second)))
            abort();
        buf_free(&first);
        buf_free(&second);
    }
    table_free(&table, &c);
    table_free(&table, &again);
    return 0;
}
