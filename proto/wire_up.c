/* What a device says around its batches: envelope, hello, will, account. */
#include "proto/wire_mem.h"

#include "base/err.h"

static uint64_t number(struct pass *p, uint64_t n, const char *reason)
{
    if (n > (uint64_t)INT64_MAX)
        pass_fail(p, ERR_LIMIT, reason);
    return n;
}

static void read_hello(struct pass *p, const Tocsin__Hello *m, struct wire_hello *to)
{
    if (!pass_count(p, m->n_streams, LIMIT_STREAMS, "hello.streams: too many") ||
        !pass_count(p, m->n_capabilities, LIMIT_RECORDS, "hello.capabilities: too many"))
        return;
    struct wire_stream_state *streams = pass_array(p, m->n_streams, sizeof *streams);
    struct slice *able = pass_array(p, m->n_capabilities, sizeof *able);
    if (p->rc)
        return;
    for (size_t i = 0; i < m->n_streams; i++) {
        const Tocsin__StreamState *s = m->streams[i];
        if (s->stream == 0 || s->lane >= LANE_COUNT || s->low == 0 || s->low > s->next)
            pass_fail(p, ERR_INVALID, "hello.streams: stream, lane, low or next outside its range");
        streams[i] = (struct wire_stream_state){
            s->stream, s->lane, s->low, number(p, s->next, "hello.next: too large"), s->closed};
    }
    for (size_t i = 0; i < m->n_capabilities; i++)
        able[i] = pass_text(p, m->capabilities[i], "hello.capabilities: not plain text");
    *to = (struct wire_hello){
        pass_text(p, m->agent, "hello.agent: too long or not plain text"),
        pass_text(p, m->pack, "hello.pack: too long or not plain text"),
        m->pack_revision,
        m->settings_version,
        m->n_streams,
        m->n_capabilities,
        streams,
        able,
    };
}

static void read_account(struct pass *p, const Tocsin__Account *m, struct wire_account *to)
{
    if (!pass_count(p, m->n_drops, LIMIT_RANGES, "account.drops: too many"))
        return;
    struct wire_drop *drops = pass_array(p, m->n_drops, sizeof *drops);
    if (m->stream == 0 || m->lane >= LANE_COUNT || m->low == 0)
        pass_fail(p, ERR_INVALID, "account: stream, lane or low outside its range");
    for (size_t i = 0; !p->rc && i < m->n_drops; i++) {
        const Tocsin__Drop *d = m->drops[i];
        if (d->first == 0 || d->first > d->last)
            pass_fail(p, ERR_INVALID, "account.drops: first and last are not a range");
        drops[i] =
            (struct wire_drop){d->first,    number(p, d->last, "account.drops: last too large"),
                               d->readings, d->reason,
                               d->from_ms,  d->to_ms};
    }
    *to = (struct wire_account){m->stream,
                                m->lane,
                                number(p, m->low, "account.low: too large"),
                                number(p, m->closed_last, "account.closed_last: too large"),
                                m->n_drops,
                                drops};
}

static void read_body(struct pass *p, const Tocsin__Up *m, struct wire_up *to)
{
    switch (m->body_case) {
    case TOCSIN__UP__BODY_BATCH:
        to->kind = UP_BATCH;
        to->batch = slice_of(m->batch.data, m->batch.len);
        pass_count(p, m->batch.len, LIMIT_BATCH, "batch: too large");
        break;
    case TOCSIN__UP__BODY_HELLO:
        to->kind = UP_HELLO;
        read_hello(p, m->hello, &to->hello);
        break;
    case TOCSIN__UP__BODY_WILL:
        to->kind = UP_WILL;
        to->will_clean = m->will->clean;
        break;
    case TOCSIN__UP__BODY_ACCOUNT:
        to->kind = UP_ACCOUNT;
        read_account(p, m->account, &to->account);
        break;
    default: pass_fail(p, ERR_VERSION, "body: of a kind that this program does not know"); break;
    }
}

int wire_decode_up(struct slice bytes, struct arena *arena, struct wire_up *ret,
                   const char **ret_reason)
{
    struct pass p = {.arena = arena};
    struct wire_up up = {0};
    Tocsin__Up *m = NULL;
    if (pass_count(&p, bytes.len, LIMIT_MESSAGE, "message: too large"))
        m = (Tocsin__Up *)pass_unpack(&p, &tocsin__up__descriptor, bytes);
    if (m && (m->version == 0 || m->version > WIRE_VERSION))
        pass_fail(&p, ERR_VERSION, "version: not known to this program");
    if (!m || p.rc)
        return pass_end(&p, ret_reason);
    up.boot = m->boot;
    up.session = number(&p, m->session, "session: too large");
    up.sent_ms = (int64_t)number(&p, m->sent_ms, "sent_ms: too large");
    read_body(&p, m, &up);
    if (p.rc == 0)
        *ret = up;
    return pass_end(&p, ret_reason);
}

