/* The agent's shell: turns what the loop brings into the core's events, and does
 * what the core asks for. */
#ifndef AGENT_SHELL_AGENT_H
#define AGENT_SHELL_AGENT_H

#include "agent/core/core.h"
#include "agent/identity/identity.h"
#include "agent/port/port.h"
#include "agent/probe/probe.h"
#include "agent/shell/config.h"
#include "agent/shell/status.h"
#include "net/link.h"
#include "net/loop.h"
#include "proto/topic.h"

enum agent_session { AGENT_DOWN, AGENT_CONNECTING, AGENT_UP };

struct agent {
    struct config config;
    const char *config_file;
    struct loop *loop;
    struct loop_timer wake, probe_timer, keep_timer, goodbye;
    struct loop_signal term, interrupt, hangup;
    struct disk disk;
    struct core *core;
    struct link link;
    struct agent_port *port;
    struct probe *probe;
    struct status status;
    struct kept kept;
    char id[IDENTITY_NAME_MAX], up_topic[TOPIC_MAX], down_topic[TOPIC_MAX];
    uint64_t boot;
    enum agent_session session;
    struct link_reason reason; /* of the last down */
    int64_t acked_ms;          /* boot time of the last release; 0: never */
    uint64_t released;
    struct agent_port_setting settings[AGENT_PORT_SETTINGS]; /* for the sources */
    size_t n_settings;
    uint8_t told_trust; /* how far the clock could be trusted when sources were last told */
    bool stopping, link_open;
    int goodbye_left;
    int exit_code;
};

/* Everything up to the first event. On failure what was opened stays for
 * agent_free. */
int agent_open(struct agent *a, struct err *e);
void agent_run(struct agent *a);
void agent_free(struct agent *a);

/* One event through the core, and all that follows from it. `now` is filled in. */
void agent_give(struct agent *a, struct core_event event);
void agent_report(void *arg, const struct report *report);

/* actions.c: does the lent actions, then what had to wait for their end. */
void agent_do(struct agent *a, const struct core_action *actions, size_t n);

/* wires.c: link and port to the core. */
struct link_events agent_link_events(struct agent *a);
struct agent_port_events agent_port_events_of(struct agent *a);

#endif
