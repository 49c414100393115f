/* tocsin alerts */
#include "ctl/rest/client.h"
#include "ctl/rest/commands.h"
#include "ctl/rest/show.h"

#include "base/clock.h"
#include "base/table.h"

#include <stdio.h>
#include <string.h>

#define COMMAND "tocsin alerts"

static bool print_event(void *arg, const char *type, int64_t id, const char *data)
{
    const bool *json = arg;
    char at[32];
    json_t *event = json_loads(data, 0, NULL);
    const json_t *alert = json_object_get(event, "alert");
    (void)id;
    if (*json) {
        printf("%s\n", data);
    } else if (json_is_object(alert)) {
        show_time(at, sizeof at, show_int(event, "at_ms"));
        printf("%s  %-18s ", at, type);
        show_alert_row(alert);
    } else {
        show_time(at, sizeof at, show_int(event, "at_ms"));
        printf("%s  %-18s ", at, type);
        show_cell(show_text(event, "device"), 0);
        printf("\n");
    }
    fflush(stdout);
    json_decref(event);
    return true;
}

static int follow_feed(struct rest_options *o)
{
    struct err e = {0};
    struct rest *r = rest_open(o);
    int rc =
        r ? rest_follow(r, 0, print_event, &o->json, &e) : err_set(&e, ERR_NOMEM, "out of memory");
    rest_close(r);
    return rc ? rest_fail(COMMAND, &e) : EXIT_DONE;
}

static int alerts_list(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *state = "open,acknowledged", *device = "", *severity = "", *rule = "", *query = "";
    bool follow = false;
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--state",
         .value = "LIST",
         .help = "open,acknowledged,resolved (open,acknowledged)",
         .text = &state},
        {.name = "--severity", .value = "LIST", .help = "critical,major,minor", .text = &severity},
        {.name = "--device", .value = "ID", .help = "of one device", .text = &device},
        {.name = "--rule", .value = "NAME", .help = "of one rule", .text = &rule},
        {.name = "--search",
         .value = "TEXT",
         .help = "in device, model, customer, rule",
         .text = &query},
        {.name = "--follow", .help = "stay, and print what happens as it does", .on = &follow},
    };
    const struct arg_spec spec = {"tocsin alerts list [--follow]",
                                  "The alerts there are, newest last with --follow.",
                                  options,
                                  sizeof options / sizeof options[0],
                                  0,
                                  0};
    char path[2048] = "/alerts";
    int status;
    if (!args_main(&spec, argc, argv, NULL, NULL, &status))
        return status;
    rest_query(path, sizeof path, "state", state);
    rest_query(path, sizeof path, "severity", severity);
    rest_query(path, sizeof path, "device", device);
    rest_query(path, sizeof path, "rule", rule);
    rest_query(path, sizeof path, "q", query);
    status = rest_list(COMMAND, &o, path, show_alert_heading, show_alert_row);
    return status == EXIT_DONE && follow ? follow_feed(&o) : status;
}

static void print_alert(const json_t *a)
{
    char at[32];
    const json_t *item;
    size_t i;
    show_alert_heading();
    show_alert_row(a);
    printf("\nwhy:\n");
    json_array_foreach(json_object_get(a, "evidence"), i, item)
    {
        printf("  ");
        show_cell(show_text(item, "text"), 0);
        if (json_is_number(json_object_get(item, "value")) &&
            json_is_null(json_object_get(item, "fault")))
            printf("  (it was %g %s)", json_number_value(json_object_get(item, "value")),
                   show_text(item, "unit"));
        printf("\n");
    }
    printf("\nhistory:\n");
    json_array_foreach(json_object_get(a, "log"), i, item)
    {
        show_time(at, sizeof at, show_int(item, "at_ms"));
        printf("  %s  %-13s by %s", at, show_text(item, "move"), show_text(item, "actor"));
        printf("%s%s\n", show_text(item, "reason")[0] ? ": " : "", show_text(item, "reason"));
    }
    printf("\ntold:\n");
    json_array_foreach(json_object_get(a, "told"), i, item)
    {
        printf("  %-12s %-8s %-9s ", show_text(item, "audience"), show_text(item, "channel"),
               show_text(item, "state"));
        show_cell(show_text(item, "recipient"), 0);
        printf("%s%s\n", show_text(item, "last_error")[0] ? "  " : "",
               show_text(item, "last_error"));
    }
}

static int alerts_show(int argc, char **argv)
{
    struct rest_options o = {0};
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {"tocsin alerts show ID",
                                  "One alert with its evidence, history and who was told.",
                                  options,
                                  REST_OPTION_COUNT,
                                  1,
                                  1};
    char path[256] = "/alerts";
    const char *id;
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    rest_segment(path, sizeof path, id);
    return rest_do(COMMAND, &o, "GET", path, NULL, print_alert);
}

