/* Asking the gateway's API: one call, one JSON answer, one sentence when it fails. */
#ifndef CTL_REST_CLIENT_H
#define CTL_REST_CLIENT_H

#include "base/err.h"
#include "ctl/args/args.h"

#include <jansson.h>

/* Where and as whom: from options, else from TOCSIN_URL and TOCSIN_TOKEN. */
struct rest_options {
    const char *url; /* "http://127.0.0.1:8080" */
    const char *token;
    bool json; /* print what came as it is */
};
#define REST_OPTIONS(o)                                                                            \
    {.name = "--url",                                                                              \
     .value = "URL",                                                                               \
     .help = "the gateway's API (TOCSIN_URL, http://127.0.0.1:8080)",                              \
     .text = &(o).url},                                                                            \
        {.name = "--token",                                                                        \
         .value = "TOKEN",                                                                         \
         .help = "an API token (TOCSIN_TOKEN)",                                                    \
         .text = &(o).token},                                                                      \
    {                                                                                              \
        .name = "--json", .help = "print the answer as JSON", .on = &(o).json                      \
    }
#define REST_OPTION_COUNT 3

struct rest; /* one connection */

/* Fills what was not given from the environment. NULL: no memory. */
struct rest *rest_open(struct rest_options *options);
void rest_close(struct rest *r);

/* One call; `path` begins after /api/v1; body (borrowed) may be NULL. The answer is
 * the caller's (json_decref), NULL for 204. ERR_CLOSED: nobody answers at that URL;
 * ERR_DENIED, ERR_NOT_FOUND, ERR_EXISTS (409), ERR_INVALID: what the gateway said. */
int rest_call(struct rest *r, const char *method, const char *path, const json_t *body,
              json_t **ret_answer, struct err *e);

/* Adds "?name=value" or "&name=value", escaped, to a path of `size` bytes. */
void rest_query(char *path, size_t size, const char *name, const char *value);
/* One path segment, escaped, appended. */
void rest_segment(char *path, size_t size, const char *segment);

/* Reads the event stream for ever, from after event `last` (0: from now on). `each`
 * gets an event's type, id and data; it returns false to stop. Reconnects by itself
 * and says so on standard error. */
typedef bool (*rest_event_fn)(void *arg, const char *type, int64_t id, const char *data);
int rest_follow(struct rest *r, int64_t last, rest_event_fn each, void *arg, struct err *e);

/* A whole command: opens, calls, shows the answer (as JSON when asked, else with
 * `show`, NULL: nothing), prints the sentence when it fails. Takes `body`. Returns the
 * exit status. */
int rest_do(const char *command, struct rest_options *options, const char *method, const char *path,
            json_t *body, void (*show)(const json_t *answer));
/* The same for a list of pages: `row` for each item. */
int rest_list(const char *command, struct rest_options *options, const char *path,
              void (*heading)(void), void (*row)(const json_t *item));

/* For every command: prints the sentence, gives the exit status. */
int rest_fail(const char *command, const struct err *e);
/* Prints an answer as JSON (one line) and frees it. */
void rest_print_json(json_t *answer);

#endif
