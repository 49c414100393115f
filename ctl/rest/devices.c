/* tocsin devices, tocsin status */
#include "ctl/rest/client.h"
#include "ctl/rest/commands.h"
#include "ctl/rest/show.h"

#include <stdio.h>
#include <string.h>

static void device_heading(void)
{
    printf("%-20s %-10s %-10s %-9s %-8s %-7s %s\n", "device", "model", "presence", "seen",
           "firmware", "alerts", "owner");
}

static void device_row(const json_t *d)
{
    char age[32], open[32];
    show_age(age, sizeof age, show_int(d, "last_seen_ms"));
    snprintf(open, sizeof open, "%lld", (long long)show_int(d, "open_alerts"));
    show_cell(show_text(d, "id"), 20);
    show_cell(show_text(d, "model"), 10);
    show_cell(show_text(d, "presence"), 10);
    show_cell(age, 9);
    show_cell(show_text(d, "firmware"), 8);
    show_cell(open, 7);
    show_cell(show_text(json_object_get(d, "customer"), "name"), 0);
    printf("\n");
}

static void device_whole(const json_t *d)
{
    char age[32];
    const json_t *item, *ledger = json_object_get(d, "ledger");
    size_t i;
    device_heading();
    device_row(d);
    printf("\nnow:\n");
    json_array_foreach(json_object_get(d, "latest"), i, item)
    {
        show_age(age, sizeof age, show_int(item, "at_ms"));
        printf("  ");
        show_cell(show_text(item, "name"), 24);
        printf("%12g %-10s %s ago\n", json_number_value(json_object_get(item, "value")),
               show_text(item, "unit"), age);
    }
    if (show_int(json_object_get(d, "settings"), "desired_version")) {
        printf("\n");
        show_twin(d);
    }
    printf("\nledger: expected %lld, stored %lld, accounted for %lld, missing %lld; %lld readings; "
           "%lld lost before the agent\n",
           (long long)show_int(ledger, "expected"), (long long)show_int(ledger, "stored"),
           (long long)show_int(ledger, "accounted"), (long long)show_int(ledger, "missing"),
           (long long)show_int(ledger, "readings"), (long long)show_int(ledger, "source_lost"));
}

int cmd_devices(int argc, char **argv)
{
    static const char *const names[] = {"list", "show", "set", NULL};
    struct rest_options o = {0};
    const char *query = "", *presence = "", *id = NULL;
    const struct arg_option options[] = {REST_OPTIONS(o),
                                         {.name = "--search",
                                          .value = "TEXT",
                                          .help = "in id, serial, model, owner",
                                          .text = &query},
                                         {.name = "--presence",
                                          .value = "LIST",
                                          .help = "online,offline,asleep,off,unknown",
                                          .text = &presence}};
    const struct arg_spec spec = {"tocsin devices [list] | show ID | set ID",
                                  "The devices there are, or one with its readings and ledger.",
                                  options,
                                  REST_OPTION_COUNT + 2,
                                  0,
                                  1};
    const char *verb = argc > 1 ? argv[1] : "list";
    char path[2048] = "/devices";
    bool named = verb[0] != '-' && argc > 1;
    int status;
    if (named && strcmp(verb, "set") == 0)
        return devices_set(argc - 1, argv + 1);
    if (named && strcmp(verb, "list") != 0 && strcmp(verb, "show") != 0)
        return args_verb("tocsin devices", verb, names, spec.usage);
    if (!args_main(&spec, named ? argc - 1 : argc, named ? argv + 1 : argv, &id, NULL, &status))
        return status;
    if (strcmp(verb, "show") == 0) {
        rest_segment(path, sizeof path, id ? id : "");
        return rest_do("tocsin devices", &o, "GET", path, NULL, device_whole);
    }
    rest_query(path, sizeof path, "q", query);
    rest_query(path, sizeof path, "presence", presence);
    return rest_list("tocsin devices", &o, path, device_heading, device_row);
}

static void status_whole(const json_t *s)
{
    const json_t *broker = json_object_get(s, "broker"), *store = json_object_get(s, "store");
    bool up = json_is_true(json_object_get(broker, "up"));
    bool ok = json_is_true(json_object_get(store, "ok"));
    printf("gateway  %s, up for %lld s, delivery %s\n", show_text(s, "version"),
           (long long)show_int(s, "uptime_ms") / 1000, show_text(s, "delivery"));
    printf("broker   %s%s%s\n", up ? "connected" : "not connected", up ? "" : ": ",
           up ? "" : show_text(broker, "reason"));
    printf("store    %s%s%s\n", ok ? "writing" : "not writing", ok ? "" : ": ",
           ok ? "" : show_text(store, "detail"));
}

int cmd_status(int argc, char **argv)
{
    struct rest_options o = {0};
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {
        "tocsin status", "How the gateway is.", options, REST_OPTION_COUNT, 0, 0};
    int status;
    if (!args_main(&spec, argc, argv, NULL, NULL, &status))
        return status;
    return rest_do("tocsin status", &o, "GET", "/status", NULL, status_whole);
}
