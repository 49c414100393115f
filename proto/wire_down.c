/* What a gateway says: acks, commands, settings. */
#include "proto/wire_mem.h"

#include "base/err.h"

static void read_stream_ack(struct pass *p, const Tocsin__StreamAck *m, struct wire_stream_ack *to)
{
    if (!pass_count(p, m->n_above, LIMIT_RANGES, "ack.above: too many ranges"))
        return;
    struct wire_range *above = pass_array(p, m->n_above, sizeof *above);
    for (size_t i = 0; above && i < m->n_above; i++) {
        above[i] = (struct wire_range){m->above[i]->first, m->above[i]->last};
        if (above[i].first <= m->contiguous || above[i].first > above[i].last)
            pass_fail(p, ERR_INVALID, "ack.above: first and last are not a range above");
    }
    *to = (struct wire_stream_ack){m->stream, m->contiguous, m->n_above, above};
}

static void read_ack(struct pass *p, const Tocsin__Ack *m, struct wire_ack *to)
{
    if (!pass_count(p, m->n_streams, LIMIT_STREAMS, "ack.streams: too many") ||
        !pass_count(p, m->n_refusals, LIMIT_RANGES, "ack.refusals: too many"))
        return;
    struct wire_stream_ack *streams = pass_array(p, m->n_streams, sizeof *streams);
    struct wire_refusal *refusals = pass_array(p, m->n_refusals, sizeof *refusals);
    for (size_t i = 0; streams && i < m->n_streams; i++)
        read_stream_ack(p, m->streams[i], &streams[i]);
    for (size_t i = 0; refusals && i < m->n_refusals; i++)
        refusals[i] = (struct wire_refusal){
            m->refusals[i]->stream, m->refusals[i]->seq, m->refusals[i]->never,
            pass_text(p, m->refusals[i]->reason, "ack.refusals.reason: not plain text")};
    *to = (struct wire_ack){m->credit,    m->hold_off_ms, m->hello_within_ms,
                            m->n_streams, m->n_refusals,  streams,
                            refusals};
}

static void read_command(struct pass *p, const Tocsin__Command *m, struct wire_command *to)
{
    if (!pass_count(p, m->n_args, LIMIT_ARGS, "command.args: too many") ||
        !pass_count(p, m->signature.len, LIMIT_TEXT, "command.signature: too long"))
        return;
    *to = (struct wire_command){
        pass_text(p, m->id, "command.id: too long or not plain text"),
        slice_of(m->signature.data, m->signature.len),
        m->action,
        m->instance,
        m->expires_ms,
        m->n_args,
        m->args,
    };
}

static void read_settings(struct pass *p, const Tocsin__Settings *m, struct wire_settings *to)
{
    if (!pass_count(p, m->n_settings, LIMIT_SETTINGS, "settings: too many"))
        return;
    struct wire_setting *settings = pass_array(p, m->n_settings, sizeof *settings);
    for (size_t i = 0; settings && i < m->n_settings; i++)
        settings[i] = (struct wire_setting){
            pass_text(p, m->settings[i]->key, "settings.key: too long or not plain text"),
            m->settings[i]->value};
    *to = (struct wire_settings){m->version, m->n_settings, settings};
}

int wire_decode_down(struct slice bytes, struct arena *arena, struct wire_down *ret,
                     const char **ret_reason)
{
    struct pass p = {.arena = arena};
    struct wire_down down = {0};
    Tocsin__Down *m = NULL;
    if (pass_count(&p, bytes.len, LIMIT_MESSAGE, "message: too large"))
        m = (Tocsin__Down *)pass_unpack(&p, &tocsin__down__descriptor, bytes);
    if (m && (m->version == 0 || m->version > WIRE_VERSION))
        pass_fail(&p, ERR_VERSION, "version: not known to this program");
    if (!m || p.rc)
        return pass_end(&p, ret_reason);
    down.epoch = m->epoch;
    switch (m->body_case) {
    case TOCSIN__DOWN__BODY_ACK:
        down.kind = DOWN_ACK;
        read_ack(&p, m->ack, &down.ack);
        break;
    case TOCSIN__DOWN__BODY_COMMAND:
        down.kind = DOWN_COMMAND;
        read_command(&p, m->command, &down.command);
        break;
    case TOCSIN__DOWN__BODY_SETTINGS:
        down.kind = DOWN_SETTINGS;
        read_settings(&p, m->settings, &down.settings);
        break;
    default: pass_fail(&p, ERR_VERSION, "body: of a kind that this program does not know"); break;
    }
    if (p.rc == 0)
        *ret = down;
    return pass_end(&p, ret_reason);
}

static void write_stream_ack(struct pass *p, const struct wire_stream_ack *from,
                             Tocsin__StreamAck *m)
{
    tocsin__stream_ack__init(m);
    Tocsin__Range *ranges = pass_array(p, from->n_above, sizeof *ranges);
    m->above = pass_array(p, from->n_above, sizeof(void *));
    if (p->rc)
        return;
    for (size_t i = 0; i < from->n_above; i++) {
        tocsin__range__init(&ranges[i]);
        ranges[i].first = from->above[i].first;
        ranges[i].last = from->above[i].last;
        m->above[i] = &ranges[i];
    }
    m->n_above = from->n_above;
    m->stream = from->stream;
    m->contiguous = from->contiguous;
}

