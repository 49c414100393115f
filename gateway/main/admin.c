#include "gateway/main/admin.h"

#include "base/clock.h"
#include "gateway/api/access/users.h"
#include "gateway/store/store.h"

#include <stdio.h>
#include <string.h>

static const char *option(int argc, char **argv, const char *name, const char *initial)
{
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return initial;
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

static int usage(struct err *e)
{
    return err_set(e, ERR_INVALID,
                   "expected user add|disable|enable NAME, user list, token add|remove NAME or "
                   "token list; see --help");
}

static int user(sqlite3 *db, int argc, char **argv, struct err *e)
{
    if (argc == 1 && strcmp(argv[0], "list") == 0)
        return list(db, users_list, e);
    if (argc < 2)
        return usage(e);
    if (strcmp(argv[0], "add") == 0)
        return add_user(db, argc - 1, argv + 1, e);
    if (strcmp(argv[0], "disable") == 0 || strcmp(argv[0], "enable") == 0)
        return users_disable(db, argv[1], argv[0][0] == 'd', clock_now().wall_ms, e);
    return usage(e);
}

static int token(sqlite3 *db, int argc, char **argv, struct err *e)
{
    if (argc == 1 && strcmp(argv[0], "list") == 0)
        return list(db, tokens_list, e);
    if (argc < 2)
        return usage(e);
    if (strcmp(argv[0], "add") == 0)
        return add_token(db, argc - 1, argv + 1, e);
    if (strcmp(argv[0], "remove") == 0)
        return tokens_remove(db, argv[1], clock_now().wall_ms, e);
    return usage(e);
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
    struct err e = {0};
    int rc = users_open(store_path, &db, &e);
    if (rc == ERR_NOT_FOUND) {
        rc = make_store(store_path, &e);
        if (rc == 0)
            rc = users_open(store_path, &db, &e);
    }
    if (rc == 0) {
        if (strcmp(argv[0], "user") == 0)
            rc = user(db, argc - 1, argv + 1, &e);
        else if (strcmp(argv[0], "token") == 0)
            rc = token(db, argc - 1, argv + 1, &e);
        else
            rc = usage(&e);
        users_close(db);
    }
    if (rc)
        fprintf(stderr, "tocsin-gateway: %s\n", e.text);
    return rc == 0 ? 0 : rc == ERR_INVALID || rc == ERR_LIMIT ? 2 : 1;
}
