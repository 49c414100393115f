/* Users, sessions and tokens in the store: nothing readable is kept (holds: ACCESS-3). */
#include "gateway/api/access/users.h"
#include "gateway/store/store.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];
static sqlite3 *db;
static struct err e;

/* A store, made by its own maker, then opened beside it. */
static void open_store(void)
{
    struct store *store = NULL;
    snprintf(folder, sizeof folder, "/tmp/tocsin-users-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/store.db", folder);
    struct store_config config = {.path = path, .inline_commits = true};
    CU_ASSERT_EQUAL_FATAL(secret_init(&e), 0);
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store, &e), 0);
    store_close(store);
    CU_ASSERT_EQUAL_FATAL(users_open(path, &db, &e), 0);
}

static void close_store(void)
{
    char command[128];
    users_close(db);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static const char *listed(int (*list)(sqlite3 *, struct buf *, struct err *))
{
    static char text[512];
    struct buf out;
    buf_init(&out, sizeof text);
    CU_ASSERT_EQUAL(list(db, &out, &e), 0);
    snprintf(text, sizeof text, "%s", buf_cstr(&out));
    buf_free(&out);
    return text;
}

static void a_user_is_added_changed_and_disabled(void)
{
    open_store();
    CU_ASSERT_EQUAL(users_put(db, "anna", "long enough", "agent", 1, &e), 0);
    CU_ASSERT_EQUAL(users_put(db, "bob", "long enough", "viewer", 1, &e), 0);
    CU_ASSERT_EQUAL(users_put(db, "anna", "another one", "admin", 2, &e), 0);
    CU_ASSERT_EQUAL(users_disable(db, "bob", true, 3, &e), 0);
    CU_ASSERT_STRING_EQUAL(listed(users_list), "anna admin\nbob viewer disabled\n");
    CU_ASSERT_EQUAL(users_disable(db, "carla", true, 3, &e), ERR_NOT_FOUND);
    close_store();
}

static void what_is_no_good_user_is_refused_with_a_reason(void)
{
    open_store();
    CU_ASSERT_EQUAL(users_put(db, "anna", "too short", "agent", 1, &e), ERR_LIMIT);
    CU_ASSERT_EQUAL(users_put(db, "anna", "long enough", "king", 1, &e), ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "king"));
    CU_ASSERT_EQUAL(users_put(db, "an na", "long enough", "agent", 1, &e), ERR_INVALID);
    CU_ASSERT_EQUAL(users_put(db, "", "long enough", "agent", 1, &e), ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(listed(users_list), "");
    close_store();
}

static void a_token_is_shown_once_and_only_its_hash_stays(void)
{
    char token[SECRET_TEXT + 8] = "", hash[SECRET_HASH];
    open_store();
    CU_ASSERT_EQUAL(tokens_add(db, "erp", "read", 0, 5, token, &e), 0);
    CU_ASSERT_EQUAL(strncmp(token, "tocsin_", 7), 0);
    CU_ASSERT_EQUAL(strlen(token), 50);
    CU_ASSERT_EQUAL(tokens_add(db, "erp", "write", 0, 5, token, &e), ERR_EXISTS);
    CU_ASSERT_EQUAL(tokens_add(db, "x", "all", 0, 5, token, &e), ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(listed(tokens_list), "erp read 0\n");
    secret_hash(token, hash);
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, "SELECT hash FROM tokens", -1, &s, NULL);
    CU_ASSERT_EQUAL(sqlite3_step(s), SQLITE_ROW);
    CU_ASSERT_STRING_EQUAL((const char *)sqlite3_column_text(s, 0), hash);
    sqlite3_finalize(s);
    CU_ASSERT_EQUAL(tokens_remove(db, "erp", 6, &e), 0);
    CU_ASSERT_EQUAL(tokens_remove(db, "erp", 6, &e), ERR_NOT_FOUND);
    close_store();
}

TESTS(STORY(a_user_is_added_changed_and_disabled),
      STORY(what_is_no_good_user_is_refused_with_a_reason),
      STORY(a_token_is_shown_once_and_only_its_hash_stays))
