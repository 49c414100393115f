/* The simulated broker and the wires to it. A wire delays, loses, doubles, and at
 * times freezes while it seems up; the broker forgets all when it dies, and now
 * and then drops what it has acknowledged, as real ones do. */
#ifndef TESTS_SIM_BROKER_H
#define TESTS_SIM_BROKER_H

#include "base/slice.h"
#include "tests/sim/world.h"

struct broker;
struct port; /* one client's place at the broker */

/* How bad luck is; 0: never. */
struct weather {
    int64_t latency_ms;                     /* mean, one way */
    uint64_t lose_one_in;                   /* acknowledged by the broker, then dropped */
    uint64_t double_one_in;                 /* delivered twice */
    uint64_t reorder_one_in;                /* overtaken by later ones */
    int64_t cut_every_ms, cut_for_ms;       /* a device's network is gone */
    int64_t freeze_every_ms, freeze_for_ms; /* nothing moves, nothing is said */
    int64_t broker_dies_every_ms, broker_away_ms;
};

struct client {
    void *arg;
    void (*up)(void *arg);
    void (*down)(void *arg);
    void (*message)(void *arg, const char *from, struct slice payload);
    void (*sent)(void *arg, uint64_t token, bool ok);
};

struct broker *broker_new(struct world *w, const struct weather *weather);
void broker_free(struct broker *b);

/* `id` borrowed for life. The gateway's port hears every device, a device's port
 * hears what is sent to it. */
struct port *broker_port(struct broker *b, const char *id, bool gateway, struct client client);

/* Asks for a connection: `up` or `down` follows. The will (copied) is spoken to the
 * gateway when the connection ends without goodbye. */
void port_connect(struct port *p, struct slice will);
/* Says goodbye (no will); `down` follows. */
void port_disconnect(struct port *p);
/* The client died: nothing is called any more until the next port_connect. */
void port_abandon(struct port *p);
/* To the gateway from a device, or from the gateway to `to`. `sent` follows when
 * the broker has it (QoS 1), unless the connection ends first: then with ok false. */
void port_publish(struct port *p, const char *to, struct slice payload, uint64_t token);
bool port_is_up(const struct port *p);

/* By a story's hand: the network of a client goes, or comes back. */
void broker_cut(struct broker *b, const char *id, bool is_cut);

struct broker_stats {
    uint64_t messages, lost, doubled, reordered, cuts, freezes, deaths;
};
struct broker_stats broker_stats(const struct broker *b);
/* From here on the weather is fine: nothing is lost, all comes back. */
void broker_calm(struct broker *b);

#endif
