/* Running an expression. A condition is 1, 0 or NAN for unknown; so is a number
 * that nobody knows. */
#include "gateway/detect/slot.h"

#include <math.h>
#include <stdio.h>

static double answer(bool holds, double a, double b)
{
    return isunordered(a, b) ? (double)NAN : holds ? 1.0 : 0.0;
}

static double both(double a, double b)
{
    /* one no settles it; else unknown when either is */
    return (a < 0.5 || b < 0.5) ? 0.0 : a * b;
}

static double either(double a, double b)
{
    return (a > 0.5 || b > 0.5) ? 1.0 : a + b;
}

static double finite_or_unknown(double v)
{
    return isfinite(v) ? v : (double)NAN;
}

static double read_cell(const struct scene *s, const struct op *op)
{
    const struct cell *c = &slot_for(s->self, s->zero, op->a)->cells[op->a];
    const struct series_def *def = &s->rs->series[op->a];
    if (!c->reported)
        return def->type != SERIES_METRIC && op->code != OP_SINCE ? 0 : (double)NAN;
    int64_t age = s->now_ms - c->at_ms, calm = s->now_ms - c->changed_ms;
    switch (op->code) {
    case OP_LAST: return age < def->stale_ms ? c->value : (double)NAN;
    case OP_LAST_IN: return age < op->ms && age < def->stale_ms ? c->value : (double)NAN;
    case OP_SINCE: return (double)calm / 1000;
    case OP_CHANGED: return c->moved && calm < op->ms ? 1.0 : 0.0;
    default: break;
    }
    return age >= op->ms ? 1.0 : 0.0; /* OP_ABSENT */
}

static struct window *window_of(const struct scene *s, uint16_t index)
{
    uint16_t series = s->rs->windows[index].series;
    struct slot *slot = series == NO_INDEX ? s->self : slot_for(s->self, s->zero, series);
    return &slot->windows[index];
}

static double read_window(const struct scene *s, const struct op *op)
{
    const struct window_def *def = &s->rs->windows[op->a];
    struct window *w = window_of(s, op->a);
    if (w->head < 0 && def->series != NO_INDEX && s->rs->series[def->series].type != SERIES_METRIC)
        return 0; /* never raised */
    return window_ask(w, def, (enum func)op->b, s->now_ms);
}

static double compare(uint8_t code, double a, double b)
{
    switch (code) {
    case OP_LT: return answer(a < b, a, b);
    case OP_LE: return answer(a <= b, a, b);
    case OP_GT: return answer(a > b, a, b);
    case OP_GE: return answer(a >= b, a, b);
    case OP_EQ: return answer(!(a < b) && !(a > b), a, b);
    default: return answer(a < b || a > b, a, b);
    }
}

static double combine(uint8_t code, double a, double b)
{
    switch (code) {
    case OP_ADD: return finite_or_unknown(a + b);
    case OP_SUB: return finite_or_unknown(a - b);
    case OP_MUL: return finite_or_unknown(a * b);
    case OP_DIV: return finite_or_unknown(a / b);
    case OP_AND: return both(a, b);
    case OP_OR: return either(a, b);
    default: return compare(code, a, b);
    }
}

static void note(const struct scene *s, uint16_t clause, double left, double right, double result,
                 struct verdict *ret)
{
    if (ret->n_evidence == VERDICT_EVIDENCE)
        return;
    const struct clause *c = &s->rs->clauses[clause];
    struct evidence *e = &ret->evidence[ret->n_evidence++];
    *e = (struct evidence){.metric = c->metric, .fault = c->fault, .window_ms = c->window_ms};
    snprintf(e->text, sizeof e->text, "%.*s", (int)c->len, c->text);
    e->value = c->compares ? left : result;
    e->limit = c->compares ? right : (double)NAN;
}

/* NOLINTBEGIN(clang-analyzer-core*): emit.c counts how deep each program's stack is */
double eval(const struct scene *s, struct expr expr, struct verdict *ret)
{
    double stack[MAX_STACK + 2];
    double *top = stack; /* where the next value goes */
    const struct op *op = s->rs->ops + expr.first, *end = op + expr.n;
    for (; op < end; op++) {
        double left = 0, right = 0;
        switch (op->code) {
        case OP_CONST: *top++ = op->k; break;
        case OP_LAST:
        case OP_LAST_IN:
        case OP_SINCE:
        case OP_CHANGED:
        case OP_ABSENT: *top++ = read_cell(s, op); break;
        case OP_WINDOW: *top++ = read_window(s, op); break;
        case OP_SCALE: top[-1] *= op->k; break;
        case OP_SHIFT: top[-1] += op->k; break;
        case OP_NEG: top[-1] = -top[-1]; break;
        case OP_NOT: top[-1] = 1 - top[-1]; break;
        default:
            left = top[-2];
            right = top[-1];
            top--;
            top[-1] = combine(op->code, left, right);
        }
        if (ret && op->clause)
            note(s, (uint16_t)(op->clause - 1), left, right, top[-1], ret);
    }
    return top[-1];
}
/* NOLINTEND(clang-analyzer-core*) */

int64_t eval_next_tick(const struct window_def *w, int64_t now_ms, int64_t fact_ms)
{
    int64_t next = (now_ms / w->width_ms + 1) * w->width_ms;
    return next <= fact_ms + w->horizon_ms ? next : NEVER_MS;
}

static int64_t soonest(int64_t a, int64_t b, int64_t now_ms)
{
    return b > now_ms && b < a ? b : a;
}

int64_t eval_wake(const struct scene *s, const struct rule_def *rule, const struct life *life)
{
    int64_t now = s->now_ms, wake = NEVER_MS;
    if (life->state == LIFE_PENDING && life->last == 1)
        wake = now + rule->for_ms - life->held_ms;
    if (life->state == LIFE_PENDING && life->last < 0)
        wake = life->unknown_ms + rule->patience_ms;
    for (uint16_t i = 0; i < rule->n_windows; i++) {
        uint16_t index = rule->windows[i];
        wake = soonest(wake, window_next(window_of(s, index), &s->rs->windows[index], now), now);
    }
    for (uint16_t i = 0; i < rule->n_thresholds; i++) {
        const struct threshold *t = &rule->thresholds[i];
        const struct cell *c = &slot_for(s->self, s->zero, t->series)->cells[t->series];
        if (c->reported)
            wake = soonest(wake, (t->changed ? c->changed_ms : c->at_ms) + t->ms, now);
    }
    return wake;
}
