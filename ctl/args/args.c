/* Reading a subcommand's arguments. */
#include "ctl/args/args.h"

#include "base/table.h"

#include <stdio.h>
#include <string.h>

#define MOST_OPTIONS 32

static const struct arg_option *find(const struct arg_spec *spec, const char *name, size_t len)
{
    for (size_t i = 0; i < spec->n_options; i++)
        if (strlen(spec->options[i].name) == len && strncmp(spec->options[i].name, name, len) == 0)
            return &spec->options[i];
    return NULL;
}

static int unknown(const struct arg_spec *spec, const char *given, struct err *e)
{
    const char *names[MOST_OPTIONS + 1];
    size_t n = 0;
    for (; n < spec->n_options && n < MOST_OPTIONS; n++)
        names[n] = spec->options[n].name;
    names[n] = NULL;
    const char *likely = likely_word(given, names);
    if (likely)
        return err_set(e, ERR_INVALID, "%s: no such option; did you mean %s?", given, likely);
    return err_set(e, ERR_INVALID, "%s: no such option; see --help", given);
}

static int take(const struct arg_option *o, const char *value, struct err *e)
{
    if (!o->n_many) {
        *o->text = value;
        return 0;
    }
    if (*o->n_many == o->most)
        return err_set(e, ERR_LIMIT, "%s: given more than %zu times", o->name, o->most);
    o->text[(*o->n_many)++] = value;
    return 0;
}

/* One option at argv[*i]; steps over a value that stands apart. */
static int read_option(const struct arg_spec *spec, int argc, char **argv, int *i, struct err *e)
{
    const char *given = argv[*i];
    const char *equals = strchr(given, '=');
    size_t len = equals ? (size_t)(equals - given) : strlen(given);
    const struct arg_option *o = find(spec, given, len);
    if (!o)
        return unknown(spec, given, e);
    if (!o->value) {
        if (equals)
            return err_set(e, ERR_INVALID, "%s: takes no value", o->name);
        *o->on = true;
        return 0;
    }
    if (equals)
        return take(o, equals + 1, e);
    if (*i + 1 >= argc)
        return err_set(e, ERR_INVALID, "%s: its value (%s) is missing", o->name, o->value);
    return take(o, argv[++*i], e);
}

int args_read(const struct arg_spec *spec, int argc, char **argv, const char **ret_words,
              size_t *ret_n_words, struct err *e)
{
    size_t n = 0;
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--help") == 0) {
            args_help(spec);
            return ARGS_HELP;
        }
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
            continue;
        }
        if (options && argv[i][0] == '-' && argv[i][1]) {
            int rc = read_option(spec, argc, argv, &i, e);
            if (rc)
                return rc;
            continue;
        }
        if (n == spec->max_words)
            return err_set(e, ERR_INVALID, "%s: one word too many", argv[i]);
        ret_words[n++] = argv[i];
    }
    if (n < spec->min_words)
        return err_set(e, ERR_INVALID, "a word is missing");
    *ret_n_words = n;
    return 0;
}

void args_help(const struct arg_spec *spec)
{
    printf("usage: %s\n\n%s\n", spec->usage, spec->summary);
    if (spec->n_options)
        printf("\n");
    for (size_t i = 0; i < spec->n_options; i++) {
        const struct arg_option *o = &spec->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-24s %s\n", left, o->help);
    }
}

bool args_main(const struct arg_spec *spec, int argc, char **argv, const char **ret_words,
               size_t *ret_n_words, int *ret_status)
{
    struct err e = {0};
    size_t n = 0;
    int rc = args_read(spec, argc, argv, ret_words, &n, &e);
    if (rc == 0) {
        if (ret_n_words)
            *ret_n_words = n;
        return true;
    }
    if (rc != ARGS_HELP)
        fprintf(stderr, "tocsin: %s\nusage: %s\n", e.text, spec->usage);
    *ret_status = rc == ARGS_HELP ? EXIT_DONE : EXIT_USAGE;
    return false;
}

int args_verb(const char *command, const char *word, const char *const *verbs, const char *usage)
{
    if (strcmp(word, "--help") == 0) {
        printf("usage: %s\n", usage);
        return EXIT_DONE;
    }
    const char *likely = likely_word(word, verbs);
    fprintf(stderr, "%s: no verb '%s'%s%s%s\nusage: %s\n", command, word,
            likely ? "; did you mean '" : "", likely ? likely : "", likely ? "'?" : "", usage);
    return EXIT_USAGE;
}