static void write_hello(struct pass *p, const struct wire_hello *h, Tocsin__Hello *m)
{
    Tocsin__StreamState *items = pass_array(p, h->n_streams, sizeof *items);
    m->streams = pass_array(p, h->n_streams, sizeof(void *));
    m->capabilities = pass_array(p, h->n_capabilities, sizeof(char *));
    if (p->rc)
        return;
    for (size_t i = 0; i < h->n_streams; i++) {
        tocsin__stream_state__init(&items[i]);
        items[i].stream = h->streams[i].stream;
        items[i].lane = h->streams[i].lane;
        items[i].low = h->streams[i].low;
        items[i].next = h->streams[i].next;
        items[i].closed = h->streams[i].closed;
        m->streams[i] = &items[i];
    }
    for (size_t i = 0; i < h->n_capabilities; i++)
        m->capabilities[i] = wire_cstr(p, h->capabilities[i]);
    m->n_streams = h->n_streams;
    m->n_capabilities = h->n_capabilities;
    m->agent = wire_cstr(p, h->agent);
    m->pack = wire_cstr(p, h->pack);
    m->pack_revision = h->pack_revision;
    m->settings_version = h->settings_version;
}

static void write_account(struct pass *p, const struct wire_account *a, Tocsin__Account *m)
{
    Tocsin__Drop *items = pass_array(p, a->n_drops, sizeof *items);
    m->drops = pass_array(p, a->n_drops, sizeof(void *));
    if (p->rc)
        return;
    for (size_t i = 0; i < a->n_drops; i++) {
        tocsin__drop__init(&items[i]);
        items[i].first = a->drops[i].first;
        items[i].last = a->drops[i].last;
        items[i].reason = a->drops[i].reason;
        items[i].readings = a->drops[i].readings;
        items[i].from_ms = a->drops[i].from_ms;
        items[i].to_ms = a->drops[i].to_ms;
        m->drops[i] = &items[i];
    }
    m->n_drops = a->n_drops;
    m->stream = a->stream;
    m->lane = a->lane;
    m->low = a->low;
    m->closed_last = a->closed_last;
}

static size_t scratch_bytes(const struct wire_up *up)
{
    size_t n = 1024;
    if (up->kind == UP_HELLO)
        n += up->hello.n_streams * (sizeof(Tocsin__StreamState) + 32) +
             (up->hello.n_capabilities + 2) * (LIMIT_TEXT + 48);
    if (up->kind == UP_ACCOUNT)
        n += up->account.n_drops * (sizeof(Tocsin__Drop) + 32);
    return n;
}

static bool up_within_limits(const struct wire_up *up)
{
    switch (up->kind) {
    case UP_BATCH: return up->batch.len <= LIMIT_BATCH;
    case UP_HELLO:
        return up->hello.n_streams <= LIMIT_STREAMS && up->hello.n_capabilities <= LIMIT_RECORDS;
    case UP_ACCOUNT: return up->account.n_drops <= LIMIT_RANGES;
    case UP_WILL: return true;
    }
    return false;
}

int wire_encode_up(const struct wire_up *up, struct buf *out)
{
    struct arena scratch;
    Tocsin__Up m;
    Tocsin__Hello hello;
    Tocsin__Will will;
    Tocsin__Account account;
    if (!up_within_limits(up))
        return ERR_LIMIT;
    if (arena_init(&scratch, scratch_bytes(up)) != 0)
        return ERR_NOMEM;
    struct pass p = {.arena = &scratch};
    tocsin__up__init(&m);
    tocsin__hello__init(&hello);
    tocsin__will__init(&will);
    tocsin__account__init(&account);
    m.version = WIRE_VERSION;
    m.boot = up->boot;
    m.sent_ms = (uint64_t)up->sent_ms;
    m.session = up->session;
    if (up->kind == UP_BATCH) {
        m.body_case = TOCSIN__UP__BODY_BATCH;
        m.batch.data = (uint8_t *)(uintptr_t)up->batch.ptr; /* read only */
        m.batch.len = up->batch.len;
    } else if (up->kind == UP_HELLO) {
        m.body_case = TOCSIN__UP__BODY_HELLO;
        m.hello = &hello;
        write_hello(&p, &up->hello, &hello);
    } else if (up->kind == UP_WILL) {
        m.body_case = TOCSIN__UP__BODY_WILL;
        m.will = &will;
        will.clean = up->will_clean;
    } else {
        m.body_case = TOCSIN__UP__BODY_ACCOUNT;
        m.account = &account;
        write_account(&p, &up->account, &account);
    }
    int rc = p.rc ? p.rc : wire_pack(&m.base, out, LIMIT_MESSAGE);
    arena_free(&scratch);
    return rc;
}
