/* A handful of clients at a time; one that does not read its answers is cut off. */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool control_open(struct control *c, const char *path)
{
    *c = (struct control){.listener = -1, .path = path};
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        c->clients[i].fd = -1;
    if (!path)
        return true;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(fd, CONTROL_CLIENTS) < 0) {
        int was = errno;
        close(fd);
        errno = was;
        return false;
    }
    c->listener = fd;
    return true;
}

static void drop(struct control *c, int i)
{
    close(c->clients[i].fd);
    c->clients[i].fd = -1;
    c->clients[i].len = 0;
}

void control_close(struct control *c)
{
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0)
            drop(c, i);
    if (c->listener >= 0) {
        close(c->listener);
        unlink(c->path);
        c->listener = -1;
    }
}

size_t control_watch(const struct control *c, struct pollfd *fds)
{
    size_t n = 0;
    if (c->listener >= 0)
        fds[n++] = (struct pollfd){.fd = c->listener, .events = POLLIN};
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0)
            fds[n++] = (struct pollfd){.fd = c->clients[i].fd, .events = POLLIN};
    return n;
}

static void welcome(struct control *c)
{
    int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        if (c->clients[i].fd < 0) {
            c->clients[i].fd = fd;
            c->clients[i].len = 0;
            return;
        }
    }
    close(fd);
}

static bool reply_to(struct control *c, int i, char *line, control_answer answer, void *arg)
{
    char reply[CONTROL_REPLY];
    reply[0] = 0;
    answer(arg, line, reply, sizeof reply - 1);
    size_t len = strlen(reply);
    reply[len++] = '\n';
    return send(c->clients[i].fd, reply, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Answers each whole line and keeps what is left of the next one. */
static bool serve_lines(struct control *c, int i, control_answer answer, void *arg)
{
    char *line = c->clients[i].line;
    char *end;
    while ((end = memchr(line, '\n', c->clients[i].len))) {
        size_t taken = (size_t)(end - line) + 1;
        *end = 0;
        if (!reply_to(c, i, line, answer, arg))
            return false;
        c->clients[i].len -= taken;
        memmove(line, line + taken, c->clients[i].len);
    }
    return c->clients[i].len < CONTROL_LINE;
}

static void serve_client(struct control *c, int i, control_answer answer, void *arg)
{
    size_t room = CONTROL_LINE - c->clients[i].len;
    ssize_t n = read(c->clients[i].fd, c->clients[i].line + c->clients[i].len, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(c, i);
        return;
    }
    c->clients[i].len += (size_t)n;
    if (!serve_lines(c, i, answer, arg))
        drop(c, i);
}

void control_serve(struct control *c, control_answer answer, void *arg)
{
    if (c->listener >= 0)
        welcome(c);
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0)
            serve_client(c, i, answer, arg);
}
