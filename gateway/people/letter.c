#include "gateway/people/letter.h"

#define TEXT_WIDTH 76

/* Words wrapped at the width; counts characters, not bytes. */
static void put_wrapped(const char *text, size_t indent, struct buf *out)
{
    size_t column = indent;
    bool first = true;
    while (*text) {
        size_t len = strcspn(text, " "), width = 0;
        for (size_t i = 0; i < len; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (!first && column + 1 + width > TEXT_WIDTH) {
            buf_fmt(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            buf_str(out, " ");
            column++;
        }
        buf_put(out, text, len);
        column += width;
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    buf_str(out, "\n");
}

void letter_text(const struct letter *l, struct buf *out)
{
    if (l->note) {
        put_wrapped(l->note, 0, out);
        buf_str(out, "\n");
    }
    put_wrapped(l->greeting, 0, out);
    buf_str(out, "\n");
    put_wrapped(l->title, 0, out);
    buf_str(out, "\n");
    put_wrapped(l->body, 0, out);
    if (l->n_steps) {
        buf_fmt(out, "\n%s:\n\n", l->steps_title);
        for (size_t i = 0; i < l->n_steps; i++) {
            buf_fmt(out, "%2zu. ", i + 1);
            put_wrapped(l->steps[i], 4, out);
        }
    }
    buf_str(out, "\n");
    for (size_t i = 0; i < l->n_facts; i++)
        buf_fmt(out, "%s: %s\n", l->facts[i].name, l->facts[i].value);
    buf_str(out, "\n-- \n");
    put_wrapped(l->why, 0, out);
}

static void put_escaped(const char *s, struct buf *out)
{
    for (; *s; s++) {
        switch (*s) {
        case '&': buf_str(out, "&amp;"); break;
        case '<': buf_str(out, "&lt;"); break;
        case '>': buf_str(out, "&gt;"); break;
        case '"': buf_str(out, "&quot;"); break;
        default: buf_put(out, s, 1);
        }
    }
}

static void put_element(const char *open, const char *text, const char *close, struct buf *out)
{
    buf_str(out, open);
    put_escaped(text, out);
    buf_str(out, close);
}

static void put_facts(const struct letter *l, struct buf *out)
{
    if (!l->n_facts)
        return;
    buf_str(out, "<dl style=\"margin:1.5em 0\">\n");
    for (size_t i = 0; i < l->n_facts; i++) {
        put_element("<dt style=\"font-weight:bold\">", l->facts[i].name, "</dt>\n", out);
        put_element("<dd style=\"margin:0 0 .5em 0\">", l->facts[i].value, "</dd>\n", out);
    }
    buf_str(out, "</dl>\n");
}

void letter_html(const struct letter *l, struct buf *out)
{
    put_element("<!DOCTYPE html>\n<html lang=\"", l->language, "\">\n<head>\n", out);
    buf_str(out, "<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
                 "<style>:root{color-scheme:light dark}</style>\n");
    put_element("<title>", l->title, "</title>\n</head>\n", out);
    put_element("<body lang=\"", l->language,
                "\" style=\"font-family:sans-serif;font-size:16px;line-height:1.5\">\n", out);
    buf_str(out, "<main style=\"max-width:36em;margin:0 auto;padding:1em\">\n");
    if (l->note)
        put_element("<p style=\"border:2px solid;padding:.5em\"><strong>", l->note,
                    "</strong></p>\n", out);
    put_element("<p>", l->greeting, "</p>\n", out);
    put_element("<h1 style=\"font-size:1.4em;line-height:1.25\">", l->title, "</h1>\n", out);
    put_element("<p>", l->body, "</p>\n", out);
    if (l->n_steps) {
        put_element("<h2 style=\"font-size:1.15em\">", l->steps_title, "</h2>\n<ol>\n", out);
        for (size_t i = 0; i < l->n_steps; i++)
            put_element("<li style=\"margin:.4em 0\">", l->steps[i], "</li>\n", out);
        buf_str(out, "</ol>\n");
    }
    put_facts(l, out);
    put_element("<hr>\n<p style=\"font-size:.9em\">", l->why, "</p>\n", out);
    buf_str(out, "</main>\n</body>\n</html>\n");
}
