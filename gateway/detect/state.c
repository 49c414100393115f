/* A device's state as bytes. Series, windows and rules are named by key, so that
 * what a new revision kept is found again; only what holds something is written,
 * always in the same order. */
#include "gateway/detect/engine.h"

#include <math.h>

static void save_cells(const struct detect *d, const struct slot *slot, struct buf *out)
{
    uint64_t n = 0;
    for (uint16_t i = 0; i < d->rs->n_series; i++)
        n += slot->cells[i].reported;
    buf_varint(out, n);
    for (uint16_t i = 0; i < d->rs->n_series; i++) {
        const struct cell *c = &slot->cells[i];
        if (!c->reported)
            continue;
        buf_u64(out, d->rs->series[i].key);
        buf_f64(out, c->value);
        buf_zigzag(out, c->at_ms);
        buf_zigzag(out, c->changed_ms);
        buf_u8(out, c->moved);
    }
}

static bool row_used(const struct window_def *def, const double *r)
{
    static const enum field marks[] = {FIELD_N, FIELD_KNOWN, FIELD_RISES};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (def->fields & (1u << marks[i]) && r[def->offset[marks[i]]] > 0)
            return true;
    return false;
}

static void save_rows(const struct window *w, const struct window_def *def, struct buf *out)
{
    int64_t first = w->head > BUCKETS ? w->head - BUCKETS : 0;
    uint32_t used = 0;
    for (int64_t b = first; b <= w->head; b++)
        if (row_used(def, w->rows + (size_t)(b % ROWS) * def->stride))
            used |= 1u << (w->head - b);
    buf_u32(out, used);
    for (int64_t b = first; b <= w->head; b++)
        for (uint8_t i = 0; used & (1u << (w->head - b)) && i < def->stride; i++)
            buf_f64(out, w->rows[(size_t)(b % ROWS) * def->stride + i]);
}

static void save_windows(const struct detect *d, const struct slot *slot, struct buf *out)
{
    uint64_t n = 0;
    for (uint16_t i = 0; i < d->rs->n_windows; i++)
        n += slot->windows[i].head >= 0 || slot->tick_ms[i] != NEVER_MS;
    buf_varint(out, n);
    for (uint16_t i = 0; i < d->rs->n_windows; i++) {
        struct window *w = &slot->windows[i];
        const struct window_def *def = &d->rs->windows[i];
        if (w->head < 0 && slot->tick_ms[i] == NEVER_MS)
            continue;
        window_roll(w, def, d->now_ms[def->clock]); /* the same bytes, whoever asked before */
        buf_u64(out, def->key);
        buf_u32(out, def->fields);
        buf_zigzag(out, slot->tick_ms[i]);
        buf_zigzag(out, slot->window_fact_ms[i]);
        buf_zigzag(out, w->head);
        buf_zigzag(out, w->from_ms);
        buf_zigzag(out, w->last_ms);
        buf_zigzag(out, w->seg_ms);
        buf_zigzag(out, w->until_ms);
        buf_f64(out, isnan(w->value) ? (double)NAN : w->value);
        if (w->head >= 0)
            save_rows(w, def, out);
    }
}

static void save_lives(const struct detect *d, const struct slot *slot, struct buf *out)
{
    uint64_t n = 0;
    for (uint16_t i = 0; i < d->rs->n_rules; i++)
        n += slot->lives[i].live;
    buf_varint(out, n);
    for (uint16_t i = 0; i < d->rs->n_rules; i++) {
        const struct life *l = &slot->lives[i];
        if (!l->live)
            continue;
        buf_u64(out, d->rs->rules[i].fingerprint);
        buf_u8(out, (uint8_t)((unsigned)l->state | (unsigned)(l->last + 1) << 2 |
                              (unsigned)l->dirty << 4));
        buf_zigzag(out, l->since_ms);
        buf_zigzag(out, l->held_ms);
        buf_zigzag(out, l->eval_ms);
        buf_zigzag(out, l->unknown_ms);
        buf_zigzag(out, l->wake_ms);
    }
}

