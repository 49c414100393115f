/* Wiring. Everything is opened in the order in which it leans on each other, and
 * closed in reverse; closing is a chain of events on the loop. */
#include "gateway/main/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "gateway/main/gateway.h"
#include "gateway/store/line_store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void store_wakes(void *arg)
{
    loop_wake_send(&((struct gateway *)arg)->store_wake);
}

static void intake_wakes(void *arg)
{
    loop_wake_send(&((struct gateway *)arg)->intake_wake);
}

static void on_store(struct loop_wake *wake)
{
    store_poll(CONTAINER(wake, struct gateway, store_wake)->store);
}

static void on_intake(struct loop_wake *wake)
{
    struct gateway *g = CONTAINER(wake, struct gateway, intake_wake);
    ops_answer(&g->answers, 0, NULL);
    if (!g->stopping)
        shell_pump(g);
}

static void on_second(struct loop_timer *timer)
{
    struct gateway *g = CONTAINER(timer, struct gateway, second);
    if (g->degraded || g->stopping)
        return;
    line_tick(g->line, shell_now(g));
    shell_commit(g);
    stage_run(g->stage, clock_now().wall_ms);
}

static void on_half(struct loop_timer *timer)
{
    struct gateway *g = CONTAINER(timer, struct gateway, half);
    if (!g->stopping)
        broker_half_second(g);
}

static void on_hangup(struct loop_signal *s, int number)
{
    struct gateway *g = CONTAINER(s, struct gateway, hangup);
    struct err e = {0};
    (void)number;
    if (packs_from_folder(g->packs, g->config->packs, &e)) {
        LOG_ERROR("GW022", "the packs in force stay: %s", e.text);
        return;
    }
    LOG_INFO("GW023", "packs are read again");
    shell_packs(g);
    if (g->link.reload(g->link.ctx, &e))
        LOG_ERROR("GW024", "the certificates in force stay: %s", e.text);
}

/* --- the end --- */

static void link_closed(void *arg)
{
    loop_stop(((struct gateway *)arg)->loop);
}

static void notify_closed(void *arg)
{
    struct gateway *g = arg;
    if (g->link_open)
        g->link.close(g->link.ctx, link_closed);
    else
        loop_stop(g->loop);
}

static void server_closed(void *arg)
{
    struct gateway *g = arg;
    notify_close(g->notify, notify_closed, g);
}

/* Ends what is open, one after the other; the loop stops with the last. */
static void end_all(struct gateway *g)
{
    g->stopping = true;
    if (g->server)
        server_close(g->server, server_closed, g);
    else if (g->notify)
        notify_close(g->notify, notify_closed, g);
    else
        notify_closed(g);
}

static void on_end(struct loop_signal *s, int number)
{
    struct gateway *g = number == SIGTERM ? CONTAINER(s, struct gateway, term)
                                          : CONTAINER(s, struct gateway, interrupt);
    if (g->stopping) {
        loop_stop(g->loop); /* asked twice */
        return;
    }
    LOG_INFO("GW002", "ending");
    loop_timer_stop(&g->second);
    loop_timer_stop(&g->reconnect);
    const struct err ending = {ERR_CLOSED, "the gateway is ending"};
    ops_answer(&g->waiting, ERR_UNKNOWN, &ending);
    ops_answer(&g->flying_waiters, ERR_UNKNOWN, &ending);
    end_all(g);
}

/* --- the beginning --- */

static int open_line(struct gateway *g, struct err *e)
{
    const struct config *c = g->config;
    struct line_config config = {.epoch = g->epoch,
                                 .limits = {.max_devices = (uint32_t)c->max_devices,
                                            .credit = (uint32_t)c->credit,
                                            .snapshot_inputs = (uint32_t)c->snapshot_inputs,
                                            .offline_after_ms = c->offline_after_ms,
                                            .silent_after_ms = c->silent_after_ms,
                                            .start_grace_ms = c->start_grace_ms,
                                            .missing_after_ms = c->missing_after_ms,
                                            .offline_alert_after_ms = c->offline_alert_after_ms,
                                            .hold_late_ms = c->hold_late_ms},
                                 .find_pack = packs_find,
                                 .arg = g->packs};
    if (line_new(&config, &g->line))
        return err_set(e, ERR_NOMEM, "no memory for the line");
    int rc = shell_restore(g, e);
    if (rc == 0) {
        int64_t last = store_last_handoff(g->store, e);
        rc = last < 0 ? (int)last : 0;
        g->last_feed = last < 0 ? 0 : last;
    }
    return rc;
}

static int open_store(struct gateway *g, struct err *e)
{
    struct store_config config = {.path = g->config->store, .wake = store_wakes, .arg = g};
    int rc = store_open(&config, &g->store, e);
    if (rc == 0)
        rc = packs_from_store(g->packs, g->store, e);
    if (rc == 0)
        rc = packs_from_folder(g->packs, g->config->packs, e);
    return rc;
}

static int open_intake(struct gateway *g, struct err *e)
{
    struct intake_config config = {.cap_bytes = (size_t)g->config->intake_bytes,
                                   .own_id = g->config->id,
                                   .wake = intake_wakes,
                                   .arg = g};
    return intake_new(&config, &g->intake) ? err_set(e, ERR_NOMEM, "no memory for intake") : 0;
}

static size_t stage_packs(void *ctx, const struct pack *const **ret_packs)
{
    return packs_in_force(((struct gateway *)ctx)->packs, ret_packs);
}

