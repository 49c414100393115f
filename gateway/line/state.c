/* A device as bytes of a snapshot, and back. */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

static void put_text(struct buf *out, const char *s)
{
    buf_bytes(out, slice_str(s));
}

static bool get_text(struct reader *r, char *to, size_t size)
{
    struct slice s = read_bytes(r);
    if (r->bad || s.len >= size)
        return false;
    if (s.len)
        memcpy(to, s.ptr, s.len);
    to[s.len] = 0;
    return true;
}

/* n elements of `size`, owned; false: too many or no memory. n 0 gives NULL. */
static bool get_array(struct reader *r, size_t max, size_t size, size_t *ret_n, void *ret_ptr)
{
    uint64_t n = read_varint(r);
    void *ptr = NULL;
    if (r->bad || n > max)
        return false;
    if (n) {
        size_t cap = 1; /* what grows by doubling expects a power of two */
        while (cap < (size_t)n)
            cap *= 2;
        ptr = calloc(cap, size);
        if (!ptr)
            return false;
    }
    memcpy(ret_ptr, &ptr, sizeof ptr);
    *ret_n = (size_t)n;
    return true;
}

/* --- who it is --- */

static void save_identity(const struct device *d, struct buf *out)
{
    const char *texts[] = {d->id, d->model, d->serial, d->firmware, d->hardware, d->agent, d->pack};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_text(out, texts[i]);
    buf_varint(out, d->pack_revision);
    buf_varint(out, d->n_components);
    for (size_t i = 0; i < d->n_components; i++) {
        put_text(out, d->components[i].name);
        put_text(out, d->components[i].serial);
        put_text(out, d->components[i].lot);
    }
    buf_u64(out, d->said.boot);
    buf_zigzag(out, d->said.sealed_ms);
    buf_zigzag(out, d->said.at_ms);
    buf_varint(out, d->said.seq);
    buf_zigzag(out, d->first_seen_ms);
    buf_zigzag(out, d->last_seen_ms);
    buf_zigzag(out, d->newest_ms);
    buf_varint(out, d->readings);
    buf_varint(out, d->batches);
    buf_varint(out, d->source_lost);
    buf_varint(out, d->last_input);
    buf_u64(out, d->anchor.boot);
    buf_zigzag(out, d->anchor.offset_ms);
}

static bool load_identity(struct reader *r, struct device *d)
{
    if (!get_text(r, d->id, sizeof d->id) || !get_text(r, d->model, sizeof d->model) ||
        !get_text(r, d->serial, sizeof d->serial) ||
        !get_text(r, d->firmware, sizeof d->firmware) ||
        !get_text(r, d->hardware, sizeof d->hardware) || !get_text(r, d->agent, sizeof d->agent) ||
        !get_text(r, d->pack, sizeof d->pack))
        return false;
    d->pack_revision = (uint32_t)read_varint(r);
    if (!get_array(r, LIMIT_COMPONENTS, sizeof d->components[0], &d->n_components, &d->components))
        return false;
    for (size_t i = 0; i < d->n_components; i++)
        if (!get_text(r, d->components[i].name, sizeof d->components[i].name) ||
            !get_text(r, d->components[i].serial, sizeof d->components[i].serial) ||
            !get_text(r, d->components[i].lot, sizeof d->components[i].lot))
            return false;
    d->said.boot = read_u64(r);
    d->said.sealed_ms = read_zigzag(r);
    d->said.at_ms = read_zigzag(r);
    d->said.seq = read_varint(r);
    d->first_seen_ms = read_zigzag(r);
    d->last_seen_ms = read_zigzag(r);
    d->newest_ms = read_zigzag(r);
    d->readings = read_varint(r);
    d->batches = read_varint(r);
    d->source_lost = read_varint(r);
    d->last_input = read_varint(r);
    d->anchor.boot = read_u64(r);
    d->anchor.offset_ms = read_zigzag(r);
    return !r->bad;
}

