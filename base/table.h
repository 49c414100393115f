/* Configuration is one table: name, type, default, bounds, place in the struct
 * and a sentence of help. The file's parser, --help, `show config` and the docs
 * page all read it.
 *
 * A config file is lines of `name = value`; '#' at a line's start or after a
 * blank starts a comment; a value may stand in double quotes (\" and \\ inside). Durations are
 * written 250ms, 30s, 5m, 2h, 1d and are kept in milliseconds; sizes 64KiB, 20MiB, 1GiB (or kB, MB,
 * GB) in bytes. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/buf.h"
#include "base/err.h"

enum table_type {
    TABLE_STRING,   /* char *, owned by the struct */
    TABLE_INT,      /* int64_t */
    TABLE_BOOL,     /* bool: true, false, yes, no, on, off */
    TABLE_DURATION, /* int64_t milliseconds */
    TABLE_SIZE,     /* int64_t bytes */
    TABLE_REAL,     /* double */
    TABLE_CHOICE,   /* int64_t: index into `choices` */
};

struct table_row {
    const char *name;
    enum table_type type;
    size_t offset;              /* offsetof(struct config, member) */
    const char *initial;        /* default, as text; NULL: empty string or 0 */
    double min, max;            /* numbers: both 0 means unbounded; strings: max length */
    const char *const *choices; /* TABLE_CHOICE: NULL-ended */
    bool secret;                /* shown as *** */
    bool required;              /* must not stay empty */
    const char *help;
};

struct table {
    const struct table_row *rows;
    size_t count;
};

/* Sets every member to its default. ERR_NOMEM. */
int table_defaults(const struct table *t, void *config, struct err *e);
/* Reads a whole file's text; `file` names it in messages ("file:line:col: ...").
 * Unknown names get the likely one suggested. ERR_INVALID, ERR_LIMIT, ERR_NOMEM. */
int table_parse(const struct table *t, void *config, const char *file, struct slice text,
                struct err *e);
/* table_parse on the file's content; ERR_NOT_FOUND, ERR_IO too. */
int table_load(const struct table *t, void *config, const char *file, struct err *e);
/* One setting, as from a command line flag `--name=value`. `place` names it in messages. */
int table_set(const struct table *t, void *config, const char *place, const char *name,
              const char *value, struct err *e);
/* After all sources: that what is required is there. */
int table_check(const struct table *t, const void *config, struct err *e);
/* Frees the strings. */
void table_free(const struct table *t, void *config);

/* "name = value  # help" for each row, as a config file (`show config`). */
void table_show(const struct table *t, const void *config, struct buf *out);
/* The rows for --help: name, type and bounds, default, sentence. */
void table_help(const struct table *t, struct buf *out);

/* A number of that type as a person writes it: 90000 as "90s". At most 31 bytes. */
void table_number(enum table_type type, double value, char *to, size_t cap);

/* Parses one number with its unit; whole text. ERR_INVALID. */
int parse_duration_ms(const char *text, int64_t *ret_ms);
int parse_size_bytes(const char *text, int64_t *ret_bytes);
int parse_int(const char *text, int64_t *ret);
int parse_real(const char *text, double *ret);
/* The word in `words` (NULL-ended) nearest to `word`, when it is near enough to
 * be a slip (edit distance at most 2, and a third of its length); else NULL. */
const char *likely_word(const char *word, const char *const *words);

#endif
