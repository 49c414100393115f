/* Command lines, one way for every subcommand: `--name value` or `--name=value`,
 * switches, and words. A mistake names the option and the likely one, and the
 * command exits with 2. */
#ifndef CTL_ARGS_ARGS_H
#define CTL_ARGS_ARGS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct arg_option {
    const char *name;  /* "--days" */
    const char *value; /* what its value is called in help; NULL: a switch */
    const char *help;
    const char **text; /* where a value goes; left alone when not given */
    bool *on;          /* where a switch goes */
    size_t *n_many;    /* not NULL: may be given often; `text` is then an array of `most` */
    size_t most;
};

struct arg_spec {
    const char *usage;   /* "tocsin ca issue DIR --role ROLE --name ID" */
    const char *summary; /* what the command does, a sentence or two */
    const struct arg_option *options;
    size_t n_options;
    size_t min_words, max_words;
};

enum { ARGS_HELP = 1 };

/* Reads argv[1..]; words are stored in ret_words (max_words of them), their
 * number in ret_n_words. Returns 0, ARGS_HELP after printing help to standard
 * output, or ERR_INVALID with the reason. */
int args_read(const struct arg_spec *spec, int argc, char **argv, const char **ret_words,
              size_t *ret_n_words, struct err *e);
void args_help(const struct arg_spec *spec);
/* args_read for main-like callers: prints the mistake; true to go on, else
 * *ret_status is the exit status. */
bool args_main(const struct arg_spec *spec, int argc, char **argv, const char **ret_words,
               size_t *ret_n_words, int *ret_status);

/* For a command of several verbs, when none of them (NULL-ended) was meant: prints
 * the usage (for --help) or the mistake with the likely verb. Returns the status. */
int args_verb(const char *command, const char *word, const char *const *verbs, const char *usage);

/* Exit statuses of every subcommand. */
enum {
    EXIT_DONE = 0,
    EXIT_FOUND = 1, /* it ran, and the answer is no: a failed check, nothing found */
    EXIT_USAGE = 2, /* bad input: nothing was started */
    EXIT_REMOTE = 3 /* the gateway, broker or file system refused */
};

#endif
