/* Whole commands over the client: one call, or a list of pages. */
#include "ctl/rest/client.h"
#include "ctl/rest/show.h"

#include <stdio.h>

static struct rest *open_or_say(struct rest_options *options, struct err *e)
{
    struct rest *r = rest_open(options);
    if (!r)
        err_set(e, ERR_NOMEM, "out of memory");
    return r;
}

int rest_do(const char *command, struct rest_options *options, const char *method, const char *path,
            json_t *body, void (*show)(const json_t *answer))
{
    struct err e = {0};
    json_t *answer = NULL;
    struct rest *r = open_or_say(options, &e);
    int rc = r ? rest_call(r, method, path, body, &answer, &e) : e.code;
    if (rc == 0 && options->json)
        rest_print_json(json_incref(answer));
    else if (rc == 0 && show)
        show(answer);
    json_decref(answer);
    json_decref(body);
    rest_close(r);
    return rc ? rest_fail(command, &e) : EXIT_DONE;
}

/* One page; `after` (of `size` bytes) is where it begins, and then where the next
 * does, "" at the end. */
static int one_page(struct rest *r, const char *path, char *after, size_t size, bool json,
                    void (*heading)(void), void (*row)(const json_t *), struct err *e)
{
    char page[2048];
    json_t *answer = NULL, *item;
    size_t i;
    snprintf(page, sizeof page, "%s", path);
    rest_query(page, sizeof page, "after", after);
    int rc = rest_call(r, "GET", page, NULL, &answer, e);
    if (rc)
        return rc;
    if (heading && !json)
        heading();
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        if (json)
            rest_print_json(json_incref(item));
        else
            row(item);
    }
    snprintf(after, size, "%s", show_text(answer, "next"));
    json_decref(answer);
    return 0;
}

int rest_list(const char *command, struct rest_options *options, const char *path,
              void (*heading)(void), void (*row)(const json_t *item))
{
    struct err e = {0};
    char after[512] = "";
    struct rest *r = open_or_say(options, &e);
    int rc = r ? 0 : e.code;
    do {
        rc = rc ? rc : one_page(r, path, after, sizeof after, options->json, heading, row, &e);
        heading = NULL; /* above the first page, once it has come */
    } while (rc == 0 && after[0]);
    rest_close(r);
    return rc ? rest_fail(command, &e) : EXIT_DONE;
}
