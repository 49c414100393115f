/* Inputs that no device sent: time, a start, packs, people. */
#include "gateway/line/inside.h"

#include <stdio.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void dev_due(struct line *line, struct device *d)
{
    d->due_listen_ms =
        least(presence_due_listen(line, d), least(gaps_due_listen(line, d), held_due_listen(d)));
    d->due_wall_ms = least(presence_due_wall(d), alerts_due_wall(d));
}

static void listen(struct line *line, struct line_now *now)
{
    if (now->listen_ms < line->listen_ms)
        now->listen_ms = line->listen_ms;
    line->listen_ms = now->listen_ms;
}

bool line_journal_for(struct line *line, enum input_kind kind, const char *device,
                      struct slice bytes, struct input *in)
{
    struct row_input row = {.kind = kind, .arrived_ms = in->now.wall_ms};
    struct line_fix fix = line_plain_fix(in->now);
    snprintf(row.device, sizeof row.device, "%s", device);
    return line_journal(line, &row, &fix, bytes, in);
}

void apply_tick(struct line *line, struct device *d, const struct input *in)
{
    presence_tick(line, d, in);
    gaps_tick(line, d, in);
    held_settle(line, d, in);
    alerts_tick(line, d, in);
    line_touch(line, d, in);
}

int line_tick(struct line *line, struct line_now now)
{
    listen(line, &now);
    for (size_t i = 0; i < line->n_devices && !line->broken; i++) {
        struct device *d = line->devices[i];
        if (now.listen_ms < d->due_listen_ms && now.wall_ms < d->due_wall_ms)
            continue;
        dev_due(line, d); /* the grace of a start may have moved it */
        if (now.listen_ms < d->due_listen_ms && now.wall_ms < d->due_wall_ms)
            continue;
        struct input in = {.now = now};
        if (!line_journal_for(line, INPUT_TICK, d->id, slice_of(NULL, 0), &in))
            return ERR_NOMEM;
        line->stats.ticks++;
        apply_tick(line, d, &in);
    }
    return line->broken ? ERR_NOMEM : 0;
}

static int rebind_all(struct line *line, struct line_now now)
{
    for (size_t i = 0; i < line->n_devices; i++) {
        struct device *d = line->devices[i];
        if (!bind_waits(line, d))
            continue;
        struct input in = {.now = now};
        if (!line_journal_for(line, INPUT_REBIND, d->id, slice_of(NULL, 0), &in))
            return ERR_NOMEM;
        apply_rebind(line, d, &in);
    }
    return 0;
}

void apply_rebind(struct line *line, struct device *d, const struct input *in)
{
    bind_device(line, d, in);
    held_settle(line, d, in);
    line_touch(line, d, in);
}

void apply_start(struct line *line, const struct input *in)
{
    line->grace_listen_ms = in->now.listen_ms + line->limits.start_grace_ms;
}

int line_start(struct line *line, struct line_now now)
{
    listen(line, &now);
    struct input in = {.now = now};
    if (!line_journal_for(line, INPUT_START, "", slice_of(NULL, 0), &in))
        return ERR_NOMEM;
    apply_start(line, &in);
    return rebind_all(line, now);
}

int apply_pack(struct line *line, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    uint64_t fingerprint = read_u64(&r);
    const struct line_pack *pack =
        r.bad ? NULL : line->config.find_pack(line->config.arg, fingerprint);
    if (!pack)
        return ERR_NOT_FOUND;
    pack_take(line, fingerprint, pack);
    return 0;
}

static bool is_in_force(const struct line *line, uint64_t fingerprint)
{
    for (size_t i = 0; i < line->n_packs; i++)
        if (line->packs[i].fingerprint == fingerprint)
            return true;
    return false;
}

int line_pack_change(struct line *line, uint64_t fingerprint, struct line_now now)
{
    if (is_in_force(line, fingerprint))
        return 0;
    if (!line->config.find_pack(line->config.arg, fingerprint))
        return ERR_NOT_FOUND;
    listen(line, &now);
    struct buf bytes;
    buf_init(&bytes, 64);
    buf_u64(&bytes, fingerprint);
    struct input in = {.now = now};
    bool ok = buf_ok(&bytes) && line_journal_for(line, INPUT_PACK, "", buf_slice(&bytes), &in);
    if (ok)
        apply_pack(line, buf_slice(&bytes));
    buf_free(&bytes);
    return ok ? rebind_all(line, now) : ERR_NOMEM;
}

/* --- people --- */

