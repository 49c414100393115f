/* tocsin-agent as a program: its settings, its life and its end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cu.h"
#include "tests/wire/link/client.h"

static struct pki pki;

static void remove_pki(void)
{
    if (pki.dir[0])
        pki_free(&pki);
}

static bool have_pki(void)
{
    if (pki.dir[0])
        return true;
    atexit(remove_pki);
    return pki_new(&pki) && pki_issue(&pki, "broker", "localhost") &&
           pki_issue(&pki, "dev-1", NULL) && pki_issue(&pki, "watcher", NULL);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void write_settings(const char *broker, const char *more)
{
    char text[2048];
    snprintf(text, sizeof text,
             "brokers = %s\nca = %s/ca.pem\ncert = %s/dev-1.pem\nkey = %s/dev-1.key\n"
             "folder = %s/state\nsocket = %s/shim.sock\nstatus_socket = %s/status.sock\n"
             "probe_interval = 1s\nbulk_age = 200ms\n%s",
             broker, pki.dir, pki.dir, pki.dir, pki.dir, pki.dir, pki.dir, more);
    write_file(pki_path(&pki, "agent.conf"), text);
}

static pid_t begin(const char *flag)
{
    const char *conf = pki_path(&pki, "agent.conf");
    const char *log = pki_path(&pki, "agent.log");
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execl(AGENT, AGENT, "--config", conf, flag, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int end_of(pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + status;
}

static const char *read_log(void)
{
    static char text[16384];
    FILE *f = fopen(pki_path(&pki, "agent.log"), "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = 0;
    return text;
}

static void a_mistake_in_the_settings_is_shown_with_its_place(void)
{
    CU_ASSERT_TRUE_FATAL(have_pki());
    write_settings("localhost:1", "keepalife = 30s\n");
    CU_ASSERT_EQUAL(end_of(begin(NULL)), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "agent.conf:10:1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "keepalive"));
    CU_ASSERT_NOT_EQUAL(access(pki_path(&pki, "state"), F_OK), 0); /* nothing has started */
    write_settings("localhost:1", "");
    CU_ASSERT_EQUAL(end_of(begin("--check-config")), 0);
    CU_ASSERT_EQUAL(end_of(begin("--show-config")), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "bulk_age = 200ms"));
    CU_ASSERT_EQUAL(end_of(begin("--help")), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "probe_interval"));
    write_settings("localhost", "");
    CU_ASSERT_EQUAL(end_of(begin(NULL)), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "host:port"));
}

static bool read_status(char *to, size_t cap)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/status.sock", pki.dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t n = 0;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        for (ssize_t r; n < cap - 1 && (r = read(fd, to + n, cap - 1 - n)) > 0;)
            n += (size_t)r;
    close(fd);
    to[n] = 0;
    return n > 0;
}

static bool status_says(const char *what)
{
    char text[8192];
    for (int i = 0; i < 300; i++) {
        if (read_status(text, sizeof text) && strstr(text, what))
            return true;
        usleep(50000);
    }
    printf("\n    status: %s", text);
    return false;
}

static void it_lives_between_brokers_and_signals(void)
{
    struct broker b;
    struct client watcher;
    CU_ASSERT_TRUE_FATAL(have_pki());
    CU_ASSERT_TRUE_FATAL(broker_start(&b, &pki, "broker", NULL));
    CU_ASSERT_TRUE_FATAL(client_open(
        &watcher, &pki, &(struct client_setup){.name = "watcher", .brokers = {b.address}}));
    CU_ASSERT_TRUE_FATAL(client_connect(&watcher));
    CU_ASSERT_TRUE(client_subscribe(&watcher, "tocsin/up/+"));
    write_settings(b.address, "reconnect_cap = 1s\n");
    pid_t pid = begin(NULL);
    CU_ASSERT_TRUE(client_wait(&watcher, &watcher.messages, 3));
    CU_ASSERT_STRING_EQUAL(watcher.last_topic, "tocsin/up/dev-1");
    CU_ASSERT_TRUE(status_says("\"session\":\"up\""));
    CU_ASSERT_TRUE(status_says("\"device\":\"dev-1\""));
    /* The broker goes and comes back: so does the session, by its ticket or not. */
    broker_kill(&b);
    CU_ASSERT_TRUE_FATAL(broker_restart(&b));
    CU_ASSERT_TRUE(status_says("\"connects\":2"));
    /* A reload with a mistake keeps what is in force. */
    write_settings(b.address, "log_levl = debug\n");
    kill(pid, SIGHUP);
    CU_ASSERT_TRUE(status_says("\"session\":\"up\""));
    kill(pid, SIGTERM);
    CU_ASSERT_EQUAL(end_of(pid), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_log(), "AG016"));
    CU_ASSERT_NOT_EQUAL(access(pki_path(&pki, "shim.sock"), F_OK), 0);
    client_close(&watcher);
    broker_kill(&b);
}

static void it_starts_again_after_any_end(void)
{
    CU_ASSERT_TRUE_FATAL(have_pki());
    write_settings("localhost:1", "");
    for (int i = 0; i < 3; i++) {
        pid_t pid = begin(NULL);
        CU_ASSERT_TRUE(status_says("\"device\":\"dev-1\""));
        kill(pid, SIGKILL); /* leaves its sockets behind */
        end_of(pid);
    }
    write_file(pki_path(&pki, "state/kept"), "rubbish");
    pid_t pid = begin(NULL);
    CU_ASSERT_TRUE(status_says("Connection refused"));
    kill(pid, SIGTERM);
    CU_ASSERT_EQUAL(end_of(pid), 0);
}

TESTS(STORY(a_mistake_in_the_settings_is_shown_with_its_place),
      STORY(it_lives_between_brokers_and_signals), STORY(it_starts_again_after_any_end))
