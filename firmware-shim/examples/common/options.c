/* Options by name; a mistake says which option and what it wants. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOCKET = 1, SERIAL, BAUD, CONTROL, SPEED, AGO, NUMBER, NAME, SEED, REPORT, PROVOKE, HELP };

static const struct option table[] = {
    {"socket", required_argument, NULL, SOCKET},
    {"serial", required_argument, NULL, SERIAL},
    {"baud", required_argument, NULL, BAUD},
    {"control", required_argument, NULL, CONTROL},
    {"speed", required_argument, NULL, SPEED},
    {"start-ago", required_argument, NULL, AGO},
    {"serial-number", required_argument, NULL, NUMBER},
    {"source", required_argument, NULL, NAME},
    {"seed", required_argument, NULL, SEED},
    {"report", required_argument, NULL, REPORT},
    {"provoke", required_argument, NULL, PROVOKE},
    {"help", no_argument, NULL, HELP},
    {0},
};

static void help(const struct appliance *a)
{
    printf("usage: %s --socket PATH | --serial DEVICE [options]\n"
           "  --socket PATH         the agent's Unix socket\n"
           "  --serial DEVICE       a serial line to the agent\n"
           "  --baud N              of the serial line (115200)\n"
           "  --control PATH        listen here for: provoke NAME [LEVEL], clear NAME, status,\n"
           "                        speed N, quit, and what a user does (\"door open\")\n"
           "  --start-ago 14d       start so long ago and catch up with the present\n"
           "  --speed N             times faster than real until then (1000)\n"
           "  --provoke NAME[:LEVEL][@1d]  from the start, or so long after it\n"
           "  --serial-number TEXT  of the appliance (EX-0001)\n"
           "  --source TEXT         this controller's name (main)\n"
           "  --seed N              of noise and users (1)\n"
           "  --report 10s          how often gauges are reported\n"
           "what can go wrong:\n",
           a->name);
    for (const struct provocation *p = a->provocations; p->name; p++)
        printf("  %-22s %s\n", p->name, p->what);
}

/* "90s", "10m", "6h", "14d", plain seconds. False: not a duration. */
static bool duration(const char *text, int64_t *ret_ms)
{
    char *end;
    double n = strtod(text, &end);
    double unit = *end == 'd'   ? 86400e3
                  : *end == 'h' ? 3600e3
                  : *end == 'm' ? 60e3
                  : *end == 's' ? 1e3
                                : 0;
    if (end == text || !(n >= 0 && n <= 1e6) || (unit == 0 ? *end != 0 : end[1] != 0))
        return false;
    *ret_ms = (int64_t)(n * (unit == 0 ? 1e3 : unit));
    return true;
}

static bool number(const char *text, double min, double max, double *ret)
{
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end || !(n >= min && n <= max))
        return false;
    *ret = n;
    return true;
}

int options_provocation(const struct appliance *a, const char *name, size_t len)
{
    for (int i = 0; a->provocations[i].name; i++)
        if (strlen(a->provocations[i].name) == len &&
            memcmp(a->provocations[i].name, name, len) == 0)
            return i;
    return -1;
}

static bool provoke(const struct appliance *a, const char *text, struct options *o)
{
    size_t len = strcspn(text, ":@");
    int index = options_provocation(a, text, len);
    if (index < 0 || o->provokes == OPTIONS_PROVOKE_MAX)
        return false;
    double level = 1;
    int64_t after_ms = 0;
    const char *rest = text + len;
    if (*rest == ':') {
        char *end;
        level = strtod(rest + 1, &end);
        if (end == rest + 1 || !(level >= 0 && level <= 1000))
            return false;
        rest = end;
    }
    if (*rest == '@' ? !duration(rest + 1, &after_ms) : *rest != 0)
        return false;
    o->provoke[o->provokes].index = (size_t)index;
    o->provoke[o->provokes].level = level;
    o->provoke[o->provokes++].after_ms = after_ms;
    return true;
}

static bool take(const struct appliance *a, int option, const char *text, struct options *o)
{
    double n;
    int64_t ms;
    switch (option) {
    case SOCKET: o->socket = text; return true;
    case SERIAL: o->serial = text; return true;
    case CONTROL: o->control = text; return true;
    case NUMBER: o->serial_number = text; return true;
    case NAME: o->name = text; return true;
    case SPEED: return number(text, 1, 1e6, &o->speed);
    case AGO: return duration(text, &o->start_ago_ms);
    case PROVOKE: return provoke(a, text, o);
    case BAUD:
        if (!number(text, 9600, 921600, &n))
            return false;
        o->baud = (uint32_t)n;
        return true;
    case SEED:
        if (!number(text, 0, 1e15, &n))
            return false;
        o->seed = (uint64_t)n;
        return true;
    case REPORT:
        if (!duration(text, &ms) || ms < 1000)
            return false;
        o->report_s = (unsigned)(ms / 1000);
        return true;
    default: return false;
    }
}

int options_parse(int argc, char **argv, const struct appliance *a, struct options *ret)
{
    struct options o = {.baud = 115200,
                        .speed = 1000,
                        .seed = 1,
                        .report_s = 10,
                        .serial_number = "EX-0001",
                        .name = "main"};
    int which, option;
    while ((option = getopt_long(argc, argv, "", table, &which)) != -1) {
        if (option == HELP) {
            help(a);
            return 1;
        }
        if (option == '?')
            return 2;
        if (!take(a, option, optarg, &o)) {
            fprintf(stderr, "%s: --%s cannot be \"%s\"; see --help\n", a->name, table[which].name,
                    optarg);
            return 2;
        }
    }
    if (optind < argc || !o.socket == !o.serial) {
        fprintf(stderr, "%s: give either --socket PATH or --serial DEVICE; see --help\n", a->name);
        return 2;
    }
    *ret = o;
    return 0;
}
