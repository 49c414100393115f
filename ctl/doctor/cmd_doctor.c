/* tocsin doctor agent | gateway. */
#include "ctl/doctor/doctor.h"

#include "ctl/args/args.h"
#include "ctl/doctor/broker.h"
#include "ctl/doctor/machine.h"
#include "ctl/doctor/mail.h"
#include "ctl/doctor/running.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define GATEWAY_FLOOR_BYTES (256 * INT64_C(1048576))
#define USAGE               "tocsin doctor agent|gateway [--config FILE]"

struct wish {
    const char *config, *ops;
    bool json, session;
};

static void see_brokers(struct report *r, const struct settings *s, const struct keys_files *files,
                        const char *id, bool session, bool device)
{
    struct broker_visit visit = {.brokers = s->brokers,
                                 .files = files,
                                 .id = id,
                                 .session = session && id[0],
                                 .device = device};
    broker_check(r, &visit);
}

static void see_agent(struct report *r, const struct settings *s, const struct wish *w)
{
    struct keys_files files = {
        .roots = s->roots, .roots2 = s->roots2, .cert = s->cert, .key = s->key};
    char id[65];
    clock_check(r);
    keys_check(r, &files, id);
    disk_check(r, "folder", s->place, s->head_room_bytes);
    if (s->packs[0])
        pack_check_file(r, s->packs);
    else
        report_note(r, "pack", "'pack' is empty: every reading counts as usage");
    bool taken = running_agent(r, s->status_socket);
    see_brokers(r, s, &files, id, w->session || !taken, true);
}

static void folder_of(const char *path, char *to, size_t cap)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    snprintf(to, cap, "%.*s", n ? (int)n : 1, slash ? (n ? path : "/") : ".");
}

static void see_gateway(struct report *r, const struct settings *s, const struct wish *w)
{
    struct keys_files files = {
        .roots = s->roots, .cert = s->cert, .key = s->key, .must_name = s->id};
    struct keys_files canary = {.roots = s->roots, .cert = s->canary_cert, .key = s->canary_key};
    char id[65], canary_id[65], folder[4096], url[512];
    clock_check(r);
    keys_check(r, &files, id);
    if (s->canary_cert[0])
        keys_check(r, &canary, canary_id);
    folder_of(s->place, folder, sizeof folder);
    disk_check(r, "store", folder, GATEWAY_FLOOR_BYTES);
    store_check(r, s->place);
    pack_check_folder(r, s->packs);
    snprintf(url, sizeof url, "http://%s", s->ops_listen);
    bool taken = true;
    if (w->ops[0] || s->ops_listen[0])
        taken = running_gateway(r, w->ops[0] ? w->ops : url, s->canary_cert[0] != '\0');
    else
        report_note(r, "program", "'ops_listen' is empty: not asked");
    see_brokers(r, s, &files, id, w->session || !taken, false);
    mail_check(r, s);
}

static int doctor(int argc, char **argv, const struct table *table, const char *config,
                  void (*see)(struct report *r, const struct settings *s, const struct wish *w))
{
    struct wish w = {.config = config, .ops = ""};
    const struct arg_option options[] = {
        {.name = "--config", .value = "FILE", .help = "the program's settings", .text = &w.config},
        {.name = "--ops",
         .value = "URL",
         .help = "gateway: its ops listener (http:// and 'ops_listen')",
         .text = &w.ops},
        {.name = "--session",
         .help = "open a broker session though the program has one (it reconnects)",
         .on = &w.session},
        {.name = "--json", .help = "print one JSON object", .on = &w.json},
    };
    const struct arg_spec spec = {
        .usage = USAGE,
        .summary = "Looks at clock, certificates, disk, packs, broker, access list, mail server\n"
                   "and the running program; a line each, with what to do. Run it as the\n"
                   "program's own user. Exits 0 when all is fine, 1 when something is not.",
        .options = options,
        .n_options = sizeof options / sizeof options[0],
    };
    int status;
    struct err e = {0};
    struct settings s;
    struct report r;
    memset(&s, 0, sizeof s);
    if (!args_main(&spec, argc, argv, NULL, NULL, &status))
        return status;
    signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is a finding, not our end */
    status = EXIT_USAGE;
    if (settings_load(table, w.config, &s, &e))
        fprintf(stderr, "tocsin doctor: %s\n", e.text);
    else if (report_open(&r, w.json)) {
        see(&r, &s, &w);
        status = report_close(&r) ? EXIT_DONE : EXIT_FOUND;
    }
    settings_free(table, &s);
    return status;
}

int cmd_doctor(int argc, char **argv)
{
    static const char *const verbs[] = {"agent", "gateway", NULL};
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (strcmp(verb, verbs[0]) == 0)
        return doctor(argc - 1, argv + 1, &agent_settings, "/etc/tocsin/agent.conf", see_agent);
    if (strcmp(verb, verbs[1]) == 0)
        return doctor(argc - 1, argv + 1, &gateway_settings, "/etc/tocsin/gateway.conf",
                      see_gateway);
    return args_verb("tocsin doctor", verb, verbs, USAGE);
}
