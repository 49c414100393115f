#include "gateway/api/form/body.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1700000000000)
static struct problem p;

/* The fields at fault, joined by spaces. */
static const char *faults(void)
{
    static char text[600];
    text[0] = 0;
    for (size_t i = 0; i < p.n_fields; i++) {
        strcat(text, i ? " " : "");
        strcat(text, p.fields[i].field);
    }
    return text;
}

static json_t *parse(const char *text)
{
    memset(&p, 0, sizeof p);
    return body_parse(slice_str(text), &p);
}

static void only_one_strict_object_is_a_body(void)
{
    static const char *const malformed[] = {
        "{", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "\xff", "{\"a\":\"\\u0000\"}", "{'a':1}", "nul"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        CU_ASSERT_PTR_NULL(parse(malformed[i]));
        CU_ASSERT_EQUAL(p.status, 400);
    }
    static const char *const others[] = {"[]", "1", "\"a\"", "null"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CU_ASSERT_PTR_NULL(parse(others[i]));
        CU_ASSERT_EQUAL(p.status, 422);
    }
    json_t *empty = parse("");
    CU_ASSERT_EQUAL(json_object_size(empty), 0);
    json_decref(empty);
}

static void a_snooze_ends_in_the_future_or_now(void)
{
    static const struct {
        const char *body, *faults;
    } cases[] = {
        {"{\"until_ms\":1700000000001}", ""},
        {"{\"until_ms\":0,\"reason\":\"x\\ny\"}", ""},
        {"{\"until_ms\":1700000000000}", "until_ms"},
        {"{\"until_ms\":1707776000001}", "until_ms"}, /* 90 days and 1 ms */
        {"{\"until_ms\":1e12}", "until_ms"},
        {"{\"until_ms\":\"1\"}", "until_ms"},
        {"{}", "until_ms"},
        {"{\"until_ms\":0,\"untilms\":1,\"reason\":5}", "untilms reason"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct body_move m;
        json_t *body = parse(cases[i].body);
        body_snooze(body, NOW, &m, &p);
        CU_ASSERT_STRING_EQUAL(faults(), cases[i].faults);
        json_decref(body);
    }
}

static void a_customer_cannot_smuggle_a_second_address(void)
{
    static const char *const good[] = {"a@b", "anna.o'neil+fridge@mail.example.org"};
    static const char *const bad[] = {"a",           "@b",         "a@",
                                      "a@b@c",       "a@b,c@d",    "a@b>",
                                      "Anna <a@b>",  "a@b c",      "a@b\\r\\nBcc: x@y",
                                      "\\\"x\\\"@b", "\xc3\xa4@b", "a@b..c"};
    char text[200];
    struct body_customer c;
    for (size_t i = 0; i < sizeof good / sizeof good[0] + sizeof bad / sizeof bad[0]; i++) {
        bool is_good = i < sizeof good / sizeof good[0];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"email\":\"%s\"}",
                 is_good ? good[i] : bad[i - sizeof good / sizeof good[0]]);
        json_t *body = parse(text);
        body_customer(body, &c, &p);
        CU_ASSERT_STRING_EQUAL(faults(), is_good ? "" : "email");
        json_decref(body);
    }
}

static void a_time_zone_names_no_path(void)
{
    static const char *const bad[] = {"../../etc/passwd", "/etc/localtime", "Europe Berlin", ".x"};
    struct body_customer c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"timezone\":\"%s\"}", bad[i]);
        json_t *body = parse(text);
        body_customer(body, &c, &p);
        CU_ASSERT_STRING_EQUAL(faults(), "timezone");
        json_decref(body);
    }
}

static void an_owner_is_said_even_when_there_is_none(void)
{
    struct body_owner o;
    json_t *body = parse("{\"customer\":null}");
    body_owner(body, NOW, &o, &p);
    CU_ASSERT_FALSE(problem_is(&p));
    CU_ASSERT_PTR_NULL(o.customer);
    CU_ASSERT_EQUAL(o.from_ms, NOW);
    json_decref(body);
    body = parse("{\"customer\":\"a/b\",\"from_ms\":1700000000001}");
    body_owner(body, NOW, &o, &p);
    CU_ASSERT_STRING_EQUAL(faults(), "customer from_ms");
    json_decref(body);
    body = parse("{}");
    body_owner(body, NOW, &o, &p);
    CU_ASSERT_STRING_EQUAL(faults(), "customer");
    json_decref(body);
}

static void a_webhook_has_a_safe_secret_and_an_audience(void)
{
    static const struct {
        const char *body, *faults;
    } cases[] = {
        {"{\"url\":\"https://x\",\"audience\":[\"support\",\"manufacturer\"],"
         "\"secret\":\"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
         ""},
        {"{\"url\":\"https://x\",\"audience\":[\"support\"]}", ""},
        {"{\"url\":\"https://x\",\"audience\":[\"support\",\"support\"]}", "audience"},
        {"{\"url\":\"https://x\",\"audience\":[\"customer\"]}", "audience"},
        {"{\"url\":\"https://x\",\"audience\":[]}", "audience"},
        {"{\"url\":\"gopher://x\",\"audience\":[\"support\"]}", "url"},
        {"{\"url\":\"https://user@x/\",\"audience\":[\"support\"]}", "url"},
        {"{\"url\":\"https:///path\",\"audience\":[\"support\"]}", "url"},
        {"{\"url\":\"https://a b/\",\"audience\":[\"support\"]}", "url"},
        {"{\"url\":\"https://x\",\"audience\":[\"support\"],\"secret\":\"short\"}", "secret"},
        {"{\"url\":\"https://x\",\"audience\":[\"support\"],\"enabled\":1}", "enabled"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct body_webhook w;
        json_t *body = parse(cases[i].body);
        body_webhook(body, &w, &p);
        CU_ASSERT_STRING_EQUAL(faults(), cases[i].faults);
        json_decref(body);
    }
}

TESTS(STORY(only_one_strict_object_is_a_body), STORY(a_snooze_ends_in_the_future_or_now),
      STORY(a_customer_cannot_smuggle_a_second_address), STORY(a_time_zone_names_no_path),
      STORY(an_owner_is_said_even_when_there_is_none),
      STORY(a_webhook_has_a_safe_secret_and_an_audience))
