/* A rule's text as tokens, and the place a mistake is told at. */
#ifndef GATEWAY_DETECT_LEX_H
#define GATEWAY_DETECT_LEX_H

#include "base/err.h"
#include "base/slice.h"
#include "proto/pack.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,   /* value */
    TOKEN_DURATION, /* ms */
    TOKEN_NAME,
    TOKEN_SIGN, /* one of + - * / ( ) , % < > <= >= == != */
    TOKEN_BAD
};

struct token {
    enum token_kind kind;
    struct slice text; /* borrows the source */
    double value;
    int64_t ms;
};

/* One expression of a rule while it is compiled. */
struct source {
    const char *text;
    struct pack_place at; /* of the text's first character */
    struct err *e;
};

/* The token at *pos (a byte offset), which moves behind it. */
struct token lex_next(const struct source *src, size_t *pos);

/* "file:line:col: ..." for the character at `offset`; returns ERR_INVALID. */
int source_err(const struct source *src, size_t offset, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "; did you mean "x"?" or "", into `to`. */
const char *source_hint(struct slice word, const char *const *words, char *to, size_t cap);

#endif
