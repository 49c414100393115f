/* A listening Unix socket at a path. */
#ifndef NET_SOCKET_PATH_H
#define NET_SOCKET_PATH_H

#include "base/err.h"

/* Makes it, for owner and group, non-blocking; the caller closes it and removes the
 * path. What an earlier process left at the path goes, but only when it is a socket:
 * ERR_EXISTS for anything else, which stays as it is. ERR_LIMIT: the path is too long.
 * ERR_IO: the text says why. */
int socket_path_listen(const char *path, int backlog, int *ret_fd, struct err *e);

#endif
