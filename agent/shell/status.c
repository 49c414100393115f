#include "agent/shell/status.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "net/socket_path.h"

#define LINE_MAX_BYTES 8192

static void ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct status *s = CONTAINER(watch, struct status, watch);
    (void)readable;
    (void)writable;
    (void)bad;
    int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    s->fill(s->arg, &line);
    buf_str(&line, "\n");
    /* A fresh socket takes a line of this size at once. */
    if (buf_ok(&line))
        (void)!send(fd, line.ptr, line.len, MSG_NOSIGNAL);
    buf_free(&line);
    close(fd);
}

int status_open(struct status *s, struct loop *loop, const char *path,
                void (*fill)(void *arg, struct buf *line), void *arg, struct err *e)
{
    int fd = -1;
    *s = (struct status){.fd = -1, .fill = fill, .arg = arg};
    int rc = socket_path_listen(path, 8, &fd, e);
    if (rc)
        return rc;
    if (loop_watch_init(&s->watch, loop, fd, ready)) {
        close(fd);
        return err_set(e, ERR_IO, "the socket '%s' cannot be watched", path);
    }
    s->fd = fd;
    snprintf(s->path, sizeof s->path, "%s", path);
    loop_watch_want(&s->watch, true, false);
    return 0;
}

void status_close(struct status *s)
{
    if (s->fd < 0)
        return;
    loop_watch_close(&s->watch, NULL);
    close(s->fd);
    unlink(s->path);
    s->fd = -1;
}

void status_string(struct buf *line, const char *text)
{
    buf_str(line, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_fmt(line, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            buf_fmt(line, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            buf_put(line, text, 1);
    }
    buf_str(line, "\"");
}
