/* Zone files: a list of moments at which the offset changes, then a rule. */
#include "gateway/people/zone.h"

#include "gateway/people/zone_rule.h"

#include <ctype.h>
#include <stdlib.h>

#define HEAD      44
#define TIMES_MAX 2000
#define TYPES_MAX 256

struct zone {
    size_t n_times;
    int64_t at_s[TIMES_MAX];
    uint8_t type[TIMES_MAX];
    size_t n_types;
    int32_t offset_s[TYPES_MAX];
    bool has_rule;
    struct zone_rule rule;
};

struct counts {
    uint32_t isut, isstd, leap, times, types, chars;
};

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static bool read_head(struct slice file, size_t at, uint8_t *ret_version, struct counts *ret)
{
    if (file.len < at + HEAD || memcmp(file.ptr + at, "TZif", 4) != 0)
        return false;
    const uint8_t *p = file.ptr + at;
    *ret_version = p[4];
    uint32_t n[6];
    for (size_t i = 0; i < 6; i++)
        n[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
    *ret = (struct counts){n[0], n[1], n[2], n[3], n[4], n[5]};
    return ret->times <= TIMES_MAX && ret->types >= 1 && ret->types <= TYPES_MAX &&
           ret->chars <= 4096 && ret->leap <= 4096 && ret->isut <= TYPES_MAX &&
           ret->isstd <= TYPES_MAX;
}

static size_t block_bytes(const struct counts *c, size_t time_bytes)
{
    return c->times * (time_bytes + 1) + c->types * 6 + c->chars + c->leap * (time_bytes + 4) +
           c->isstd + c->isut;
}

static bool read_block(struct zone *z, const uint8_t *p, const struct counts *c, size_t time_bytes)
{
    z->n_times = c->times;
    z->n_types = c->types;
    for (size_t i = 0; i < c->times; i++) {
        uint64_t raw = big_endian(p + i * time_bytes, time_bytes);
        z->at_s[i] = time_bytes == 4 ? (int32_t)(uint32_t)raw : (int64_t)raw;
        if (i && z->at_s[i] <= z->at_s[i - 1])
            return false;
    }
    p += c->times * time_bytes;
    for (size_t i = 0; i < c->times; i++) {
        z->type[i] = p[i];
        if (z->type[i] >= c->types)
            return false;
    }
    p += c->times;
    for (size_t i = 0; i < c->types; i++) {
        z->offset_s[i] = (int32_t)(uint32_t)big_endian(p + 6 * i, 4);
        if (z->offset_s[i] < -93600 || z->offset_s[i] > 93600)
            return false;
    }
    return true;
}

static void read_footer(struct zone *z, struct slice file, size_t at)
{
    if (at >= file.len || file.ptr[at] != '\n')
        return;
    const uint8_t *from = file.ptr + at + 1;
    const uint8_t *to = memchr(from, '\n', file.len - at - 1);
    if (to && to > from)
        z->has_rule = zone_rule_parse(slice_of(from, (size_t)(to - from)), &z->rule);
}

int zone_parse(struct slice file, struct zone **ret_zone, struct err *e)
{
    uint8_t version;
    struct counts c;
    size_t at = 0, time_bytes = 4;
    struct zone *z = calloc(1, sizeof *z);
    if (!z)
        return err_set(e, ERR_NOMEM, "no memory for a time zone");
    if (!read_head(file, 0, &version, &c))
        goto corrupt;
    if (version >= '2') { /* the same again, in 8-byte times */
        at = HEAD + block_bytes(&c, 4);
        time_bytes = 8;
        if (!read_head(file, at, &version, &c))
            goto corrupt;
    }
    if (file.len < at + HEAD + block_bytes(&c, time_bytes) ||
        !read_block(z, file.ptr + at + HEAD, &c, time_bytes))
        goto corrupt;
    if (time_bytes == 8)
        read_footer(z, file, at + HEAD + block_bytes(&c, 8));
    *ret_zone = z;
    return 0;
corrupt:
    free(z);
    return err_set(e, ERR_CORRUPT, "this is not a time zone file");
}

void zone_free(struct zone *z)
{
    free(z);
}

static int32_t offset_at(const struct zone *z, int64_t utc_s)
{
    if (!z)
        return 0;
    if (z->n_times == 0 || utc_s >= z->at_s[z->n_times - 1]) {
        if (z->has_rule)
            return zone_rule_offset(&z->rule, utc_s);
        return z->offset_s[z->n_times ? z->type[z->n_times - 1] : 0];
    }
    if (utc_s < z->at_s[0])
        return z->offset_s[0];
    size_t low = 0, high = z->n_times; /* at_s[low] <= utc_s < at_s[high] */
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (z->at_s[mid] <= utc_s)
            low = mid;
        else
            high = mid;
    }
    return z->offset_s[z->type[low]];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct zone_time zone_local(const struct zone *z, int64_t utc_ms)
{
    struct zone_time t = {0};
    int64_t utc_s = floor_div(utc_ms, 1000);
    t.offset_s = offset_at(z, utc_s);
    int64_t local = utc_s + t.offset_s;
    int64_t days = floor_div(local, 86400);
    int rest = (int)(local - days * 86400);
    date_from_days(days, &t.year, &t.month, &t.day);
    t.hour = rest / 3600;
    t.minute = rest / 60 % 60;
    t.second = rest % 60;
    t.weekday = (int)((days + 4) - floor_div(days + 4, 7) * 7);
    return t;
}

bool zone_name_ok(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > 64 || strstr(name, "..") || name[0] == '/' || name[0] == '.')
        return false;
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("/_+-", *p))
            return false;
    return true;
}
