/* Each connection has a number; what is under way belongs to it and is gone with
 * it. Order holds on a wire because a message never arrives before the one sent
 * earlier, unless chance says so. */
#include "tests/sim/broker.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

struct port {
    struct broker *broker;
    struct list link;
    const char *id;
    bool gateway;
    struct client client;
    uint64_t life; /* number of the connection that is wanted; 0: none */
    bool up;       /* the client thinks so */
    bool cut;      /* no network */
    int64_t frozen_until;
    int64_t last_in, last_out; /* arrival of the newest message each way */
    uint8_t *will;
    size_t will_len;
};

struct broker {
    struct world *w;
    struct weather weather;
    struct list ports;
    struct port *gateway;
    bool dead;
    uint64_t lives;
    struct broker_stats stats;
};

/* One message under way, or one word about a connection. */
struct parcel {
    struct port *from, *to;
    uint64_t from_life, to_life, token;
    size_t len;
    uint8_t bytes[];
};

static int64_t delay(struct broker *b)
{
    return world_span(b->w, b->weather.latency_ms ? b->weather.latency_ms : 1);
}

/* When something sent now arrives on a wire whose newest arrival is *last. */
static int64_t arrival(struct port *p, int64_t *last)
{
    struct broker *b = p->broker;
    int64_t at = world_now(b->w) + delay(b);
    if (p->frozen_until > at)
        at = p->frozen_until + delay(b);
    if (world_chance(b->w, b->weather.reorder_one_in)) {
        b->stats.reordered++;
        return at + delay(b) * 20;
    }
    if (at <= *last)
        at = *last + 1;
    *last = at;
    return at;
}

static struct parcel *parcel_new(struct port *from, struct port *to, struct slice payload,
                                 uint64_t token)
{
    struct parcel *m = calloc(1, sizeof *m + payload.len);
    if (!m)
        abort();
    m->from = from;
    m->to = to;
    m->from_life = from->life;
    m->to_life = to ? to->life : 0;
    m->token = token;
    m->len = payload.len;
    if (payload.len)
        memcpy(m->bytes, payload.ptr, payload.len);
    return m;
}

static void deliver(void *arg, uint64_t value)
{
    struct parcel *m = arg;
    (void)value;
    if (m->to->up && m->to->life == m->to_life)
        m->to->client.message(m->to->client.arg, m->from->id, slice_of(m->bytes, m->len));
    free(m);
}

/* The broker has it: on to who listens. */
static void route(struct broker *b, struct port *from, struct port *to, struct slice payload)
{
    if (!to || !to->up || to->cut)
        return;
    if (world_chance(b->w, b->weather.lose_one_in)) {
        b->stats.lost++;
        return;
    }
    int copies = world_chance(b->w, b->weather.double_one_in) ? 2 : 1;
    b->stats.doubled += copies == 2;
    for (int i = 0; i < copies; i++)
        world_at(b->w, arrival(to, &to->last_in), deliver, parcel_new(from, to, payload, 0), 0);
}

static void word_sent(void *arg, uint64_t token)
{
    struct parcel *m = arg;
    if (m->from->up && m->from->life == m->from_life)
        m->from->client.sent(m->from->client.arg, token, true);
    free(m);
}

static void at_broker(void *arg, uint64_t value)
{
    struct parcel *m = arg;
    struct port *from = m->from;
    struct broker *b = from->broker;
    (void)value;
    if (!b->dead && !from->cut && from->life == m->from_life && from->up) {
        b->stats.messages++;
        route(b, from, m->to, slice_of(m->bytes, m->len));
        m->len = 0;
        world_at(b->w, arrival(from, &from->last_in), word_sent, m, m->token);
        return;
    }
    free(m);
}

void port_publish(struct port *p, const char *to, struct slice payload, uint64_t token)
{
    struct broker *b = p->broker;
    struct port *target = p->gateway ? NULL : b->gateway;
    for (struct list *l = b->ports.next; p->gateway && l != &b->ports; l = l->next)
        if (strcmp(CONTAINER(l, struct port, link)->id, to) == 0)
            target = CONTAINER(l, struct port, link);
    world_at(b->w, arrival(p, &p->last_out), at_broker, parcel_new(p, target, payload, token), 0);
}

static void speak_will(void *arg, uint64_t value)
{
    struct parcel *m = arg;
    struct broker *b = m->from->broker;
    (void)value;
    if (!b->dead)
        route(b, m->from, b->gateway, slice_of(m->bytes, m->len));
    free(m);
}

/* The connection is over. `with_will`: without goodbye, and the broker lives. */
static void end(struct port *p, bool with_will, bool tell)
{
    struct broker *b = p->broker;
    bool was = p->up, wanted = p->life != 0;
    if (was && with_will && p->will_len)
        world_at(b->w, world_now(b->w) + world_span(b->w, 10 * SECOND), speak_will,
                 parcel_new(p, NULL, slice_of(p->will, p->will_len), 0), 0);
    p->up = false;
    p->life = 0;
    p->last_in = p->last_out = 0;
    if (wanted && tell)
        p->client.down(p->client.arg);
}

