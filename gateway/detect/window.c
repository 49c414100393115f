/* Rows of columns. Empty rows are: 0 in sums, infinities in min and max, NAN in
 * first. The row behind the ring sums all closed rows and is made anew
 * whenever a bucket closes, always in order of age: the same rows, the same bits. */
#include "gateway/detect/window.h"

#include <math.h>

#define GAP_MS 600000 /* readings further apart than this and the window are strangers */

static double *row(const struct window *w, const struct window_def *def, int64_t bucket)
{
    return w->rows + (size_t)(bucket % ROWS) * def->stride;
}

static double *closed(const struct window *w, const struct window_def *def)
{
    return w->rows + (size_t)ROWS * def->stride;
}

static bool has(const struct window_def *def, enum field f)
{
    return def->fields & (1u << f);
}

static void clear_row(const struct window_def *def, double *r)
{
    for (unsigned f = 0; f < FIELDS; f++)
        if (has(def, f))
            r[def->offset[f]] = f == FIELD_MIN     ? (double)INFINITY
                                : f == FIELD_MAX   ? -(double)INFINITY
                                : f == FIELD_FIRST ? (double)NAN
                                                   : 0;
}

void window_reset(struct window *w, const struct window_def *def)
{
    double *rows = w->rows;
    *w = (struct window){.head = -1, .value = (double)NAN, .oldest = INT64_MAX, .rows = rows};
    for (size_t i = 0; i <= ROWS; i++)
        clear_row(def, rows + i * def->stride);
}

static bool row_used(const struct window_def *def, const double *r)
{
    return r[def->offset[def->kind == METRIC_STATE ? FIELD_KNOWN : FIELD_N]] > 0;
}

static void add_trend(struct window *w, const struct window_def *def, const double *r, double k)
{
    double n = r[def->offset[FIELD_N]], t = r[def->offset[FIELD_T]];
    w->t += k * n + t;
    w->tt += k * k * n + 2 * k * t + r[def->offset[FIELD_TT]];
    w->tv += k * r[def->offset[FIELD_SUM]] + r[def->offset[FIELD_TV]];
}

static void add_row(const struct window_def *def, double *sum, const double *r)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        if (!has(def, f))
            continue;
        double *to = &sum[def->offset[f]], v = r[def->offset[f]];
        if (f == FIELD_MIN)
            *to = v < *to ? v : *to;
        else if (f == FIELD_MAX)
            *to = v > *to ? v : *to;
        else if (f == FIELD_FIRST)
            *to = isnan(*to) ? v : *to;
        else
            *to += v;
    }
}

void window_refresh(struct window *w, const struct window_def *def)
{
    double *sum = closed(w, def);
    clear_row(def, sum);
    w->oldest = INT64_MAX;
    w->t = w->tt = w->tv = 0;
    int64_t first = w->head > BUCKETS ? w->head - BUCKETS : 0;
    for (int64_t b = first; b < w->head; b++) {
        const double *r = row(w, def, b);
        if (!row_used(def, r) && !has(def, FIELD_RISES))
            continue;
        if (w->oldest == INT64_MAX)
            w->oldest = b;
        add_row(def, sum, r);
        if (has(def, FIELD_T))
            add_trend(w, def, r, (double)(b - w->head));
    }
}

/* Counts the held value from seg_ms to `to` into the row that is filling. */
static void fold(struct window *w, const struct window_def *def, int64_t to)
{
    int64_t end = to < w->until_ms ? to : w->until_ms;
    if (!isnan(w->value) && end > w->seg_ms) {
        double *r = row(w, def, w->head), ms = (double)(end - w->seg_ms);
        r[def->offset[FIELD_KNOWN]] += ms;
        if (has(def, FIELD_INTEGRAL))
            r[def->offset[FIELD_INTEGRAL]] += w->value * ms;
        if (has(def, FIELD_MIN) && w->value < r[def->offset[FIELD_MIN]])
            r[def->offset[FIELD_MIN]] = w->value;
        if (has(def, FIELD_MAX) && w->value > r[def->offset[FIELD_MAX]])
            r[def->offset[FIELD_MAX]] = w->value;
        if (has(def, FIELD_FIRST) && isnan(r[def->offset[FIELD_FIRST]]))
            r[def->offset[FIELD_FIRST]] = w->value;
    }
    w->seg_ms = to;
}

static void start_at(struct window *w, const struct window_def *def, int64_t now_ms)
{
    w->head = now_ms / def->width_ms;
    w->end_ms = (w->head + 1) * def->width_ms;
    w->seg_ms = now_ms;
}

