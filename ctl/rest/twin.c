/* tocsin devices set: the settings that a device is to have. */
#include "base/table.h"
#include "ctl/rest/client.h"
#include "ctl/rest/commands.h"
#include "ctl/rest/show.h"

#include <stdio.h>
#include <string.h>

#define COMMAND "tocsin devices set"
#define MOST    64

void show_twin(const json_t *device)
{
    const json_t *s = json_object_get(device, "settings"), *value;
    const char *name;
    size_t i;
    printf("settings: version %lld wished, %lld on the device\n",
           (long long)show_int(s, "desired_version"), (long long)show_int(s, "reported_version"));
    json_object_foreach(json_object_get(s, "report_ms"), name, value)
    {
        printf("  ");
        show_cell(name, 24);
        printf("at most every %g s\n", (double)json_integer_value(value) / 1000);
    }
    json_array_foreach(json_object_get(s, "mute"), i, value)
    {
        printf("  ");
        show_cell(json_string_value(value), 24);
        printf("muted\n");
    }
    if (show_text(s, "log_level")[0])
        printf("  the agent's log at %s\n", show_text(s, "log_level"));
}

/* METRIC=SPAN into the object; ERR_INVALID with the reason. */
static int add_report(json_t *report, const char *word, struct err *e)
{
    char name[100];
    int64_t ms;
    const char *eq = strchr(word, '=');
    size_t n = eq ? (size_t)(eq - word) : sizeof name;
    if (n >= sizeof name)
        return err_set(e, ERR_INVALID, "--report %.100s: expected METRIC=SPAN, as in power=30s",
                       word);
    memcpy(name, word, n);
    name[n] = 0;
    if (parse_duration_ms(eq + 1, &ms))
        return err_set(e, ERR_INVALID, "--report %.100s: \"%.40s\" is no span; 30s, 5m, 1d", word,
                       eq + 1);
    json_object_set_new(report, name, json_integer(ms));
    return 0;
}

int devices_set(int argc, char **argv)
{
    struct rest_options o = {0};
    const char *id, *report[MOST], *mute[MOST], *level = NULL;
    size_t n_report = 0, n_mute = 0;
    const struct arg_option options[] = {
        REST_OPTIONS(o),
        {.name = "--report",
         .value = "METRIC=SPAN",
         .help = "no two readings nearer than this (1s to 1d); may be given often",
         .text = report,
         .n_many = &n_report,
         .most = MOST},
        {.name = "--mute",
         .value = "METRIC",
         .help = "is not reported; may be given often",
         .text = mute,
         .n_many = &n_mute,
         .most = MOST},
        {.name = "--log-level",
         .value = "LEVEL",
         .help = "of the agent: debug, info, warn, error",
         .text = &level}};
    const struct arg_spec spec = {
        "tocsin devices set ID [--report METRIC=SPAN] [--mute METRIC] [--log-level LEVEL]",
        "The settings that a device is to have, in place of all earlier ones.",
        options,
        REST_OPTION_COUNT + 3,
        1,
        1};
    char path[256] = "/devices";
    struct err e = {0};
    int status;
    if (!args_main(&spec, argc, argv, &id, NULL, &status))
        return status;
    json_t *body = json_pack("{s:{}, s:[]}", "report_ms", "mute");
    for (size_t i = 0; i < n_report; i++)
        if (add_report(json_object_get(body, "report_ms"), report[i], &e)) {
            fprintf(stderr, COMMAND ": %s\n", e.text);
            json_decref(body);
            return EXIT_USAGE;
        }
    for (size_t i = 0; i < n_mute; i++)
        json_array_append_new(json_object_get(body, "mute"), json_string(mute[i]));
    if (level)
        json_object_set_new(body, "log_level", json_string(level));
    rest_segment(path, sizeof path, id);
    snprintf(path + strlen(path), sizeof path - strlen(path), "/settings");
    return rest_do(COMMAND, &o, "PUT", path, body, show_twin);
}