/* --- presence, streams --- */

static void save_presence(const struct presence_state *p, struct buf *out)
{
    buf_u8(out, (uint8_t)p->now);
    buf_varint(out, p->session);
    buf_varint(out, p->ended);
    buf_varint(out, p->intent);
    const int64_t times[] = {p->since_ms,       p->since_listen_ms,   p->heard_listen_ms,
                             p->will_listen_ms, p->offline_listen_ms, p->intent_at_ms,
                             p->intent_until_ms};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        buf_zigzag(out, times[i]);
}

static void load_presence(struct reader *r, struct presence_state *p)
{
    p->now = (enum presence)read_u8(r);
    p->session = read_varint(r);
    p->ended = read_varint(r);
    p->intent = (uint32_t)read_varint(r);
    int64_t *times[] = {&p->since_ms,       &p->since_listen_ms,   &p->heard_listen_ms,
                        &p->will_listen_ms, &p->offline_listen_ms, &p->intent_at_ms,
                        &p->intent_until_ms};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = read_zigzag(r);
}

static void save_streams(const struct device *d, struct buf *out)
{
    buf_varint(out, d->n_streams);
    for (size_t i = 0; i < d->n_streams; i++)
        ledger_save(&d->streams[i].l, out);
}

static bool load_streams(struct reader *r, struct device *d)
{
    size_t n;
    if (!get_array(r, DEVICE_STREAMS, sizeof d->streams[0], &n, &d->streams))
        return false;
    d->cap_streams = n;
    for (; d->n_streams < n; d->n_streams++)
        if (!ledger_load(r, &d->streams[d->n_streams].l))
            return false;
    return true;
}

/* --- what it means --- */

static void save_facts(const struct device *d, struct buf *out)
{
    buf_varint(out, d->n_keyframes);
    for (size_t i = 0; i < d->n_keyframes; i++) {
        buf_u64(out, d->keyframes[i].source);
        buf_zigzag(out, d->keyframes[i].at_ms);
    }
    buf_zigzag(out, d->telling_listen_ms);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        buf_zigzag(out, d->mark_ms[lane]);
        buf_zigzag(out, d->past_mark_ms[lane]);
    }
    buf_varint(out, d->n_faults);
    for (size_t i = 0; i < d->n_faults; i++) {
        buf_u64(out, d->faults[i].source);
        buf_varint(out, d->faults[i].fault);
        buf_varint(out, d->faults[i].instance);
        buf_u8(out, d->faults[i].active);
        buf_zigzag(out, d->faults[i].at_ms);
        buf_varint(out, d->faults[i].boot);
        buf_varint(out, d->faults[i].told);
        buf_u64(out, d->faults[i].stream);
        buf_zigzag(out, d->faults[i].first_ms);
    }
    buf_varint(out, d->n_latest);
    for (size_t i = 0; i < d->n_latest; i++) {
        buf_varint(out, d->latest[i].metric);
        buf_varint(out, d->latest[i].instance);
        buf_zigzag(out, d->latest[i].at_ms);
        buf_f64(out, d->latest[i].value);
    }
}