void detect_save(const struct detect *d, struct buf *out)
{
    buf_u8(out, STATE_VERSION);
    for (int clock = 0; clock < LANE_COUNT; clock++)
        buf_zigzag(out, d->now_ms[clock]);
    buf_varint(out, d->n_held);
    for (size_t i = 0; i < d->n_held; i++) {
        buf_u64(out, d->rs->series[d->held[i].series].key);
        buf_varint(out, d->held[i].instance);
        buf_varint(out, d->held[i].count);
        buf_zigzag(out, d->held[i].at_ms);
        buf_u8(out, d->held[i].active);
    }
    buf_varint(out, d->n_slots);
    for (size_t i = 0; i < d->n_slots; i++) {
        buf_varint(out, d->slots[i]->instance);
        save_cells(d, d->slots[i], out);
        save_windows(d, d->slots[i], out);
        save_lives(d, d->slots[i], out);
    }
}

/* A time, or NEVER_MS where that may stand; anything else spoils the reader. */
static int64_t read_ms(struct reader *r, bool may_be_never)
{
    int64_t v = read_zigzag(r);
    if ((v < -1 || v > 2 * MAX_EVENT_MS) && !(may_be_never && v == NEVER_MS))
        r->bad = true;
    return v;
}

static uint16_t series_of(const struct ruleset *rs, uint64_t key)
{
    for (uint16_t i = 0; i < rs->n_series; i++)
        if (rs->series[i].key == key)
            return i;
    return NO_INDEX;
}

static void load_cells(const struct detect *d, struct slot *slot, struct reader *r)
{
    for (uint64_t n = read_varint(r); n > 0 && !r->bad; n--) {
        uint16_t i = series_of(d->rs, read_u64(r));
        struct cell c = {.value = read_f64(r)};
        c.at_ms = read_ms(r, false);
        c.changed_ms = read_ms(r, false);
        c.moved = read_u8(r) != 0;
        c.reported = true;
        if (i != NO_INDEX && !r->bad)
            slot->cells[i] = c;
    }
}

/* One saved row into ours, column by column. */
static void load_row(const struct window_def *def, double *to, uint32_t fields, struct reader *r)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        if (!(fields & (1u << f)))
            continue;
        double v = read_f64(r);
        if (to && def->fields & (1u << f))
            to[def->offset[f]] = v;
    }
}

static void load_rows(struct window *w, const struct window_def *def, int64_t head, uint32_t fields,
                      struct reader *r)
{
    uint32_t used = read_u32(r);
    for (int64_t back = BUCKETS; back >= 0 && !r->bad; back--) {
        if (!(used & (1u << back)))
            continue;
        if (head < back) {
            r->bad = true;
            return;
        }
        double *row = w ? w->rows + (size_t)((head - back) % ROWS) * def->stride : NULL;
        load_row(def, row, fields, r);
    }
}

static void load_window(const struct detect *d, struct slot *slot, struct reader *r)
{
    uint64_t key = read_u64(r);
    uint32_t fields = read_u32(r);
    uint16_t i = 0;
    while (i < d->rs->n_windows && d->rs->windows[i].key != key)
        i++;
    const struct window_def *def = i < d->rs->n_windows ? &d->rs->windows[i] : NULL;
    if (def && (def->fields & ~fields)) /* a column is asked for that was not kept */
        def = NULL;
    struct window w = {.rows = def ? slot->windows[i].rows : NULL, .oldest = INT64_MAX};
    int64_t tick = read_ms(r, true), fact = read_ms(r, false);
    w.head = read_ms(r, false);
    w.from_ms = read_ms(r, false);
    w.last_ms = read_ms(r, false);
    w.seg_ms = read_ms(r, false);
    w.until_ms = read_ms(r, true);
    w.value = read_f64(r);
    if (r->bad || (def && w.head > MAX_EVENT_MS / def->width_ms)) {
        r->bad = true;
        return;
    }
    if (w.head >= 0)
        load_rows(def ? &w : NULL, def, w.head, fields, r);
    if (!def || r->bad)
        return;
    w.end_ms = (w.head + 1) * def->width_ms;
    slot->windows[i] = w;
    slot->tick_ms[i] = tick;
    slot->window_fact_ms[i] = fact;
    window_refresh(&slot->windows[i], def);
}