/* POST /alerts/ID/<verb> with a body that is taken. */
static int post_move(struct rest_options *o, const char *id, const char *verb, json_t *body)
{
    char path[256] = "/alerts";
    rest_segment(path, sizeof path, id);
    rest_segment(path, sizeof path, verb);
    return rest_do(COMMAND, o, "POST", path, body, show_alert_row);
}

static int alerts_ack(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *note = "", *id;
    const struct arg_option options[] = {REST_OPTIONS(o),
                                         {.name = "--note",
                                          .value = "TEXT",
                                          .help = "what to write into its history",
                                          .text = &note}};
    const struct arg_spec spec = {"tocsin alerts ack ID [--note TEXT]",
                                  "Says that somebody works on it.",
                                  options,
                                  REST_OPTION_COUNT + 1,
                                  1,
                                  1};
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    return post_move(&o, id, "acknowledge",
                     note[0] ? json_pack("{s:s}", "note", note) : json_object());
}

static int alerts_note(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *words[2];
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {"tocsin alerts note ID TEXT",
                                  "Writes a line into its history.",
                                  options,
                                  REST_OPTION_COUNT,
                                  2,
                                  2};
    int status;
    if (!args_main(&spec, argc, argv, words, NULL, &status))
        return status;
    return post_move(&o, words[0], "note", json_pack("{s:s}", "text", words[1]));
}

static int alerts_resolve(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *reason = "fixed", *note = "", *id;
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--reason",
         .value = "WORD",
         .help = "fixed, customer_fixed, false_alarm, duplicate or other (fixed)",
         .text = &reason},
        {.name = "--note",
         .value = "TEXT",
         .help = "what to write into its history",
         .text = &note}};
    const struct arg_spec spec = {
        "tocsin alerts resolve ID [--reason WORD]",
        "Ends it. false_alarm is what a rule's precision is measured from.",
        options,
        REST_OPTION_COUNT + 2,
        1,
        1};
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    json_t *body = json_pack("{s:s}", "reason", reason);
    if (note[0])
        json_object_set_new(body, "note", json_string(note));
    return post_move(&o, id, "resolve", body);
}

static int alerts_snooze(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *span = "1h", *reason = "", *id;
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--for", .value = "SPAN", .help = "how long: 30m, 4h, 2d (1h)", .text = &span},
        {.name = "--reason", .value = "TEXT", .help = "why", .text = &reason}};
    const struct arg_spec spec = {"tocsin alerts snooze ID [--for SPAN]",
                                  "Puts it aside for a while.",
                                  options,
                                  REST_OPTION_COUNT + 2,
                                  1,
                                  1};
    int status;
    int64_t ms;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    if (parse_duration_ms(span, &ms) || ms <= 0) {
        fprintf(stderr, COMMAND ": --for %s: expected a span such as 30m, 4h or 2d\n", span);
        return EXIT_USAGE;
    }
    json_t *body = json_pack("{s:I}", "until_ms", (json_int_t)(clock_now().wall_ms + ms));
    if (reason[0])
        json_object_set_new(body, "reason", json_string(reason));
    return post_move(&o, id, "snooze", body);
}

static void print_test(const json_t *answer)
{
    printf("test alert %lld opened\n", (long long)show_int(answer, "alert"));
}

static int alerts_test(int argc, char **argv)
{
    struct rest_options o = {0};
    const struct arg_option options[] = {REST_OPTIONS(o)};
    const struct arg_spec spec = {
        "tocsin alerts test DEVICE",
        "Sends a test alert, marked as one, to every audience of a device.",
        options,
        REST_OPTION_COUNT,
        1,
        1};
    char path[256] = "/devices";
    const char *device;
    int status;
    if (!args_main(&spec, argc, argv, &device, NULL, &status))
        return status;
    rest_segment(path, sizeof path, device);
    rest_segment(path, sizeof path, "test-alert");
    return rest_do(COMMAND, &o, "POST", path, NULL, print_test);
}

int cmd_alerts(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int, char **);
    } verbs[] = {{"list", alerts_list},     {"show", alerts_show},       {"ack", alerts_ack},
                 {"snooze", alerts_snooze}, {"resolve", alerts_resolve}, {"note", alerts_note},
                 {"test", alerts_test}};
    static const char *const names[] = {"list",    "show", "ack",  "snooze",
                                        "resolve", "note", "test", NULL};
    const char *verb = argc > 1 ? argv[1] : "list";
    if (verb[0] == '-' && strcmp(verb, "--help") != 0)
        return alerts_list(argc, argv); /* tocsin alerts --follow */
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
    return args_verb(
        COMMAND, verb, names,
        "tocsin alerts [list|show ID|ack ID|snooze ID|resolve ID|note ID TEXT|test DEVICE]");
}
