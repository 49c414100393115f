/* Taking reports in, and when to seal. */
#include "agent/batch/inside.h"

#include <stdio.h>
#include <stdlib.h>

struct batch *batch_new(const struct batch_config *config, struct now now)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->c = *config;
    snprintf(b->pack, sizeof b->pack, "%s", config->pack ? config->pack : "");
    snprintf(b->sources[0].name, sizeof b->sources[0].name, "%s",
             config->agent ? config->agent : "agent");
    size_t values = config->bulk_samples + BATCH_SERIES;
    b->samples = calloc(config->bulk_samples, sizeof *b->samples);
    b->at = calloc(values, sizeof *b->at);
    b->v = calloc(values, sizeof *b->v);
    b->columns = calloc(BATCH_SERIES, sizeof *b->columns);
    b->out_faults = calloc(BATCH_FAULTS, sizeof *b->out_faults);
    if (!b->samples || !b->at || !b->v || !b->columns || !b->out_faults) {
        batch_free(b);
        return NULL;
    }
    b->sources[0].known = true;
    b->sources[0].boot = (uint32_t)config->boot;
    b->sources[0].at_ms = b->sources[0].heard_ms = now.boot_ms;
    b->sources[0].settles_ms = now.boot_ms + SETTLE_MS;
    b->bulk_sealed_ms = now.boot_ms;
    b->urgent_sealed_ms = now.boot_ms - config->urgent_linger_ms;
    batch_keyframe(b);
    return b;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    free(b->samples);
    free(b->at);
    free(b->v);
    free(b->columns);
    free(b->out_faults);
    free(b);
}

bool text_keep(struct batch *b, struct slice text, struct slice *ret)
{
    size_t len = text.len < LIMIT_TEXT ? text.len : LIMIT_TEXT;
    if (len > TEXTS - b->n_texts)
        return false;
    if (len)
        memcpy(b->texts + b->n_texts, text.ptr, len);
    *ret = slice_of(b->texts + b->n_texts, len);
    b->n_texts += len;
    return true;
}

/* --- readings --- */

static struct series *series_find(struct batch *b, const struct report *r)
{
    struct series *room = NULL;
    for (size_t i = 0; i < BATCH_SERIES; i++) {
        struct series *s = &b->series[i];
        if (s->kind != REPORT_HELLO && s->source == r->source && s->metric == r->id &&
            s->instance == r->instance && s->exponent == r->exponent)
            return s;
        /* The longest unheard one makes room, unless it has something to tell. */
        if (s->n == 0 && (!room || (room->kind != REPORT_HELLO &&
                                    (s->kind == REPORT_HELLO || s->at_ms < room->at_ms))))
            room = s;
    }
    if (room)
        *room = (struct series){.source = (uint8_t)r->source,
                                .kind = (uint8_t)r->kind,
                                .exponent = (int8_t)r->exponent,
                                .metric = r->id,
                                .instance = r->instance,
                                .at_ms = INT64_MIN / 2};
    return room;
}

static int reading(struct batch *b, const struct report *r, int64_t interval_ms, struct now now)
{
    struct series *s = b->n_samples < b->c.bulk_samples ? series_find(b, r) : NULL;
    if (!s)
        return ERR_FULL;
    if (r->kind != REPORT_STATE && r->at_ms - s->at_ms < interval_ms && r->at_ms >= s->at_ms) {
        source_skip(b, r);
        return BATCH_THINNED;
    }
    s->kind = (uint8_t)r->kind;
    s->known = true;
    s->at_ms = r->at_ms;
    s->v = r->v;
    s->n++;
    if (!bulk_open(b))
        b->bulk_since_ms = now.boot_ms;
    b->samples[b->n_samples++] = (struct sample){r->at_ms, r->v, (uint16_t)(s - b->series)};
    source_count(b, r);
    source_keep(b, r, LANE_BULK);
    return BATCH_KEPT;
}

static int event(struct batch *b, const struct report *r, struct now now)
{
    if (b->n_events == BATCH_OPEN)
        return ERR_FULL;
    if (!bulk_open(b))
        b->bulk_since_ms = now.boot_ms;
    b->events[b->n_events++] =
        (struct wire_event){r->source, r->id, r->instance, r->at_ms, r->v, r->exponent};
    source_count(b, r);
    source_keep(b, r, LANE_BULK);
    return BATCH_KEPT;
}

