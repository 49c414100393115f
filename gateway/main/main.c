/* tocsin-gateway: settings and subcommands.
 *
 *   tocsin-gateway [--config FILE] [--NAME=VALUE ...]
 *   tocsin-gateway [--config FILE] user add|disable|enable|list ...
 *   tocsin-gateway [--config FILE] token add|remove|list ...            */
#include "base/log.h"
#include "gateway/main/admin.h"
#include "gateway/main/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "/etc/tocsin/gateway.conf"

static void help(void)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    table_help(&config_table, &text);
    printf("usage: tocsin-gateway [--config FILE] [--NAME=VALUE ...]\n"
           "       tocsin-gateway [--config FILE] user add NAME [--role viewer|agent|admin]"
           "   (password on standard input)\n"
           "       tocsin-gateway [--config FILE] user disable NAME | enable NAME | list\n"
           "       tocsin-gateway [--config FILE] token add NAME --scope read|write | remove NAME"
           " | list\n\n"
           "  --config FILE     settings, name = value a line (%s when it is there)\n"
           "  --check-config    reads the settings, says what is wrong, exits 0 or 2\n"
           "  --show-config     writes the settings in force\n"
           "  --version, --help\n\n%s",
           DEFAULT_FILE, buf_cstr(&text));
    buf_free(&text);
}

static void show(const struct config *config)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    table_show(&config_table, config, &text);
    fputs(buf_cstr(&text), stdout);
    buf_free(&text);
}

struct args {
    const char *file;
    bool check, show;
    int at; /* first word that is no flag */
};

/* --NAME=VALUE sets one setting. */
static int set_flag(struct config *config, const char *flag, struct err *e)
{
    char name[64];
    const char *eq = strchr(flag, '=');
    size_t n = eq ? (size_t)(eq - flag) : strlen(flag);
    if (!eq || n >= sizeof name)
        return err_set(e, ERR_INVALID, "--%s: expected --NAME=VALUE; see --help", flag);
    memcpy(name, flag, n);
    name[n] = 0;
    return table_set(&config_table, config, "command line", name, eq + 1, e);
}

static int scan(int argc, char **argv, struct args *a, struct err *e)
{
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--config") == 0) {
            if (i + 1 == argc)
                return err_set(e, ERR_INVALID, "--config: expected a file");
            a->file = argv[++i];
        } else if (strncmp(argv[i], "--config=", 9) == 0)
            a->file = argv[i] + 9;
        else if (strcmp(argv[i], "--check-config") == 0)
            a->check = true;
        else if (strcmp(argv[i], "--show-config") == 0)
            a->show = true;
    }
    a->at = i;
    return 0;
}

static bool is_setting(const char *word)
{
    return strncmp(word, "--", 2) == 0 && strncmp(word, "--config", 8) != 0 &&
           strcmp(word, "--check-config") != 0 && strcmp(word, "--show-config") != 0;
}

static int load(struct config *config, int argc, char **argv, struct args *a, struct err *e)
{
    int rc = scan(argc, argv, a, e);
    if (rc == 0)
        rc = table_defaults(&config_table, config, e);
    if (rc == 0 && a->file)
        rc = table_load(&config_table, config, a->file, e);
    else if (rc == 0) {
        rc = table_load(&config_table, config, DEFAULT_FILE, e);
        rc = rc == ERR_NOT_FOUND ? 0 : rc;
    }
    for (int i = 1; i < a->at && argv[i] && rc == 0; i++) {
        if (strcmp(argv[i], "--config") == 0)
            i++;
        else if (is_setting(argv[i]))
            rc = set_flag(config, argv[i] + 2, e);
    }
    return rc;
}

static int wants(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return 1;
    return 0;
}

/* The MQTT library would follow the proxies and write secrets into the trace. */
static void clean_environment(void)
{
    static const char *const names[] = {
        "MQTT_C_CLIENT_TRACE", "http_proxy",  "https_proxy", "all_proxy",
        "HTTP_PROXY",          "HTTPS_PROXY", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

int main(int argc, char **argv)
{
    if (wants(argc, argv, "--help")) {
        help();
        return 0;
    }
    if (wants(argc, argv, "--version")) {
        puts("tocsin-gateway " TOCSIN_VERSION);
        return 0;
    }
    clean_environment();
    struct config config = {0};
    struct args args = {0};
    struct err e = {0};
    int rc = load(&config, argc, argv, &args, &e);
    bool admin = rc == 0 && args.at < argc;
    if (rc == 0 && !admin)
        rc = table_check(&config_table, &config, &e);
    if (rc) {
        fprintf(stderr, "tocsin-gateway: %s\n", e.text);
        config_free(&config);
        return 2;
    }
    log_set_level((enum log_level)config.log_level);
    int status = 0;
    if (args.show)
        show(&config);
    else if (admin)
        status = admin_run(config.store, argc - args.at, argv + args.at);
    else if (!args.check)
        status = gateway_run(&config);
    config_free(&config);
    return status;
}
