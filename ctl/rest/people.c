/* tocsin customers, webhooks, outbox */
#include "ctl/rest/client.h"
#include "ctl/rest/commands.h"
#include "ctl/rest/show.h"

#include <stdio.h>
#include <string.h>

static void customer_whole(const json_t *c)
{
    printf("%s  ", show_text(c, "id"));
    show_cell(show_text(c, "name"), 0);
    printf("  %s  %s  ", show_text(c, "language"), show_text(c, "timezone"));
    show_cell(show_text(c, "email"), 0);
    printf("\n");
}

static int customers_put(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *id, *name = "", *language = "en", *zone = "UTC", *email = "", *phone = "",
                    *channel = "email";
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--name", .value = "TEXT", .help = "how they are called", .text = &name},
        {.name = "--language",
         .value = "CODE",
         .help = "of their messages: en, de (en)",
         .text = &language},
        {.name = "--timezone",
         .value = "ZONE",
         .help = "such as Europe/Berlin (UTC)",
         .text = &zone},
        {.name = "--email", .value = "ADDRESS", .help = "where they are told", .text = &email},
        {.name = "--phone", .value = "NUMBER", .help = "kept for support", .text = &phone},
        {.name = "--channel", .value = "NAME", .help = "email or none (email)", .text = &channel}};
    const struct arg_spec spec = {"tocsin customers put ID --name TEXT [--email ADDRESS]",
                                  "Makes a customer, or changes one.",
                                  options,
                                  REST_OPTION_COUNT + 6,
                                  1,
                                  1};
    char path[256] = "/customers";
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    rest_segment(path, sizeof path, id);
    return rest_do("tocsin customers", &o, "PUT", path,
                   json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "name", name, "language", language,
                             "timezone", zone, "email", email, "phone", phone, "channel", channel),
                   customer_whole);
}

static int customers_own(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *words[2], *name = "";
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--name", .value = "TEXT", .help = "what they call the device", .text = &name}};
    const struct arg_spec spec = {"tocsin customers own ID DEVICE [--name TEXT]",
                                  "Says that the device is theirs from now on.",
                                  options,
                                  REST_OPTION_COUNT + 1,
                                  2,
                                  2};
    char path[256] = "/devices";
    int status;
    if (!args_main(&spec, argc, argv, words, NULL, &status))
        return status;
    rest_segment(path, sizeof path, words[1]);
    snprintf(path + strlen(path), sizeof path - strlen(path), "/owner");
    json_t *body = json_pack("{s:s}", "customer", words[0]);
    if (name[0])
        json_object_set_new(body, "name", json_string(name));
    return rest_do("tocsin customers", &o, "PUT", path, body, NULL);
}

static int customers_show(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *id;
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {
        "tocsin customers show ID", "One customer.", options, REST_OPTION_COUNT, 1, 1};
    char path[256] = "/customers";
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    rest_segment(path, sizeof path, id);
    return rest_do("tocsin customers", &o, "GET", path, NULL, customer_whole);
}

int cmd_customers(int argc, char **argv)
{
    static const char *const names[] = {"show", "put", "own", NULL};
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (strcmp(verb, "show") == 0)
        return customers_show(argc - 1, argv + 1);
    if (strcmp(verb, "put") == 0)
        return customers_put(argc - 1, argv + 1);
    if (strcmp(verb, "own") == 0)
        return customers_own(argc - 1, argv + 1);
    return args_verb("tocsin customers", verb, names,
                     "tocsin customers show ID | put ID --name TEXT | own ID DEVICE");
}

static void webhook_row(const json_t *w)
{
    const json_t *audience;
    size_t i;
    show_cell(show_text(w, "id"), 16);
    printf("%-4s ", json_is_true(json_object_get(w, "enabled")) ? "on" : "off");
    json_array_foreach(json_object_get(w, "audience"), i, audience)
        printf("%s%s", i ? "," : "", json_string_value(audience));
    printf("  ");
    show_cell(show_text(w, "url"), 0);
    printf("\n");
}

