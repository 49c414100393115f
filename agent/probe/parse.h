/* The texts of /proc and /sys, taken apart. Pure. */
#ifndef AGENT_PROBE_PARSE_H
#define AGENT_PROBE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

struct parse_cpu { /* ticks since boot */
    uint64_t total, idle;
};
/* The first line of /proc/stat. */
bool parse_cpu(const char *text, struct parse_cpu *ret);
/* "0.42 ..." to 42. */
bool parse_hundredths(const char *text, int64_t *ret);
/* Bytes of a line of /proc/meminfo; `key` with its colon. */
bool parse_meminfo(const char *text, const char *key, uint64_t *ret_bytes);
/* Pages, the second number of /proc/self/statm. */
bool parse_resident(const char *text, uint64_t *ret_pages);
/* "0x01 0x02" of an eMMC: the worse of the two, in percent used; 0x00 is unknown. */
bool parse_wear(const char *text, int64_t *ret_percent);

struct parse_net {
    char name[17];
    uint64_t received, sent; /* bytes */
};
/* The next interface of /proc/net/dev at *at, which moves behind it. */
bool parse_net(const char **at, struct parse_net *ret);

#endif
