/* A device's twin, from here: the settings that are desired, and which it has.
 *
 * A person's wish is an input with a new version; it goes out after its commit, and
 * again whenever the device shows another version: at each hello, and with a batch
 * when some time has passed since it was last sent (a word can be lost). */
#include "gateway/line/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define AGAIN_MS (30 * 1000)

void twin_save(const struct device *d, struct buf *out)
{
    buf_varint(out, d->twin.desired);
    buf_varint(out, d->twin.reported);
    buf_varint(out, d->twin.n);
    for (size_t i = 0; i < d->twin.n; i++) {
        buf_u8(out, (uint8_t)d->twin.settings[i].kind);
        buf_varint(out, d->twin.settings[i].metric);
        buf_zigzag(out, d->twin.settings[i].value);
    }
}

static bool read_settings(struct reader *r, size_t *ret_n, struct line_setting **ret)
{
    uint64_t n = read_varint(r);
    if (r->bad || n > LINE_SETTINGS)
        return false;
    struct line_setting *settings = calloc(n + 1, sizeof *settings);
    for (size_t i = 0; settings && i < n; i++) {
        settings[i].kind = (enum line_setting_kind)read_u8(r);
        settings[i].metric = (uint32_t)read_varint(r);
        settings[i].value = read_zigzag(r);
    }
    if (!settings || r->bad) {
        free(settings);
        return false;
    }
    *ret_n = n;
    *ret = settings;
    return true;
}

bool twin_load(struct reader *r, struct device *d)
{
    d->twin.desired = read_varint(r);
    d->twin.reported = read_varint(r);
    return read_settings(r, &d->twin.n, &d->twin.settings);
}

/* After the commit of what is now applied. */
static void send_after(struct line *line, struct device *d, const struct input *in)
{
    if (line->replaying)
        return;
    struct txn_ack *word = rows_add(&line->open->acks);
    if (!word) {
        line->broken = true;
        return;
    }
    snprintf(word->device, sizeof word->device, "%s", d->id);
    word->settings = true;
    d->twin.sent_ms = in->now.wall_ms;
    d->twin.sent_session = d->presence.session;
}

static void settle(struct line *line, struct device *d, const struct input *in, bool now)
{
    struct twin *t = &d->twin;
    if (!t->desired || t->desired == t->reported)
        return;
    if (t->reported > t->desired) { /* from before a restore: it takes newer ones only */
        t->desired = t->reported + 1;
        t->dirty = true;
    }
    if (now || in->now.wall_ms - t->sent_ms >= AGAIN_MS || in->now.wall_ms < t->sent_ms)
        send_after(line, d, in);
}

void twin_hello(struct line *line, struct device *d, const struct input *in, uint64_t version)
{
    bool news = version != d->twin.reported;
    d->twin.dirty |= news;
    d->twin.reported = version;
    /* An agent that cannot keep them says hello at once: not again at once. */
    settle(line, d, in, news || d->presence.session != d->twin.sent_session);
}

void twin_batch(struct line *line, struct device *d, const struct input *in, uint64_t version)
{
    if (version > d->twin.reported) { /* a backlog tells of older ones */
        d->twin.reported = version;
        d->twin.dirty = true;
    }
    settle(line, d, in, false);
}

void apply_settings(struct line *line, struct device *d, const struct input *in, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct line_setting *settings = NULL;
    size_t n = 0;
    if (!read_settings(&r, &n, &settings)) {
        line->broken = !r.bad;
        return;
    }
    struct twin *t = &d->twin;
    free(t->settings);
    t->settings = settings;
    t->n = n;
    t->desired = (t->desired > t->reported ? t->desired : t->reported) + 1;
    t->dirty = true;
    if (d->presence.now == PRESENCE_ONLINE)
        send_after(line, d, in);
    line_touch(line, d, in);
}

static int check(const struct line_setting *s, struct err *e)
{
    static const int64_t least[] = {LINE_REPORT_MIN_MS, 1, 0}, most[] = {LINE_REPORT_MAX_MS, 1, 3};
    if (s->kind > SETTING_LOG_LEVEL || s->value < least[s->kind] || s->value > most[s->kind])
        return err_set(e, ERR_INVALID, "a setting is out of bounds");
    return 0;
}

int line_settings(struct line *line, struct slice device, const struct line_setting *settings,
                  size_t n, const char *actor, struct line_now now, struct err *e)
{
    char id[LINE_DEVICE_MAX] = "";
    if (device.len < sizeof id)
        memcpy(id, device.ptr, device.len);
    struct device *d = line_find(line, id);
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "no device is called \"%s\"", id);
    if (n > LINE_SETTINGS)
        return err_set(e, ERR_LIMIT, "more than %d settings", LINE_SETTINGS);
    struct buf bytes;
    buf_init(&bytes, 8192);
    buf_varint(&bytes, n);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = check(&settings[i], e);
        buf_u8(&bytes, (uint8_t)settings[i].kind);
        buf_varint(&bytes, settings[i].metric);
        buf_zigzag(&bytes, settings[i].value);
    }
    buf_bytes(&bytes, slice_str(actor)); /* who: for those who read the journal */
    struct input in = {.now = now};
    if (rc == 0 &&
        (!buf_ok(&bytes) || !line_journal_for(line, INPUT_SETTINGS, d->id, buf_slice(&bytes), &in)))
        rc = err_set(e, ERR_NOMEM, "no memory for the settings");
    if (rc == 0)
        apply_settings(line, d, &in, buf_slice(&bytes));
    buf_free(&bytes);
    return rc;
}

/* --- what is written, what is sent --- */

bool twin_gather(struct txn *t, struct device *d)
{
    if (!d->twin.dirty)
        return true;
    struct row_twin *row = rows_add(&t->twins);
    struct slice copy;
    if (!row ||
        !txn_copy(t, slice_of(d->twin.settings, d->twin.n * sizeof d->twin.settings[0]), &copy))
        return false;
    *row = (struct row_twin){.desired = d->twin.desired,
                             .reported = d->twin.reported,
                             .n = d->twin.n,
                             .settings = (const struct line_setting *)(const void *)copy.ptr};
    snprintf(row->device, sizeof row->device, "%s", d->id);
    d->twin.dirty = false;
    return true;
}

int twin_down(const struct line *line, struct device *d, struct buf *payload)
{
    char keys[LINE_SETTINGS][32];
    struct wire_setting settings[LINE_SETTINGS];
    for (size_t i = 0; i < d->twin.n; i++) {
        const struct line_setting *s = &d->twin.settings[i];
        if (s->kind == SETTING_LOG_LEVEL)
            snprintf(keys[i], sizeof keys[i], "log_level");
        else
            snprintf(keys[i], sizeof keys[i], "%s/%u",
                     s->kind == SETTING_MUTE ? "mute" : "report_ms", s->metric);
        settings[i] = (struct wire_setting){slice_str(keys[i]), s->value};
    }
    struct wire_down down = {
        .epoch = line->config.epoch,
        .kind = DOWN_SETTINGS,
        .settings = {.version = d->twin.desired, .n_settings = d->twin.n, .settings = settings}};
    buf_reset(payload);
    d->twin.due = false;
    return wire_encode_down(&down, payload);
}
