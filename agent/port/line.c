/* Bytes: the listening socket, its connections, and serial lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/port/inside.h"
#include "base/clock.h"
#include "firmware-shim/port/port.h"
#include "net/socket_path.h"

#define RETRY_MS 2000

static void handle_gone(struct agent_port *p)
{
    if (--p->open_handles > 0 || !p->closing)
        return;
    void (*closed)(void *arg) = p->closed;
    void *arg = p->events.arg;
    for (size_t i = 0; i < p->n_devices; i++)
        free(p->devices[i]);
    free(p);
    if (closed)
        closed(arg);
}

/* --- one line --- */

static void line_gone(struct loop_watch *watch)
{
    struct line *line = CONTAINER(watch, struct line, watch);
    line->closing = false;
    line->fd = -1;
    handle_gone(line->port);
}

void line_shut(struct line *line)
{
    if (line->fd < 0 || line->closing)
        return;
    line->closing = true;
    line->port->stats.connections--;
    if (!line->port->closing)
        talk_gone(line);
    loop_watch_close(&line->watch, line_gone);
    close(line->fd);
}

static void flush(struct line *line)
{
    ssize_t n = line->out_len ? write(line->fd, line->out, line->out_len) : 0;
    if (n > 0) {
        memmove(line->out, line->out + n, line->out_len - (size_t)n);
        line->out_len -= (size_t)n;
    }
    loop_watch_want(&line->watch, true, line->out_len > 0);
}

bool line_send(struct line *line, const struct message_down *message)
{
    uint8_t frame[FRAME_BYTES_MAX];
    if (line->fd < 0 || line->closing)
        return false;
    int len = message_down_encode(message, frame + FRAME_PAYLOAD_AT, FRAME_PAYLOAD_MAX);
    size_t bytes = len > 0 ? frame_seal(frame, (size_t)len) : 0;
    if (bytes == 0 || line->out_len + bytes > sizeof line->out)
        return false;
    memcpy(line->out + line->out_len, frame, bytes);
    line->out_len += bytes;
    flush(line);
    return true;
}

static void take_bytes(struct line *line, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && !line->closing; i++) {
        switch (frame_feed(&line->reader, bytes[i])) {
        case FRAME_READY: talk_take(line, line->reader.payload, line->reader.payload_len); break;
        case FRAME_DAMAGED:
        case FRAME_TOO_LONG: line->port->stats.damaged++; break;
        case FRAME_MORE: break;
        }
    }
}

static void line_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct line *line = CONTAINER(watch, struct line, watch);
    uint8_t bytes[2048];
    if (writable)
        flush(line);
    if (!readable && !bad)
        return;
    ssize_t n = read(line->fd, bytes, sizeof bytes);
    if (n > 0)
        take_bytes(line, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        line_shut(line);
}

static bool line_begin(struct line *line, int fd)
{
    if (loop_watch_init(&line->watch, line->port->loop, fd, line_ready)) {
        close(fd);
        return false;
    }
    line->fd = fd;
    line->out_len = 0;
    line->source = 0;
    line->since_ms = clock_now().boot_ms;
    frame_reader_init(&line->reader, line->in, sizeof line->in);
    line->port->open_handles++;
    line->port->stats.connections++;
    loop_watch_want(&line->watch, true, false);
    line_send(line, &(struct message_down){.kind = MESSAGE_HELLO_REQUEST});
    return true;
}

static struct line *free_line(struct agent_port *p)
{
    for (size_t i = 0; i < LINES_MAX; i++)
        if (p->lines[i].fd < 0 && !p->lines[i].device)
            return &p->lines[i];
    return NULL;
}

/* Whoever connects and never says who it is must not keep others out: of such, the
 * oldest goes. True: a place is free at a next turn of the loop. */
static bool make_room(struct agent_port *p)
{
    struct line *oldest = NULL;
    for (size_t i = 0; i < LINES_MAX; i++) {
        struct line *line = &p->lines[i];
        if (line->closing && !line->device)
            return true;
        if (!line->device && !line->source && (!oldest || line->since_ms < oldest->since_ms))
            oldest = line;
    }
    if (oldest) {
        p->stats.refused++;
        line_shut(oldest);
    }
    return oldest != NULL;
}

/* --- the socket --- */

static void listener_ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct agent_port *p = CONTAINER(watch, struct agent_port, listen_watch);
    (void)readable;
    (void)writable;
    (void)bad;
    if (!free_line(p) && make_room(p))
        return; /* whoever waits is still there at the next turn */
    int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct line *line = free_line(p);
    if (line) {
        line_begin(line, fd);
    } else {
        p->stats.refused++;
        close(fd);
    }
}

int agent_port_listen(struct agent_port *p, const char *path, struct err *e)
{
    int rc = socket_path_listen(path, 16, &p->listener, e);
    if (rc)
        return rc;
    if (loop_watch_init(&p->listen_watch, p->loop, p->listener, listener_ready)) {
        close(p->listener);
        return err_set(e, ERR_IO, "the socket '%s' cannot be watched", path);
    }
    snprintf(p->path, sizeof p->path, "%s", path);
    p->listening = true;
    p->open_handles++;
    loop_watch_want(&p->listen_watch, true, false);
    return 0;
}

/* --- serial lines --- */

static void retry_serials(struct loop_timer *timer)
{
    struct agent_port *p = CONTAINER(timer, struct agent_port, retry);
    for (size_t i = 0; i < LINES_MAX; i++) {
        struct line *line = &p->lines[i];
        if (!line->device || line->fd >= 0)
            continue;
        int fd = port_open_serial(line->device, line->baud);
        if (fd >= 0)
            line_begin(line, fd);
    }
}