static void load_life(const struct detect *d, struct slot *slot, struct reader *r)
{
    uint64_t key = read_u64(r);
    uint8_t bits = read_u8(r);
    struct life l = {.live = true, .state = (enum life_state)(bits & 3)};
    l.last = (int8_t)((int)(bits >> 2 & 3) - 1);
    l.dirty = bits >> 4 & 1;
    l.since_ms = read_ms(r, false);
    l.held_ms = read_ms(r, false);
    l.eval_ms = read_ms(r, false);
    l.unknown_ms = read_ms(r, false);
    l.wake_ms = read_ms(r, true);
    if (l.state > LIFE_OPEN || l.last > 1)
        r->bad = true;
    for (uint16_t i = 0; i < d->rs->n_rules && !r->bad; i++) {
        if (d->rs->rules[i].fingerprint == key) {
            slot->lives[i] = l;
            return;
        }
    }
}

/* A rule that this state does not know starts with what its series say. */
static void start_new_rules(const struct detect *d, struct slot *slot)
{
    for (uint16_t i = 0; i < d->rs->n_rules; i++) {
        const struct rule_def *rule = &d->rs->rules[i];
        struct life *life = &slot->lives[i];
        for (uint16_t k = 0; !life->live && k < rule->n_series; k++) {
            if (!slot->cells[rule->series[k]].reported)
                continue;
            life->live = life->dirty = true;
        }
    }
}

/* What follows from the lives and windows. */
static void wake_slot(const struct detect *d, struct slot *slot)
{
    for (uint16_t i = 0; i < d->rs->n_rules; i++) {
        const struct life *life = &slot->lives[i];
        enum wire_lane clock = d->rs->rules[i].clock;
        slot->dirty[clock] = slot->dirty[clock] || life->dirty;
        if (life->live && life->wake_ms < slot->wake_ms[clock])
            slot->wake_ms[clock] = life->wake_ms;
    }
    for (uint16_t i = 0; i < d->rs->n_windows; i++) {
        enum wire_lane clock = d->rs->windows[i].clock;
        if (slot->tick_ms[i] < slot->wake_ms[clock])
            slot->wake_ms[clock] = slot->tick_ms[i];
    }
}

static int load_slot(struct detect *d, struct reader *r)
{
    uint64_t instance = read_varint(r);
    if (r->bad || instance > UINT32_MAX || detect_slot(d, (uint32_t)instance, false))
        return ERR_CORRUPT;
    struct slot *slot = detect_slot(d, (uint32_t)instance, true);
    if (!slot)
        return d->n_slots == MAX_SLOTS ? ERR_CORRUPT : ERR_NOMEM;
    load_cells(d, slot, r);
    for (uint64_t n = read_varint(r); n > 0 && !r->bad; n--)
        load_window(d, slot, r);
    for (uint64_t n = read_varint(r); n > 0 && !r->bad; n--)
        load_life(d, slot, r);
    if (r->bad)
        return ERR_CORRUPT;
    start_new_rules(d, slot);
    wake_slot(d, slot);
    return 0;
}

static int load_held(struct detect *d, struct reader *r)
{
    uint64_t n = read_varint(r);
    if (n > MAX_HELD)
        return ERR_CORRUPT;
    for (; n > 0 && !r->bad; n--) {
        struct held_fault f = {.series = series_of(d->rs, read_u64(r))};
        f.instance = (uint32_t)read_varint(r);
        f.count = (uint32_t)read_varint(r);
        f.at_ms = read_ms(r, false);
        f.active = read_u8(r) != 0;
        if (f.series != NO_INDEX)
            d->held[d->n_held++] = f;
    }
    return r->bad ? ERR_CORRUPT : 0;
}

int detect_load(struct detect *d, struct slice state)
{
    struct reader r = reader_of(state);
    if (read_u8(&r) != STATE_VERSION)
        return r.bad ? ERR_CORRUPT : ERR_VERSION;
    struct detect *fresh = detect_new(d->rs);
    if (!fresh)
        return ERR_NOMEM;
    for (int clock = 0; clock < LANE_COUNT; clock++)
        fresh->now_ms[clock] = read_ms(&r, false);
    int rc = load_held(fresh, &r);
    uint64_t n = read_varint(&r);
    if (rc == 0 && (r.bad || n > MAX_SLOTS))
        rc = ERR_CORRUPT;
    for (; rc == 0 && n > 0; n--)
        rc = load_slot(fresh, &r);
    if (rc == 0 && reader_left(&r) != 0)
        rc = ERR_CORRUPT;
    if (rc == 0) {
        struct detect was = *d;
        *d = *fresh;
        *fresh = was;
    }
    detect_free(fresh);
    return rc;
}
