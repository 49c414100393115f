/* Happy path: an inode holds its bytes; `pending` remembers, for each unsynced
 * append, where it started and ended, so that a power cut can undo any of them.
 * Names are a second layer: `live` names are what the program sees, `durable`
 * ones what a power cut falls back to. */
#include "tests/support/simdisk.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES 4096

struct extent {
    size_t from, to;
};

struct inode {
    uint8_t *bytes;
    size_t len, cap, synced;
    struct extent *pending;
    size_t n_pending, cap_pending;
    int refs; /* names (live and durable) and open handles */
};

struct name {
    char name[96];
    struct inode *live, *durable;
};

struct disk_file {
    struct inode *inode;
    struct disk_file *next;
};

struct simdisk {
    struct disk disk;
    struct rng rng;
    struct name names[NAMES];
    size_t n_names;
    struct disk_file *open;
    uint64_t cap, syncs, calls;
    int64_t countdown, repeat, cut_in;
    int code;
    bool bitten, cut;
};

static void unref(struct inode *i)
{
    if (!i || --i->refs > 0)
        return;
    free(i->bytes);
    free(i->pending);
    free(i);
}

static struct name *find(struct simdisk *s, const char *name)
{
    for (size_t i = 0; i < s->n_names; i++)
        if (strcmp(s->names[i].name, name) == 0)
            return &s->names[i];
    return NULL;
}

static struct name *find_or_add(struct simdisk *s, const char *name)
{
    struct name *n = find(s, name);
    for (size_t i = 0; !n && i < s->n_names; i++)
        if (!s->names[i].live && !s->names[i].durable)
            n = &s->names[i];
    if (!n && s->n_names < NAMES)
        n = &s->names[s->n_names++];
    if (n)
        snprintf(n->name, sizeof n->name, "%s", name);
    return n;
}

static void point(struct inode **slot, struct inode *to)
{
    if (to)
        to->refs++;
    unref(*slot);
    *slot = to;
}

/* 0, or the code that the test asked for. `change`: the call changes something. */
static int tick(struct simdisk *s, bool change)
{
    s->calls++;
    if (change && s->cut_in > 0 && --s->cut_in == 0)
        s->cut = true;
    if (s->cut)
        return ERR_IO;
    if (s->repeat == 0 || --s->countdown > 0)
        return 0;
    s->countdown = 0;
    if (s->repeat > 0)
        s->repeat--;
    s->bitten = true;
    return s->code;
}

static int sim_open(void *ctx, const char *name, bool create, struct disk_file **ret)
{
    struct simdisk *s = ctx;
    struct name *n = find(s, name);
    bool make = !n || !n->live;
    int rc = tick(s, make && create);
    if (rc != 0)
        return rc;
    if (make && !create)
        return ERR_NOT_FOUND;
    if (make) {
        n = find_or_add(s, name);
        struct inode *i = n ? calloc(1, sizeof *i) : NULL;
        if (!i)
            return ERR_NOMEM;
        point(&n->live, i);
    }
    struct disk_file *f = calloc(1, sizeof *f);
    if (!f)
        return ERR_NOMEM;
    point(&f->inode, n->live);
    f->next = s->open;
    s->open = f;
    *ret = f;
    return 0;
}

static void sim_close(void *ctx, struct disk_file *file)
{
    struct simdisk *s = ctx;
    for (struct disk_file **at = &s->open; *at; at = &(*at)->next)
        if (*at == file) {
            *at = file->next;
            unref(file->inode);
            free(file);
            return;
        }
}

static bool grow(struct inode *i, size_t len)
{
    if (len <= i->cap)
        return true;
    size_t cap = i->cap ? i->cap : 256;
    while (cap < len)
        cap *= 2;
    uint8_t *bytes = realloc(i->bytes, cap);
    if (!bytes)
        return false;
    i->bytes = bytes;
    i->cap = cap;
    return true;
}

static bool remember(struct inode *i, size_t from, size_t to)
{
    if (i->n_pending == i->cap_pending) {
        size_t cap = i->cap_pending ? i->cap_pending * 2 : 8;
        struct extent *p = realloc(i->pending, cap * sizeof *p);
        if (!p)
            return false;
        i->pending = p;
        i->cap_pending = cap;
    }
    i->pending[i->n_pending++] = (struct extent){from, to};
    return true;
}

