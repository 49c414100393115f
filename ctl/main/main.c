/* tocsin, the command line: one row a subcommand. */
#include "base/table.h"
#include "ctl/args/args.h"
#include "ctl/bench/bench.h"
#include "ctl/broker/broker.h"
#include "ctl/ca/ca.h"
#include "ctl/doctor/doctor.h"
#include "ctl/pack/commands.h"
#include "ctl/rest/commands.h"

#include <stdio.h>
#include <string.h>

static const struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} subcommands[] = {
    {"ca", cmd_ca, "make certificates for a bench"},
    {"broker", cmd_broker, "write a broker's configuration"},
    {"pack", cmd_pack, "check, build or make a header of a product family's pack"},
    {"rules", cmd_rules, "run a pack's scenarios through the rule engine"},
    {"alerts", cmd_alerts, "list, follow, acknowledge, snooze, resolve, test"},
    {"devices", cmd_devices, "list devices, or show one with its ledger"},
    {"customers", cmd_customers, "who owns which device, and how they are told"},
    {"webhooks", cmd_webhooks, "which systems get signed events"},
    {"outbox", cmd_outbox, "what was told, and what could not be"},
    {"send", cmd_send, "a reading by hand, to try a pack without firmware"},
    {"fault", cmd_fault, "provoke a fault in an example appliance"},
    {"status", cmd_status, "how the gateway is"},
    {"doctor", cmd_doctor, "look at an agent's or the gateway's surroundings: what to mend"},
};
#define COUNT (sizeof subcommands / sizeof subcommands[0])

static void usage(FILE *to)
{
    fprintf(to, "usage: tocsin COMMAND ... (tocsin COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COUNT; i++)
        fprintf(to, "  %-10s %s\n", subcommands[i].name, subcommands[i].help);
}

static int unknown(const char *word)
{
    const char *names[COUNT + 1];
    for (size_t i = 0; i < COUNT; i++)
        names[i] = subcommands[i].name;
    names[COUNT] = NULL;
    const char *likely = likely_word(word, names);
    fprintf(stderr, "tocsin: no command '%s'%s%s%s\n", word, likely ? "; did you mean '" : "",
            likely ? likely : "", likely ? "'?" : "");
    usage(stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        usage(stdout);
        return argc > 1 ? EXIT_DONE : EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        printf("tocsin %s\n", TOCSIN_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(word, subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    return unknown(word);
}
