/* tocsin broker: writes a broker's configuration. */
#include "ctl/broker/broker.h"

#include "base/buf.h"
#include "base/table.h"
#include "ctl/args/args.h"
#include "proto/topic.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DEVICES 4096

int broker_write(const char *dir, const char *name, struct buf *text, struct err *e)
{
    char path[4096], temp[4096 + 8];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(temp, sizeof temp, "%s.new", path);
    if (!buf_ok(text))
        return err_set(e, ERR_LIMIT, "%s: would be too large", path);
    FILE *f = fopen(temp, "we");
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot be written: %s", temp, strerror(errno));
    bool written = fwrite(text->ptr, 1, text->len, f) == text->len;
    written = (fclose(f) == 0) && written;
    if (written && rename(temp, path) == 0)
        return 0;
    err_set(e, ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    (void)remove(temp);
    return ERR_IO;
}

static int plan_check(struct broker_plan *p, const char *port, struct err *e)
{
    int64_t n;
    if (parse_int(port, &n) || n < 1 || n > 65535)
        return err_set(e, ERR_INVALID, "--port %s: expected 1 to 65535", port);
    p->port = (int)n;
    for (size_t i = 0; i < p->n_devices; i++)
        if (!topic_id_valid(slice_str(p->devices[i])))
            return err_set(e, ERR_INVALID, "--device %s: an id is 1 to 64 of A-Z a-z 0-9 . _ -",
                           p->devices[i]);
    static const char *const needed[] = {"roots.pem", "broker.crt", "broker.key"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", p->certs, needed[i]);
        if (access(path, R_OK) != 0)
            return err_set(e, ERR_INVALID,
                           "%s: cannot be read: %s; 'tocsin ca bench %s' makes a bench's", path,
                           strerror(errno), p->certs);
    }
    if (mkdir(p->dir, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "%s: cannot be made: %s", p->dir, strerror(errno));
    return 0;
}

static int broker_make(int argc, char **argv, int (*make)(const struct broker_plan *, struct err *))
{
    static const char *devices[MOST_DEVICES];
    size_t n_devices = 0;
    const struct passwd *me = getpwuid(geteuid());
    const char *dir, *port = "8883", *listen = "127.0.0.1", *certs = "";
    const char *user = me ? me->pw_name : "";
    const struct arg_option options[] = {
        {.name = "--certs",
         .value = "DIR",
         .help = "certificates, as 'tocsin ca bench' makes them",
         .text = &certs},
        {.name = "--port", .value = "N", .help = "where it listens (8883)", .text = &port},
        {.name = "--listen",
         .value = "ADDRESS",
         .help = "on which address (127.0.0.1); '' for all",
         .text = &listen},
        {.name = "--user",
         .value = "NAME",
         .help = "mosquitto: whom it becomes when started as root (you)",
         .text = &user},
        {.name = "--device",
         .value = "ID",
         .help = "rabbitmq: a device that may connect; may repeat",
         .text = devices,
         .n_many = &n_devices,
         .most = MOST_DEVICES},
    };
    const struct arg_spec spec = {
        .usage = "tocsin broker mosquitto|rabbitmq DIR --certs DIR [--port N]",
        .summary = "Writes a broker's configuration into DIR: TLS with client certificates as\n"
                   "identity, and access rules that let a device speak and hear only for itself.",
        .options = options,
        .n_options = sizeof options / sizeof options[0],
        .min_words = 1,
        .max_words = 1,
    };
    int status;
    struct err e;
    if (!args_main(&spec, argc, argv, &dir, NULL, &status))
        return status;
    struct broker_plan plan = {.dir = dir,
                               .certs = certs[0] ? certs : dir,
                               .listen = listen,
                               .user = user,
                               .devices = devices,
                               .n_devices = n_devices};
    int rc = plan_check(&plan, port, &e);
    if (rc == 0)
        rc = make(&plan, &e);
    if (rc)
        fprintf(stderr, "tocsin broker: %s\n", e.text);
    return rc == 0 ? EXIT_DONE : rc == ERR_INVALID ? EXIT_USAGE : EXIT_REMOTE;
}

int cmd_broker(int argc, char **argv)
{
    static const char *const verbs[] = {"mosquitto", "rabbitmq", NULL};
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (strcmp(verb, verbs[0]) == 0)
        return broker_make(argc - 1, argv + 1, broker_mosquitto);
    if (strcmp(verb, verbs[1]) == 0)
        return broker_make(argc - 1, argv + 1, broker_rabbitmq);
    return args_verb("tocsin broker", verb, verbs,
                     "tocsin broker mosquitto|rabbitmq DIR --certs DIR [--port N]");
}
