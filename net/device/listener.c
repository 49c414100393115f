#include "net/device/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"

static bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_family == AF_INET && b->sin_family == AF_INET && a->sin_port == b->sin_port &&
           a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* Does the descriptor end where the accepted socket's other side begins? */
static bool is_other_end(int fd, const struct sockaddr_in *peer, const struct sockaddr_in *ours)
{
    struct sockaddr_in local = {0}, remote = {0};
    socklen_t len = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &len) != 0 || !same_address(&local, peer))
        return false;
    len = sizeof remote;
    return getpeername(fd, (struct sockaddr *)&remote, &len) == 0 && same_address(&remote, ours);
}

static bool is_our_own(int accepted)
{
    struct sockaddr_in peer = {0}, ours = {0};
    socklen_t len = sizeof peer;
    if (getpeername(accepted, (struct sockaddr *)&peer, &len) != 0)
        return false;
    len = sizeof ours;
    if (getsockname(accepted, (struct sockaddr *)&ours, &len) != 0)
        return false;
    DIR *fds = opendir("/proc/self/fd");
    if (!fds)
        return false;
    bool found = false;
    for (struct dirent *entry = readdir(fds); entry && !found; entry = readdir(fds))
        if (entry->d_name[0] != '.')
            found = is_other_end((int)strtol(entry->d_name, NULL, 10), &peer, &ours);
    closedir(fds);
    return found;
}

static void ready(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct listener *l = CONTAINER(watch, struct listener, watch);
    (void)readable;
    (void)writable;
    (void)bad;
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return;
        if (is_our_own(fd)) {
            l->accepted(l->arg, fd);
        } else {
            l->strangers++;
            close(fd);
        }
    }
}

static int bind_loopback(struct listener *l)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return -1;
    if (bind(l->fd, (struct sockaddr *)&a, sizeof a) || listen(l->fd, 8) ||
        getsockname(l->fd, (struct sockaddr *)&a, &len)) {
        close(l->fd);
        return -1;
    }
    l->port = ntohs(a.sin_port);
    return 0;
}

int listener_open(struct listener *l, struct loop *loop, void (*accepted)(void *arg, int fd),
                  void *arg, struct err *e)
{
    *l = (struct listener){.arg = arg, .accepted = accepted};
    if (bind_loopback(l))
        return err_set(e, ERR_IO, "no listener on 127.0.0.1: %s; is the loopback interface up?",
                       strerror(errno));
    if (loop_watch_init(&l->watch, loop, l->fd, ready)) {
        close(l->fd);
        return err_set(e, ERR_IO, "the listener on 127.0.0.1 cannot be watched");
    }
    loop_watch_want(&l->watch, true, false);
    return 0;
}

static void watch_closed(struct loop_watch *watch)
{
    struct listener *l = CONTAINER(watch, struct listener, watch);
    if (l->closed)
        l->closed(l->arg);
}

void listener_close(struct listener *l, void (*closed)(void *arg))
{
    l->closed = closed;
    loop_watch_close(&l->watch, watch_closed);
    close(l->fd);
}
