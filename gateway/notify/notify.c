/* The sender's outer life: settings, the first recovery, the timer, replays, the end. */
#include "gateway/notify/notify.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "gateway/notify/delivery.h"
#include "gateway/people/mail.h"

#include <stdio.h>
#include <stdlib.h>

struct notify {
    struct loop *loop;
    struct store *store;
    struct notify_config config; /* its strings are owned, none is NULL */
    struct multi *multi;
    struct delivery *delivery;
    struct loop_timer timer;
    bool recovered, recovering, closing;
    size_t jobs;    /* store jobs of our own under way */
    size_t handles; /* still to be closed by the loop */
    int64_t recover_ms;
    void (*closed)(void *arg);
    void *arg;
};

/* --- settings --- */

static int own(const char **text)
{
    char *copy = strdup(*text ? *text : "");
    *text = copy;
    return copy ? 0 : ERR_NOMEM;
}

static int own_strings(struct notify_config *c)
{
    const char **const texts[] = {&c->smtp_host,     &c->smtp_ca,   &c->smtp_user,
                                  &c->smtp_password, &c->mail_from, &c->mail_from_name,
                                  &c->captive_to,    &c->webhook_ca};
    int rc = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        rc |= own(texts[i]);
    return rc;
}

static void free_strings(struct notify_config *c)
{
    const char *texts[] = {c->smtp_host, c->smtp_ca,        c->smtp_user,  c->smtp_password,
                           c->mail_from, c->mail_from_name, c->captive_to, c->webhook_ca};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free((void *)(uintptr_t)texts[i]);
}

static void use_defaults(struct notify_config *c)
{
    c->concurrency = c->concurrency ? c->concurrency : SCHEDULE_MAX;
    c->timeout_ms = c->timeout_ms ? c->timeout_ms : 30000;
    c->retry_floor_ms = c->retry_floor_ms ? c->retry_floor_ms : 1000;
    c->retry_cap_ms = c->retry_cap_ms ? c->retry_cap_ms : 3600000;
    c->give_up_ms = c->give_up_ms ? c->give_up_ms : 86400000;
    c->stale_ms = c->stale_ms ? c->stale_ms : 60000;
}

static bool host_ok(const char *host)
{
    return strlen(host) < 256 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") ==
               strlen(host);
}

static int check(const struct notify_config *c, struct err *e)
{
    if (c->concurrency < 1 || c->concurrency > SCHEDULE_MAX)
        return err_set(e, ERR_INVALID, "notify: at most %d messages can be in flight",
                       SCHEDULE_MAX);
    if (!*c->smtp_host)
        return 0;
    if (!host_ok(c->smtp_host))
        return err_set(e, ERR_INVALID, "notify: the mail server \"%.64s\" is not a host name",
                       c->smtp_host);
    if (!mail_address_ok(c->mail_from))
        return err_set(e, ERR_INVALID,
                       "notify: the sender \"%.64s\" is not an address like alerts@example.com",
                       c->mail_from);
    if (!c->live && !mail_address_ok(c->captive_to))
        return err_set(e, ERR_INVALID,
                       "notify: delivery is captive, but the mailbox that gets all mail,"
                       " \"%.64s\", is not an address; set it, or switch delivery to live",
                       c->captive_to);
    return 0;
}

/* --- looking --- */

void notify_kick(struct notify *n)
{
    if (!n->closing)
        loop_timer_start(&n->timer, 0, 0); /* at the next turn: many kicks, one look */
}

static void end_if_quiet(struct notify *n);

static void changed(void *arg)
{
    struct notify *n = arg;
    if (n->closing)
        end_if_quiet(n);
    else
        notify_kick(n);
}

static int recover_apply(sqlite3 *db, void *arg, struct err *e)
{
    const struct notify *n = arg;
    return outbox_recover(db, n->recover_ms, e);
}

static void recover_done(void *arg, int result, const struct err *e)
{
    struct notify *n = arg;
    n->jobs--;
    n->recovering = false;
    n->recovered = result == 0;
    if (result)
        LOG_WARN("NT008", "the outbox is not taken up yet: %s", e ? e->text : "");
    if (n->closing)
        end_if_quiet(n);
    else
        loop_timer_start(&n->timer, result ? 1000 : 0, 0);
}

static void recover(struct notify *n)
{
    struct store_job job = {recover_apply, recover_done, n};
    if (n->recovering)
        return;
    n->recovering = true;
    n->recover_ms = clock_now().wall_ms;
    n->jobs++;
    if (store_write(n->store, &job) == 0)
        return;
    n->jobs--;
    n->recovering = false;
    loop_timer_start(&n->timer, 1000, 0);
}

