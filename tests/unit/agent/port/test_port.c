/* Firmware at the agent's socket. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/port/port.h"
#include "base/clock.h"
#include "firmware-shim/codec/frame.h"
#include "firmware-shim/codec/message.h"
#include "tests/support/cu.h"

static struct loop *loop;
static struct agent_port *port;
static char path[] = "/tmp/tocsin-port-XXXXXX";
static char trace[4096]; /* what the core would hear */
static int closed;

static void on_report(void *arg, const struct report *r)
{
    static const char *const names[] = {"hello", "snapshot", "gauge",  "counter", "state",
                                        "event", "fault",    "cycle",  "intent",  "reset",
                                        "wipe",  "known",    "result", "gone",    "clock"};
    (void)arg;
    snprintf(trace + strlen(trace), sizeof trace - strlen(trace),
             "%s %u boot %u id %u v %lld ref %u", names[r->kind], r->source, r->boot, r->id,
             (long long)r->v, r->ref);
    if (r->wall_ms)
        snprintf(trace + strlen(trace), sizeof trace - strlen(trace), " wall %lld",
                 (long long)r->wall_ms);
    if (r->kind == REPORT_INTENT)
        snprintf(trace + strlen(trace), sizeof trace - strlen(trace), " phase %u until %lld",
                 r->phase, (long long)r->until_ms);
    snprintf(trace + strlen(trace), sizeof trace - strlen(trace), "\n");
}

static void on_identity(void *arg, const struct agent_port_identity *i)
{
    (void)arg;
    snprintf(trace + strlen(trace), sizeof trace - strlen(trace), "identity %.*s of %.*s\n",
             (int)i->model.len, (const char *)i->model.ptr, (int)i->source.len,
             (const char *)i->source.ptr);
}

static void open_port(void)
{
    struct err e;
    trace[0] = 0;
    CU_ASSERT_EQUAL_FATAL(loop_new(&loop, &e), 0);
    strcpy(path, "/tmp/tocsin-port-XXXXXX");
    close(mkstemp(path));
    unlink(path); /* a name that was free */
    struct agent_port_events events = {.report = on_report, .identity = on_identity};
    CU_ASSERT_EQUAL_FATAL(agent_port_new(loop, &events, &port, &e), 0);
    CU_ASSERT_EQUAL_FATAL(agent_port_listen(port, path, &e), 0);
}

static void on_closed(void *arg)
{
    (void)arg;
    closed++;
}

static void close_port(void)
{
    closed = 0;
    agent_port_close(port, on_closed);
    loop_run(loop);
    CU_ASSERT_EQUAL(closed, 1);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    loop_free(loop);
}