void window_roll(struct window *w, const struct window_def *def, int64_t now_ms)
{
    if (w->head < 0 || now_ms < w->end_ms)
        return;
    int64_t to = now_ms / def->width_ms;
    if (def->kind == METRIC_STATE)
        fold(w, def, w->end_ms);
    if (to - w->head > ROWS) { /* nothing of the old rows stays */
        for (size_t i = 0; i < ROWS; i++)
            clear_row(def, w->rows + i * def->stride);
        w->head = to - ROWS;
        w->seg_ms = w->head * def->width_ms;
        if (def->kind == METRIC_STATE)
            fold(w, def, w->seg_ms + def->width_ms);
    }
    while (w->head < to) {
        w->head++;
        w->seg_ms = w->head * def->width_ms;
        clear_row(def, row(w, def, w->head));
        if (def->kind == METRIC_STATE && w->head < to)
            fold(w, def, w->seg_ms + def->width_ms);
    }
    w->seg_ms = w->head * def->width_ms;
    w->end_ms = w->seg_ms + def->width_ms;
    window_refresh(w, def);
}

static void read_into(const struct window_def *def, double *r, double value, double t)
{
    r[def->offset[FIELD_N]] += 1;
    if (has(def, FIELD_SUM))
        r[def->offset[FIELD_SUM]] += value;
    if (has(def, FIELD_MIN) && value < r[def->offset[FIELD_MIN]])
        r[def->offset[FIELD_MIN]] = value;
    if (has(def, FIELD_MAX) && value > r[def->offset[FIELD_MAX]])
        r[def->offset[FIELD_MAX]] = value;
    if (has(def, FIELD_FIRST) && isnan(r[def->offset[FIELD_FIRST]]))
        r[def->offset[FIELD_FIRST]] = value;
    if (has(def, FIELD_T)) {
        r[def->offset[FIELD_T]] += t;
        r[def->offset[FIELD_TT]] += t * t;
        r[def->offset[FIELD_TV]] += t * value;
    }
}

void window_read(struct window *w, const struct window_def *def, int64_t at_ms, double value)
{
    if (w->head < 0)
        start_at(w, def, at_ms);
    window_roll(w, def, at_ms);
    int64_t bucket = at_ms / def->width_ms;
    if (bucket < w->head - BUCKETS || bucket < 0)
        return;
    int64_t gap = def->window_ms > GAP_MS ? def->window_ms : GAP_MS;
    bool first = isnan(w->value);
    if (first || at_ms - w->last_ms > gap)
        w->from_ms = at_ms;
    if (first || at_ms >= w->last_ms) {
        w->last_ms = at_ms;
        w->value = value;
    }
    double t = (double)(at_ms - bucket * def->width_ms) / (double)def->width_ms;
    read_into(def, row(w, def, bucket), value, t);
    if (bucket < w->head)
        window_refresh(w, def);
}

void window_hold(struct window *w, const struct window_def *def, int64_t at_ms, double value,
                 uint32_t rises, int64_t stale_ms)
{
    if (w->head < 0)
        start_at(w, def, at_ms);
    window_roll(w, def, at_ms);
    if (at_ms > w->seg_ms)
        fold(w, def, at_ms);
    if (rises > 0 || isnan(w->value) || w->value < value || w->value > value)
        w->from_ms = at_ms;
    w->value = value;
    w->last_ms = at_ms;
    w->until_ms = stale_ms == INT64_MAX ? INT64_MAX : at_ms + stale_ms;
    if (has(def, FIELD_RISES))
        row(w, def, w->head)[def->offset[FIELD_RISES]] += rises;
}

/* A state's rows are all alike from one window after a change; until it is stale. */
static int64_t next_state(const struct window *w, const struct window_def *def)
{
    int64_t moves = def->window_ms + 2 * def->width_ms;
    if (w->end_ms <= w->from_ms + moves)
        return w->end_ms;
    if (w->until_ms == INT64_MAX || w->end_ms > w->until_ms + moves)
        return NEVER_MS;
    int64_t bucket = w->until_ms / def->width_ms * def->width_ms;
    return bucket > w->end_ms ? bucket : w->end_ms;
}

int64_t window_next(struct window *w, const struct window_def *def, int64_t now_ms)
{
    window_roll(w, def, now_ms);
    if (w->head < 0)
        return NEVER_MS;
    if (def->kind == METRIC_STATE)
        return next_state(w, def);
    int64_t oldest = row_used(def, row(w, def, w->head)) ? w->head : INT64_MAX;
    if (w->oldest < oldest)
        oldest = w->oldest;
    if (oldest == INT64_MAX)
        return NEVER_MS;
    int64_t next = def->decays ? w->end_ms : (oldest + ROWS) * def->width_ms;
    int64_t known = w->from_ms + (def->window_ms + 1) / 2; /* half of it was seen */
    return known > now_ms && known < next ? known : next;
}

/* The two rows that hold all: the closed ones' sum, and the one that is filling. */
struct view {
    const double *old, *now;
    const struct window_def *def;
};

static double sum_of(const struct view *v, enum field f)
{
    return v->old[v->def->offset[f]] + v->now[v->def->offset[f]];
}

