/* A broker's address as people write it. */
#include "net/address.h"
#include "tests/support/cu.h"

static void host_and_port_are_taken_apart(void)
{
    char host[ADDRESS_HOST_MAX];
    uint16_t port = 0;
    CU_ASSERT_EQUAL(address_split("broker.example.com:8883", host, &port, NULL), 0);
    CU_ASSERT_STRING_EQUAL(host, "broker.example.com");
    CU_ASSERT_EQUAL(port, 8883);
    CU_ASSERT_EQUAL(address_split("[::1]:1883", host, &port, NULL), 0);
    CU_ASSERT_STRING_EQUAL(host, "::1");
}

static void a_mistake_is_shown_with_an_example(void)
{
    static const char *const wrong[] = {"broker",   "broker:",  ":8883", "broker:0", "broker:65536",
                                        "broker:x", "::1:8883", "[]:1",  ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char host[ADDRESS_HOST_MAX] = "as it was";
        uint16_t port = 7;
        struct err e;
        CU_ASSERT_EQUAL(address_split(wrong[i], host, &port, &e), ERR_INVALID);
        CU_ASSERT_STRING_EQUAL(host, "as it was");
        CU_ASSERT_EQUAL(port, 7);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "host:port"));
    }
}

TESTS(STORY(host_and_port_are_taken_apart), STORY(a_mistake_is_shown_with_an_example))