static bool load_facts(struct reader *r, struct device *d)
{
    uint64_t n = read_varint(r);
    if (r->bad || n > LIMIT_SOURCES)
        return false;
    for (; d->n_keyframes < n; d->n_keyframes++) {
        d->keyframes[d->n_keyframes].source = read_u64(r);
        d->keyframes[d->n_keyframes].at_ms = read_zigzag(r);
    }
    d->telling_listen_ms = read_zigzag(r);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        d->mark_ms[lane] = read_zigzag(r);
        d->past_mark_ms[lane] = read_zigzag(r);
    }
    if (!get_array(r, DEVICE_FAULTS, sizeof d->faults[0], &d->n_faults, &d->faults))
        return false;
    for (size_t i = 0; i < d->n_faults; i++) {
        d->faults[i].source = read_u64(r);
        d->faults[i].fault = (uint32_t)read_varint(r);
        d->faults[i].instance = (uint32_t)read_varint(r);
        d->faults[i].active = read_u8(r) != 0;
        d->faults[i].at_ms = read_zigzag(r);
        d->faults[i].boot = (uint32_t)read_varint(r);
        d->faults[i].told = (uint32_t)read_varint(r);
        d->faults[i].stream = read_u64(r);
        d->faults[i].first_ms = read_zigzag(r);
    }
    if (!get_array(r, DEVICE_LATEST, sizeof d->latest[0], &d->n_latest, &d->latest))
        return false;
    for (size_t i = 0; i < d->n_latest; i++) {
        d->latest[i].metric = (uint32_t)read_varint(r);
        d->latest[i].instance = (uint32_t)read_varint(r);
        d->latest[i].at_ms = read_zigzag(r);
        d->latest[i].value = read_f64(r);
    }
    return !r->bad;
}

static void save_verdict(const struct verdict *v, struct buf *out)
{
    buf_varint(out, v->rule);
    buf_varint(out, v->instance);
    buf_zigzag(out, v->at_ms);
    buf_zigzag(out, v->since_ms);
    buf_varint(out, v->n_evidence);
    for (size_t i = 0; i < v->n_evidence; i++) {
        put_text(out, v->evidence[i].text);
        buf_f64(out, v->evidence[i].value);
        buf_f64(out, v->evidence[i].limit);
        buf_varint(out, v->evidence[i].metric);
        buf_varint(out, v->evidence[i].fault);
        buf_zigzag(out, v->evidence[i].window_ms);
    }
}

static bool load_verdict(struct reader *r, struct verdict *v)
{
    v->kind = VERDICT_RAISE;
    v->rule = (size_t)read_varint(r);
    v->instance = (uint32_t)read_varint(r);
    v->at_ms = read_zigzag(r);
    v->since_ms = read_zigzag(r);
    uint64_t n = read_varint(r);
    if (r->bad || n > VERDICT_EVIDENCE)
        return false;
    v->n_evidence = (size_t)n;
    for (size_t i = 0; i < v->n_evidence; i++) {
        struct evidence *ev = &v->evidence[i];
        if (!get_text(r, ev->text, sizeof ev->text))
            return false;
        ev->value = read_f64(r);
        ev->limit = read_f64(r);
        ev->metric = (uint32_t)read_varint(r);
        ev->fault = (uint32_t)read_varint(r);
        ev->window_ms = read_zigzag(r);
    }
    return !r->bad;
}

static void save_alerts(const struct device *d, struct buf *out)
{
    buf_varint(out, d->n_alerts);
    for (size_t i = 0; i < d->n_alerts; i++) {
        alert_save(&d->alerts[i].a, out);
        buf_u8(out, d->alerts[i].watched);
    }
    buf_varint(out, d->n_held);
    for (size_t i = 0; i < d->n_held; i++) {
        save_verdict(&d->held[i].v, out);
        buf_u8(out, d->held[i].late);
        buf_zigzag(out, d->held[i].decide_listen_ms);
    }
    buf_varint(out, d->n_deferred);
    for (size_t i = 0; i < d->n_deferred; i++) {
        buf_zigzag(out, d->deferred[i].arrived_ms);
        buf_bytes(out, d->deferred[i].fix);
        buf_bytes(out, d->deferred[i].bytes);
    }
}

static bool load_deferred(struct reader *r, struct device *d)
{
    uint64_t n = read_varint(r);
    for (uint64_t i = 0; i < n && !r->bad; i++) {
        int64_t arrived = read_zigzag(r);
        struct slice fix = read_bytes(r), bytes = read_bytes(r);
        if (r->bad || !defer_add(d, arrived, fix, bytes))
            return false;
    }
    return !r->bad;
}

