/* A relay that chatters: firmware on the real shim, whose fan fault comes and goes.
 *
 *     relay SOCKET RATE SECONDS
 *
 * raises it RATE times a second for so long, clears it, waits until the agent has
 * all of it, and prints how often it was raised. */
#include "firmware-shim/port/port.h"
#include "firmware-shim/shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FAN 23

static struct port port;
static struct shim shim;

static uint32_t now_ms(void *ctx)
{
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static size_t line_write(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    return port_write(&port, bytes, len);
}

static size_t line_read(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx;
    return port_read(&port, bytes, size);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* Polls until nothing is held, a minute at most. */
static bool told(void)
{
    for (int i = 0; i < 6000 && (shim_faults_held(&shim) || shim_waiting(&shim)); i++) {
        shim_poll(&shim);
        pause_ms(10);
    }
    return shim_faults_held(&shim) == 0;
}

int main(int argc, char **argv)
{
    static const struct shim_platform platform = {
        .now_ms = now_ms, .write = line_write, .read = line_read};
    static const struct shim_identity identity = {.source = "relay", .model = "CK-300"};
    static const struct shim_config config = {.platform = &platform, .identity = &identity};
    if (argc != 4 || !port_socket(&port, argv[1]))
        return 2;
    long rate = atol(argv[2]), raised = 0;
    uint32_t begun = now_ms(NULL), lasts = (uint32_t)atol(argv[3]) * 1000;
    shim_init(&shim, &config, (uint32_t)getpid(), MESSAGE_RESET_POWER, NULL);
    while (now_ms(NULL) - begun < lasts) {
        long due = (long)(now_ms(NULL) - begun) * rate / 1000;
        for (; raised < due; raised++) {
            shim_fault_raise(&shim, FAN, NULL, 0);
            shim_fault_clear(&shim, FAN);
        }
        shim_poll(&shim);
        pause_ms(1);
    }
    bool all = told();
    printf("%ld\n", raised);
    port_close(&port);
    return all ? 0 : 1;
}
