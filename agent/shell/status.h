/* A Unix socket that answers each connection with one line and closes it. */
#ifndef AGENT_SHELL_STATUS_H
#define AGENT_SHELL_STATUS_H

#include "base/buf.h"
#include "net/loop.h"

struct status {
    struct loop_watch watch;
    int fd; /* -1: not open */
    char path[108];
    void *arg;
    void (*fill)(void *arg, struct buf *line); /* the JSON, without the line's end */
};

/* ERR_IO, ERR_LIMIT. */
int status_open(struct status *s, struct loop *loop, const char *path,
                void (*fill)(void *arg, struct buf *line), void *arg, struct err *e);
void status_close(struct status *s);

/* "text" with quotes, as JSON. */
void status_string(struct buf *line, const char *text);

#endif
