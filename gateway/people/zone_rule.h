/* The rule at a zone file's end, "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ with the
 * hours of RFC 8536, 3.3.1): what holds after the last listed change. */
#ifndef GATEWAY_PEOPLE_ZONE_RULE_H
#define GATEWAY_PEOPLE_ZONE_RULE_H

#include "base/slice.h"

struct zone_day {
    char kind; /* 'M' month.week.weekday, 'J' 1..365 without leap day, 'N' 0..365 */
    int month, week, day;
    int32_t time_s; /* local, from midnight; may be negative or over a day */
};

struct zone_rule {
    bool has_dst;
    int32_t std_s, dst_s; /* east of UTC */
    struct zone_day start, end;
};

/* False when it is not such a rule. */
bool zone_rule_parse(struct slice text, struct zone_rule *ret_rule);
/* Seconds east of UTC at that time. */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_s);

/* Days from 1970-01-01 of a date of the Gregorian calendar, and back (Hinnant,
 * "chrono-compatible low-level date algorithms"). */
int64_t days_from_date(int64_t year, int month, int day);
void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);

#endif
