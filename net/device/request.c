#include "net/device/request.h"

#include <strings.h>

static bool starts(struct slice s, const char *word)
{
    return s.len >= strlen(word) && memcmp(s.ptr, word, strlen(word)) == 0;
}

static struct slice skip(struct slice s, size_t n)
{
    return slice_of(s.ptr + n, s.len - n);
}

/* A small decimal number; no digits or more than nine is none. */
static bool take_number(struct slice *s, uint32_t *ret)
{
    size_t n = 0;
    uint32_t value = 0;
    while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9' && n < 9)
        value = value * 10 + (uint32_t)(s->ptr[n++] - '0');
    if (n == 0)
        return false;
    *s = skip(*s, n);
    *ret = value;
    return true;
}

static bool take_word(struct slice *s, const char *word)
{
    if (!starts(*s, word))
        return false;
    *s = skip(*s, strlen(word));
    return true;
}

/* CONNECT b<broker>.a<attempt>.invalid:<port> HTTP/1.1 */
static bool read_target(struct slice line, struct request *r)
{
    uint32_t broker;
    if (!take_word(&line, "CONNECT b") || !take_number(&line, &broker) || !take_word(&line, ".a") ||
        !take_number(&line, &r->attempt) || !take_word(&line, ".invalid:"))
        return false;
    r->broker = broker;
    return true;
}

static bool same_secret(struct slice a, struct slice b)
{
    uint8_t differ = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        differ = (uint8_t)(differ | (a.ptr[i] ^ b.ptr[i]));
    return differ == 0;
}

static bool read_credentials(struct slice line, struct slice secret)
{
    static const char name[] = "Proxy-authorization: Basic ";
    if (line.len < sizeof name - 1 ||
        strncasecmp((const char *)line.ptr, name, sizeof name - 1) != 0)
        return false;
    return same_secret(skip(line, sizeof name - 1), secret);
}

static size_t header_len(struct slice bytes)
{
    for (size_t i = 0; i + 4 <= bytes.len; i++)
        if (memcmp(bytes.ptr + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

static struct slice take_line(struct slice *rest)
{
    size_t n = 0;
    while (n + 1 < rest->len && !(rest->ptr[n] == '\r' && rest->ptr[n + 1] == '\n'))
        n++;
    struct slice line = slice_of(rest->ptr, n);
    *rest = n + 2 <= rest->len ? skip(*rest, n + 2) : slice_of(rest->ptr, 0);
    return line;
}

enum request_verdict request_read(struct slice bytes, struct slice secret,
                                  struct request *ret_request)
{
    struct request r = {.len = header_len(bytes)};
    if (r.len > REQUEST_MAX || (r.len == 0 && bytes.len >= REQUEST_MAX))
        return REQUEST_REFUSED;
    if (r.len == 0)
        return REQUEST_MORE;
    struct slice rest = slice_of(bytes.ptr, r.len - 2);
    bool target = read_target(take_line(&rest), &r);
    bool credentials = false;
    while (rest.len)
        credentials |= read_credentials(take_line(&rest), secret);
    if (!target || !credentials)
        return REQUEST_REFUSED;
    *ret_request = r;
    return REQUEST_GOOD;
}