static void cycle_remember(struct batch *b, const struct report *r)
{
    struct cycle_open *room = NULL;
    for (size_t i = 0; i < CYCLES_OPEN; i++) {
        struct cycle_open *c = &b->cycles_open[i];
        if (c->used && c->source == r->source && c->cycle == r->id && c->instance == r->instance) {
            room = c;
            break;
        }
        if (!c->used)
            room = c;
    }
    if (room)
        *room = (struct cycle_open){r->phase != CYCLE_END, (uint8_t)r->source, r->id,
                                    r->instance,           r->number,          r->at_ms};
}

static int cycle(struct batch *b, const struct report *r, struct now now)
{
    if (b->n_cycles == BATCH_OPEN)
        return ERR_FULL;
    if (!bulk_open(b))
        b->bulk_since_ms = now.boot_ms;
    b->cycles[b->n_cycles++] =
        (struct wire_cycle){r->source, r->id, r->instance, r->phase, r->number, r->at_ms};
    cycle_remember(b, r);
    source_count(b, r);
    source_keep(b, r, LANE_BULK);
    return BATCH_KEPT;
}

/* --- what is urgent --- */

static int intent(struct batch *b, const struct report *r, struct now now)
{
    if (b->n_intents == INTENTS)
        return ERR_FULL;
    /* On the wire an intent is in the agent's own time. */
    int64_t until = r->until_ms ? r->until_ms - r->at_ms + now.boot_ms : 0;
    b->intents[b->n_intents++] = (struct wire_intent){r->phase, now.boot_ms, until > 0 ? until : 0};
    source_count(b, r);
    source_keep(b, r, LANE_URGENT);
    return BATCH_KEPT;
}

static int reset(struct batch *b, const struct report *r, struct now now)
{
    struct slice text;
    if (b->n_resets == RESETS || !text_keep(b, r->text, &text))
        return ERR_FULL;
    b->resets[b->n_resets++] = (struct wire_reset){r->source, r->id, text, r->at_ms};
    b->birth_ms = now.boot_ms + BIRTH_MS;
    source_count(b, r);
    source_keep(b, r, LANE_URGENT);
    return BATCH_KEPT;
}

static int fault(struct batch *b, const struct report *r, struct now now)
{
    int rc = fault_report(b, r, now);
    if (rc < 0)
        return rc;
    if (rc == BATCH_KEPT) {
        source_count(b, r);
        source_keep(b, r, LANE_URGENT);
    }
    return rc;
}

int batch_result(struct batch *b, struct slice command, enum wire_result_status status,
                 struct slice text, struct now now)
{
    struct wire_result *w = &b->results[b->n_results];
    if (b->n_results == RESULTS || !text_keep(b, command, &w->command) ||
        !text_keep(b, text, &w->text))
        return ERR_FULL;
    w->status = status;
    w->at_ms = now.boot_ms;
    b->n_results++;
    return 0;
}

void batch_identity(struct batch *b)
{
    b->identity = true;
}

int batch_factory_reset_known(const struct batch *b, const struct report *r)
{
    if (!r->ref || b->wiped.source != r->source || b->wiped.boot != r->boot ||
        b->wiped.ref != r->ref)
        return BATCH_KEPT;
    return b->wiped_answered ? BATCH_AGAIN : BATCH_KNOWN;
}

void batch_factory_reset(struct batch *b, const struct report *r)
{
    b->factory_reset = true;
    b->identity = true;
    b->wiped = (struct batch_ref){r->source, r->boot, r->ref};
    b->wiped_answered = false;
}

static bool valid(const struct report *r)
{
    return r->source < LIMIT_SOURCES && r->exponent >= -18 && r->exponent <= 18 && r->at_ms >= 0 &&
           r->first_ms >= 0 && r->n_context <= LIMIT_CONTEXT && r->text.len <= LIMIT_TEXT;
}

int batch_report(struct batch *b, const struct report *r, int64_t interval_ms, struct now now)
{
    if (!valid(r))
        return ERR_INVALID;
    int rc = source_hear(b, r, now);
    if (rc != 0)
        return rc;
    if (interval_ms < 0) {
        source_skip(b, r);
        return BATCH_THINNED;
    }
    switch (r->kind) {
    case REPORT_GAUGE:
    case REPORT_COUNTER:
    case REPORT_STATE: return reading(b, r, interval_ms, now);
    case REPORT_EVENT: return event(b, r, now);
    case REPORT_CYCLE: return cycle(b, r, now);
    case REPORT_FAULT: return fault(b, r, now);
    case REPORT_INTENT: return intent(b, r, now);
    case REPORT_RESET: return reset(b, r, now);
    default: source_skip(b, r); return BATCH_KEPT;
    }
}

