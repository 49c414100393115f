/* Errors carry a code and one bounded sentence. */
#include "base/err.h"
#include "tests/support/cu.h"

#include <string.h>

static void a_sentence_is_set_and_wrapped(void)
{
    struct err e;
    CU_ASSERT_EQUAL(err_set(&e, ERR_FULL, "%s has no room", "disk"), ERR_FULL);
    CU_ASSERT_STRING_EQUAL(e.text, "disk has no room");
    CU_ASSERT_EQUAL(err_wrap(&e, "spool %d", 2), ERR_FULL);
    CU_ASSERT_STRING_EQUAL(e.text, "spool 2: disk has no room");
}

static void nobody_has_to_listen(void)
{
    CU_ASSERT_EQUAL(err_set(NULL, ERR_IO, "unheard"), ERR_IO);
}

static void long_text_is_cut_and_ended(void)
{
    struct err e;
    char big[1000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    err_set(&e, ERR_LIMIT, "%s", big);
    CU_ASSERT_EQUAL(strlen(e.text), sizeof e.text - 1);
    err_wrap(&e, "prefix");
    CU_ASSERT_EQUAL(strlen(e.text), sizeof e.text - 1);
    CU_ASSERT_EQUAL(strncmp(e.text, "prefix: xxx", 11), 0);
    for (size_t n = sizeof e.text - 5; n < sizeof e.text + 2; n++) {
        err_set(&e, ERR_LIMIT, "inner");
        err_wrap(&e, "%.*s", (int)n, big); /* a prefix that leaves no room */
        CU_ASSERT(strlen(e.text) < sizeof e.text);
    }
}

static void every_code_has_a_name(void)
{
    for (int code = ERR_OK; code >= ERR_END; code--)
        CU_ASSERT_STRING_NOT_EQUAL(err_name(code), "unknown error");
    CU_ASSERT_STRING_EQUAL(err_name(ERR_UNKNOWN), "result unknown");
    CU_ASSERT_STRING_EQUAL(err_name(ERR_END - 1), "unknown error");
    CU_ASSERT_STRING_EQUAL(err_name(1), "unknown error");
}

TESTS(STORY(a_sentence_is_set_and_wrapped), STORY(nobody_has_to_listen),
      STORY(long_text_is_cut_and_ended), STORY(every_code_has_a_name))