static void turn(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

static int plug_in(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    turn();
    return fd;
}

static void say(int fd, struct message_up *m)
{
    uint8_t frame[FRAME_BYTES_MAX];
    int len = message_up_encode(m, frame + FRAME_PAYLOAD_AT, FRAME_PAYLOAD_MAX);
    CU_ASSERT_TRUE_FATAL(len > 0);
    size_t n = frame_seal(frame, (size_t)len);
    CU_ASSERT_EQUAL(write(fd, frame, n), (ssize_t)n);
    turn();
}

static void say_hello(int fd, const char *name, uint32_t boot)
{
    struct message_up m = {.kind = MESSAGE_HELLO, .boot = boot, .counter = 1};
    m.u.hello.protocol = MESSAGE_PROTOCOL;
    m.u.hello.source = message_text_of(name);
    m.u.hello.model = message_text_of("CK-200");
    say(fd, &m);
}

static void say_gauge(int fd, uint32_t boot, uint32_t counter, int64_t v)
{
    say(fd, &(struct message_up){.kind = MESSAGE_GAUGE,
                                 .boot = boot,
                                 .counter = counter,
                                 .id = 5,
                                 .u = {.value = {v, 0}}});
}

/* The next message to firmware; kind 0: there is none. */
static struct message_down hear(int fd)
{
    uint8_t buffer[FRAME_BYTES_MAX], byte;
    struct frame_reader reader;
    struct message_down m = {0};
    frame_reader_init(&reader, buffer, sizeof buffer);
    while (read(fd, &byte, 1) == 1)
        if (frame_feed(&reader, byte) == FRAME_READY) {
            CU_ASSERT_EQUAL(message_down_decode(reader.payload, reader.payload_len, &m),
                            MESSAGE_OK);
            break;
        }
    return m;
}

/* Plugged in, asked, known, and told what time it is. */
static void greet(int fd, const char *name, uint32_t boot)
{
    CU_ASSERT_EQUAL(hear(fd).kind, MESSAGE_HELLO_REQUEST);
    say_hello(fd, name, boot);
    CU_ASSERT_EQUAL(hear(fd).kind, MESSAGE_TIME);
}

static void a_source_is_asked_who_it_is_and_then_heard(void)
{
    open_port();
    int fd = plug_in();
    CU_ASSERT_EQUAL(hear(fd).kind, MESSAGE_HELLO_REQUEST);
    say_gauge(fd, 7, 1, 40); /* before its hello: not taken, and asked again */
    CU_ASSERT_EQUAL(hear(fd).kind, MESSAGE_HELLO_REQUEST);
    say_hello(fd, "main", 7);
    say_gauge(fd, 7, 2, 41);
    close(fd);
    turn();
    CU_ASSERT_STRING_EQUAL(trace, "hello 1 boot 7 id 0 v 0 ref 0\n"
                                  "identity CK-200 of main\n"
                                  "gauge 1 boot 7 id 5 v 41 ref 0\n"
                                  "gone 1 boot 7 id 0 v 0 ref 0\n");
    close_port();
}

static void names_keep_their_numbers(void)
{
    open_port();
    int a = plug_in(), b = plug_in();
    say_hello(a, "left", 1);
    say_hello(b, "right", 2);
    close(a);
    turn();
    a = plug_in();
    say_hello(a, "left", 3);
    say_gauge(a, 3, 2, 10);
    say_gauge(b, 2, 2, 20);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "gauge 1 boot 3 id 5 v 10"));
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "gauge 2 boot 2 id 5 v 20"));
    struct agent_port_stats s;
    agent_port_stats(port, &s);
    CU_ASSERT_EQUAL(s.sources, 2);
    close(a);
    close(b);
    close_port();
}

static void noise_costs_a_frame_and_no_more(void)
{
    open_port();
    int fd = plug_in();
    say_hello(fd, "main", 7);
    uint8_t noise[700];
    memset(noise, 0x5a, sizeof noise);
    noise[sizeof noise - 1] = 0;
    CU_ASSERT_EQUAL(write(fd, noise, sizeof noise), (ssize_t)sizeof noise);
    turn();
    say_gauge(fd, 7, 2, 42);
    struct agent_port_stats s;
    agent_port_stats(port, &s);
    CU_ASSERT_TRUE(s.damaged > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "v 42"));
    close(fd);
    close_port();
}

static void a_fault_is_answered_when_it_is_durable(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    struct message_up m = {.kind = MESSAGE_FAULT, .boot = 7, .counter = 9, .id = 21};
    m.u.fault.active = 1;
    m.u.fault.raises = 1;
    say(fd, &m);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "fault 1 boot 7 id 21 v 0 ref 9"));
    CU_ASSERT_EQUAL(hear(fd).kind, 0);
    agent_port_durable(port, 1, 6, 9); /* of an earlier boot: not its business */
    CU_ASSERT_EQUAL(hear(fd).kind, 0);
    agent_port_durable(port, 1, 7, 9);
    struct message_down ack = hear(fd);
    CU_ASSERT_EQUAL(ack.kind, MESSAGE_ACK);
    CU_ASSERT_EQUAL(ack.u.ack, 9);
    close(fd);
    close_port();
}

