#include "agent/probe/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parse_cpu(const char *text, struct parse_cpu *ret)
{
    uint64_t user, nice, system, idle, wait = 0, irq = 0, soft = 0, steal = 0;
    int n = sscanf(text,
                   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64 " %" SCNu64,
                   &user, &nice, &system, &idle, &wait, &irq, &soft, &steal);
    if (n < 4)
        return false;
    ret->idle = idle + wait;
    ret->total = user + nice + system + idle + wait + irq + soft + steal;
    return true;
}

bool parse_hundredths(const char *text, int64_t *ret)
{
    unsigned long whole, part;
    char digits[3] = "";
    if (sscanf(text, "%lu.%2[0-9]", &whole, digits) != 2 || strlen(digits) != 2)
        return false;
    part = strtoul(digits, NULL, 10);
    *ret = (int64_t)(whole * 100 + part);
    return true;
}

bool parse_meminfo(const char *text, const char *key, uint64_t *ret_bytes)
{
    uint64_t kib;
    const char *line = strstr(text, key);
    if (!line || sscanf(line + strlen(key), "%" SCNu64, &kib) != 1)
        return false;
    *ret_bytes = kib * 1024;
    return true;
}

bool parse_resident(const char *text, uint64_t *ret_pages)
{
    return sscanf(text, "%*u %" SCNu64, ret_pages) == 1;
}

bool parse_wear(const char *text, int64_t *ret_percent)
{
    unsigned a, b;
    if (sscanf(text, "%x %x", &a, &b) != 2)
        return false;
    unsigned worse = a > b ? a : b;
    if (worse == 0 || worse > 11)
        return false;
    *ret_percent = worse == 11 ? 100 : (int64_t)worse * 10;
    return true;
}

bool parse_net(const char **at, struct parse_net *ret)
{
    while (**at) {
        const char *line = *at;
        const char *end = strchr(line, '\n');
        *at = end ? end + 1 : line + strlen(line);
        if (sscanf(line, " %16[^: ]: %" SCNu64 " %*u %*u %*u %*u %*u %*u %*u %" SCNu64, ret->name,
                   &ret->received, &ret->sent) == 3)
            return true;
    }
    return false;
}
