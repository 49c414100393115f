/* Desired settings, kept in a journal of whole sets: the newest one counts. */
#include "agent/twin/twin.h"

#include "agent/journal/journal.h"
#include "base/err.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_MS        86400000
#define REWRITE_BYTES 8192

enum key { KEY_REPORT_MS, KEY_MUTE, KEY_LOG_LEVEL, KEY_COUNT };

static const struct {
    const char *name;
    bool metric;
    int64_t max;
} keys[KEY_COUNT] = {
    [KEY_REPORT_MS] = {"report_ms/", true, DAY_MS},
    [KEY_MUTE] = {"mute/", true, 1},
    [KEY_LOG_LEVEL] = {"log_level", false, LOG_ERROR_},
};

struct setting {
    enum key key;
    uint32_t metric;
    int64_t value;
};

struct set {
    uint64_t version;
    size_t n;
    struct setting settings[TWIN_SETTINGS];
};

struct twin {
    struct journal journal;
    struct set now;
    uint64_t durable; /* version */
};

static bool parse_metric(struct slice s, uint32_t *ret)
{
    uint64_t v = 0;
    if (s.len == 0 || s.len > 9)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *ret = (uint32_t)v;
    return true;
}

static bool parse(const struct wire_setting *in, struct setting *ret)
{
    for (int k = 0; k < KEY_COUNT; k++) {
        size_t n = strlen(keys[k].name);
        uint32_t metric = 0;
        if (in->key.len < n || memcmp(in->key.ptr, keys[k].name, n) != 0)
            continue;
        struct slice rest = slice_of(in->key.ptr + n, in->key.len - n);
        if (keys[k].metric ? !parse_metric(rest, &metric) : rest.len != 0)
            continue;
        int64_t v = in->value < 0 ? 0 : in->value > keys[k].max ? keys[k].max : in->value;
        *ret = (struct setting){(enum key)k, metric, v};
        return true;
    }
    return false;
}

static void put_set(struct buf *out, const struct set *s)
{
    buf_u64(out, s->version);
    buf_varint(out, s->n);
    for (size_t i = 0; i < s->n; i++) {
        buf_u8(out, (uint8_t)s->settings[i].key);
        buf_varint(out, s->settings[i].metric);
        buf_zigzag(out, s->settings[i].value);
    }
}

static void load(void *arg, struct slice record)
{
    struct twin *t = arg;
    struct reader r = reader_of(record);
    struct set s = {.version = read_u64(&r)};
    uint64_t n = read_varint(&r);
    if (r.bad || n > TWIN_SETTINGS || s.version < t->now.version)
        return;
    for (; s.n < n && !r.bad; s.n++) {
        struct setting *x = &s.settings[s.n];
        uint8_t key = read_u8(&r);
        x->metric = (uint32_t)read_varint(&r);
        x->value = read_zigzag(&r);
        if (key >= KEY_COUNT || x->value < 0 || x->value > keys[key].max)
            return;
        x->key = (enum key)key;
    }
    if (r.bad)
        return;
    t->now = s;
    t->durable = s.version;
}

int twin_open(struct disk *disk, struct twin **ret)
{
    struct twin *t = calloc(1, sizeof *t);
    if (!t || journal_open(&t->journal, disk, "twin", load, t) != 0) {
        free(t);
        return ERR_NOMEM;
    }
    *ret = t;
    return 0;
}

void twin_free(struct twin *t)
{
    if (!t)
        return;
    journal_close(&t->journal);
    free(t);
}

static void fill(void *arg, struct journal_writer *w)
{
    struct buf *all = arg;
    journal_put(w, buf_slice(all));
}

static int save(struct twin *t)
{
    struct buf out;
    buf_init(&out, JOURNAL_RECORD_MAX);
    put_set(&out, &t->now);
    int rc = buf_ok(&out) ? 0 : ERR_NOMEM;
    if (rc == 0 && t->journal.bytes > REWRITE_BYTES) {
        rc = journal_rewrite(&t->journal, fill, &out);
    } else if (rc == 0) {
        rc = journal_append(&t->journal, buf_slice(&out));
        if (rc == 0)
            rc = journal_sync(&t->journal);
    }
    if (rc == 0)
        t->durable = t->now.version;
    buf_free(&out);
    return rc;
}

int twin_apply(struct twin *t, const struct wire_settings *settings)
{
    struct set s = {.version = settings->version};
    if (settings->version <= t->durable)
        return ERR_EXISTS;
    for (size_t i = 0; i < settings->n_settings; i++) {
        struct setting x;
        if (!parse(&settings->settings[i], &x))
            continue;
        if (s.n == TWIN_SETTINGS)
            return ERR_LIMIT;
        s.settings[s.n++] = x;
    }
    t->now = s;
    return save(t);
}

uint64_t twin_version(const struct twin *t)
{
    return t->durable;
}

static int64_t value_of(const struct twin *t, enum key key, uint32_t metric, int64_t otherwise)
{
    for (size_t i = 0; i < t->now.n; i++)
        if (t->now.settings[i].key == key && t->now.settings[i].metric == metric)
            return t->now.settings[i].value;
    return otherwise;
}

int64_t twin_interval_ms(const struct twin *t, uint32_t metric)
{
    return value_of(t, KEY_REPORT_MS, metric, 0);
}

bool twin_muted(const struct twin *t, uint32_t metric)
{
    return value_of(t, KEY_MUTE, metric, 0) != 0;
}

int64_t twin_log_level(const struct twin *t)
{
    return value_of(t, KEY_LOG_LEVEL, 0, -1);
}

bool twin_at(const struct twin *t, size_t i, struct slice *ret_key, int64_t *ret_value)
{
    static char key[32];
    if (i >= t->now.n)
        return false;
    const struct setting *x = &t->now.settings[i];
    if (keys[x->key].metric)
        snprintf(key, sizeof key, "%s%u", keys[x->key].name, (unsigned)x->metric);
    else
        snprintf(key, sizeof key, "%s", keys[x->key].name);
    *ret_key = slice_str(key);
    *ret_value = x->value;
    return true;
}
