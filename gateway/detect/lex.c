/* The lexer. It knows no keywords: and, or, not and units are names. */
#include "gateway/detect/lex.h"

#include "base/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Milliseconds of a duration's suffix; 0: it is none. */
static int64_t suffix_ms(struct slice s)
{
    static const struct {
        const char *name;
        int64_t ms;
    } suffixes[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                    {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (slice_is(s, suffixes[i].name))
            return suffixes[i].ms;
    return 0;
}

static size_t digits(const char *s, size_t i)
{
    while (is_digit(s[i]))
        i++;
    return i;
}

/* Digits, a fraction, an exponent; then, glued on, the suffix of a duration. */
static struct token number(const char *s, size_t *pos)
{
    size_t start = *pos, i = digits(s, start);
    if (s[i] == '.' && is_digit(s[i + 1]))
        i = digits(s, i + 1);
    if (s[i] == 'e' || s[i] == 'E') {
        size_t sign = s[i + 1] == '-' || s[i + 1] == '+' ? 2 : 1;
        if (is_digit(s[i + sign]))
            i = digits(s, i + sign);
    }
    struct token t = {.kind = TOKEN_NUMBER};
    char copy[64];
    size_t n = i - start;
    if (n < sizeof copy) {
        memcpy(copy, s + start, n);
        copy[n] = '\0';
        t.value = strtod(copy, NULL);
    } else {
        t.kind = TOKEN_BAD;
    }
    size_t end = i;
    while (is_letter(s[end]))
        end++;
    int64_t ms = suffix_ms(slice_of(s + i, end - i));
    if (ms > 0 && t.value * (double)ms < 1e15) {
        t.kind = TOKEN_DURATION;
        t.ms = (int64_t)(t.value * (double)ms + 0.5);
        i = end;
    }
    t.text = slice_of(s + start, i - start);
    *pos = i;
    return t;
}

static size_t sign_length(const char *s)
{
    if (strchr("<>=!", s[0]) && s[1] == '=')
        return 2;
    return strchr("+-*/(),%<>", s[0]) ? 1 : 0;
}

struct token lex_next(const struct source *src, size_t *pos)
{
    const char *s = src->text;
    size_t i = *pos;
    while (is_space(s[i]))
        i++;
    *pos = i;
    if (s[i] == '\0')
        return (struct token){.kind = TOKEN_END, .text = slice_of(s + i, 0)};
    if (is_digit(s[i]))
        return number(s, pos);
    size_t n = 0;
    enum token_kind kind = TOKEN_SIGN;
    if (is_letter(s[i])) {
        while (is_letter(s[i + n]) || is_digit(s[i + n]))
            n++;
        kind = TOKEN_NAME;
    } else {
        n = sign_length(s + i);
    }
    if (n == 0) {
        kind = TOKEN_BAD;
        for (n = 1; ((unsigned char)s[i + n] & 0xc0) == 0x80;)
            n++; /* a whole UTF-8 character */
    }
    *pos = i + n;
    return (struct token){.kind = kind, .text = slice_of(s + i, n)};
}

int source_err(const struct source *src, size_t offset, const char *fmt, ...)
{
    uint32_t line = src->at.line, col = src->at.col;
    for (size_t i = 0; i < offset && src->text[i]; i++) {
        if (src->text[i] == '\n') {
            line++;
            col = 1;
        } else if (((unsigned char)src->text[i] & 0xc0) != 0x80) {
            col++;
        }
    }
    char text[sizeof src->e->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(src->e, ERR_INVALID, "%s:%u:%u: %s", src->at.file, line, col, text);
}

const char *source_hint(struct slice word, const char *const *words, char *to, size_t cap)
{
    char copy[80];
    to[0] = '\0';
    if (word.len >= sizeof copy)
        return to;
    memcpy(copy, word.ptr, word.len);
    copy[word.len] = '\0';
    const char *likely = likely_word(copy, words);
    if (likely)
        snprintf(to, cap, "; did you mean \"%s\"?", likely);
    return to;
}