static int put(struct inode *i, struct slice bytes)
{
    if (bytes.len == 0)
        return 0;
    if (!grow(i, i->len + bytes.len) || !remember(i, i->len, i->len + bytes.len))
        return ERR_NOMEM;
    memcpy(i->bytes + i->len, bytes.ptr, bytes.len);
    i->len += bytes.len;
    return 0;
}

static int sim_append(void *ctx, struct disk_file *file, struct slice bytes)
{
    struct simdisk *s = ctx;
    int rc = tick(s, true);
    uint64_t used = simdisk_used(s);
    if (rc == 0 && s->cap && used + bytes.len > s->cap) {
        bytes.len = s->cap > used ? (size_t)(s->cap - used) : 0;
        rc = ERR_FULL;
    } else if (rc != 0) {
        bytes.len = (size_t)rng_below(&s->rng, bytes.len + 1);
    }
    int put_rc = put(file->inode, bytes); /* on error any prefix may be there */
    return rc ? rc : put_rc;
}

static int64_t sim_read(void *ctx, struct disk_file *file, uint64_t offset, void *to, size_t len)
{
    int rc = tick(ctx, false);
    if (rc != 0)
        return rc;
    struct inode *i = file->inode;
    if (offset >= i->len)
        return 0;
    if (len > i->len - offset)
        len = i->len - (size_t)offset;
    if (len)
        memcpy(to, i->bytes + offset, len);
    return (int64_t)len;
}

static int64_t sim_size(void *ctx, struct disk_file *file)
{
    int rc = tick(ctx, false);
    return rc ? rc : (int64_t)file->inode->len;
}

static int sim_truncate(void *ctx, struct disk_file *file, uint64_t size)
{
    int rc = tick(ctx, true);
    if (rc != 0)
        return rc;
    struct inode *i = file->inode;
    if (size < i->len)
        i->len = (size_t)size;
    if (i->synced > i->len)
        i->synced = i->len;
    for (size_t k = 0; k < i->n_pending; k++)
        if (i->pending[k].to > i->len)
            i->pending[k].to = i->pending[k].from > i->len ? i->pending[k].from : i->len;
    return 0;
}

static int sim_sync(void *ctx, struct disk_file *file)
{
    struct simdisk *s = ctx;
    int rc = tick(s, true);
    if (rc != 0)
        return rc;
    s->syncs++;
    file->inode->synced = file->inode->len;
    file->inode->n_pending = 0;
    return 0;
}

static int sim_sync_dir(void *ctx)
{
    struct simdisk *s = ctx;
    int rc = tick(s, true);
    for (size_t i = 0; rc == 0 && i < s->n_names; i++)
        point(&s->names[i].durable, s->names[i].live);
    return rc;
}

static int sim_rename(void *ctx, const char *from, const char *to)
{
    struct simdisk *s = ctx;
    int rc = tick(s, true);
    if (rc != 0)
        return rc;
    struct name *a = find(s, from);
    if (!a || !a->live)
        return ERR_NOT_FOUND;
    struct name *b = find_or_add(s, to);
    if (!b)
        return ERR_NOMEM;
    point(&b->live, a->live);
    point(&a->live, NULL);
    return 0;
}

static int sim_unlink(void *ctx, const char *name)
{
    struct simdisk *s = ctx;
    int rc = tick(s, true);
    if (rc != 0)
        return rc;
    struct name *n = find(s, name);
    if (!n || !n->live)
        return ERR_NOT_FOUND;
    point(&n->live, NULL);
    return 0;
}

static int sim_list(void *ctx, void (*each)(void *, const char *, uint64_t), void *arg)
{
    struct simdisk *s = ctx;
    int rc = tick(s, false);
    for (size_t i = 0; rc == 0 && i < s->n_names; i++)
        if (s->names[i].live)
            each(arg, s->names[i].name, s->names[i].live->len);
    return rc;
}

static int sim_free_space(void *ctx, uint64_t *ret_bytes, uint64_t *ret_inodes)
{
    struct simdisk *s = ctx;
    int rc = tick(s, false);
    if (rc != 0)
        return rc;
    uint64_t used = simdisk_used(s);
    *ret_bytes = !s->cap ? UINT64_MAX : s->cap > used ? s->cap - used : 0;
    *ret_inodes = NAMES - simdisk_files(s);
    return 0;
}