static struct open_alert *find_anywhere(struct line *line, uint64_t alert, struct device **ret_d)
{
    for (size_t i = 0; i < line->n_devices; i++)
        for (size_t k = 0; k < line->devices[i]->n_alerts; k++)
            if (line->devices[i]->alerts[k].a.id == alert) {
                *ret_d = line->devices[i];
                return &line->devices[i]->alerts[k];
            }
    return NULL;
}

static void put_wish(uint64_t alert, const struct alert_wish *w, struct buf *out)
{
    buf_varint(out, alert);
    buf_u8(out, (uint8_t)w->move);
    buf_bytes(out, slice_str(w->actor));
    buf_bytes(out, slice_str(w->reason));
    buf_bytes(out, slice_str(w->note));
    buf_zigzag(out, w->at_ms);
    buf_zigzag(out, w->arrival_ms);
    buf_zigzag(out, w->until_ms);
}

static const char *get_text(struct reader *r, struct arena *arena)
{
    char *text = arena_str(arena, read_bytes(r));
    return text ? text : "";
}

void apply_action(struct line *line, struct device *d, const struct input *in, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    arena_reset(&line->arena);
    uint64_t alert = read_varint(&r);
    struct alert_wish w = {.move = (enum alert_move)read_u8(&r)};
    w.actor = get_text(&r, &line->arena);
    w.reason = get_text(&r, &line->arena);
    w.note = get_text(&r, &line->arena);
    w.at_ms = read_zigzag(&r);
    w.arrival_ms = read_zigzag(&r);
    w.until_ms = read_zigzag(&r);
    for (size_t i = 0; !r.bad && i < d->n_alerts; i++)
        if (d->alerts[i].a.id == alert) {
            alert_move(line, d, &d->alerts[i], in, &w);
            break;
        }
    line_touch(line, d, in);
}

int line_action(struct line *line, uint64_t alert, const struct alert_wish *wish,
                struct line_now now, struct err *e)
{
    struct device *d = NULL;
    struct open_alert *oa = find_anywhere(line, alert, &d);
    if (!oa)
        return err_set(e, ERR_NOT_FOUND, "no open alert has the number %llu",
                       (unsigned long long)alert);
    struct alert trial = oa->a;
    struct alert_entry entry;
    struct alert_wish w = *wish;
    w.at_ms = w.arrival_ms = now.wall_ms;
    int rc = alert_apply(&trial, &w, &entry, e);
    if (rc)
        return rc;
    listen(line, &now);
    struct buf bytes;
    buf_init(&bytes, 8192);
    put_wish(alert, &w, &bytes);
    struct input in = {.now = now};
    rc = !buf_ok(&bytes)                                                       ? ERR_LIMIT
         : line_journal_for(line, INPUT_ACTION, d->id, buf_slice(&bytes), &in) ? 0
                                                                               : ERR_NOMEM;
    if (rc == 0)
        apply_action(line, d, &in, buf_slice(&bytes));
    buf_free(&bytes);
    return rc ? err_set(e, rc, "the action was not taken: %s", err_name(rc)) : 0;
}

void apply_test(struct line *line, struct device *d, const struct input *in, struct slice actor)
{
    struct open_alert *was = alert_find(d, "test_alert", 0);
    if (was)
        alert_clear(line, d, was, in, in->now.wall_ms);
    char text[96];
    snprintf(text, sizeof text, "asked for by %.*s", (int)(actor.len < 80 ? actor.len : 80),
             actor.len ? (const char *)actor.ptr : "");
    struct alert a;
    alert_builtin(&a, "test_alert", SEVERITY_MINOR,
                  AUDIENCE_CUSTOMER | AUDIENCE_SUPPORT | AUDIENCE_MANUFACTURER, in->now.wall_ms,
                  text);
    a.test = true;
    alert_raise(line, d, in, &a);
    line_touch(line, d, in);
}

int line_test_alert(struct line *line, struct slice device, const char *actor, struct line_now now,
                    uint64_t *ret_alert, struct err *e)
{
    char id[LINE_DEVICE_MAX] = "";
    if (device.len < sizeof id)
        memcpy(id, device.ptr, device.len);
    struct device *d = line_find(line, id);
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "no device is called \"%s\"", id);
    listen(line, &now);
    struct input in = {.now = now};
    if (!line_journal_for(line, INPUT_TEST, d->id, slice_str(actor), &in))
        return err_set(e, ERR_NOMEM, "no memory for a test alert");
    apply_test(line, d, &in, slice_str(actor));
    struct open_alert *oa = alert_find(d, "test_alert", 0);
    if (!oa)
        return err_set(e, ERR_FULL, "the device has too many open alerts");
    *ret_alert = oa->a.id;
    return 0;
}
