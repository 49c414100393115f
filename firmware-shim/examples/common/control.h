/* The control socket: lines come in, one line of JSON goes out for each. */
#ifndef EXAMPLES_CONTROL_H
#define EXAMPLES_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_CLIENTS 4
#define CONTROL_LINE    200
#define CONTROL_REPLY   3000

struct control {
    int listener; /* -1: there is none */
    const char *path;
    struct {
        int fd;
        size_t len;
        char line[CONTROL_LINE];
    } clients[CONTROL_CLIENTS];
};

/* Answers a line; writes at most `size` bytes, NUL included, without a newline. */
typedef void (*control_answer)(void *arg, char *line, char *reply, size_t size);

/* False with errno set. `path` may be NULL: then nobody is listened to. */
bool control_open(struct control *c, const char *path);
void control_close(struct control *c);

/* Adds what is to be watched; `fds` has room for CONTROL_CLIENTS + 1. */
size_t control_watch(const struct control *c, struct pollfd *fds);
/* Accepts, reads, answers. Never blocks. */
void control_serve(struct control *c, control_answer answer, void *arg);

#endif
