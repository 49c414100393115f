#include "gateway/api/form/router.h"
#include "tests/support/cu.h"

#include <string.h>

static const struct route routes[] = {
    {HTTP_GET, "/alerts", 1, NULL},
    {HTTP_GET, "/alerts/{id}", 2, NULL},
    {HTTP_POST, "/alerts/{id}/note", 3, NULL},
    {HTTP_PUT, "/alerts/{id}", 4, NULL},
};
static struct route_match m;

static int find(enum http_method method, const char *path)
{
    route_find(routes, 4, method, path, &m);
    return m.route ? m.route->need : 0;
}

static void a_path_finds_its_route(void)
{
    CU_ASSERT_EQUAL(find(HTTP_GET, "/alerts"), 1);
    CU_ASSERT_EQUAL(find(HTTP_HEAD, "/alerts"), 1);
    CU_ASSERT_EQUAL(find(HTTP_GET, "/alerts/a b"), 2);
    CU_ASSERT_STRING_EQUAL(m.params[0], "a b");
    CU_ASSERT_EQUAL(find(HTTP_POST, "/alerts/7/note"), 3);
    CU_ASSERT_STRING_EQUAL(m.params[0], "7");
    CU_ASSERT_EQUAL(find(HTTP_PUT, "/alerts/7"), 4);
}

static void near_misses_are_none(void)
{
    static const char *const paths[] = {
        "",       "/",           "/alert",           "/alerts/",   "/alerts/7/", "/alerts//note",
        "alerts", "/alerts/7/n", "/alerts/7/note/x", "//alerts/7", "/{id}",      "/alerts/7/notes"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CU_ASSERT_EQUAL(find(HTTP_GET, paths[i]), 0);
        CU_ASSERT_STRING_EQUAL(m.allow, "");
    }
}

static void a_wrong_method_learns_the_right_ones(void)
{
    CU_ASSERT_EQUAL(find(HTTP_DELETE, "/alerts/7"), 0);
    CU_ASSERT_STRING_EQUAL(m.allow, "GET, HEAD, PUT");
    CU_ASSERT_EQUAL(find(HTTP_OTHER, "/alerts/7/note"), 0);
    CU_ASSERT_STRING_EQUAL(m.allow, "POST");
}

static void a_parameter_that_does_not_fit_is_none(void)
{
    char path[ROUTE_PARAM + 20] = "/alerts/";
    memset(path + 8, 'x', ROUTE_PARAM - 1);
    CU_ASSERT_EQUAL(find(HTTP_GET, path), 2);
    CU_ASSERT_EQUAL(strlen(m.params[0]), ROUTE_PARAM - 1);
    path[8 + ROUTE_PARAM - 1] = 'x';
    CU_ASSERT_EQUAL(find(HTTP_GET, path), 0);
}

TESTS(STORY(a_path_finds_its_route), STORY(near_misses_are_none),
      STORY(a_wrong_method_learns_the_right_ones), STORY(a_parameter_that_does_not_fit_is_none))