static void write_ack(struct pass *p, const struct wire_ack *from, Tocsin__Ack *m)
{
    Tocsin__StreamAck *streams = pass_array(p, from->n_streams, sizeof *streams);
    Tocsin__Refusal *refusals = pass_array(p, from->n_refusals, sizeof *refusals);
    m->streams = pass_array(p, from->n_streams, sizeof(void *));
    m->refusals = pass_array(p, from->n_refusals, sizeof(void *));
    for (size_t i = 0; !p->rc && i < from->n_streams; i++) {
        write_stream_ack(p, &from->streams[i], &streams[i]);
        m->streams[i] = &streams[i];
    }
    for (size_t i = 0; !p->rc && i < from->n_refusals; i++) {
        tocsin__refusal__init(&refusals[i]);
        refusals[i].stream = from->refusals[i].stream;
        refusals[i].seq = from->refusals[i].seq;
        refusals[i].never = from->refusals[i].never;
        refusals[i].reason = wire_cstr(p, from->refusals[i].reason);
        m->refusals[i] = &refusals[i];
    }
    m->n_streams = from->n_streams;
    m->n_refusals = from->n_refusals;
    m->credit = from->credit;
    m->hold_off_ms = from->hold_off_ms;
    m->hello_within_ms = from->hello_within_ms;
}

static void write_command(struct pass *p, const struct wire_command *from, Tocsin__Command *m)
{
    m->id = wire_cstr(p, from->id);
    m->action = from->action;
    m->instance = from->instance;
    m->expires_ms = from->expires_ms;
    m->n_args = from->n_args;
    m->args = pass_array(p, from->n_args, sizeof *m->args);
    if (m->args)
        memcpy(m->args, from->args, from->n_args * sizeof *m->args);
    m->signature.data = (uint8_t *)(uintptr_t)from->signature.ptr; /* read only */
    m->signature.len = from->signature.len;
}

static void write_settings(struct pass *p, const struct wire_settings *from, Tocsin__Settings *m)
{
    Tocsin__Setting *items = pass_array(p, from->n_settings, sizeof *items);
    m->settings = pass_array(p, from->n_settings, sizeof(void *));
    for (size_t i = 0; !p->rc && i < from->n_settings; i++) {
        tocsin__setting__init(&items[i]);
        items[i].key = wire_cstr(p, from->settings[i].key);
        items[i].value = from->settings[i].value;
        m->settings[i] = &items[i];
    }
    m->n_settings = from->n_settings;
    m->version = from->version;
}

static size_t scratch_bytes(const struct wire_down *d)
{
    size_t n = 1024;
    if (d->kind == DOWN_ACK)
        for (size_t i = 0; i < d->ack.n_streams; i++)
            n += sizeof(Tocsin__StreamAck) + 64 +
                 d->ack.streams[i].n_above * (sizeof(Tocsin__Range) + 24);
    if (d->kind == DOWN_ACK)
        n += d->ack.n_refusals * (sizeof(Tocsin__Refusal) + LIMIT_TEXT + 64);
    if (d->kind == DOWN_COMMAND)
        n += LIMIT_TEXT + 64 + d->command.n_args * sizeof(int64_t);
    if (d->kind == DOWN_SETTINGS)
        n += d->settings.n_settings * (sizeof(Tocsin__Setting) + LIMIT_TEXT + 64);
    return n;
}

static bool down_within_limits(const struct wire_down *d)
{
    if (d->kind == DOWN_COMMAND)
        return d->command.n_args <= LIMIT_ARGS;
    if (d->kind == DOWN_SETTINGS)
        return d->settings.n_settings <= LIMIT_SETTINGS;
    if (d->ack.n_streams > LIMIT_STREAMS || d->ack.n_refusals > LIMIT_RANGES)
        return false;
    for (size_t i = 0; i < d->ack.n_streams; i++)
        if (d->ack.streams[i].n_above > LIMIT_RANGES)
            return false;
    return d->kind == DOWN_ACK;
}

int wire_encode_down(const struct wire_down *down, struct buf *out)
{
    struct arena scratch;
    Tocsin__Down m;
    Tocsin__Ack ack;
    Tocsin__Command command;
    Tocsin__Settings settings;
    if (!down_within_limits(down))
        return ERR_LIMIT;
    if (arena_init(&scratch, scratch_bytes(down)) != 0)
        return ERR_NOMEM;
    struct pass p = {.arena = &scratch};
    tocsin__down__init(&m);
    tocsin__ack__init(&ack);
    tocsin__command__init(&command);
    tocsin__settings__init(&settings);
    m.version = WIRE_VERSION;
    m.epoch = down->epoch;
    if (down->kind == DOWN_ACK) {
        m.body_case = TOCSIN__DOWN__BODY_ACK;
        m.ack = &ack;
        write_ack(&p, &down->ack, &ack);
    } else if (down->kind == DOWN_COMMAND) {
        m.body_case = TOCSIN__DOWN__BODY_COMMAND;
        m.command = &command;
        write_command(&p, &down->command, &command);
    } else {
        m.body_case = TOCSIN__DOWN__BODY_SETTINGS;
        m.settings = &settings;
        write_settings(&p, &down->settings, &settings);
    }
    int rc = p.rc ? p.rc : wire_pack(&m.base, out, LIMIT_MESSAGE);
    arena_free(&scratch);
    return rc;
}
