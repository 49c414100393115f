#include "gateway/main/admin.h"

#include "base/clock.h"
#include "base/table.h"
#include "gateway/api/access/users.h"
#include "gateway/store/store.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *option(int argc, char **argv, const char *name, const char *initial)
{
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return initial;
}

struct verb {
    const char *word;
    bool named;         /* a NAME follows */
    const char *option; /* the one that it takes, with a value; NULL: none */
    int (*run)(sqlite3 *db, int argc, char **argv, struct err *e); /* from the NAME on */
};

/* Refuses what this verb does not take: a word that is left over, a flag of another. */
static int check_words(const struct verb *v, int argc, char **argv, struct err *e)
{
    const char *const known[] = {v->option ? v->option : "--config", NULL};
    for (int i = v->named; i < argc; i++) {
        if (v->option && strcmp(argv[i], v->option) == 0 && i + 1 < argc) {
            i++;
            continue;
        }
        if (v->option && strcmp(argv[i], v->option) == 0)
            return err_set(e, ERR_INVALID, "%s: expected a value", argv[i]);
        const char *likely = likely_word(argv[i], known);
        if (strncmp(argv[i], "--", 2) != 0)
            return err_set(e, ERR_INVALID, "\"%.100s\" is one word too many; see --help", argv[i]);
        if (likely && v->option)
            return err_set(e, ERR_INVALID, "%.100s is not known here; did you mean %s?", argv[i],
                           likely);
        return err_set(
            e, ERR_INVALID,
            "%.100s is not taken here: settings and --config stand before the verb, as in "
            "tocsin-gateway --config FILE user list",
            argv[i]);
    }
    return 0;
}

static int read_password(char *to, size_t size, struct err *e)
{
    if (!fgets(to, (int)size, stdin))
        return err_set(e, ERR_INVALID, "expected the password as one line on standard input");
    to[strcspn(to, "\r\n")] = 0;
    return 0;
}

static int add_user(sqlite3 *db, int argc, char **argv, struct err *e)
{
    char password[300];
    int rc = read_password(password, sizeof password, e);
    if (rc == 0)
        rc = users_put(db, argv[0], password, option(argc, argv, "--role", "agent"),
                       clock_now().wall_ms, e);
    explicit_bzero(password, sizeof password);
    return rc;
}

static int add_token(sqlite3 *db, int argc, char **argv, struct err *e)
{
    char token[SECRET_TEXT + 8];
    int rc = tokens_add(db, argv[0], option(argc, argv, "--scope", "read"), 0, clock_now().wall_ms,
                        token, e);
    if (rc == 0)
        puts(token);
    return rc;
}

static int list(sqlite3 *db, int (*lines)(sqlite3 *, struct buf *, struct err *), struct err *e)
{
    struct buf out;
    buf_init(&out, 1024 * 1024);
    int rc = lines(db, &out, e);
    if (rc == 0)
        fputs(buf_cstr(&out), stdout);
    buf_free(&out);
    return rc;
}

static int list_users(sqlite3 *db, int argc, char **argv, struct err *e)
{
    (void)argc;
    (void)argv;
    return list(db, users_list, e);
}

static int list_tokens(sqlite3 *db, int argc, char **argv, struct err *e)
{
    (void)argc;
    (void)argv;
    return list(db, tokens_list, e);
}

static int disable_user(sqlite3 *db, int argc, char **argv, struct err *e)
{
    (void)argc;
    return users_disable(db, argv[0], true, clock_now().wall_ms, e);
}

static int enable_user(sqlite3 *db, int argc, char **argv, struct err *e)
{
    (void)argc;
    return users_disable(db, argv[0], false, clock_now().wall_ms, e);
}

static int remove_token(sqlite3 *db, int argc, char **argv, struct err *e)
{
    (void)argc;
    return tokens_remove(db, argv[0], clock_now().wall_ms, e);
}

static const struct verb user_verbs[] = {
    {"add", true, "--role", add_user},
    {"disable", true, NULL, disable_user},
    {"enable", true, NULL, enable_user},
    {"list", false, NULL, list_users},
    {0},
};
static const struct verb token_verbs[] = {
    {"add", true, "--scope", add_token},
    {"remove", true, NULL, remove_token},
    {"list", false, NULL, list_tokens},
    {0},
};

static int find_verb(const struct verb *verbs, const char *subject, int argc, char **argv,
                     const struct verb **ret, struct err *e)
{
    const char *words[8] = {0};
    size_t n = 0;
    for (const struct verb *v = verbs; v->word; v++) {
        words[n++] = v->word;
        if (argc && strcmp(argv[0], v->word) == 0)
            *ret = v;
    }
    const char *likely = argc ? likely_word(argv[0], words) : NULL;
    if (!*ret)
        return err_set(e, ERR_INVALID, "%s %.100s is not known%s%s; see --help", subject,
                       argc ? argv[0] : "alone", likely ? ": did you mean " : "",
                       likely ? likely : "");
    if ((*ret)->named && (argc < 2 || argv[1][0] == '-'))
        return err_set(e, ERR_INVALID, "%s %s: expected a NAME", subject, (*ret)->word);
    return check_words(*ret, argc - 1, argv + 1, e);
}

/* What was asked for, before anything is opened. */
static int understand(int argc, char **argv, const struct verb **ret, struct err *e)
{
    static const char *const subjects[] = {"user", "token", NULL};
    if (strcmp(argv[0], "user") == 0)
        return find_verb(user_verbs, "user", argc - 1, argv + 1, ret, e);
    if (strcmp(argv[0], "token") == 0)
        return find_verb(token_verbs, "token", argc - 1, argv + 1, ret, e);
    const char *likely = likely_word(argv[0], subjects);
    return err_set(e, ERR_INVALID, "\"%.100s\" is not known: did you mean %s? See --help", argv[0],
                   likely ? likely : "user or token");
}

/* The first user is often made before the gateway ever ran. */
static int make_store(const char *path, struct err *e)
{
    struct store_config config = {.path = path, .inline_commits = true};
    struct store *store;
    int rc = store_open(&config, &store, e);
    if (rc == 0)
        store_close(store);
    return rc;
}

int admin_run(const char *store_path, int argc, char **argv)
{
    sqlite3 *db = NULL;
    const struct verb *verb = NULL;
    struct err e = {0};
    int rc = understand(argc, argv, &verb, &e);
    if (rc == 0)
        rc = users_open(store_path, &db, &e);
    if (rc == ERR_NOT_FOUND) {
        rc = make_store(store_path, &e);
        if (rc == 0)
            rc = users_open(store_path, &db, &e);
    }
    if (rc == 0 && verb) {
        rc = verb->run(db, argc - 2, argv + 2, &e);
        users_close(db);
    }
    if (rc)
        fprintf(stderr, "tocsin-gateway: %s\n", e.text);
    return rc == 0 ? 0 : rc == ERR_INVALID || rc == ERR_LIMIT ? 2 : 1;
}
