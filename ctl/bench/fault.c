/* tocsin fault: talks to the control socket of an example appliance. */
#include "ctl/bench/bench.h"

#include "base/err.h"
#include "ctl/args/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 10};
    if (strlen(path) >= sizeof at.sun_path)
        return err_set(e, ERR_INVALID, "%s: a socket's path has at most %zu characters", path,
                       sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(e, ERR_IO, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    err_set(e, ERR_CLOSED, "%s: %s; is the appliance running with --control %s?", path,
            strerror(errno), path);
    close(fd);
    return ERR_CLOSED;
}

static int ask(int fd, const char *const *words, size_t n, struct err *e)
{
    char line[1024] = "";
    for (size_t i = 0; i < n; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", i ? " " : "", words[i]);
    size_t len = strlen(line);
    line[len++] = '\n';
    if (write(fd, line, len) != (ssize_t)len)
        return err_set(e, ERR_CLOSED, "the appliance hung up");
    return 0;
}

/* One line comes back: printed; one that begins with "error" is a no. */
static int hear(int fd, int *ret_status, struct err *e)
{
    char reply[8192];
    size_t n = 0;
    while (n < sizeof reply - 1) {
        ssize_t got = read(fd, reply + n, sizeof reply - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        if (memchr(reply, '\n', n))
            break;
    }
    reply[n] = 0;
    reply[strcspn(reply, "\n")] = 0;
    if (n == 0)
        return err_set(e, ERR_CLOSED, "the appliance said nothing within 10 s");
    printf("%s\n", reply);
    *ret_status = strncmp(reply, "error", 5) == 0 ? EXIT_FOUND : EXIT_DONE;
    return 0;
}

int cmd_fault(int argc, char **argv)
{
    const char *control = "", *words[8];
    size_t n = 0;
    const struct arg_option options[] = {{.name = "--control",
                                          .value = "PATH",
                                          .help = "the appliance's control socket",
                                          .text = &control}};
    const struct arg_spec spec = {
        .usage = "tocsin fault --control PATH provoke NAME [SEVERITY] | clear NAME | status | ...",
        .summary =
            "Says one line to an example appliance and prints its answer. 'help' lists what\n"
            "it understands.",
        .options = options,
        .n_options = 1,
        .min_words = 1,
        .max_words = 8,
    };
    int status;
    struct err e = {0};
    if (!args_main(&spec, argc, argv, words, &n, &status))
        return status;
    int fd = dial(control, &e);
    int rc = fd < 0 ? fd : ask(fd, words, n, &e);
    if (rc == 0)
        rc = hear(fd, &status, &e);
    if (fd >= 0)
        close(fd);
    if (rc == 0)
        return status;
    fprintf(stderr, "tocsin fault: %s\n", e.text);
    return rc == ERR_INVALID ? EXIT_USAGE : EXIT_REMOTE;
}
