/* The CONNECT that the listener reads. */
#include "net/device/request.h"
#include "tests/support/cu.h"

#define GOOD                                                                                       \
    "CONNECT b1.a42.invalid:1883 HTTP/1.1\r\nHost: b1.a42.invalid\r\n"                             \
    "Proxy-authorization: Basic c2VjcmV0\r\n\r\n"

static enum request_verdict read_it(const char *text, struct request *r)
{
    return request_read(slice_str(text), slice_str("c2VjcmV0"), r);
}

static void the_librarys_request_is_ours(void)
{
    struct request r = {0};
    CU_ASSERT_EQUAL(read_it(GOOD "\x10\x0c", &r), REQUEST_GOOD);
    CU_ASSERT_EQUAL(r.broker, 1);
    CU_ASSERT_EQUAL(r.attempt, 42);
    CU_ASSERT_EQUAL(r.len, strlen(GOOD)); /* what follows is for the broker */
}

static void it_is_waited_for_byte_by_byte(void)
{
    struct request r;
    for (size_t n = 0; n < strlen(GOOD); n++)
        CU_ASSERT_EQUAL(request_read(slice_of(GOOD, n), slice_str("c2VjcmV0"), &r), REQUEST_MORE);
}

static void a_wrong_secret_or_way_is_refused(void)
{
    struct request r = {.len = 7};
    static const char *const wrong[] = {
        "CONNECT b1.a42.invalid:1883 HTTP/1.1\r\n\r\n",
        "CONNECT b1.a42.invalid:1883 HTTP/1.1\r\nProxy-authorization: Basic c2VjcmV1\r\n\r\n",
        "CONNECT b1.a42.invalid:1883 HTTP/1.1\r\nProxy-authorization: Basic c2VjcmV0x\r\n\r\n",
        "CONNECT b1.a42.invalid:1883 HTTP/1.1\r\nProxy-authorization: Basic c2Vjcm\r\n\r\n",
        "CONNECT broker.example.com:8883 HTTP/1.1\r\nProxy-authorization: Basic c2VjcmV0\r\n\r\n",
        "GET / HTTP/1.1\r\nProxy-authorization: Basic c2VjcmV0\r\n\r\n",
        "CONNECT b.a42.invalid:1883 HTTP/1.1\r\nProxy-authorization: Basic c2VjcmV0\r\n\r\n",
        "\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(read_it(wrong[i], &r), REQUEST_REFUSED);
    CU_ASSERT_EQUAL(r.len, 7);
}

static void one_that_never_ends_is_refused(void)
{
    char flood[REQUEST_MAX];
    struct request r;
    memset(flood, 'x', sizeof flood);
    CU_ASSERT_EQUAL(request_read(slice_of(flood, sizeof flood), slice_str("s"), &r),
                    REQUEST_REFUSED);
}

TESTS(STORY(the_librarys_request_is_ours), STORY(it_is_waited_for_byte_by_byte),
      STORY(a_wrong_secret_or_way_is_refused), STORY(one_that_never_ends_is_refused))
