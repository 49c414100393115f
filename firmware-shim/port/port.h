/* The shim's line on a POSIX system: a Unix socket to the agent, or a serial line.
 * Never blocks; a line that is down is tried again while it is used. */
#ifndef FIRMWARE_SHIM_PORT_H
#define FIRMWARE_SHIM_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port {
    int fd; /* -1 while the line is down */
    bool serial;
    uint32_t baud;
    uint64_t retry_at_ms;
    char path[108];
};

/* Remember where the line is; the first read or write opens it. False when the
 * path is too long, or no such baud rate exists. */
bool port_socket(struct port *p, const char *path);
bool port_serial(struct port *p, const char *device, uint32_t baud);

/* Closes the line. Safe on one that never opened. */
void port_close(struct port *p);

/* As struct shim_platform asks: bytes taken or given, 0 while busy or down. */
size_t port_write(struct port *p, const uint8_t *bytes, size_t len);
size_t port_read(struct port *p, uint8_t *bytes, size_t size);

/* For the two openers: where and how; -1 with errno set. */
int port_open_socket(const char *path);
int port_open_serial(const char *device, uint32_t baud);
bool port_baud_known(uint32_t baud);

#endif
