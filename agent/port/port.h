/* Where firmware speaks to the agent: a Unix socket for many sources, and serial
 * lines. Frames in become reports; what the core answers goes out as frames.
 *
 * A source is known by the name in its hello and keeps its number for as long as
 * the agent runs; until it has said hello (it is asked to at once) its other
 * words are not taken. All on the loop's thread. */
#ifndef AGENT_PORT_PORT_H
#define AGENT_PORT_PORT_H

#include "agent/batch/report.h"
#include "base/err.h"
#include "net/loop.h"

struct agent_port;

struct agent_port_identity { /* of an appliance, from its hello; texts are lent */
    struct slice source, model, serial, firmware;
    size_t n_components;
    const struct wire_component *components;
};

struct agent_port_events {
    void *arg;
    void (*report)(void *arg, const struct report *report);
    /* After each hello that names a model. */
    void (*identity)(void *arg, const struct agent_port_identity *identity);
};

struct agent_port_stats {
    uint64_t frames, damaged, malformed, early, refused; /* connections over the bound */
    uint32_t connections, sources;
};

/* ERR_NOMEM. */
int agent_port_new(struct loop *loop, const struct agent_port_events *events,
                   struct agent_port **ret, struct err *e);
/* Once: a Unix socket at this path (0660; an old socket is replaced). ERR_IO,
 * ERR_EXISTS (something else is there), ERR_LIMIT (the path is too long). */
int agent_port_listen(struct agent_port *p, const char *path, struct err *e);
/* A serial line. 1: it cannot be opened now and is tried again each 2 s; the text says
 * why. ERR_LIMIT, ERR_INVALID, ERR_NOMEM. */
int agent_port_serial(struct agent_port *p, const char *device, uint32_t baud, struct err *e);

/* The metrics that the gateway wants less often, or not at all; replaces what was
 * given before. Told to each source, and to those that come. */
#define AGENT_PORT_SETTINGS 64
struct agent_port_setting {
    uint32_t metric, interval_ms; /* 0: as firmware likes */
    bool mute;
};
void agent_port_settings(struct agent_port *p, const struct agent_port_setting *settings, size_t n);
/* The wall clock, to all sources: it may be trusted now, or was set. A new source is
 * told by itself. */
void agent_port_time(struct agent_port *p);

/* To the source, where it is connected with this boot; else nothing: it says its
 * faults again when it is back. */
void agent_port_durable(struct agent_port *p, uint32_t source, uint32_t boot, uint32_t ref);
/* False: not connected, or the arguments do not fit. */
bool agent_port_act(struct agent_port *p, uint32_t source, uint32_t id, uint32_t instance,
                    uint32_t ref, size_t n_args, const int64_t *args);
void agent_port_stats(const struct agent_port *p, struct agent_port_stats *ret);

/* Closes all; `closed` (may be NULL) when the memory is gone. */
void agent_port_close(struct agent_port *p, void (*closed)(void *arg));

#endif
