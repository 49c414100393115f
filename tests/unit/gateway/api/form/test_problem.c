#include "gateway/api/form/problem.h"
#include "tests/support/cu.h"

#include <stdlib.h>
#include <string.h>

static void says(const struct problem *p, const char *expected)
{
    char *json = problem_json(p);
    CU_ASSERT_STRING_EQUAL(json, expected);
    free(json);
}

static void a_sentence_is_told(void)
{
    struct problem p = {0};
    problem_set(&p, 404, "there is no alert %d", 7);
    says(&p, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
             "\"detail\":\"there is no alert 7\"}");
}

static void fields_at_fault_are_named_and_the_first_is_the_sentence(void)
{
    struct problem p = {0};
    problem_field(&p, 422, "until_ms", "is missing");
    problem_field(&p, 422, "reason", "must be a string");
    says(&p, "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
             "\"detail\":\"until_ms: is missing\",\"errors\":[{\"field\":\"until_ms\","
             "\"detail\":\"is missing\"},{\"field\":\"reason\",\"detail\":\"must be a string\"}]}");
}

static void what_the_client_sent_cannot_break_the_answer(void)
{
    struct problem p = {0};
    problem_field(&p, 400, "a\"\xff<b>", "is \"odd\"");
    says(&p, "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
             "\"detail\":\"a\\\"?<b>: is \\\"odd\\\"\",\"errors\":[{\"field\":\"a\\\"?<b>\","
             "\"detail\":\"is \\\"odd\\\"\"}]}");
}

static void a_flood_of_mistakes_stays_bounded(void)
{
    struct problem p = {0};
    for (int i = 0; i < 1000; i++)
        problem_field(&p, 422, "x", "is wrong");
    CU_ASSERT_EQUAL(p.n_fields, PROBLEM_FIELDS);
}

TESTS(STORY(a_sentence_is_told), STORY(fields_at_fault_are_named_and_the_first_is_the_sentence),
      STORY(what_the_client_sent_cannot_break_the_answer), STORY(a_flood_of_mistakes_stays_bounded))