static double least(const struct view *v)
{
    double a = v->old[v->def->offset[FIELD_MIN]], b = v->now[v->def->offset[FIELD_MIN]];
    return a < b ? a : b;
}

static double most(const struct view *v)
{
    double a = v->old[v->def->offset[FIELD_MAX]], b = v->now[v->def->offset[FIELD_MAX]];
    return a > b ? a : b;
}

static double first_of(const struct view *v)
{
    double a = v->old[v->def->offset[FIELD_FIRST]];
    return isnan(a) ? v->now[v->def->offset[FIELD_FIRST]] : a;
}

/* Of yes and no: one yes settles max, one no settles min, and only a window that
 * is known from end to end settles the opposite. */
static double ask_bool(const struct window *w, const struct view *v, bool want_max, bool holds,
                       double known_ms)
{
    double found = want_max ? most(v) : least(v);
    if (holds && (want_max ? w->value > found : w->value < found))
        found = w->value;
    if (want_max ? found > 0.5 && found <= 1 : found < 0.5)
        return want_max ? 1 : 0;
    if (known_ms < (double)v->def->window_ms)
        return (double)NAN;
    return want_max ? 0 : 1;
}

static double ask_state(const struct window *w, const struct view *v, enum func func,
                        int64_t now_ms)
{
    const struct window_def *def = v->def;
    bool holds = !isnan(w->value) && now_ms < w->until_ms;
    int64_t end = now_ms < w->until_ms ? now_ms : w->until_ms;
    double open = !isnan(w->value) && end > w->seg_ms ? (double)(end - w->seg_ms) : 0;
    double known = sum_of(v, FIELD_KNOWN) + open;
    if (func == FUNC_COUNT)
        return sum_of(v, FIELD_RISES);
    if (def->is_bool && (func == FUNC_MIN || func == FUNC_MAX))
        return ask_bool(w, v, func == FUNC_MAX, holds || open > 0, known);
    if (known * 2 < (double)def->window_ms)
        return (double)NAN;
    switch (func) {
    case FUNC_MIN: return (holds || open > 0) && w->value < least(v) ? w->value : least(v);
    case FUNC_MAX: return (holds || open > 0) && w->value > most(v) ? w->value : most(v);
    case FUNC_AVG:
    case FUNC_DUTY: return (sum_of(v, FIELD_INTEGRAL) + (open > 0 ? w->value * open : 0)) / known;
    case FUNC_DELTA:
        return holds ? w->value - (isnan(first_of(v)) ? w->value : first_of(v)) : (double)NAN;
    default: return (double)NAN;
    }
}

static double ask_slope(const struct window *w, const struct view *v)
{
    const struct window_def *def = v->def;
    double n = sum_of(v, FIELD_N), sv = sum_of(v, FIELD_SUM);
    double t = w->t + v->now[def->offset[FIELD_T]];
    double tt = w->tt + v->now[def->offset[FIELD_TT]];
    double tv = w->tv + v->now[def->offset[FIELD_TV]];
    double spread = n * tt - t * t;
    if (n < 3 || !(spread > 1e-9))
        return (double)NAN;
    return (n * tv - t * sv) / spread / ((double)def->width_ms / 1000);
}

/* Seconds from the start of the oldest bucket with a reading. */
static double span_s(const struct window *w, const struct window_def *def, int64_t now_ms)
{
    int64_t oldest = w->oldest < w->head ? w->oldest : w->head;
    int64_t start = oldest * def->width_ms;
    if (start < w->from_ms)
        start = w->from_ms;
    return (double)(now_ms - start) / 1000;
}

static double ask_readings(const struct window *w, const struct view *v, enum func func,
                           int64_t now_ms)
{
    const struct window_def *def = v->def;
    double n = sum_of(v, FIELD_N);
    if (func == FUNC_COUNT)
        return n;
    if (n < 1 || (now_ms - w->from_ms) * 2 < def->window_ms)
        return (double)NAN;
    switch (func) {
    case FUNC_MIN: return least(v);
    case FUNC_MAX: return most(v);
    case FUNC_AVG: return sum_of(v, FIELD_SUM) / n;
    case FUNC_SUM: return sum_of(v, FIELD_SUM);
    case FUNC_DELTA:
        return def->kind == METRIC_COUNTER ? sum_of(v, FIELD_SUM) : w->value - first_of(v);
    case FUNC_RATE: return sum_of(v, FIELD_SUM) / span_s(w, def, now_ms);
    case FUNC_SLOPE: return ask_slope(w, v);
    default: return (double)NAN;
    }
}

double window_ask(struct window *w, const struct window_def *def, enum func func, int64_t now_ms)
{
    window_roll(w, def, now_ms);
    if (w->head < 0)
        return func == FUNC_COUNT ? 0 : (double)NAN;
    struct view v = {closed(w, def), row(w, def, w->head), def};
    return def->kind == METRIC_STATE ? ask_state(w, &v, func, now_ms)
                                     : ask_readings(w, &v, func, now_ms);
}