static void look(struct loop_timer *timer)
{
    struct notify *n = CONTAINER(timer, struct notify, timer);
    if (n->closing)
        return;
    if (!n->recovered) {
        recover(n);
        return;
    }
    int64_t now_ms = clock_now().wall_ms, next_ms;
    loop_timer_start(timer, 60000, 0); /* a `changed` inside brings it forward */
    delivery_look(n->delivery, now_ms, &next_ms);
    uint64_t due_in = uv_timer_get_due_in(&timer->uv);
    int64_t wait_ms = next_ms > now_ms ? next_ms - now_ms : 1;
    if (due_in > (uint64_t)wait_ms)
        loop_timer_start(timer, wait_ms, 0);
}

int notify_new(struct loop *loop, struct store *store, const struct notify_config *config,
               struct notify **ret_notify, struct err *e)
{
    int rc = ERR_NOMEM;
    struct notify *n = calloc(1, sizeof *n);
    if (!n)
        return err_set(e, ERR_NOMEM, "no memory for the sender");
    n->loop = loop;
    n->store = store;
    n->config = *config;
    use_defaults(&n->config);
    if (own_strings(&n->config)) {
        err_set(e, ERR_NOMEM, "no memory for the sender");
        goto settings;
    }
    rc = check(&n->config, e);
    if (rc)
        goto settings;
    rc = multi_new(loop, &n->multi, e);
    if (rc)
        goto settings;
    struct delivery_config d = {store, n->multi, &n->config, changed, n};
    n->delivery = delivery_new(&d);
    if (!n->delivery) {
        rc = err_set(e, ERR_NOMEM, "no memory for the sender");
        goto delivery;
    }
    loop_timer_init(&n->timer, loop, look);
    loop_timer_start(&n->timer, 0, 0);
    *ret_notify = n;
    return 0;
delivery:
    multi_close(n->multi, NULL, NULL);
settings:
    free_strings(&n->config);
    free(n);
    return rc;
}

void notify_stats(const struct notify *n, struct notify_stats *ret_stats)
{
    delivery_stats(n->delivery, ret_stats);
}

/* --- replay --- */

struct replay {
    struct notify *notify;
    int64_t id, now_ms;
    int code;
    void (*done)(void *arg, int result, const struct err *e);
    void *arg;
};

static int replay_apply(sqlite3 *db, void *arg, struct err *e)
{
    struct replay *r = arg;
    return outbox_revive(db, r->id, r->now_ms, &r->code, e);
}

static void replay_done(void *arg, int result, const struct err *e)
{
    struct replay *r = arg;
    struct notify *n = r->notify;
    struct err why = {0};
    if (result == 0 && r->code)
        err_set(&why, r->code, "letter %lld %s", (long long)r->id,
                r->code == ERR_NOT_FOUND ? "is not there" : "is neither dead nor dropped");
    n->jobs--;
    if (r->done)
        r->done(r->arg, result ? result : r->code, result ? e : &why);
    free(r);
    notify_kick(n);
    if (n->closing)
        end_if_quiet(n);
}

int notify_replay(struct notify *n, int64_t outbox_id,
                  void (*done)(void *arg, int result, const struct err *e), void *arg)
{
    struct replay *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    *r = (struct replay){n, outbox_id, clock_now().wall_ms, 0, done, arg};
    struct store_job job = {replay_apply, replay_done, r};
    n->jobs++;
    int rc = store_write(n->store, &job);
    if (rc) {
        n->jobs--;
        free(r);
    }
    return rc;
}

/* --- the end: first the store's answers, then the loop's handles --- */

static void one_gone(struct notify *n)
{
    if (--n->handles > 0)
        return;
    void (*closed)(void *) = n->closed;
    void *arg = n->arg;
    delivery_free(n->delivery);
    free_strings(&n->config);
    free(n);
    if (closed)
        closed(arg);
}

static void timer_gone(struct loop_timer *timer)
{
    one_gone(CONTAINER(timer, struct notify, timer));
}

static void multi_gone(void *arg)
{
    one_gone(arg);
}

static void end_if_quiet(struct notify *n)
{
    if (n->handles || n->jobs || delivery_pending(n->delivery))
        return;
    n->handles = 2;
    loop_timer_close(&n->timer, timer_gone);
    multi_close(n->multi, multi_gone, n);
}

void notify_close(struct notify *n, void (*closed)(void *arg), void *arg)
{
    n->closing = true;
    n->closed = closed;
    n->arg = arg;
    delivery_stop(n->delivery);
    end_if_quiet(n);
}