static int webhooks_put(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *id, *url = "", *secret = "", *audience[2];
    size_t n = 0;
    bool off = false;
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--target", .value = "URL", .help = "where events are posted", .text = &url},
        {.name = "--secret",
         .value = "TEXT",
         .help = "whsec_ and base64: what they are signed with",
         .text = &secret},
        {.name = "--audience",
         .value = "WHO",
         .help = "support or manufacturer; may repeat",
         .text = audience,
         .n_many = &n,
         .most = 2},
        {.name = "--off", .help = "kept, but not called", .on = &off}};
    const struct arg_spec spec = {
        "tocsin webhooks put ID --target URL --secret TEXT --audience WHO",
        "Makes a webhook, or changes one.",
        options,
        REST_OPTION_COUNT + 4,
        1,
        1};
    char path[256] = "/webhooks";
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    rest_segment(path, sizeof path, id);
    json_t *who = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(who, json_string(audience[i]));
    return rest_do("tocsin webhooks", &o, "PUT", path,
                   json_pack("{s:s,s:s,s:o,s:b}", "url", url, "secret", secret, "audience", who,
                             "enabled", !off),
                   webhook_row);
}

int cmd_webhooks(int argc, char **argv)
{
    static const char *const names[] = {"list", "put", "delete", NULL};
    struct rest_options o = {0};
    const char *id = "";
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {"tocsin webhooks [list] | put ID --target URL | delete ID",
                                  "Who else is told: systems that get signed events.",
                                  options,
                                  REST_OPTION_COUNT,
                                  0,
                                  1};
    const char *verb = argc > 1 && argv[1][0] != '-' ? argv[1] : "list";
    bool named = argc > 1 && argv[1][0] != '-';
    char path[256] = "/webhooks";
    int status;
    if (strcmp(verb, "put") == 0)
        return webhooks_put(argc - 1, argv + 1);
    if (strcmp(verb, "list") != 0 && strcmp(verb, "delete") != 0)
        return args_verb("tocsin webhooks", verb, names, spec.usage);
    if (!args_main(&spec, named ? argc - 1 : argc, named ? argv + 1 : argv, &id, NULL, &status))
        return status;
    if (strcmp(verb, "list") == 0)
        return rest_list("tocsin webhooks", &o, path, NULL, webhook_row);
    rest_segment(path, sizeof path, id);
    return rest_do("tocsin webhooks", &o, "DELETE", path, NULL, NULL);
}

static void outbox_row(const json_t *m)
{
    char age[32], id[32];
    snprintf(id, sizeof id, "%lld", (long long)show_int(m, "id"));
    show_age(age, sizeof age, show_int(m, "created_ms"));
    show_cell(id, 6);
    show_cell(show_text(m, "state"), 8);
    show_cell(age, 7);
    show_cell(show_text(m, "channel"), 8);
    show_cell(show_text(m, "recipient"), 28);
    show_cell(show_text(m, "last_error"), 0);
    printf("\n");
}

int cmd_outbox(int argc, char **argv)
{
    static const char *const names[] = {"list", "replay", NULL};
    struct rest_options o = {0};
    const char *state = "", *id = "";
    const struct arg_option options[] = {REST_OPTIONS(o),
                                         {.name = "--state",
                                          .value = "STATE",
                                          .help = "ready, trying, accepted, dead or dropped",
                                          .text = &state}};
    const struct arg_spec spec = {"tocsin outbox [list] [--state dead] | replay ID",
                                  "What was or is to be told. replay sends a dead letter again.",
                                  options,
                                  REST_OPTION_COUNT + 1,
                                  0,
                                  1};
    const char *verb = argc > 1 && argv[1][0] != '-' ? argv[1] : "list";
    bool named = argc > 1 && argv[1][0] != '-';
    char path[256] = "/outbox";
    int status;
    if (strcmp(verb, "list") != 0 && strcmp(verb, "replay") != 0)
        return args_verb("tocsin outbox", verb, names, spec.usage);
    if (!args_main(&spec, named ? argc - 1 : argc, named ? argv + 1 : argv, &id, NULL, &status))
        return status;
    if (strcmp(verb, "list") == 0) {
        rest_query(path, sizeof path, "state", state);
        return rest_list("tocsin outbox", &o, path, NULL, outbox_row);
    }
    rest_segment(path, sizeof path, id);
    rest_segment(path, sizeof path, "replay");
    return rest_do("tocsin outbox", &o, "POST", path, NULL, NULL);
}
