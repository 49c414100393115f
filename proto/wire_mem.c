/* Memory and checks that all wire messages share. */
#include "proto/wire_mem.h"

#include "base/err.h"

bool pass_fail(struct pass *p, int rc, const char *reason)
{
    if (p->rc == 0) {
        p->rc = rc;
        p->reason = reason;
    }
    return false;
}

void *pass_array(struct pass *p, size_t n, size_t size)
{
    void *mem = n ? arena_array(p->arena, n, size) : NULL;
    if (n && !mem)
        pass_fail(p, ERR_LIMIT, "message: needs more memory than a decode may take");
    return mem;
}

static void *take(void *data, size_t size)
{
    return arena_take(data, size);
}

static void leave(void *data, void *ptr)
{
    (void)data;
    (void)ptr; /* freed with the arena */
}

ProtobufCAllocator pass_allocator(struct pass *p)
{
    return (ProtobufCAllocator){take, leave, p->arena};
}

ProtobufCMessage *pass_unpack(struct pass *p, const ProtobufCMessageDescriptor *of,
                              struct slice bytes)
{
    static const uint8_t nothing;
    ProtobufCAllocator allocator = pass_allocator(p);
    ProtobufCMessage *m =
        protobuf_c_message_unpack(of, &allocator, bytes.len, bytes.ptr ? bytes.ptr : &nothing);
    if (!m)
        pass_fail(p, p->arena->over ? ERR_LIMIT : ERR_INVALID,
                  p->arena->over ? "message: needs more memory than a decode may take"
                                 : "message: not a protobuf of this kind");
    return m;
}

/* RFC 3629: length of the sequence at s, 0 when it is none. */
static size_t utf8_sequence(const uint8_t *s, size_t left)
{
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

static bool plain_text(struct slice s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_sequence(s.ptr + i, s.len - i);
        if (n == 0 || s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
        i += n;
    }
    return true;
}

struct slice pass_text(struct pass *p, const char *text, const char *reason)
{
    struct slice s = slice_str(text);
    if (s.len > LIMIT_TEXT)
        pass_fail(p, ERR_LIMIT, reason);
    else if (!plain_text(s))
        pass_fail(p, ERR_INVALID, reason);
    return s;
}

bool pass_count(struct pass *p, size_t n, size_t limit, const char *reason)
{
    return n <= limit || pass_fail(p, ERR_LIMIT, reason);
}

int pass_end(const struct pass *p, const char **ret_reason)
{
    if (p->rc && ret_reason)
        *ret_reason = p->reason;
    return p->rc;
}

int wire_pack(const ProtobufCMessage *message, struct buf *out, size_t limit)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > limit)
        return ERR_LIMIT;
    uint8_t *at = buf_room(out, size);
    if (!at && size)
        return ERR_NOMEM;
    out->len += protobuf_c_message_pack(message, at);
    return 0;
}

char *wire_cstr(struct pass *p, struct slice s)
{
    static char empty[1];
    if (s.len == 0)
        return empty;
    char *copy = arena_str(p->arena, s);
    if (!copy)
        pass_fail(p, ERR_NOMEM, "message: out of memory");
    return copy ? copy : empty;
}
