/* Password checks off the loop's thread: a short queue, two at work. */
#include "base/list.h"
#include "gateway/api/access/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_WORK 2
#define WAITING 16

struct check {
    struct list link;
    uv_work_t work;
    struct hasher *hasher;
    bool known; /* false: the hash is the stand-in */
    bool right;
    char hash[PASSWORD_HASH];
    char password[260];
    hasher_done_fn done;
    void *arg;
};

struct hasher {
    struct loop *loop;
    struct list waiting;
    uint32_t n_waiting, n_working;
    char stand_in[PASSWORD_HASH]; /* checked for users that do not exist */
};

struct hasher *hasher_new(struct loop *loop)
{
    struct hasher *h = calloc(1, sizeof *h);
    char nobody[SECRET_TEXT];
    if (!h)
        return NULL;
    secret_random(nobody);
    h->loop = loop;
    list_init(&h->waiting);
    if (password_hash(nobody, h->stand_in)) {
        free(h);
        return NULL;
    }
    return h;
}

static void work(uv_work_t *uv)
{
    struct check *c = CONTAINER(uv, struct check, work);
    bool right = crypto_pwhash_str_verify(c->hash, c->password, strlen(c->password)) == 0;
    c->right = right && c->known;
}

static void start_next(struct hasher *h);

static void worked(uv_work_t *uv, int status)
{
    struct check *c = CONTAINER(uv, struct check, work);
    struct hasher *h = c->hasher;
    c->done(c->arg, status == 0 && c->right);
    sodium_memzero(c->password, sizeof c->password);
    free(c);
    h->n_working--;
    start_next(h);
}

static void start_next(struct hasher *h)
{
    while (h->n_working < AT_WORK && h->n_waiting) {
        struct check *c = CONTAINER(list_shift(&h->waiting), struct check, link);
        h->n_waiting--;
        h->n_working++;
        uv_queue_work(loop_uv(h->loop), &c->work, work, worked);
    }
}

int hasher_check(struct hasher *h, const char *hash, const char *password, hasher_done_fn done,
                 void *arg)
{
    if (h->n_waiting >= WAITING)
        return ERR_FULL;
    struct check *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->hasher = h;
    c->known = hash != NULL;
    snprintf(c->hash, sizeof c->hash, "%s", hash ? hash : h->stand_in);
    snprintf(c->password, sizeof c->password, "%s", password);
    c->done = done;
    c->arg = arg;
    list_push(&h->waiting, &c->link);
    h->n_waiting++;
    start_next(h);
    return 0;
}

uint32_t hasher_owed(const struct hasher *h)
{
    return h->n_waiting + h->n_working;
}

void hasher_free(struct hasher *h)
{
    free(h);
}
