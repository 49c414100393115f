#include "tests/support/broker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *fmt, ...)
{
    char command[2048];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof command)
        return false;
    int status = system(command);
    if (status != 0)
        fprintf(stderr, "failed (%d): %s\n", status, command);
    return status == 0;
}

bool pki_new(struct pki *pki)
{
    strcpy(pki->dir, "/tmp/tocsin-pki-XXXXXX");
    if (!mkdtemp(pki->dir))
        return false;
    static const char *const roots[] = {"ca", "other-ca"};
    for (size_t i = 0; i < 2; i++)
        if (!run("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                 "-days 30 -subj '/CN=%s' -keyout %s.key -out %s.pem 2>openssl.log",
                 pki->dir, roots[i], roots[i], roots[i]))
            return false;
    return run("cd %s && touch index.txt && echo 1000 >serial && printf '%s' >ca.conf", pki->dir,
               "[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nserial=serial\\nnew_certs_dir=.\\n"
               "certificate=ca.pem\\nprivate_key=ca.key\\ndefault_md=sha256\\npolicy=p\\n"
               "unique_subject=no\\n[p]\\ncommonName=supplied\\n");
}

static bool issue(const struct pki *pki, const char *name, const char *host, const char *dates)
{
    char extensions[200];
    if (host)
        snprintf(extensions, sizeof extensions,
                 "subjectAltName=DNS:%s\\nextendedKeyUsage=serverAuth\\n", host);
    else
        snprintf(extensions, sizeof extensions, "extendedKeyUsage=clientAuth\\n");
    return run("cd %s && printf '%s' >%s.ext && "
               "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=%s' "
               "-keyout %s.key -out %s.csr 2>openssl.log && "
               "openssl ca -batch -config ca.conf %s -extfile %s.ext -notext -in %s.csr "
               "-out %s.pem 2>>openssl.log",
               pki->dir, extensions, name, host ? host : name, name, name, dates, name, name, name);
}

bool pki_issue(const struct pki *pki, const char *name, const char *host)
{
    return issue(pki, name, host, "-days 20");
}

bool pki_issue_expired(const struct pki *pki, const char *name, const char *host)
{
    return issue(pki, name, host, "-startdate 20190101000000Z -enddate 20191231000000Z");
}

const char *pki_path(const struct pki *pki, const char *file)
{
    static char paths[8][160];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", pki->dir, file);
    return path;
}

void pki_free(struct pki *pki)
{
    if (strncmp(pki->dir, "/tmp/tocsin-pki-", 16) == 0)
        run("rm -rf '%s'", pki->dir);
    pki->dir[0] = 0;
}

static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port = 0;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &len) == 0)
        port = ntohs(a.sin_port);
    close(fd);
    return port;
}

static bool listens(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return yes;
}

static bool write_conf(struct broker *b)
{
    FILE *f = fopen(b->conf, "w");
    if (!f)
        return false;
    fprintf(f,
            "user root\n" /* heard only when root: then it is not to become another */
            "per_listener_settings false\n"
            "allow_anonymous true\n"
            "persistence false\n"
            "log_dest file %s\n"
            "log_type all\n"
            "max_inflight_messages 1000\n"
            "listener %u 127.0.0.1\n"
            "cafile %s/ca.pem\n"
            "certfile %s/%s.pem\n"
            "keyfile %s/%s.key\n"
            "require_certificate true\n"
            "use_identity_as_username true\n%s\n",
            b->log, b->port, b->pki->dir, b->pki->dir, b->server, b->pki->dir, b->server, b->extra);
    return fclose(f) == 0;
}

static bool wait_until_it_listens(struct broker *b)
{
    for (int i = 0; i < 1000; i++) {
        int status;
        if (listens(b->port))
            return true;
        if (waitpid(b->pid, &status, WNOHANG) == b->pid) {
            b->pid = 0;
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

bool broker_restart(struct broker *b)
{
    b->pid = fork();
    if (b->pid == 0) {
        execlp("mosquitto", "mosquitto", "-c", b->conf, (char *)NULL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", b->conf, (char *)NULL);
        _exit(127);
    }
    return b->pid > 0 && wait_until_it_listens(b);
}

bool broker_start(struct broker *b, const struct pki *pki, const char *server, const char *extra)
{
    memset(b, 0, sizeof *b);
    b->pki = pki;
    snprintf(b->server, sizeof b->server, "%s", server);
    snprintf(b->extra, sizeof b->extra, "%s", extra ? extra : "");
    for (int tries = 0; tries < 5; tries++) { /* somebody may take the port first */
        b->port = free_port();
        snprintf(b->conf, sizeof b->conf, "%s/mosquitto-%u.conf", pki->dir, b->port);
        snprintf(b->log, sizeof b->log, "%s/mosquitto-%u.log", pki->dir, b->port);
        snprintf(b->address, sizeof b->address, "localhost:%u", b->port);
        if (write_conf(b) && broker_restart(b))
            return true;
        broker_kill(b);
    }
    return false;
}

void broker_kill(struct broker *b)
{
    if (b->pid > 0) {
        kill(b->pid, SIGKILL);
        waitpid(b->pid, NULL, 0);
    }
    b->pid = 0;
}
