/* The parts of the port: lines (bytes), sources (names), talk (words to reports). */
#ifndef AGENT_PORT_INSIDE_H
#define AGENT_PORT_INSIDE_H

#include "agent/port/port.h"
#include "base/list.h"
#include "firmware-shim/codec/frame.h"
#include "firmware-shim/codec/message.h"

#define LINES_MAX   32
#define SERIALS_MAX 4
#define NAME_MAX_   (MESSAGE_TEXT_MAX + 1)
/* Asked by a hello, firmware says its faults and states again at once, and what was
 * damaged on the line a second later; after so long without a fault it has. */
#define TOLD_ALL_MS 3000
#define SETTLE_MS   500 /* looked at so often */

struct source {
    char name[NAME_MAX_]; /* empty: free */
    char model[NAME_MAX_], serial[NAME_MAX_], firmware[NAME_MAX_];
    uint32_t boot;
    struct line *line; /* NULL: not connected */
    uint64_t at_ms;    /* its clock when last heard */
    int64_t quiet_ms;  /* ours: since when it has not told of a fault */
    bool told_all;     /* since its hello */
    uint8_t n_components, want_components;
    char component_text[MESSAGE_COMPONENTS_MAX][3][NAME_MAX_];
};

struct line {
    struct agent_port *port;
    int fd; /* -1: a free place, or a serial line that is down */
    bool closing;
    struct loop_watch watch;
    struct frame_reader reader;
    uint8_t in[FRAME_BYTES_MAX];
    uint8_t out[2048]; /* bytes that the line does not take yet */
    size_t out_len;
    uint32_t source;    /* number; 0: no hello yet */
    int64_t since_ms;   /* CLOCK_BOOTTIME: it began */
    const char *device; /* of a serial line: owned by the port */
    uint32_t baud;
};

struct agent_port {
    struct loop *loop;
    struct agent_port_events events;
    struct agent_port_stats stats;
    int listener;
    bool listening;
    struct loop_watch listen_watch;
    struct loop_timer retry; /* of serial lines */
    struct loop_timer settle;
    struct agent_port_setting settings[AGENT_PORT_SETTINGS];
    size_t n_settings;
    char path[108];
    char *devices[SERIALS_MAX];
    size_t n_devices;
    struct line lines[LINES_MAX];
    struct source sources[LIMIT_SOURCES]; /* by number; 0 is the agent */
    int open_handles;
    bool closing;
    void (*closed)(void *arg);
};

/* talk.c: one good frame. */
void talk_take(struct line *line, const uint8_t *payload, size_t len);
/* The line ended: its source is gone. */
void talk_gone(struct line *line);
/* Which sources have told all that they have? False: none is still to. */
bool talk_settle(struct agent_port *p);
/* What a source is to know after its hello. */
void talk_greet(struct line *line);
void talk_setting(struct line *line, const struct agent_port_setting *s);
void talk_time(struct line *line);

/* line.c: frames the message and sends it; false when the line does not take it. */
bool line_send(struct line *line, const struct message_down *message);
void line_shut(struct line *line);

#endif
