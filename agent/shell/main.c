/* tocsin-agent: reads its settings, then runs until it is told to stop. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/shell/agent.h"

#define EXIT_SETTINGS 2

static const char default_file[] = "/etc/tocsin/agent.conf";

static void print(struct buf *text)
{
    fwrite(text->ptr, 1, text->len, stdout);
    buf_free(text);
}

static int help(void)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_fmt(&text,
            "tocsin-agent %s: reports from an appliance's firmware to a gateway\n\n"
            "  tocsin-agent [--config FILE] [--set NAME=VALUE]...\n\n"
            "  --config FILE     settings, lines of name = value [%s]\n"
            "  --set NAME=VALUE  one setting, over the file's\n"
            "  --check-config    reads the settings, says what is wrong, and ends\n"
            "  --show-config     writes the settings that would be in force, and ends\n"
            "  --version, --help\n\n"
            "SIGTERM seals and flushes what is open and ends; SIGHUP reads log_level,\n"
            "probe_interval and the certificates again.\n\nSettings:\n",
            TOCSIN_VERSION, default_file);
    table_help(&config_table, &text);
    print(&text);
    return 0;
}

struct wish {
    const char *file;
    bool check, show;
    const char *set[64];
    size_t n_set;
};

/* -1: go on; else the exit code. */
static int read_arguments(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"set", required_argument, NULL, 's'},
                                            {"check-config", no_argument, NULL, 'k'},
                                            {"show-config", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1;) {
        switch (c) {
        case 'c': wish->file = optarg; break;
        case 's':
            if (wish->n_set == sizeof wish->set / sizeof wish->set[0])
                return EXIT_SETTINGS;
            wish->set[wish->n_set++] = optarg;
            break;
        case 'k': wish->check = true; break;
        case 'w': wish->show = true; break;
        case 'h': return help();
        case 'v': puts(TOCSIN_VERSION); return 0;
        default: fputs("tocsin-agent: see --help\n", stderr); return EXIT_SETTINGS;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "tocsin-agent: '%s' is no option; see --help\n", argv[optind]);
        return EXIT_SETTINGS;
    }
    return -1;
}

static int set_one(struct config *config, const char *text, struct err *e)
{
    char name[64];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof name)
        return err_set(e, ERR_INVALID, "--set %s: write NAME=VALUE", text);
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = 0;
    return table_set(&config_table, config, "--set", name, equals + 1, e);
}

static int read_settings(const struct wish *wish, struct config *config, struct err *e)
{
    int rc = table_defaults(&config_table, config, e);
    if (!rc)
        rc = table_load(&config_table, config, wish->file, e);
    for (size_t i = 0; !rc && i < wish->n_set; i++)
        rc = set_one(config, wish->set[i], e);
    return rc ? rc : table_check(&config_table, config, e);
}

static int show(struct config *config)
{
    struct buf text;
    buf_init(&text, 65536);
    table_show(&config_table, config, &text);
    print(&text);
    return 0;
}

int main(int argc, char **argv)
{
    struct wish wish = {.file = default_file};
    static struct agent agent;
    struct err e = {0};
    int code = read_arguments(argc, argv, &wish);
    if (code >= 0)
        return code;
    if (read_settings(&wish, &agent.config, &e)) {
        fprintf(stderr, "tocsin-agent: %s\n", e.text);
        table_free(&config_table, &agent.config);
        return EXIT_SETTINGS;
    }
    if (wish.show || wish.check) {
        code = wish.show ? show(&agent.config) : 0;
        table_free(&config_table, &agent.config);
        return code;
    }
    signal(SIGPIPE, SIG_IGN);
    setenv("UV_THREADPOOL_SIZE", "1", 0); /* for names alone: each thread costs memory */
    log_set_level((enum log_level)agent.config.log_level);
    agent.config_file = wish.file;
    int rc = agent_open(&agent, &e);
    if (rc)
        LOG_ERROR("AG003", "%s", e.text);
    else
        agent_run(&agent);
    agent_free(&agent);
    bool setting = rc == ERR_INVALID || rc == ERR_NOT_FOUND || rc == ERR_LIMIT || rc == ERR_EXISTS;
    return rc == 0 ? 0 : setting ? EXIT_SETTINGS : 1;
}