static void an_action_reaches_its_source_or_is_refused(void)
{
    open_port();
    const int64_t args[] = {5, -3};
    CU_ASSERT_FALSE(agent_port_act(port, 1, 2, 0, 77, 2, args));
    int fd = plug_in();
    greet(fd, "main", 7);
    CU_ASSERT_TRUE(agent_port_act(port, 1, 2, 1, 77, 2, args));
    struct message_down m = hear(fd);
    CU_ASSERT_EQUAL(m.kind, MESSAGE_ACTION);
    CU_ASSERT_EQUAL(m.u.action.id, 2);
    CU_ASSERT_EQUAL(m.u.action.instance, 1);
    CU_ASSERT_EQUAL(m.u.action.request, 77);
    struct message_up done = {.kind = MESSAGE_ACTION_RESULT, .boot = 7, .counter = 2};
    done.u.action_result.request = 77;
    say(fd, &done);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "result 1 boot 7 id 0 v 0 ref 77"));
    close(fd);
    close_port();
}

static void a_source_hears_what_time_it_is(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    agent_port_time(port); /* the clock is trusted now */
    struct message_down m = hear(fd);
    struct now now = clock_now();
    CU_ASSERT_EQUAL(m.kind, MESSAGE_TIME);
    CU_ASSERT_EQUAL(m.boot, 7);
    CU_ASSERT_TRUE(m.u.time.wall_ms > 0 && m.u.time.wall_ms <= now.wall_ms);
    CU_ASSERT_EQUAL(m.u.time.trusted, now.trust == TRUST_SYNCED);
    close(fd);
    close_port();
}

static void a_source_that_knows_the_time_is_heard(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    struct message_up m = {.kind = MESSAGE_CLOCK, .boot = 7, .counter = 2, .source_ms = 50};
    m.u.wall_ms = 1700000000000;
    say(fd, &m);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "clock 1 boot 7 id 0 v 0 ref 0 wall 1700000000000"));
    close(fd);
    close_port();
}

static void settings_reach_who_is_there_and_who_comes(void)
{
    open_port();
    int a = plug_in();
    greet(a, "left", 1);
    const struct agent_port_setting two[] = {{5, 60000, false}, {6, 0, true}};
    agent_port_settings(port, two, 2);
    struct message_down m = hear(a);
    CU_ASSERT_EQUAL(m.kind, MESSAGE_SETTING);
    CU_ASSERT_EQUAL(m.u.setting.metric, 5);
    CU_ASSERT_EQUAL(m.u.setting.interval_ms, 60000);
    CU_ASSERT_EQUAL(hear(a).u.setting.mute, 1);
    CU_ASSERT_EQUAL(hear(a).kind, 0);

    int b = plug_in();
    greet(b, "right", 2);
    CU_ASSERT_EQUAL(hear(b).u.setting.metric, 5);
    CU_ASSERT_EQUAL(hear(b).u.setting.metric, 6);

    agent_port_settings(port, two, 1); /* 6 may be told again; of 5 there is no news */
    m = hear(a);
    CU_ASSERT_EQUAL(m.kind, MESSAGE_SETTING);
    CU_ASSERT_EQUAL(m.u.setting.metric, 6);
    CU_ASSERT_EQUAL(m.u.setting.mute, 0);
    CU_ASSERT_EQUAL(hear(a).kind, 0);
    close(a);
    close(b);
    close_port();
}

static void a_quiet_source_has_told_all(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    say_gauge(fd, 7, 2, 42);
    CU_ASSERT_PTR_NULL(strstr(trace, "snapshot"));
    for (int i = 0; i < 1000 && !strstr(trace, "snapshot"); i++) {
        turn();
        usleep(20000);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "snapshot 1 boot 7"));
    close(fd);
    close_port();
}

static void a_factory_reset_is_answered_by_the_core_alone(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    say(fd, &(struct message_up){.kind = MESSAGE_FACTORY_RESET, .boot = 7, .counter = 2});
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "wipe 1 boot 7 id 0 v 0 ref 2"));
    CU_ASSERT_EQUAL(hear(fd).kind, 0); /* it is not durable yet */
    close(fd);
    close_port();
}