static bool load_alerts(struct reader *r, struct device *d)
{
    if (!get_array(r, DEVICE_ALERTS, sizeof d->alerts[0], &d->n_alerts, &d->alerts))
        return false;
    for (size_t i = 0; i < d->n_alerts; i++) {
        if (!alert_load(r, &d->alerts[i].a))
            return false;
        d->alerts[i].watched = read_u8(r) != 0;
    }
    if (!get_array(r, DEVICE_HELD, sizeof d->held[0], &d->n_held, &d->held))
        return false;
    for (size_t i = 0; i < d->n_held; i++) {
        if (!load_verdict(r, &d->held[i].v))
            return false;
        d->held[i].late = read_u8(r) != 0;
        d->held[i].decide_listen_ms = read_zigzag(r);
    }
    return load_deferred(r, d);
}

static void save_detect(const struct detect *detect, struct buf *out)
{
    struct buf state;
    buf_init(&state, 16 * 1024 * 1024);
    if (detect)
        detect_save(detect, &state);
    if (!buf_ok(&state))
        out->broken = true;
    buf_u8(out, detect != NULL);
    buf_bytes(out, buf_slice(&state));
    buf_free(&state);
}

static int load_detect(struct reader *r, struct device *d, struct detect **ret)
{
    bool there = read_u8(r) != 0;
    struct slice state = read_bytes(r);
    if (r->bad)
        return ERR_CORRUPT;
    if (!there)
        return 0;
    if (!d->pack_used)
        return ERR_VERSION;
    *ret = detect_new(d->pack_used->rules);
    if (!*ret)
        return ERR_NOMEM;
    return detect_load(*ret, state);
}

void dev_save(const struct device *d, struct buf *out)
{
    save_identity(d, out);
    save_presence(&d->presence, out);
    save_streams(d, out);
    save_facts(d, out);
    save_alerts(d, out);
    twin_save(d, out);
    buf_u64(out, d->bound);
    save_detect(d->live, out);
    save_detect(d->past, out);
}

static int load_rules(struct line *line, struct reader *r, struct device *d)
{
    d->bound = read_u64(r);
    if (d->bound) {
        d->pack_used = line->config.find_pack(line->config.arg, d->bound);
        if (!d->pack_used)
            return ERR_VERSION;
    }
    for (size_t i = 0; i < d->n_held; i++)
        if (!d->pack_used || d->held[i].v.rule >= ruleset_count(d->pack_used->rules))
            return ERR_CORRUPT;
    int rc = load_detect(r, d, &d->live);
    return rc ? rc : load_detect(r, d, &d->past);
}

int dev_load(struct line *line, struct slice bytes, struct device **ret)
{
    struct reader r = reader_of(bytes);
    struct device *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_NOMEM;
    int rc = ERR_CORRUPT;
    if (!load_identity(&r, d))
        goto bad;
    load_presence(&r, &d->presence);
    if (!load_streams(&r, d) || !load_facts(&r, d) || !load_alerts(&r, d) || !twin_load(&r, d))
        goto bad;
    rc = load_rules(line, &r, d);
    if (rc)
        goto bad;
    if (r.bad || reader_left(&r) || d->presence.now > PRESENCE_OFF) {
        rc = ERR_CORRUPT;
        goto bad;
    }
    d->snapshot_input = d->last_input;
    *ret = d;
    return 0;
bad:
    dev_free(d);
    return rc;
}

void line_save(const struct line *line, struct buf *out)
{
    buf_varint(out, line->n_packs);
    for (size_t i = 0; i < line->n_packs; i++) {
        put_text(out, line->packs[i].name);
        buf_u64(out, line->packs[i].fingerprint);
    }
    buf_zigzag(out, line->grace_listen_ms);
    buf_varint(out, line->n_devices);
    for (size_t i = 0; i < line->n_devices; i++)
        dev_save(line->devices[i], out);
}