struct simdisk *simdisk_new(uint64_t seed, uint64_t cap_bytes)
{
    struct simdisk *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    rng_seed(&s->rng, seed);
    s->cap = cap_bytes;
    s->disk = (struct disk){s,          sim_open,     sim_close,     sim_append,   sim_read,
                            sim_size,   sim_truncate, sim_sync,      sim_sync_dir, sim_rename,
                            sim_unlink, sim_list,     sim_free_space};
    return s;
}

void simdisk_free(struct simdisk *s)
{
    if (!s)
        return;
    simdisk_kill(s);
    for (size_t i = 0; i < s->n_names; i++) {
        point(&s->names[i].live, NULL);
        point(&s->names[i].durable, NULL);
    }
    free(s);
}

struct disk *simdisk_disk(struct simdisk *s)
{
    return &s->disk;
}

void simdisk_fail(struct simdisk *s, int64_t countdown, int64_t repeat, int code)
{
    s->countdown = countdown;
    s->repeat = repeat;
    s->code = code;
    s->bitten = false;
}

bool simdisk_bitten(const struct simdisk *s)
{
    return s->bitten;
}

void simdisk_kill(struct simdisk *s)
{
    while (s->open)
        sim_close(s, s->open);
}

/* Each unsynced write survives whole, torn, or not at all. */
static void lose(struct simdisk *s, struct inode *i)
{
    size_t end = i->synced;
    for (size_t k = 0; k < i->n_pending; k++) {
        struct extent e = i->pending[k];
        if (e.to <= e.from)
            continue;
        size_t keep = 0;
        switch (rng_below(&s->rng, 3)) {
        case 0: keep = e.to - e.from; break;
        case 1: keep = (size_t)rng_below(&s->rng, e.to - e.from + 1); break;
        default: break;
        }
        if (e.from + keep > end && keep)
            end = e.from + keep;
        memset(i->bytes + e.from + keep, 0, e.to - e.from - keep);
    }
    i->len = i->synced = end;
    i->n_pending = 0;
}

void simdisk_power_cut(struct simdisk *s)
{
    simdisk_kill(s);
    for (size_t i = 0; i < s->n_names; i++) {
        struct name *n = &s->names[i];
        bool live = n->live == n->durable || rng_below(&s->rng, 2);
        point(live ? &n->durable : &n->live, live ? n->live : n->durable);
    }
    for (size_t i = 0; i < s->n_names; i++)
        if (s->names[i].live && s->names[i].live->n_pending)
            lose(s, s->names[i].live);
    s->cut = false;
    s->cut_in = 0;
}

void simdisk_cut_at(struct simdisk *s, int64_t countdown)
{
    s->cut_in = countdown;
}

bool simdisk_is_cut(const struct simdisk *s)
{
    return s->cut;
}

void simdisk_put(struct simdisk *s, const char *name, struct slice bytes)
{
    struct name *n = find_or_add(s, name);
    struct inode *i = n ? calloc(1, sizeof *i) : NULL;
    if (!i)
        abort();
    point(&n->live, i);
    point(&n->durable, i);
    if (put(i, bytes) != 0)
        abort();
    i->synced = i->len;
    i->n_pending = 0;
}

bool simdisk_get(struct simdisk *s, const char *name, struct slice *ret)
{
    struct name *n = find(s, name);
    if (!n || !n->live)
        return false;
    *ret = slice_of(n->live->bytes, n->live->len);
    return true;
}

void simdisk_set_cap(struct simdisk *s, uint64_t cap_bytes)
{
    s->cap = cap_bytes;
}

uint64_t simdisk_used(const struct simdisk *s)
{
    uint64_t used = 0;
    for (size_t i = 0; i < s->n_names; i++)
        if (s->names[i].live)
            used += s->names[i].live->len;
    return used;
}

size_t simdisk_files(const struct simdisk *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_names; i++)
        n += s->names[i].live != NULL;
    return n;
}

uint64_t simdisk_syncs(const struct simdisk *s)
{
    return s->syncs;
}

uint64_t simdisk_calls(const struct simdisk *s)
{
    return s->calls;
}
