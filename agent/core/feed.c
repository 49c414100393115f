/* Reports on their way in: consent, settings, the pack's precision, then batch. */
#include "agent/core/inside.h"

static const struct core_meaning *meaning(const struct core *c, enum core_meaning_kind kind,
                                          uint32_t id)
{
    for (size_t i = 0; i < c->c.n_meanings; i++)
        if (c->meanings[i].kind == kind && c->meanings[i].id == id)
            return &c->meanings[i];
    return NULL;
}

static bool has_meaning(enum report_kind kind, enum core_meaning_kind *ret)
{
    switch (kind) {
    case REPORT_GAUGE:
    case REPORT_COUNTER:
    case REPORT_STATE: *ret = MEANS_METRIC; return true;
    case REPORT_EVENT: *ret = MEANS_EVENT; return true;
    case REPORT_FAULT: *ret = MEANS_FAULT; return true;
    case REPORT_CYCLE: *ret = MEANS_CYCLE; return true;
    default: return false;
    }
}

/* To the pack's exponent, rounding half away from zero; what does not fit stays. */
static void rescale(struct report *r, int32_t exponent)
{
    int64_t v = r->v;
    int32_t e = r->exponent;
    while (e > exponent && v <= INT64_MAX / 10 && v >= INT64_MIN / 10) {
        v *= 10;
        e--;
    }
    int64_t unit = 1;
    while (e < exponent && unit <= INT64_MAX / 100) {
        unit *= 10;
        e++;
    }
    if (e != exponent)
        return;
    int64_t rest = v % unit;
    v /= unit;
    if (unit > 1 && (rest >= unit / 2 || rest <= -(unit / 2)))
        v += rest > 0 ? 1 : -1;
    r->v = v;
    r->exponent = exponent;
}

/* What batch_report should do with it; rescales. */
static int64_t interval_of(struct core *c, struct report *r)
{
    enum core_meaning_kind kind;
    if (!has_meaning(r->kind, &kind))
        return 0;
    const struct core_meaning *m = meaning(c, kind, r->id);
    uint32_t purpose = m ? m->purpose : PURPOSE_USAGE;
    /* What the agent says of itself is how the device stays reachable: diagnosis. */
    if (r->source == 0)
        purpose = m ? m->purpose : PURPOSE_DIAGNOSIS;
    if (!(c->consents & (1u << purpose)))
        return BATCH_SKIP;
    if (kind != MEANS_METRIC)
        return 0;
    if (m && r->exponent >= -18 && r->exponent <= 18)
        rescale(r, m->exponent);
    return twin_muted(c->twin, r->id) ? BATCH_SKIP : twin_interval_ms(c->twin, r->id);
}

static void durable_again(struct core *c, const struct report *r)
{
    struct core_action *a = act(c, CORE_FAULT_DURABLE);
    if (!a)
        return;
    a->source = r->source;
    a->boot = r->boot;
    a->ref = r->ref;
}

static void to_batch(struct core *c, struct report *r, struct now now)
{
    int64_t interval = interval_of(c, r);
    int rc = batch_report(c->batch, r, interval, now);
    if (rc == ERR_FULL) {
        batch_flush(c->batch);
        seal_due(c, now);
        rc = batch_report(c->batch, r, interval, now);
    }
    c->stats.filtered += rc == BATCH_THINNED;
    if (rc == BATCH_AGAIN)
        durable_again(c, r);
    if (rc == ERR_INVALID)
        say(c, LOG_WARN_, "AG121", "source %u: a report is out of bounds", r->source);
    if (rc == ERR_FULL && r->kind != REPORT_FAULT) /* the source holds a fault: it comes again */
        batch_lose(c->batch, r);
}

bool purge(struct core *c)
{
    batch_discard(c->batch);
    bool purged = spool_purge(c->spool, DROP_PURGED) == 0;
    if (!purged)
        say(c, LOG_ERROR_, "AG122", "the spool could not be purged: the disk refuses");
    batch_identity(c->batch);
    batch_keyframe(c->batch);
    return purged;
}

/* Firmware is answered when the batch that tells of it is durable; until then it
 * says it again, and a disk that refused is asked again. */
static void factory_reset(struct core *c, const struct report *r)
{
    int known = batch_factory_reset_known(c->batch, r);
    if (known == BATCH_AGAIN)
        durable_again(c, r);
    if (known != BATCH_KEPT || !purge(c))
        return;
    batch_factory_reset(c->batch, r);
    say(c, LOG_INFO_, "AG123", "factory reset: the spool was purged");
}

static void remember_ability(struct core *c, const struct report *r)
{
    for (size_t i = 0; i < c->n_abilities; i++)
        if (c->abilities[i].action == r->id) {
            c->abilities[i].source = r->source;
            return;
        }
    if (c->n_abilities < ABILITIES)
        c->abilities[c->n_abilities++] = (struct ability){r->source, r->id};
}

static void forget_abilities(struct core *c, uint32_t source)
{
    for (size_t i = c->n_abilities; i-- > 0;)
        if (c->abilities[i].source == source)
            c->abilities[i] = c->abilities[--c->n_abilities];
}

static void action_done(struct core *c, const struct report *r, struct now now)
{
    struct slice id;
    if (r->phase > RESULT_UNKNOWN ||
        !commands_done(c->commands, r->ref, (enum wire_result_status)r->phase, &id))
        return;
    batch_result(c->batch, id, (enum wire_result_status)r->phase, r->text, now);
}

void feed(struct core *c, const struct report *in, struct now now)
{
    struct report r = *in;
    c->stats.messages++;
    switch (r.kind) {
    case REPORT_FACTORY_RESET: factory_reset(c, &r); break;
    case REPORT_ACTION_KNOWN: remember_ability(c, &r); break;
    case REPORT_ACTION_DONE: action_done(c, &r, now); break;
    case REPORT_GONE: forget_abilities(c, r.source); break;
    default: break;
    }
    to_batch(c, &r, now);
}

static struct slice keep(struct arena *a, struct slice s)
{
    size_t len = s.len < LIMIT_TEXT ? s.len : LIMIT_TEXT;
    char *copy = arena_str(a, slice_of(s.ptr, len));
    return slice_of(copy, copy ? len : 0);
}

int keep_identity(struct core *c, const struct wire_identity *in)
{
    struct arena *a = &c->identity_memory;
    size_t n = in->n_components < LIMIT_COMPONENTS ? in->n_components : LIMIT_COMPONENTS;
    arena_reset(a);
    struct wire_component *parts = n ? arena_array(a, n, sizeof *parts) : NULL;
    c->identity = (struct wire_identity){keep(a, in->model),
                                         keep(a, in->serial),
                                         keep(a, in->firmware),
                                         keep(a, in->hardware),
                                         keep(a, in->agent),
                                         parts ? n : 0,
                                         parts};
    for (size_t i = 0; parts && i < n; i++)
        parts[i] = (struct wire_component){keep(a, in->components[i].name),
                                           keep(a, in->components[i].serial),
                                           keep(a, in->components[i].lot)};
    return a->over ? ERR_LIMIT : 0;
}
