#include "gateway/people/mail_code.h"

#define WORD_BYTES 42 /* UTF-8 bytes of one encoded word: 56 characters of base64 */

size_t utf8_len(const uint8_t *p, size_t left)
{
    if (left == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
    if (n == 0 || n > left || p[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool wrong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
                 (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return wrong ? 0 : n;
}

/* The next character of a text: its bytes, or U+FFFD for what is none. */
static struct slice next_char(const char **text)
{
    const uint8_t *p = (const uint8_t *)*text;
    size_t n = utf8_len(p, strnlen(*text, 4));
    *text += n ? n : 1;
    return n ? slice_of(p, n) : slice_of("\xef\xbf\xbd", 3);
}

static void put_quoted_char(struct slice c, bool ends_line, size_t *column, struct buf *out)
{
    bool plain = c.len == 1 && c.ptr[0] != '=' && c.ptr[0] != 0x7f &&
                 (c.ptr[0] > 0x20 || ((c.ptr[0] == ' ' || c.ptr[0] == '\t') && !ends_line));
    size_t width = plain ? 1 : 3 * c.len;
    if (*column + width > 75) {
        buf_str(out, "=\r\n");
        *column = 0;
    }
    if (plain)
        buf_put(out, c.ptr, 1);
    else
        for (size_t i = 0; i < c.len; i++)
            buf_fmt(out, "=%02X", c.ptr[i]);
    *column += width;
}

void mail_quoted(const char *text, struct buf *out)
{
    size_t column = 0;
    while (*text) {
        if (*text == '\n') {
            buf_str(out, "\r\n");
            column = 0;
            text++;
            continue;
        }
        struct slice c = next_char(&text);
        put_quoted_char(c, *text == '\n' || *text == '\0', &column, out);
    }
}

static void put_base64(struct slice s, struct buf *out)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = s.len - i < 3 ? s.len - i : 3;
        uint32_t v = (uint32_t)s.ptr[i] << 16;
        v |= n > 1 ? (uint32_t)s.ptr[i + 1] << 8 : 0;
        v |= n > 2 ? s.ptr[i + 2] : 0;
        char four[4] = {abc[v >> 18], abc[v >> 12 & 63], n > 1 ? abc[v >> 6 & 63] : '=',
                        n > 2 ? abc[v & 63] : '='};
        buf_put(out, four, 4);
    }
}

static bool control(struct slice c)
{
    return c.len == 1 && (c.ptr[0] < 0x20 || c.ptr[0] == 0x7f);
}

/* Encoded words of at most 75 characters, one a line. */
static void put_words(const char *value, struct buf *out)
{
    uint8_t word[WORD_BYTES];
    size_t n = 0;
    bool first = true;
    while (*value || n) {
        const char *at = value;
        struct slice c = *value ? next_char(&at) : slice_of(NULL, 0);
        if (n && (c.len == 0 || n + c.len > WORD_BYTES)) {
            buf_str(out, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
            put_base64(slice_of(word, n), out);
            buf_str(out, "?=");
            first = false;
            n = 0;
            continue;
        }
        memcpy(word + n, control(c) ? (const uint8_t *)" " : c.ptr, c.len);
        n += c.len;
        value = at;
    }
}

/* Printable ASCII, short enough for one line, not to be taken for an encoded word. */
static bool plain(const char *value, size_t max)
{
    size_t n = strlen(value);
    if (n > max || strstr(value, "=?") || (n && (value[0] == ' ' || value[n - 1] == ' ')))
        return false;
    for (; *value; value++)
        if ((unsigned char)*value < 0x20 || (unsigned char)*value > 0x7e)
            return false;
    return true;
}

void mail_header(const char *name, const char *value, struct buf *out)
{
    buf_fmt(out, "%s: ", name);
    if (plain(value, 76 - strlen(name)))
        buf_str(out, value);
    else
        put_words(value, out);
    buf_str(out, "\r\n");
}

void mail_phrase(const char *value, struct buf *out)
{
    if (!plain(value, 60)) {
        put_words(value, out);
        return;
    }
    buf_str(out, "\"");
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_str(out, "\\");
        buf_put(out, value, 1);
    }
    buf_str(out, "\"");
}
