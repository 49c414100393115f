#include "gateway/notify/schedule/policy.h"

#include <string.h>
#include <strings.h>

const char *policy_url_fault(const char *url)
{
    const char *host = NULL;
    if (strncasecmp(url, "http://", 7) == 0)
        host = url + 7;
    else if (strncasecmp(url, "https://", 8) == 0)
        host = url + 8;
    if (!host)
        return "its URL does not begin with http:// or https://";
    if (strlen(url) > 2048)
        return "its URL is longer than 2048 bytes";
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '\\')
            return "its URL has a blank, a backslash or a character that is not ASCII";
    size_t authority = strcspn(host, "/?#");
    if (authority == 0 || host[0] == ':')
        return "its URL names no host";
    if (memchr(host, '@', authority))
        return "its URL has a user name; use the signature instead";
    return NULL;
}

struct range4 {
    uint32_t net;
    int bits;
};

static bool public4(uint32_t a)
{
    static const struct range4 special[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
        {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if ((a ^ special[i].net) >> (32 - special[i].bits) == 0)
            return false;
    return true;
}

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool public6(const uint8_t *a)
{
    static const uint8_t zero[12] = {0};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
        return public4(word(a + 12));
    if (memcmp(a, zero, 12) == 0) /* ::, ::1 and the old IPv4-compatible ones */
        return false;
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return public4(word(a + 2));
    if ((a[0] & 0xe0) != 0x20) /* only 2000::/3 is global unicast */
        return false;
    if (a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xfe) == 0) /* 2001::/23: Teredo and others */
        return false;
    return !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8);
}

bool policy_address_public(const uint8_t *address, size_t len)
{
    return len == 4 ? public4(word(address)) : len == 16 && public6(address);
}
