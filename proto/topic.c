/* Making and reading topics. */
#include "proto/topic.h"

static const char *const prefixes[] = {
    [TOPIC_NONE] = "",
    [TOPIC_UP] = "tocsin/up/",
    [TOPIC_DOWN] = "tocsin/down/",
    [TOPIC_ECHO] = "tocsin/echo/",
};

static bool id_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool topic_id_valid(struct slice id)
{
    if (id.len == 0 || id.len > LIMIT_DEVICE_ID || slice_is(id, ".") || slice_is(id, ".."))
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (!id_char(id.ptr[i]))
            return false;
    return true;
}

void topic_of(char *to, enum topic_kind kind, struct slice id)
{
    size_t n = strlen(prefixes[kind]);
    memcpy(to, prefixes[kind], n);
    memcpy(to + n, id.ptr, id.len);
    to[n + id.len] = 0;
}

enum topic_kind topic_parse(struct slice topic, struct slice *ret_id)
{
    for (int kind = TOPIC_UP; kind <= TOPIC_ECHO; kind++) {
        size_t n = strlen(prefixes[kind]);
        if (topic.len <= n || memcmp(topic.ptr, prefixes[kind], n) != 0)
            continue;
        struct slice id = slice_of(topic.ptr + n, topic.len - n);
        if (!topic_id_valid(id))
            return TOPIC_NONE;
        *ret_id = id;
        return (enum topic_kind)kind;
    }
    return TOPIC_NONE;
}
