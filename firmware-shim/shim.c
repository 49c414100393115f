/* Messages into the buffer, and the buffer onto the line.
 *
 * Only shim_poll takes bytes off the buffer's front, so a frame can be put from an
 * interrupt while the line is being written: that only ever appends. */
#include "shim.h"
#include "shim_parts.h"

uint32_t shim_lock(const struct shim *s)
{
    const struct shim_platform *p = s->config->platform;
    return p->lock ? p->lock(s->config->ctx) : 0;
}

void shim_unlock(const struct shim *s, uint32_t was)
{
    const struct shim_platform *p = s->config->platform;
    if (p->unlock)
        p->unlock(s->config->ctx, was);
}

uint64_t shim_now(struct shim *s)
{
    uint32_t now = s->config->platform->now_ms(s->config->ctx);
    if (now < s->last_ms)
        s->wraps++;
    s->last_ms = now;
    return (uint64_t)s->wraps << 32 | now;
}

bool shim_put(struct shim *s, struct message_up *m)
{
    uint8_t *at = s->tx + s->tx_len;
    size_t room = SHIM_TX_BYTES - (size_t)s->tx_len;
    if (room <= FRAME_OVERHEAD)
        return false;
    room -= FRAME_OVERHEAD;
    if (room > FRAME_PAYLOAD_MAX)
        room = FRAME_PAYLOAD_MAX;
    m->boot = s->boot;
    int len = message_up_encode(m, at + FRAME_PAYLOAD_AT, room);
    if (len <= 0)
        return false;
    s->tx_len = (uint16_t)(s->tx_len + frame_seal(at, (size_t)len));
    return true;
}

bool shim_say(struct shim *s, struct message_up *m)
{
    uint32_t was = shim_lock(s);
    m->source_ms = shim_now(s);
    m->counter = s->counter++;
    bool put = shim_put(s, m);
    if (!put)
        s->dropped++;
    shim_unlock(s, was);
    return put;
}

static void flush(struct shim *s)
{
    uint32_t was = shim_lock(s);
    uint16_t len = s->tx_len;
    shim_unlock(s, was);
    size_t taken = len ? s->config->platform->write(s->config->ctx, s->tx, len) : 0;
    if (taken == 0)
        return;
    was = shim_lock(s);
    s->tx_len = (uint16_t)(s->tx_len - taken);
    for (uint16_t i = 0; i < s->tx_len; i++)
        s->tx[i] = s->tx[taken + i];
    shim_unlock(s, was);
}

static void fill_hello(const struct shim *s, struct message_up *m)
{
    const struct shim_identity *who = s->config->identity;
    m->kind = MESSAGE_HELLO;
    m->u.hello.protocol = MESSAGE_PROTOCOL;
    m->u.hello.reset = s->reset;
    m->u.hello.components = who->component_count;
    m->u.hello.reset_text = message_text_of(s->reset_text);
    m->u.hello.source = message_text_of(who->source);
    m->u.hello.firmware = message_text_of(who->firmware);
    m->u.hello.model = message_text_of(who->model);
    m->u.hello.serial = message_text_of(who->serial);
}

static void fill_component(const struct shim *s, uint8_t index, struct message_up *m)
{
    const struct shim_component *c = &s->config->identity->components[index];
    m->kind = MESSAGE_COMPONENT;
    m->u.component.index = index;
    m->u.component.name = message_text_of(c->name);
    m->u.component.serial = message_text_of(c->serial);
    m->u.component.lot = message_text_of(c->lot);
}

/* Says hello and the components, one after the other as there is room. */
static void hello_poll(struct shim *s)
{
    uint32_t was = shim_lock(s);
    while (s->hello_next <= s->config->identity->component_count) {
        struct message_up m;
        m.counter = s->counter;
        m.source_ms = shim_now(s);
        m.id = 0;
        m.instance = 0;
        if (s->hello_next == 0)
            fill_hello(s, &m);
        else
            fill_component(s, (uint8_t)(s->hello_next - 1), &m);
        if (!shim_put(s, &m))
            break;
        s->counter++;
        s->hello_next++;
    }
    shim_unlock(s, was);
}

void shim_init(struct shim *s, const struct shim_config *config, uint32_t boot, uint8_t reset,
               const char *reset_text)
{
    *s = (struct shim){
        .config = config,
        .boot = boot,
        .counter = 1,
        .reset = reset,
        .reset_text = reset_text,
    };
    frame_reader_init(&s->reader, s->rx, sizeof s->rx);
    s->tx[s->tx_len++] = 0; /* ends whatever the last start left on the line */
    hello_poll(s);
}

void shim_poll(struct shim *s)
{
    uint32_t was = shim_lock(s);
    shim_now(s); /* sees each wrap of the clock */
    shim_unlock(s, was);
    shim_receive(s);
    hello_poll(s);
    shim_fault_poll(s);
    flush(s);
}

size_t shim_waiting(const struct shim *s)
{
    return s->tx_len;
}

uint32_t shim_said(const struct shim *s)
{
    return s->counter - 1;
}

uint32_t shim_dropped(const struct shim *s)
{
    return s->dropped;
}
