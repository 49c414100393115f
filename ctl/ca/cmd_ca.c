/* tocsin ca: init, issue, bench. */
#include "ctl/ca/ca.h"

#include "base/table.h"
#include "ctl/args/args.h"

#include <stdio.h>
#include <string.h>

#define MOST 1024

static int fail(const struct err *e)
{
    fprintf(stderr, "tocsin ca: %s\n", e->text);
    return e->code == ERR_INVALID ? EXIT_USAGE : EXIT_REMOTE;
}

static int ca_init_cmd(int argc, char **argv)
{
    static const struct arg_spec spec = {
        .usage = "tocsin ca init DIR",
        .summary = "Makes a bench's two root certificates (P-256) and roots.pem with both, which\n"
                   "devices pin. Keeps what is there.",
        .min_words = 1,
        .max_words = 1,
    };
    const char *dir;
    int status;
    struct err e;
    if (!args_main(&spec, argc, argv, &dir, NULL, &status))
        return status;
    return ca_init(dir, &e) ? fail(&e) : EXIT_DONE;
}

static int role_of(const char *word, enum ca_role *ret, struct err *e)
{
    static const char *const names[] = {"broker", "gateway", "device", NULL};
    for (int i = 0; names[i]; i++)
        if (strcmp(word, names[i]) == 0) {
            *ret = (enum ca_role)i;
            return 0;
        }
    const char *likely = likely_word(word, names);
    return err_set(e, ERR_INVALID, "--role %s: expected broker, gateway or device%s%s%s", word,
                   likely ? "; did you mean " : "", likely ? likely : "", likely ? "?" : "");
}

static int ca_issue_cmd(int argc, char **argv)
{
    const char *dir, *role = "device", *name = "", *days = "825", *root = "ca";
    const char *hosts[16];
    size_t n_hosts = 0;
    const struct arg_option options[] = {
        {.name = "--role",
         .value = "ROLE",
         .help = "broker, gateway or device (device)",
         .text = &role},
        {.name = "--name",
         .value = "ID",
         .help = "the identity: its topics follow from it",
         .text = &name},
        {.name = "--host",
         .value = "NAME",
         .help = "broker: a name or address that clients dial; may repeat",
         .text = hosts,
         .n_many = &n_hosts,
         .most = 16},
        {.name = "--days",
         .value = "N",
         .help = "validity (825); negative: already expired, for tests",
         .text = &days},
        {.name = "--root", .value = "ca|ca2", .help = "which root signs (ca)", .text = &root},
    };
    const struct arg_spec spec = {
        .usage = "tocsin ca issue DIR --name ID [--role ROLE]",
        .summary = "Makes DIR/ID.crt and DIR/ID.key, signed by one of DIR's roots.",
        .options = options,
        .n_options = sizeof options / sizeof options[0],
        .min_words = 1,
        .max_words = 1,
    };
    int status;
    int64_t n_days;
    struct err e;
    if (!args_main(&spec, argc, argv, &dir, NULL, &status))
        return status;
    struct ca_request r = {
        .name = name, .hosts = hosts, .n_hosts = (unsigned)n_hosts, .root = root};
    if (role_of(role, &r.role, &e))
        return fail(&e);
    if (parse_int(days, &n_days) || n_days > 36500 || n_days < -36500) {
        err_set(&e, ERR_INVALID, "--days %s: expected a number from 1 to 36500", days);
        return fail(&e);
    }
    r.days = (int)n_days;
    return ca_issue(dir, &r, &e) ? fail(&e) : EXIT_DONE;
}

static int ca_bench_cmd(int argc, char **argv)
{
    static const char *devices[MOST];
    static const char *const local[] = {"localhost", "127.0.0.1", "::1"};
    size_t n_devices = 0;
    const char *dir;
    const struct arg_option options[] = {
        {.name = "--device",
         .value = "ID",
         .help = "a device to make a certificate for; may repeat",
         .text = devices,
         .n_many = &n_devices,
         .most = MOST},
    };
    const struct arg_spec spec = {
        .usage = "tocsin ca bench DIR --device ID...",
        .summary = "Everything a bench needs, in one go: the roots, a broker on localhost, the\n"
                   "gateway, its canary, and a certificate for each device.",
        .options = options,
        .n_options = 1,
        .min_words = 1,
        .max_words = 1,
    };
    int status;
    struct err e;
    if (!args_main(&spec, argc, argv, &dir, NULL, &status))
        return status;
    const struct ca_request fixed[] = {
        {.role = CA_BROKER, .name = "broker", .hosts = local, .n_hosts = 3, .days = 825},
        {.role = CA_GATEWAY, .name = "gateway", .days = 825},
        {.role = CA_DEVICE, .name = "canary", .days = 825},
    };
    int rc = ca_init(dir, &e);
    for (size_t i = 0; rc == 0 && i < sizeof fixed / sizeof fixed[0]; i++)
        rc = ca_issue(dir, &fixed[i], &e);
    for (size_t i = 0; rc == 0 && i < n_devices; i++)
        rc = ca_issue(dir, &(struct ca_request){.role = CA_DEVICE, .name = devices[i], .days = 825},
                      &e);
    return rc ? fail(&e) : EXIT_DONE;
}

int cmd_ca(int argc, char **argv)
{
    static const char *const verbs[] = {"init", "issue", "bench", NULL};
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (strcmp(verb, "init") == 0)
        return ca_init_cmd(argc - 1, argv + 1);
    if (strcmp(verb, "issue") == 0)
        return ca_issue_cmd(argc - 1, argv + 1);
    if (strcmp(verb, "bench") == 0)
        return ca_bench_cmd(argc - 1, argv + 1);
    return args_verb("tocsin ca", verb, verbs,
                     "tocsin ca init DIR | issue DIR --name ID | bench DIR --device ID...");
}