static void a_source_that_started_again_says_why_and_what_it_intends(void)
{
    open_port();
    int fd = plug_in();
    greet(fd, "main", 7);
    trace[0] = 0;
    say_gauge(fd, 8, 1, 40); /* another boot: who is it? */
    CU_ASSERT_EQUAL(hear(fd).kind, MESSAGE_HELLO_REQUEST);
    struct message_up m = {.kind = MESSAGE_HELLO, .boot = 8, .counter = 2};
    m.u.hello.source = message_text_of("main");
    m.u.hello.reset = MESSAGE_RESET_WATCHDOG;
    say(fd, &m);
    m = (struct message_up){.kind = MESSAGE_INTENT, .boot = 8, .counter = 3, .source_ms = 1000};
    m.u.intent.intent = MESSAGE_ASLEEP;
    m.u.intent.for_ms = 60000;
    say(fd, &m);
    CU_ASSERT_STRING_EQUAL(trace, "hello 1 boot 8 id 0 v 0 ref 0\n"
                                  "reset 1 boot 8 id 4 v 0 ref 0\n"
                                  "intent 1 boot 8 id 0 v 0 ref 0 phase 1 until 61000\n");
    close(fd);
    close_port();
}

static void more_names_than_places_are_refused(void)
{
    open_port();
    int fds[LIMIT_SOURCES];
    for (uint32_t i = 0; i < LIMIT_SOURCES; i++) {
        char name[16];
        snprintf(name, sizeof name, "unit%u", i);
        fds[i] = plug_in();
        say_hello(fds[i], name, i + 1);
    }
    struct agent_port_stats s;
    agent_port_stats(port, &s);
    CU_ASSERT_EQUAL(s.sources, LIMIT_SOURCES - 1);
    CU_ASSERT_EQUAL(s.refused, 1);
    for (uint32_t i = 0; i < LIMIT_SOURCES; i++)
        close(fds[i]);
    close_port();
}

static void a_serial_line_that_is_not_there_is_said_and_waited_for(void)
{
    struct err e = {0};
    open_port();
    CU_ASSERT_EQUAL(agent_port_serial(port, "/dev/tocsin-no-such-line", 115200, &e), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "/dev/tocsin-no-such-line"));
    CU_ASSERT(agent_port_serial(port, "/dev/tocsin-no-such-line", 115201, &e) < 0);
    close_port();
}

/* holds: BOUND-1 */
static void strangers_that_say_nothing_keep_nobody_out(void)
{
    enum { STRANGERS = 50 };
    int strangers[STRANGERS];
    open_port();
    int early = plug_in();
    say_hello(early, "main", 7);
    for (int i = 0; i < STRANGERS; i++)
        strangers[i] = plug_in();
    int late = plug_in();
    say_hello(late, "display", 8);
    trace[0] = 0;
    say_gauge(late, 8, 2, 41);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "v 41"));
    say_gauge(early, 7, 2, 42);
    CU_ASSERT_PTR_NOT_NULL(strstr(trace, "v 42"));
    struct agent_port_stats s;
    agent_port_stats(port, &s);
    CU_ASSERT_EQUAL(s.sources, 2);
    CU_ASSERT(s.connections <= 32);
    for (int i = 0; i < STRANGERS; i++)
        close(strangers[i]);
    close(early);
    close(late);
    close_port();
}

TESTS(STORY(a_serial_line_that_is_not_there_is_said_and_waited_for),
      STORY(strangers_that_say_nothing_keep_nobody_out),
      STORY(a_source_is_asked_who_it_is_and_then_heard), STORY(names_keep_their_numbers),
      STORY(noise_costs_a_frame_and_no_more), STORY(a_fault_is_answered_when_it_is_durable),
      STORY(an_action_reaches_its_source_or_is_refused), STORY(a_source_hears_what_time_it_is),
      STORY(a_source_that_knows_the_time_is_heard),
      STORY(settings_reach_who_is_there_and_who_comes), STORY(a_quiet_source_has_told_all),
      STORY(a_factory_reset_is_answered_by_the_core_alone),
      STORY(a_source_that_started_again_says_why_and_what_it_intends),
      STORY(more_names_than_places_are_refused))
