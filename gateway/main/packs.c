#include "gateway/main/packs.h"

#include "base/log.h"
#include "gateway/store/line_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PACK_BYTES ((size_t)16 * 1024 * 1024)
#define PACKS_MAX  256

struct known {
    struct line_pack lp;
    struct pack *pack;     /* owned */
    struct ruleset *rules; /* owned */
    struct buf file;       /* owned */
};
struct packs {
    size_t n;
    struct known *known[PACKS_MAX];
    size_t n_force;
    const struct pack *force[PACKS_MAX];
};

int packs_new(struct packs **ret_packs)
{
    *ret_packs = calloc(1, sizeof **ret_packs);
    return *ret_packs ? 0 : ERR_NOMEM;
}

static void known_free(struct known *k)
{
    if (!k)
        return;
    ruleset_free(k->rules);
    pack_free(k->pack);
    buf_free(&k->file);
    free(k);
}

void packs_free(struct packs *p)
{
    for (size_t i = 0; p && i < p->n; i++)
        known_free(p->known[i]);
    free(p);
}

const struct line_pack *packs_find(void *arg, uint64_t fingerprint)
{
    struct packs *p = arg;
    for (size_t i = 0; i < p->n; i++)
        if (p->known[i]->pack->fingerprint == fingerprint)
            return &p->known[i]->lp;
    return NULL;
}

struct slice packs_file(const struct packs *p, uint64_t fingerprint)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->known[i]->pack->fingerprint == fingerprint)
            return buf_slice(&p->known[i]->file);
    return slice_of(NULL, 0);
}

/* Loads and compiles one. ERR_*: `e` says where the mistake is. */
static int learn(struct packs *p, struct slice file, const struct pack **ret_pack, struct err *e)
{
    struct known *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(e, ERR_NOMEM, "no memory for a pack");
    buf_init(&k->file, PACK_BYTES);
    int rc = pack_load(file, &k->pack, e);
    if (rc)
        goto bad;
    const struct line_pack *was = packs_find(p, k->pack->fingerprint);
    if (was) {
        *ret_pack = was->pack;
        known_free(k);
        return 0;
    }
    rc = ruleset_compile(k->pack, &k->rules, e);
    buf_put(&k->file, file.ptr, file.len);
    if (rc == 0 && (p->n == PACKS_MAX || !buf_ok(&k->file)))
        rc = err_set(e, ERR_LIMIT, "too many packs, or one that is too large");
    if (rc)
        goto bad;
    k->lp = (struct line_pack){k->pack, k->rules};
    p->known[p->n++] = k;
    *ret_pack = k->pack;
    return 0;
bad:
    known_free(k);
    return rc;
}

static void from_store(void *arg, struct slice file)
{
    const struct pack *pack;
    struct err e = {0};
    if (learn(arg, file, &pack, &e))
        LOG_WARN("GW020", "a pack that the store keeps cannot be used any more: %s", e.text);
}

int packs_from_store(struct packs *p, struct store *store, struct err *e)
{
    return store_each_pack(store, from_store, p, e);
}

static int read_file(const char *path, struct buf *out, struct err *e)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    char part[8192];
    size_t n;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_put(out, part, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad || !buf_ok(out))
        return err_set(e, bad ? ERR_IO : ERR_LIMIT, "%s: cannot be read whole", path);
    return 0;
}

static int learn_file(struct packs *p, const char *folder, const char *name,
                      const struct pack **ret_pack, struct err *e)
{
    char path[4096];
    struct buf file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(&file, PACK_BYTES);
    int rc = read_file(path, &file, e);
    if (rc == 0) {
        rc = learn(p, buf_slice(&file), ret_pack, e);
        if (rc)
            err_wrap(e, "%s", path);
    }
    buf_free(&file);
    return rc;
}

static int is_pack(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".pack") == 0;
}

int packs_from_folder(struct packs *p, const char *folder, struct err *e)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_pack, alphasort);
    if (n < 0)
        return err_set(e, ERR_NOT_FOUND, "packs: the folder %s cannot be read: %s", folder,
                       strerror(errno));
    const struct pack *force[PACKS_MAX];
    size_t n_force = 0;
    int rc = 0;
    for (int i = 0; i < n; i++) {
        if (rc == 0 && n_force < PACKS_MAX)
            rc = learn_file(p, folder, entries[i]->d_name, &force[n_force], e);
        n_force += rc == 0;
        free(entries[i]);
    }
    free(entries);
    if (rc)
        return rc;
    memcpy(p->force, force, n_force * sizeof force[0]);
    p->n_force = n_force;
    return 0;
}

size_t packs_in_force(struct packs *p, const struct pack *const **ret_packs)
{
    *ret_packs = p->force;
    return p->n_force;
}
