#include "gateway/api/server.h"

#include "tests/support/cu.h"

#include <stdio.h>

static struct loop *loop;
static struct store *store;
static struct err e;
static bool closed;

static size_t no_packs(void *ctx, const struct pack *const **ret_packs)
{
    (void)ctx;
    *ret_packs = NULL;
    return 0;
}

static void on_closed(void *arg)
{
    (void)arg;
    closed = true;
    loop_stop(loop);
}

static void begin(void)
{
    struct store_config config = {.path = ":memory:", .inline_commits = true};
    closed = false;
    CU_ASSERT_EQUAL_FATAL(loop_new(&loop, &e), 0);
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store, &e), 0);
}

static void end(void)
{
    store_close(store);
    loop_free(loop);
}

static int start(const char *listen, const char *ops_listen, struct server **ret)
{
    struct server_config config = {.listen = listen, .ops_listen = ops_listen};
    struct api_ops ops = {.packs = no_packs};
    memset(&e, 0, sizeof e);
    return server_new(loop, store, &config, &ops, ret, &e);
}

static void a_server_starts_and_ends_without_a_trace(void)
{
    struct server *server = NULL;
    begin();
    CU_ASSERT_EQUAL_FATAL(start("127.0.0.1:0", "[::1]:0", &server), 0);
    CU_ASSERT_TRUE(server_port(server) > 0);
    CU_ASSERT_TRUE(server_ops_port(server) > 0);
    server_feed_push(server, 1, "alert.opened", "{}");
    server_close(server, on_closed, NULL);
    loop_run(loop);
    CU_ASSERT_TRUE(closed);
    end();
}

static void an_address_in_use_is_named_and_the_loop_can_end(void)
{
    struct server *first = NULL, *second = NULL;
    char address[40];
    begin();
    CU_ASSERT_EQUAL_FATAL(start("127.0.0.1:0", "", &first), 0);
    snprintf(address, sizeof address, "127.0.0.1:%d", server_port(first));
    CU_ASSERT_EQUAL(start("127.0.0.1:0", address, &second), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, address));
    CU_ASSERT_PTR_NULL(second);
    server_close(first, on_closed, NULL);
    loop_run(loop);
    end();
}

static void a_wrong_address_is_refused(void)
{
    static const char *const bad[] = {"",      "8080",        "localhost:8080", "127.0.0.1", ":80",
                                      "[::1]", "127.0.0.1:x", "1.2.3.4.5:80",   "a b:1"};
    struct server *server = NULL;
    begin();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(start(bad[i], "", &server), ERR_INVALID);
    end();
}

TESTS(STORY(a_server_starts_and_ends_without_a_trace),
      STORY(an_address_in_use_is_named_and_the_loop_can_end), STORY(a_wrong_address_is_refused))
