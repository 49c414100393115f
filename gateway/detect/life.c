/* How far a rule has come on one instance.
 *
 *            when                     held for `for`
 *   QUIET ---------> PENDING ------------------------> OPEN
 *     ^   `for` 0: straight to OPEN                     |
 *     |                 |  not when; or unknown         | clear and not when;
 *     +-----------------+  for longer than patience     | no clear: not when
 *     +-------------------------------------------------+
 *
 * Time in which `when` is unknown does not count for `for`: the timer stands
 * still, and after the patience (as long as `for`, at most an hour) it falls. An
 * open rule stays open while it is unknown. */
#include "gateway/detect/slot.h"

#include <math.h>

static int8_t as_answer(double v)
{
    return isnan(v) ? -1 : v > 0.5 ? 1 : 0;
}

static void tell(const struct scene *s, uint16_t index, enum verdict_kind kind,
                 struct detect_sink sink)
{
    const struct rule_def *rule = &s->rs->rules[index];
    const struct life *life = &s->self->lives[index];
    struct verdict v = {.kind = kind,
                        .rule = index,
                        .instance = s->self->instance,
                        .at_ms = s->now_ms,
                        .since_ms = life->since_ms};
    eval(s, kind == VERDICT_CLEAR && rule->clear.n ? rule->clear : rule->when, &v);
    sink.emit(sink.arg, &v);
}

static void move(const struct scene *s, uint16_t index, enum life_state to, enum verdict_kind kind,
                 struct detect_sink sink)
{
    tell(s, index, kind, sink);
    s->self->lives[index].state = to;
}

static void judge_quiet(const struct scene *s, uint16_t index, int8_t now, struct detect_sink sink)
{
    struct life *life = &s->self->lives[index];
    if (now != 1)
        return;
    life->since_ms = s->now_ms;
    life->held_ms = 0;
    if (s->rs->rules[index].for_ms == 0)
        move(s, index, LIFE_OPEN, VERDICT_RAISE, sink);
    else
        move(s, index, LIFE_PENDING, VERDICT_PENDING, sink);
}

static void judge_pending(const struct scene *s, uint16_t index, int8_t now,
                          struct detect_sink sink)
{
    struct life *life = &s->self->lives[index];
    const struct rule_def *rule = &s->rs->rules[index];
    if (life->last == 1)
        life->held_ms += s->now_ms - life->eval_ms;
    if (now == 0 ||
        (now < 0 && life->last < 0 && s->now_ms - life->unknown_ms >= rule->patience_ms))
        move(s, index, LIFE_QUIET, VERDICT_LAPSE, sink);
    else if (now == 1 && life->held_ms >= rule->for_ms)
        move(s, index, LIFE_OPEN, VERDICT_RAISE, sink);
}

static void judge_open(const struct scene *s, uint16_t index, int8_t now, struct detect_sink sink)
{
    const struct rule_def *rule = &s->rs->rules[index];
    bool over = now == 0;
    if (rule->clear.n)
        over = now != 1 && as_answer(eval(s, rule->clear, NULL)) == 1;
    if (over)
        move(s, index, LIFE_QUIET, VERDICT_CLEAR, sink);
}

void life_judge(const struct scene *s, uint16_t index, struct detect_sink sink)
{
    struct life *life = &s->self->lives[index];
    const struct rule_def *rule = &s->rs->rules[index];
    int8_t now = as_answer(eval(s, rule->when, NULL));
    switch (life->state) {
    case LIFE_QUIET: judge_quiet(s, index, now, sink); break;
    case LIFE_PENDING: judge_pending(s, index, now, sink); break;
    case LIFE_OPEN: judge_open(s, index, now, sink); break;
    }
    if (now < 0 && life->last >= 0)
        life->unknown_ms = s->now_ms;
    life->last = now;
    life->eval_ms = s->now_ms;
    life->dirty = false;
    life->wake_ms = eval_wake(s, rule, life);
}

void life_end(const struct scene *s, uint16_t index, struct detect_sink sink)
{
    struct life *life = &s->self->lives[index];
    if (life->state == LIFE_OPEN)
        move(s, index, LIFE_QUIET, VERDICT_CLEAR, sink);
    else if (life->state == LIFE_PENDING)
        move(s, index, LIFE_QUIET, VERDICT_LAPSE, sink);
}