int agent_port_serial(struct agent_port *p, const char *device, uint32_t baud, struct err *e)
{
    struct line *line = free_line(p);
    if (!line || p->n_devices >= SERIALS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d serial lines", SERIALS_MAX);
    if (!port_baud_known(baud))
        return err_set(e, ERR_INVALID, "%u is no baud rate for '%s'", baud, device);
    char *copy = strdup(device);
    if (!copy)
        return err_set(e, ERR_NOMEM, "no memory for '%s'", device);
    p->devices[p->n_devices++] = copy;
    line->device = copy;
    line->baud = baud;
    loop_timer_start(&p->retry, RETRY_MS, RETRY_MS);
    int fd = port_open_serial(device, baud);
    if (fd >= 0) {
        line_begin(line, fd);
        return 0;
    }
    err_set(e, ERR_IO, "the serial line '%s' cannot be used yet: %s; it is tried every %d s",
            device, strerror(errno), RETRY_MS / 1000);
    return 1;
}

/* --- the port --- */

static void settle(struct loop_timer *timer)
{
    if (!talk_settle(CONTAINER(timer, struct agent_port, settle)))
        loop_timer_stop(timer);
}

int agent_port_new(struct loop *loop, const struct agent_port_events *events,
                   struct agent_port **ret, struct err *e)
{
    struct agent_port *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for the port");
    p->loop = loop;
    p->events = *events;
    p->listener = -1;
    for (size_t i = 0; i < LINES_MAX; i++) {
        p->lines[i].port = p;
        p->lines[i].fd = -1;
    }
    loop_timer_init(&p->retry, loop, retry_serials);
    loop_timer_init(&p->settle, loop, settle);
    p->open_handles = 2;
    *ret = p;
    return 0;
}

void agent_port_durable(struct agent_port *p, uint32_t source, uint32_t boot, uint32_t ref)
{
    if (source == 0 || source >= LIMIT_SOURCES || !ref)
        return;
    const struct source *s = &p->sources[source];
    if (s->line && s->boot == boot)
        line_send(s->line,
                  &(struct message_down){.kind = MESSAGE_ACK, .boot = boot, .u = {.ack = ref}});
}

static const struct agent_port_setting *setting_of(const struct agent_port_setting *in, size_t n,
                                                   uint32_t metric)
{
    for (size_t i = 0; i < n; i++)
        if (in[i].metric == metric)
            return &in[i];
    return NULL;
}

/* To every source that is there. */
static void tell_all(struct agent_port *p, const struct agent_port_setting *setting)
{
    for (size_t i = 1; i < LIMIT_SOURCES; i++)
        if (p->sources[i].line)
            talk_setting(p->sources[i].line, setting);
}

void agent_port_settings(struct agent_port *p, const struct agent_port_setting *settings, size_t n)
{
    n = n < AGENT_PORT_SETTINGS ? n : AGENT_PORT_SETTINGS;
    for (size_t i = 0; i < p->n_settings; i++) /* what ended makes room for what begins */
        if (!setting_of(settings, n, p->settings[i].metric))
            tell_all(p, &(struct agent_port_setting){.metric = p->settings[i].metric});
    for (size_t i = 0; i < n; i++) {
        const struct agent_port_setting *was =
            setting_of(p->settings, p->n_settings, settings[i].metric);
        if (!was || was->interval_ms != settings[i].interval_ms || was->mute != settings[i].mute)
            tell_all(p, &settings[i]);
    }
    if (n)
        memcpy(p->settings, settings, n * sizeof *settings);
    p->n_settings = n;
}

void agent_port_time(struct agent_port *p)
{
    for (size_t i = 1; i < LIMIT_SOURCES; i++)
        if (p->sources[i].line)
            talk_time(p->sources[i].line);
}

bool agent_port_act(struct agent_port *p, uint32_t source, uint32_t id, uint32_t instance,
                    uint32_t ref, size_t n_args, const int64_t *args)
{
    uint8_t packed[MESSAGE_ARGS_MAX * (MESSAGE_ARG_BYTES + 4)];
    size_t len = 0;
    if (source == 0 || source >= LIMIT_SOURCES || !p->sources[source].line)
        return false;
    for (size_t i = 0; i < n_args; i++)
        if (!message_arg_put(packed, sizeof packed, &len, (struct message_value){args[i], 0}))
            return false;
    struct message_down m = {.kind = MESSAGE_ACTION, .boot = p->sources[source].boot};
    m.u.action.id = (uint16_t)id;
    m.u.action.instance = (uint8_t)instance;
    m.u.action.request = ref;
    m.u.action.args = (struct message_bytes){packed, (uint8_t)len};
    return line_send(p->sources[source].line, &m);
}

void agent_port_stats(const struct agent_port *p, struct agent_port_stats *ret)
{
    *ret = p->stats;
    ret->sources = 0;
    for (size_t i = 1; i < LIMIT_SOURCES; i++)
        ret->sources += p->sources[i].line != NULL;
}

static void retry_closed(struct loop_timer *timer)
{
    handle_gone(CONTAINER(timer, struct agent_port, retry));
}

static void settle_closed(struct loop_timer *timer)
{
    handle_gone(CONTAINER(timer, struct agent_port, settle));
}

static void listener_closed(struct loop_watch *watch)
{
    handle_gone(CONTAINER(watch, struct agent_port, listen_watch));
}

void agent_port_close(struct agent_port *p, void (*closed)(void *arg))
{
    p->closing = true;
    p->closed = closed;
    if (p->listening) {
        loop_watch_close(&p->listen_watch, listener_closed);
        close(p->listener);
        unlink(p->path);
    }
    for (size_t i = 0; i < LINES_MAX; i++)
        line_shut(&p->lines[i]);
    loop_timer_close(&p->retry, retry_closed);
    loop_timer_close(&p->settle, settle_closed);
}
