/* The signature is the one that other implementations make and check. */
#include "gateway/notify/sign.h"
#include "tests/support/cu.h"

/* The example of the Standard Webhooks specification. */
static void the_published_example(void)
{
    char signature[SIGN_TEXT] = "";
    CU_ASSERT_TRUE(sign_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                slice_str("{\"test\": 2432232314}"), signature));
    CU_ASSERT_STRING_EQUAL(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void secrets_of_another_form_are_refused(void)
{
    char signature[SIGN_TEXT] = "untouched";
    static const char *const wrong[] = {"",
                                        "plain",
                                        "whsec_",
                                        "whsec_short=",
                                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                        "whsec_!!!!9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                        "whsec_"
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(sign_webhook(wrong[i], "id", 1, slice_str("x"), signature));
    CU_ASSERT_STRING_EQUAL(signature, "untouched");
}

TESTS(STORY(the_published_example), STORY(secrets_of_another_form_are_refused))