void batch_discard(struct batch *b)
{
    for (size_t i = 0; i < BATCH_SERIES; i++)
        b->series[i] = (struct series){0};
    for (size_t i = 0; i < CYCLES_OPEN; i++)
        b->cycles_open[i].used = false;
    b->n_samples = b->n_events = b->n_cycles = 0;
    for (size_t i = 0; i < LIMIT_SOURCES; i++) {
        b->sources[i].skipped += b->sources[i].handled[LANE_BULK];
        b->sources[i].handled[LANE_BULK] = 0;
    }
}

/* --- when --- */

bool bulk_open(const struct batch *b)
{
    return b->n_samples || b->n_events || b->n_cycles;
}

static bool birth_open(const struct batch *b)
{
    return b->n_resets || b->identity;
}

bool urgent_open(const struct batch *b)
{
    return b->n_open || b->n_intents || b->n_results || b->factory_reset;
}

/* When what is urgent may be sealed; INT64_MAX: there is none. */
static int64_t urgent_ms(const struct batch *b)
{
    int64_t next = b->urgent_sealed_ms + b->c.urgent_linger_ms;
    if (urgent_open(b))
        return next;
    if (!birth_open(b))
        return INT64_MAX;
    return b->birth_ms > next ? b->birth_ms : next;
}

void batch_flush(struct batch *b)
{
    b->flush = true;
}

void batch_keyframe(struct batch *b)
{
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        b->key_ms[lane] = 0;
}

static bool any_complete(const struct batch *b)
{
    for (size_t i = 0; i < LIMIT_SOURCES; i++)
        if (b->sources[i].known && b->sources[i].complete && !b->sources[i].gone)
            return true;
    return false;
}

static bool settling(const struct source *s)
{
    return s->known && !s->complete && s->settles_ms;
}

/* A batch holds one boot of a source: what the old one lost is told before the new one. */
static bool any_lost(const struct batch *b)
{
    for (size_t i = 0; i < LIMIT_SOURCES; i++)
        if (b->sources[i].lost)
            return true;
    return false;
}

enum batch_kind batch_due(struct batch *b, struct now now)
{
    int64_t t = now.boot_ms;
    for (size_t i = 0; i < LIMIT_SOURCES; i++)
        if (settling(&b->sources[i]) && t >= b->sources[i].settles_ms) {
            b->sources[i].complete = true;
            batch_keyframe(b);
        }
    fault_release(b, now);
    if (t >= urgent_ms(b) || (b->flush && (urgent_open(b) || birth_open(b))))
        return BATCH_URGENT;
    bool keys = any_complete(b);
    if (keys && b->key_ms[LANE_URGENT] <= t)
        return BATCH_KEY_URGENT;
    bool full =
        b->n_samples >= b->c.bulk_samples || b->n_events == BATCH_OPEN || b->n_cycles == BATCH_OPEN;
    if (bulk_open(b) && (full || b->flush || t - b->bulk_since_ms >= b->c.bulk_age_ms))
        return BATCH_BULK;
    if (b->flush && any_lost(b))
        return BATCH_BULK;
    if (keys && b->key_ms[LANE_BULK] <= t)
        return BATCH_KEY_BULK;
    if (t - b->bulk_sealed_ms >= b->c.heartbeat_ms)
        return BATCH_BULK;
    b->flush = false;
    return BATCH_NONE;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t batch_wake_ms(const struct batch *b)
{
    int64_t wake = least(b->bulk_sealed_ms + b->c.heartbeat_ms, fault_wake_ms(b));
    wake = least(wake, urgent_ms(b));
    if (bulk_open(b))
        wake = least(wake, b->bulk_since_ms + b->c.bulk_age_ms);
    for (size_t i = 0; i < LIMIT_SOURCES; i++)
        if (settling(&b->sources[i]))
            wake = least(wake, b->sources[i].settles_ms);
    if (any_complete(b))
        wake = least(wake, least(b->key_ms[LANE_URGENT], b->key_ms[LANE_BULK]));
    return b->flush ? 0 : wake;
}
