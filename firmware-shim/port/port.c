/* Reading, writing and reopening a line, whatever kind it is. */
#include "port.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 200

static uint64_t monotonic_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool init(struct port *p, const char *path, bool serial, uint32_t baud)
{
    size_t len = strlen(path);
    if (len >= sizeof p->path)
        return false;
    *p = (struct port){.fd = -1, .serial = serial, .baud = baud};
    memcpy(p->path, path, len + 1);
    return true;
}

bool port_socket(struct port *p, const char *path)
{
    return init(p, path, false, 0);
}

bool port_serial(struct port *p, const char *device, uint32_t baud)
{
    return port_baud_known(baud) && init(p, device, true, baud);
}

void port_close(struct port *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static bool is_up(struct port *p)
{
    if (p->fd >= 0)
        return true;
    uint64_t now = monotonic_ms();
    if (now < p->retry_at_ms)
        return false;
    p->retry_at_ms = now + RETRY_MS;
    p->fd = p->serial ? port_open_serial(p->path, p->baud) : port_open_socket(p->path);
    return p->fd >= 0;
}

/* What a read or write returned: bytes moved, or 0 and the line closed when it broke. */
static size_t moved(struct port *p, ssize_t n, bool ended_by_zero)
{
    if (n > 0)
        return (size_t)n;
    bool waits = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (!waits && (n < 0 || ended_by_zero))
        port_close(p);
    return 0;
}

size_t port_write(struct port *p, const uint8_t *bytes, size_t len)
{
    if (!is_up(p))
        return 0;
    ssize_t n = p->serial ? write(p->fd, bytes, len) : send(p->fd, bytes, len, MSG_NOSIGNAL);
    return moved(p, n, false);
}

size_t port_read(struct port *p, uint8_t *bytes, size_t size)
{
    if (!is_up(p))
        return 0;
    /* A raw serial line gives 0 when nothing waits; a socket when its peer left. */
    return moved(p, read(p->fd, bytes, size), !p->serial);
}