static void connected(void *arg, uint64_t life)
{
    struct port *p = arg;
    if (p->life != life)
        return;
    if (p->broker->dead || p->cut || p->frozen_until > world_now(p->broker->w)) {
        p->life = 0;
        p->client.down(p->client.arg);
        return;
    }
    p->up = true;
    p->client.up(p->client.arg);
}

void port_connect(struct port *p, struct slice will)
{
    struct broker *b = p->broker;
    p->life = ++b->lives;
    free(p->will);
    p->will = NULL;
    p->will_len = 0;
    if (will.len && (p->will = malloc(will.len))) {
        memcpy(p->will, will.ptr, will.len);
        p->will_len = will.len;
    }
    world_at(b->w, world_now(b->w) + 3 * delay(b), connected, p, p->life);
}

static void said_goodbye(void *arg, uint64_t life)
{
    struct port *p = arg;
    if (p->life == life)
        end(p, false, true);
}

void port_disconnect(struct port *p)
{
    if (p->life)
        world_at(p->broker->w, world_now(p->broker->w) + 1, said_goodbye, p, p->life);
}

void port_abandon(struct port *p)
{
    end(p, true, false);
}

bool port_is_up(const struct port *p)
{
    return p->up;
}

/* --- bad luck --- */

static void mended(void *arg, uint64_t value)
{
    struct port *p = arg;
    (void)value;
    p->cut = false;
}

static void cut(void *arg, uint64_t value)
{
    struct port *p = arg;
    struct broker *b = p->broker;
    (void)value;
    if (!b->weather.cut_every_ms)
        return;
    b->stats.cuts++;
    world_trace(b->w, "%s: network cut", p->id);
    p->cut = true;
    end(p, true, true);
    world_at(b->w, world_now(b->w) + world_span(b->w, b->weather.cut_for_ms), mended, p, 0);
    world_at(b->w, world_now(b->w) + world_span(b->w, b->weather.cut_every_ms), cut, p, 0);
}

static void freeze(void *arg, uint64_t value)
{
    struct port *p = arg;
    struct broker *b = p->broker;
    (void)value;
    if (!b->weather.freeze_every_ms)
        return;
    b->stats.freezes++;
    p->frozen_until = world_now(b->w) + world_span(b->w, b->weather.freeze_for_ms);
    world_trace(b->w, "%s: wire frozen for %lld s", p->id,
                (long long)((p->frozen_until - world_now(b->w)) / SECOND));
    world_at(b->w, world_now(b->w) + world_span(b->w, b->weather.freeze_every_ms), freeze, p, 0);
}

static void revived(void *arg, uint64_t value)
{
    struct broker *b = arg;
    (void)value;
    b->dead = false;
    world_trace(b->w, "broker: back");
}

static void dies(void *arg, uint64_t value)
{
    struct broker *b = arg;
    (void)value;
    if (!b->weather.broker_dies_every_ms)
        return;
    b->stats.deaths++;
    b->dead = true;
    world_trace(b->w, "broker: killed");
    for (struct list *l = b->ports.next; l != &b->ports; l = l->next)
        end(CONTAINER(l, struct port, link), false, true);
    world_at(b->w, world_now(b->w) + world_span(b->w, b->weather.broker_away_ms), revived, b, 0);
    world_at(b->w, world_now(b->w) + world_span(b->w, b->weather.broker_dies_every_ms), dies, b, 0);
}

struct broker *broker_new(struct world *w, const struct weather *weather)
{
    struct broker *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->w = w;
    b->weather = *weather;
    list_init(&b->ports);
    if (weather->broker_dies_every_ms)
        world_at(w, world_span(w, weather->broker_dies_every_ms), dies, b, 0);
    return b;
}

void broker_free(struct broker *b)
{
    for (struct list *l = list_shift(&b->ports); l; l = list_shift(&b->ports)) {
        struct port *p = CONTAINER(l, struct port, link);
        free(p->will);
        free(p);
    }
    free(b);
}

struct port *broker_port(struct broker *b, const char *id, bool gateway, struct client client)
{
    struct port *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    *p = (struct port){.broker = b, .id = id, .gateway = gateway, .client = client};
    list_push(&b->ports, &p->link);
    if (gateway)
        b->gateway = p;
    else if (b->weather.cut_every_ms)
        world_at(b->w, world_span(b->w, b->weather.cut_every_ms), cut, p, 0);
    if (b->weather.freeze_every_ms)
        world_at(b->w, world_span(b->w, b->weather.freeze_every_ms), freeze, p, 0);
    return p;
}

void broker_cut(struct broker *b, const char *id, bool is_cut)
{
    for (struct list *l = b->ports.next; l != &b->ports; l = l->next) {
        struct port *p = CONTAINER(l, struct port, link);
        if (strcmp(p->id, id) != 0)
            continue;
        p->cut = is_cut;
        if (is_cut)
            end(p, true, true);
    }
}

struct broker_stats broker_stats(const struct broker *b)
{
    return b->stats;
}

void broker_calm(struct broker *b)
{
    b->weather = (struct weather){.latency_ms = b->weather.latency_ms};
    b->dead = false;
    for (struct list *l = b->ports.next; l != &b->ports; l = l->next) {
        CONTAINER(l, struct port, link)->cut = false;
        CONTAINER(l, struct port, link)->frozen_until = 0;
    }
}
