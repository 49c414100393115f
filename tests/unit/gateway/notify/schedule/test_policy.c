/* A webhook goes to the public Internet over HTTP, and nowhere else. */
#include "gateway/notify/schedule/policy.h"
#include "tests/support/cu.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool open_to(const char *text)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        return policy_address_public(bytes, 4);
    CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, bytes), 1);
    return policy_address_public(bytes, 16);
}

static void private_addresses_are_known(void)
{
    static const char *const closed[] = {"127.0.0.1",
                                         "127.255.255.254",
                                         "0.0.0.0",
                                         "10.1.2.3",
                                         "100.64.0.1",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.168.1.1",
                                         "192.0.2.1",
                                         "198.18.0.1",
                                         "198.51.100.1",
                                         "203.0.113.9",
                                         "224.0.0.1",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::ffff:10.0.0.1",
                                         "::ffff:127.0.0.1",
                                         "64:ff9b::a00:1",
                                         "2002:7f00:1::",
                                         "fe80::1",
                                         "fc00::1",
                                         "fd12:3456::1",
                                         "ff02::1",
                                         "2001:db8::1",
                                         "2001::1",
                                         "::10.0.0.1",
                                         "100::1"};
    static const char *const open[] = {
        "1.1.1.1", "100.128.0.1",     "172.32.0.1",           "192.169.0.1",
        "8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"};
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        CU_ASSERT_FALSE(open_to(closed[i]));
        if (open_to(closed[i]))
            printf("\n%s is open\n", closed[i]);
    }
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        CU_ASSERT_TRUE(open_to(open[i]));
    CU_ASSERT_FALSE(policy_address_public((const uint8_t *)"\x08\x08\x08\x08", 3));
}

static void urls_are_plain_http(void)
{
    CU_ASSERT_PTR_NULL(policy_url_fault("https://example.com/hook?x=1"));
    CU_ASSERT_PTR_NULL(policy_url_fault("HTTP://example.com:8080"));
    static const char *const wrong[] = {"",
                                        "ftp://example.com/",
                                        "file:///etc/passwd",
                                        "gopher://x/",
                                        "//example.com",
                                        "http://",
                                        "http:///x",
                                        "http://:80/",
                                        "http://a@b/",
                                        "http://good.example\\@evil.example/",
                                        "http://exa mple.com/",
                                        "http://example.com/\r\nX: y",
                                        "http://ex\xc3\xa4mple.com/"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(policy_url_fault(wrong[i]));
    char longer[3000] = "http://example.com/";
    memset(longer + 19, 'x', 2900);
    CU_ASSERT_PTR_NOT_NULL(policy_url_fault(longer));
}

TESTS(STORY(private_addresses_are_known), STORY(urls_are_plain_http))
