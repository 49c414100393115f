#include "gateway/people/zone_rule.h"

#define DAY_S INT64_C(86400)

int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t mp = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

/* Reading the text: `p` moves on, or the rule is bad. */
struct scan {
    const char *p, *end;
    bool bad;
};

static char peek(const struct scan *s)
{
    return s->p < s->end ? *s->p : '\0';
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->p++;
    return true;
}

static int take_number(struct scan *s, int max)
{
    int n = 0;
    const char *from = s->p;
    while (peek(s) >= '0' && peek(s) <= '9' && s->p - from < 4)
        n = n * 10 + (*s->p++ - '0');
    if (s->p == from || n > max)
        s->bad = true;
    return n;
}

static int32_t take_hms(struct scan *s)
{
    int sign = take(s, '-') ? -1 : 1;
    if (sign == 1)
        take(s, '+');
    int32_t t = take_number(s, 167) * 3600;
    if (take(s, ':'))
        t += take_number(s, 59) * 60;
    if (take(s, ':'))
        t += take_number(s, 59);
    return sign * t;
}

static void skip_name(struct scan *s)
{
    const char *from = s->p;
    if (take(s, '<')) {
        while (s->p < s->end && *s->p != '>')
            s->p++;
        s->bad |= !take(s, '>');
        return;
    }
    while ((peek(s) | 32) >= 'a' && (peek(s) | 32) <= 'z')
        s->p++;
    s->bad |= s->p - from < 3;
}

static struct zone_day take_day(struct scan *s)
{
    struct zone_day d = {.kind = 'N', .time_s = 7200};
    if (take(s, 'M')) {
        d.kind = 'M';
        d.month = take_number(s, 12);
        s->bad |= !take(s, '.');
        d.week = take_number(s, 5);
        s->bad |= !take(s, '.');
        d.day = take_number(s, 6);
        s->bad |= d.month < 1 || d.week < 1;
    } else {
        d.kind = take(s, 'J') ? 'J' : 'N';
        d.day = take_number(s, 365);
        s->bad |= d.kind == 'J' && d.day < 1;
    }
    if (take(s, '/'))
        d.time_s = take_hms(s);
    return d;
}

bool zone_rule_parse(struct slice text, struct zone_rule *ret_rule)
{
    struct scan s = {(const char *)text.ptr, (const char *)text.ptr + text.len, false};
    struct zone_rule r = {0};
    skip_name(&s);
    r.std_s = -take_hms(&s);
    r.dst_s = r.std_s;
    if (s.p < s.end) {
        r.has_dst = true;
        r.dst_s = r.std_s + 3600;
        skip_name(&s);
        if (peek(&s) != ',')
            r.dst_s = -take_hms(&s);
        s.bad |= !take(&s, ',');
        r.start = take_day(&s);
        s.bad |= !take(&s, ',');
        r.end = take_day(&s);
    }
    if (s.bad || s.p != s.end)
        return false;
    *ret_rule = r;
    return true;
}

static bool leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t weekday_of(int64_t days)
{
    return ((days + 4) % 7 + 7) % 7;
}

/* The rule's moment in that year, local seconds from 1970. */
static int64_t moment(const struct zone_day *d, int year)
{
    int64_t days = days_from_date(year, 1, 1);
    if (d->kind == 'J') {
        days += d->day - 1 + (leap(year) && d->day >= 60);
    } else if (d->kind == 'N') {
        days += d->day;
    } else {
        int64_t first = days_from_date(year, d->month, 1);
        int64_t next =
            d->month == 12 ? days_from_date(year + 1, 1, 1) : days_from_date(year, d->month + 1, 1);
        days = first + (d->day - weekday_of(first) + 7) % 7 + 7 * (d->week - 1);
        while (days >= next)
            days -= 7;
    }
    return days * DAY_S + d->time_s;
}

int32_t zone_rule_offset(const struct zone_rule *r, int64_t utc_s)
{
    if (!r->has_dst)
        return r->std_s;
    int64_t local = utc_s + r->std_s;
    int year, month, day;
    date_from_days((local >= 0 ? local : local - DAY_S + 1) / DAY_S, &year, &month, &day);
    int64_t start = moment(&r->start, year) - r->std_s;
    int64_t end = moment(&r->end, year) - r->dst_s;
    bool dst = start < end ? utc_s >= start && utc_s < end : !(utc_s >= end && utc_s < start);
    return dst ? r->dst_s : r->std_s;
}
