/* The two lines of a POSIX system: a Unix socket whose agent comes and goes, and a
 * serial line (a pty) with noise on it. */
#include "firmware-shim/port/port.h"
#include "firmware-shim/shim.h"
#include "tests/support/cu.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 10000 /* a deadline, not a measure */

static struct port port;
static struct shim shim;
static struct frame_reader reader;
static uint8_t reader_buf[FRAME_BYTES_MAX];
static int faults, gauges;
static uint32_t fault_counter;

static uint32_t now_ms(void *ctx)
{
    (void)ctx;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint32_t)((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
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

static const struct shim_platform platform = {
    .now_ms = now_ms, .write = line_write, .read = line_read};
static const struct shim_identity identity = {.source = "main"};
static const struct shim_config config = {.platform = &platform, .identity = &identity};

static void hear(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (frame_feed(&reader, bytes[i]) != FRAME_READY)
            continue;
        struct message_up m;
        if (message_up_decode(reader.payload, reader.payload_len, &m) != MESSAGE_OK)
            continue;
        gauges += m.kind == MESSAGE_GAUGE;
        faults += m.kind == MESSAGE_FAULT;
        if (m.kind == MESSAGE_FAULT)
            fault_counter = m.counter;
    }
}

/* Lets firmware and agent (on `fd`) talk until `*count` is above 0. */
static bool talk_until(int fd, const int *count)
{
    uint32_t start = now_ms(NULL);
    while (*count == 0 && now_ms(NULL) - start < WAIT_MS) {
        uint8_t bytes[256];
        shim_poll(&shim);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        poll(&p, 1, 5);
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n > 0)
            hear(bytes, (size_t)n);
    }
    return *count > 0;
}

static bool ack_until_free(int fd)
{
    struct message_down m = {.kind = MESSAGE_ACK, .boot = 9};
    uint8_t frame[FRAME_BYTES_MAX];
    m.u.ack = fault_counter;
    int len = message_down_encode(&m, frame + FRAME_PAYLOAD_AT, FRAME_PAYLOAD_MAX);
    size_t size = frame_seal(frame, (size_t)len);
    CU_ASSERT_EQUAL(write(fd, frame, size), (ssize_t)size);
    uint32_t start = now_ms(NULL);
    while (shim_faults_held(&shim) && now_ms(NULL) - start < WAIT_MS)
        shim_poll(&shim);
    return shim_faults_held(&shim) == 0;
}

static void begin(void)
{
    faults = gauges = 0;
    frame_reader_init(&reader, reader_buf, sizeof reader_buf);
    shim_init(&shim, &config, 9, MESSAGE_RESET_POWER, NULL);
}

static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1) < 0)
        return -1;
    return fd;
}

static int welcome(int listener)
{
    uint32_t start = now_ms(NULL);
    int fd = -1;
    fcntl(listener, F_SETFL, O_NONBLOCK);
    while (fd < 0 && now_ms(NULL) - start < WAIT_MS) {
        shim_poll(&shim);
        fd = accept(listener, NULL, NULL);
    }
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void a_fault_waits_for_the_agent_and_outlives_its_restart(void)
{
    char dir[] = "/tmp/tocsin-port-XXXXXX", path[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/agent.sock", dir);
    CU_ASSERT(port_socket(&port, path));
    begin();
    shim_fault_raise(&shim, 21, NULL, 0);
    shim_poll(&shim); /* nobody listens yet */
    int listener = listen_at(path);
    int agent = welcome(listener);
    CU_ASSERT_FATAL(agent >= 0);
    CU_ASSERT(talk_until(agent, &faults));
    close(agent); /* before it could acknowledge */
    agent = welcome(listener);
    CU_ASSERT_FATAL(agent >= 0);
    faults = 0;
    CU_ASSERT(talk_until(agent, &faults));
    CU_ASSERT(ack_until_free(agent));
    close(agent);
    close(listener);
    port_close(&port);
    unlink(path);
    rmdir(dir);
}

static void a_serial_line_carries_both_ways_through_noise(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    CU_ASSERT_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    CU_ASSERT_FATAL(port_serial(&port, ptsname(master), 115200));
    begin();
    shim_gauge(&shim, 1, SHIM_DECI(42));
    CU_ASSERT(talk_until(master, &gauges));
    static const uint8_t noise[] = {0x11, 0x13, 0x03, 0x1a, 0xff, 0x7f, 0x0d, 0x0a, 0x04, 0x00};
    CU_ASSERT_EQUAL(write(master, noise, sizeof noise), (ssize_t)sizeof noise);
    hear(noise, sizeof noise);
    shim_fault_raise(&shim, 21, NULL, 0);
    CU_ASSERT(talk_until(master, &faults));
    CU_ASSERT(ack_until_free(master));
    port_close(&port);
    close(master);
}

static void impossible_lines_are_refused(void)
{
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    CU_ASSERT_FALSE(port_socket(&port, longer));
    CU_ASSERT_FALSE(port_serial(&port, "/dev/null", 12345));
    CU_ASSERT(port_serial(&port, "/dev/null", 9600)); /* no terminal: stays down */
    uint8_t byte = 0;
    CU_ASSERT_EQUAL(port_write(&port, &byte, 1), 0);
    CU_ASSERT_EQUAL(port.fd, -1);
    port_close(&port);
}

TESTS(STORY(a_fault_waits_for_the_agent_and_outlives_its_restart),
      STORY(a_serial_line_carries_both_ways_through_noise), STORY(impossible_lines_are_refused))