static void stage_wrote(void *ctx)
{
    struct gateway *g = ctx;
    if (!g->stopping)
        notify_kick(g->notify);
}

/* Message-IDs are the sender's: in its domain unless another is named. */
static const char *mail_domain(const struct config *c)
{
    const char *at = strrchr(c->mail_from, '@');
    return c->mail_domain[0] ? c->mail_domain : at ? at + 1 : "";
}

static int open_people(struct gateway *g, struct err *e)
{
    const struct config *c = g->config;
    struct notify_config notify = {.smtp_host = c->smtp_host,
                                   .smtp_port = c->smtp_port,
                                   .smtp_tls = (enum notify_tls)c->smtp_tls,
                                   .smtp_ca = c->smtp_ca,
                                   .smtp_user = c->smtp_user,
                                   .smtp_password = c->smtp_password,
                                   .mail_from = c->mail_from,
                                   .mail_from_name = c->mail_from_name,
                                   .live = c->delivery == 1,
                                   .captive_to = c->captive_to,
                                   .webhook_private = c->webhook_private,
                                   .webhook_ca = c->webhook_ca,
                                   .seed = rng_next(&g->rng)};
    int rc = notify_new(g->loop, g->store, &notify, &g->notify, e);
    if (rc)
        return rc;
    struct stage_config stage = {.ctx = g,
                                 .packs = stage_packs,
                                 .wrote = stage_wrote,
                                 .mail_domain = mail_domain(c),
                                 .source = c->source,
                                 .zone_folder = c->zone_folder};
    return stage_new(g->store, &stage, &g->stage, e);
}

static int open_server(struct gateway *g, struct err *e)
{
    const struct config *c = g->config;
    struct api_ops ops = gateway_ops;
    ops.ctx = g;
    g->ops = ops;
    struct server_config config = {.listen = c->listen,
                                   .ops_listen = c->ops_listen,
                                   .static_root = c->console,
                                   .zone_folder = c->zone_folder,
                                   .secure_cookie = c->secure_cookie,
                                   .trust_forwarded = c->trust_forwarded};
    int rc = server_new(g->loop, g->store, &config, &g->ops, &g->server, e);
    if (rc == 0)
        LOG_INFO("GW003", "console and API on port %d, metrics on port %d", server_port(g->server),
                 server_ops_port(g->server));
    return rc;
}

static void open_loop_parts(struct gateway *g)
{
    loop_wake_init(&g->store_wake, g->loop, on_store);
    loop_wake_init(&g->intake_wake, g->loop, on_intake);
    loop_timer_init(&g->second, g->loop, on_second);
    loop_timer_init(&g->half, g->loop, on_half);
    loop_timer_init(&g->retry, g->loop, shell_retry);
    loop_signal_init(&g->hangup, g->loop, SIGHUP, on_hangup);
    loop_signal_init(&g->term, g->loop, SIGTERM, on_end);
    loop_signal_init(&g->interrupt, g->loop, SIGINT, on_end);
}

static int open_all(struct gateway *g, struct err *e)
{
    int rc = loop_new(&g->loop, e);
    if (rc)
        return rc;
    open_loop_parts(g);
    rc = packs_new(&g->packs) ? err_set(e, ERR_NOMEM, "no memory for packs") : 0;
    if (rc == 0)
        rc = open_store(g, e);
    if (rc == 0)
        rc = open_line(g, e);
    if (rc == 0)
        rc = open_intake(g, e);
    if (rc == 0)
        rc = open_people(g, e);
    if (rc == 0)
        rc = open_server(g, e);
    return rc ? rc : broker_open(g, e);
}

static void close_all(struct gateway *g)
{
    store_close(g->store); /* ends the commit thread: nobody sends a wake after it */
    if (g->stage)
        stage_free(g->stage);
    loop_free(g->loop);
    line_free(g->line);
    intake_free(g->intake);
    packs_free(g->packs);
    buf_free(&g->down);
}

static void begin(struct gateway *g)
{
    line_start(g->line, shell_now(g));
    shell_packs(g);
    loop_timer_start(&g->second, 1000, 1000);
    loop_timer_start(&g->half, 500, 500);
    LOG_INFO("GW001", "tocsin-gateway %s is running", TOCSIN_VERSION);
}

int gateway_run(const struct config *config)
{
    struct gateway *g = calloc(1, sizeof *g);
    struct err e = {0};
    if (!g)
        return 1;
    signal(SIGPIPE, SIG_IGN); /* a peer that went is an error of its write */
    g->config = config;
    g->started_ms = clock_now().wall_ms;
    list_init(&g->waiting);
    list_init(&g->flying_waiters);
    list_init(&g->answers);
    buf_init(&g->down, LIMIT_MESSAGE);
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)clock_mono_us();
    rng_seed(&g->rng, seed);
    g->epoch = rng_next(&g->rng);
    int rc = open_all(g, &e);
    if (rc) {
        LOG_ERROR("GW004", "cannot start: %s", e.text);
        if (g->notify) {
            end_all(g);
            loop_run(g->loop);
        }
        close_all(g);
        free(g);
        return rc == ERR_INVALID || rc == ERR_NOT_FOUND || rc == ERR_LIMIT ? 2 : 1;
    }
    begin(g);
    loop_run(g->loop);
    close_all(g);
    free(g);
    return 0;
}
