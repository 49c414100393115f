/* Birth, the turn of an event, and death of the agent. */
#include "agent/shell/agent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/list.h"
#include "net/device/link_device.h"
#include "proto/system_metrics.h"

#define KEEP_MS       3600000 /* the wall clock's floor is written once an hour */
#define GOODBYE_TURNS 50      /* of 20 ms, for what is in flight when we stop */

/* --- the turn of an event --- */

static void plan_wake(struct agent *a)
{
    int64_t in_ms = core_wake_ms(a->core) - clock_now().boot_ms;
    loop_timer_start(&a->wake, in_ms > 0 ? in_ms : 0, 0);
}

void agent_give(struct agent *a, struct core_event event)
{
    const struct core_action *actions;
    event.now = clock_now();
    size_t n = core_step(a->core, &event, &actions);
    agent_do(a, actions, n);
    plan_wake(a);
}

void agent_report(void *arg, const struct report *report)
{
    agent_give((struct agent *)arg,
               (struct core_event){.kind = CORE_EVENT_REPORT, .report = report});
}

static void wake_up(struct loop_timer *timer)
{
    agent_give(CONTAINER(timer, struct agent, wake), (struct core_event){.kind = CORE_EVENT_TICK});
}

static void take_probe(struct loop_timer *timer)
{
    struct agent *a = CONTAINER(timer, struct agent, probe_timer);
    struct now now = clock_now();
    if (now.trust > a->told_trust)
        agent_port_time(a->port);
    a->told_trust = now.trust;
    probe_sample(a->probe, now, (uint32_t)a->boot, agent_report, a);
}

static void keep(struct loop_timer *timer)
{
    struct agent *a = CONTAINER(timer, struct agent, keep_timer);
    struct now now = clock_now();
    struct err e;
    if (now.trust >= TRUST_RTC && now.wall_ms > a->kept.wall_floor_ms)
        a->kept.wall_floor_ms = now.wall_ms;
    if (kept_write(a->config.folder, &a->kept, &e))
        LOG_WARN("AG015", "%s", e.text);
}

/* --- the end --- */

static void port_closed(void *arg)
{
    struct agent *a = (struct agent *)arg;
    a->port = NULL;
    loop_stop(a->loop);
}

static void link_closed(void *arg)
{
    struct agent *a = (struct agent *)arg;
    a->link_open = false;
    agent_port_close(a->port, port_closed);
}

static void say_goodbye(struct loop_timer *timer)
{
    struct agent *a = CONTAINER(timer, struct agent, goodbye);
    struct link_stats s;
    a->link.stats(a->link.ctx, &s);
    if (s.inflight > 0 && --a->goodbye_left > 0)
        return;
    loop_timer_stop(&a->goodbye);
    a->link.close(a->link.ctx, link_closed);
}

static void stop(struct loop_signal *signal, int number)
{
    struct agent *a = number == SIGTERM ? CONTAINER(signal, struct agent, term)
                                        : CONTAINER(signal, struct agent, interrupt);
    if (a->stopping)
        return;
    LOG_INFO("AG002", "stopping");
    a->stopping = true;
    a->goodbye_left = GOODBYE_TURNS;
    agent_give(a, (struct core_event){.kind = CORE_EVENT_STOP});
    loop_timer_start(&a->goodbye, 20, 20);
}

/* --- reload: what can change without a restart --- */

static void reload(struct loop_signal *signal, int number)
{
    struct agent *a = CONTAINER(signal, struct agent, hangup);
    struct config fresh = {0};
    struct err e;
    (void)number;
    if (table_defaults(&config_table, &fresh, &e) ||
        table_load(&config_table, &fresh, a->config_file, &e) ||
        table_check(&config_table, &fresh, &e)) {
        LOG_ERROR("AG016", "%s; the settings in force stay", e.text);
        table_free(&config_table, &fresh);
        return;
    }
    a->config.log_level = fresh.log_level;
    a->config.probe_interval_ms = fresh.probe_interval_ms;
    log_set_level((enum log_level)fresh.log_level);
    loop_timer_start(&a->probe_timer, fresh.probe_interval_ms, fresh.probe_interval_ms);
    table_free(&config_table, &fresh);
    if (a->link.reload(a->link.ctx, &e))
        LOG_ERROR("AG017", "%s; the certificates in force stay", e.text);
    else
        LOG_INFO("AG018", "reloaded: log level, probe interval, certificates; the rest needs a "
                          "restart");
}

/* --- status --- */

static void fill_status(void *arg, struct buf *line)
{
    static const char *const sessions[] = {"down", "connecting", "up"};
    struct agent *a = (struct agent *)arg;
    struct now now = clock_now();
    struct core_stats s;
    struct link_stats l;
    struct agent_port_stats p;
    int64_t until_ms = 0;
    core_stats(a->core, &s);
    a->link.stats(a->link.ctx, &l);
    agent_port_stats(a->port, &p);
    (void)identity_valid_until(a->config.cert, &until_ms, NULL);
    buf_fmt(line, "{\"device\":\"%s\",\"version\":\"%s\",\"session\":\"%s\",\"in_touch\":%s", a->id,
            TOCSIN_VERSION, sessions[a->session], s.in_touch ? "true" : "false");
    buf_str(line, ",\"last_reason\":");
    status_string(line, a->reason.text);
    buf_fmt(line, ",\"last_ack_age_ms\":%lld",
            a->acked_ms ? (long long)(now.boot_ms - a->acked_ms) : -1LL);
    buf_fmt(line, ",\"owed_batches\":%llu,\"owed_bytes\":%llu,\"sealed\":%llu,\"released\":%llu",
            (unsigned long long)s.owed, (unsigned long long)s.owed_bytes,
            (unsigned long long)(s.sealed[0] + s.sealed[1]), (unsigned long long)s.released);
    uint64_t dropped = 0;
    for (size_t i = 0; i < sizeof s.dropped / sizeof s.dropped[0]; i++)
        dropped += s.dropped[i];
    buf_fmt(line, ",\"dropped\":%llu,\"messages\":%llu,\"lost_messages\":%llu,\"disk_errors\":%llu",
            (unsigned long long)dropped, (unsigned long long)s.messages,
            (unsigned long long)s.lost_messages, (unsigned long long)s.disk_errors);
    buf_fmt(line, ",\"sources\":%u,\"frames\":%llu,\"damaged_frames\":%llu,\"early_frames\":%llu",
            p.sources, (unsigned long long)p.frames, (unsigned long long)(p.damaged + p.malformed),
            (unsigned long long)p.early);
    buf_fmt(line, ",\"connects\":%llu,\"resumed\":%llu,\"flash_today_bytes\":%llu",
            (unsigned long long)l.ups, (unsigned long long)l.resumed,
            (unsigned long long)s.flash_today_bytes);
    buf_fmt(line, ",\"certificate_until_ms\":%lld,\"wall_ms\":%lld,\"clock_trust\":%u}",
            (long long)until_ms, (long long)now.wall_ms, now.trust);
}

/* --- birth --- */

/* The pack's meanings, then those of our own readings. */
static size_t fill_meanings(const struct pack *pack, struct core_meaning *to, size_t cap)
{
    static const struct system_metric_row rows[] = {SYSTEM_METRICS(SYSTEM_METRIC_ROW)};
    size_t n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        to[n++] =
            (struct core_meaning){MEANS_METRIC, rows[i].id, rows[i].exponent, PURPOSE_DIAGNOSIS};
    for (size_t i = 0; pack && i < pack->n_faults && n < cap; i++)
        to[n++] = (struct core_meaning){MEANS_FAULT, pack->faults[i].id, 0,
                                        (uint8_t)pack->faults[i].purpose};
    for (size_t i = 0; pack && i < pack->n_metrics && n < cap; i++)
        to[n++] =
            (struct core_meaning){MEANS_METRIC, pack->metrics[i].id, pack->metrics[i].exponent,
                                  (uint8_t)pack->metrics[i].purpose};
    return n;
}

static int open_core(struct agent *a, struct err *e)
{
    struct pack *pack = NULL;
    struct core_meaning meanings[1024];
    uint64_t seed;
    int rc = a->config.pack[0] ? pack_open(a->config.pack, &pack, e) : 0;
    if (rc)
        return err_wrap(e, "pack '%s'", a->config.pack);
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = a->boot ^ (uint64_t)clock_mono_us();
    const struct config *c = &a->config;
    struct core_config core = {.disk = &a->disk,
                               .seed = seed,
                               .boot = a->boot,
                               .session = a->kept.session,
                               .agent = TOCSIN_VERSION,
                               .pack = pack ? pack->name : "",
                               .pack_revision = pack ? pack->revision : 0,
                               .identity = {.model = slice_str(c->model),
                                            .serial = slice_str(c->serial_number),
                                            .firmware = slice_str(c->firmware),
                                            .hardware = slice_str(c->hardware),
                                            .agent = slice_str(TOCSIN_VERSION)},
                               .meanings = meanings,
                               .n_meanings = fill_meanings(pack, meanings, 1024),
                               .consents = CONSENT_ALL,
                               .bulk_age_ms = c->bulk_age_ms,
                               .bulk_samples = (uint32_t)c->bulk_samples,
                               .heartbeat_ms = c->heartbeat_ms,
                               .keyframe_ms = c->keyframe_ms,
                               .spool_bytes = (uint64_t)c->spool_bytes,
                               .head_room_bytes = (uint64_t)c->head_room_bytes,
                               .daily_write_bytes = (uint64_t)c->daily_write_bytes,
                               .liveness_ms = c->liveness_ms,
                               .reconnect_floor_ms = c->reconnect_floor_ms,
                               .reconnect_cap_ms = c->reconnect_cap_ms};
    rc = core_new(&core, clock_now(), &a->core, e);
    pack_free(pack);
    return rc;
}

/* Cuts "a, b" in place; at most `cap` words. */
static size_t split(char *list, const char **to, size_t cap)
{
    size_t n = 0;
    char *rest = NULL;
    for (char *word = strtok_r(list, ", ", &rest); word && n < cap;
         word = strtok_r(NULL, ", ", &rest))
        to[n++] = word;
    return n;
}

static int open_link(struct agent *a, struct err *e)
{
    const char *brokers[LINK_BROKERS_MAX + 1];
    char *list = strdup(a->config.brokers);
    if (!list)
        return err_set(e, ERR_NOMEM, "no memory for the brokers' names");
    struct link_config lc = {.brokers = brokers,
                             .broker_count = split(list, brokers, LINK_BROKERS_MAX + 1),
                             .client_id = a->id,
                             .ca_file = a->config.ca,
                             .ca2_file = a->config.ca2,
                             .cert_file = a->config.cert,
                             .key_file = a->config.key,
                             .keepalive_s = (uint32_t)(a->config.keepalive_ms / 1000),
                             .connect_timeout_ms = (uint32_t)a->config.connect_timeout_ms};
    struct link_events events = agent_link_events(a);
    int rc = link_device_open(a->loop, &lc, &events, &a->link, e);
    a->link_open = rc == 0;
    free(list);
    return rc;
}

static int open_port(struct agent *a, struct err *e)
{
    const char *devices[5]; /* one too many is refused and not forgotten */
    struct agent_port_events events = agent_port_events_of(a);
    int rc = agent_port_new(a->loop, &events, &a->port, e);
    if (!rc && a->config.socket[0])
        rc = agent_port_listen(a->port, a->config.socket, e);
    char *list = strdup(a->config.serial);
    size_t n = list ? split(list, devices, 5) : 0;
    for (size_t i = 0; !rc && i < n; i++) {
        rc = agent_port_serial(a->port, devices[i], (uint32_t)a->config.serial_baud, e);
        if (rc > 0) {
            LOG_WARN("AG019", "%s", e->text);
            rc = 0;
        }
    }
    free(list);
    return rc;
}

static int open_store(struct agent *a, struct err *e)
{
    char folder[300];
    struct disk top;
    snprintf(folder, sizeof folder, "%s/spool", a->config.folder);
    /* Opening makes the folder where it is missing. */
    if (disk_posix_open(a->config.folder, &top))
        return err_set(e, ERR_IO, "the folder '%s' cannot be made or used", a->config.folder);
    disk_posix_close(&top);
    if (disk_posix_open(folder, &a->disk))
        return err_set(e, ERR_IO, "the folder '%s' cannot be made or used", folder);
    kept_read(a->config.folder, &a->kept);
    return 0;
}

static int open_loop(struct agent *a, struct err *e)
{
    int rc = loop_new(&a->loop, e);
    if (rc)
        return rc;
    loop_timer_init(&a->wake, a->loop, wake_up);
    loop_timer_init(&a->probe_timer, a->loop, take_probe);
    loop_timer_init(&a->keep_timer, a->loop, keep);
    loop_timer_init(&a->goodbye, a->loop, say_goodbye);
    if (loop_signal_init(&a->term, a->loop, SIGTERM, stop) ||
        loop_signal_init(&a->interrupt, a->loop, SIGINT, stop) ||
        loop_signal_init(&a->hangup, a->loop, SIGHUP, reload))
        return err_set(e, ERR_IO, "signals cannot be watched");
    return 0;
}

/* Source 0 is we ourselves; and why the device started, when it did. */
static void introduce(struct agent *a, bool new_boot)
{
    struct report r = {.kind = REPORT_HELLO,
                       .boot = (uint32_t)a->boot,
                       .at_ms = clock_now().boot_ms,
                       .text = slice_str("agent")};
    agent_report(a, &r);
    if (!new_boot)
        return;
    r.kind = REPORT_RESET;
    r.text = slice_str(probe_reset_reason(a->probe));
    agent_report(a, &r);
}

int agent_open(struct agent *a, struct err *e)
{
    a->status.fd = -1;
    a->boot = identity_boot();
    int rc = identity_name(a->config.cert, a->id, e);
    if (rc)
        return rc;
    topic_of(a->up_topic, TOPIC_UP, slice_str(a->id));
    topic_of(a->down_topic, TOPIC_DOWN, slice_str(a->id));
    if ((rc = open_loop(a, e)) || (rc = open_store(a, e)) || (rc = open_link(a, e)))
        return rc;
    bool new_boot = a->kept.boot != a->boot;
    a->kept.session++;
    a->kept.boot = a->boot;
    keep(&a->keep_timer);
    if ((rc = probe_new("", a->config.folder, &a->probe, e)) || (rc = open_port(a, e)) ||
        (rc = open_core(a, e)))
        return rc;
    if (a->config.status_socket[0] &&
        (rc = status_open(&a->status, a->loop, a->config.status_socket, fill_status, a, e)))
        return rc;
    LOG_INFO("AG001", "tocsin-agent %s is %s, session %llu", TOCSIN_VERSION, a->id,
             (unsigned long long)a->kept.session);
    introduce(a, new_boot);
    return 0;
}

void agent_run(struct agent *a)
{
    plan_wake(a);
    take_probe(&a->probe_timer);
    loop_timer_start(&a->probe_timer, a->config.probe_interval_ms, a->config.probe_interval_ms);
    loop_timer_start(&a->keep_timer, KEEP_MS, KEEP_MS);
    loop_run(a->loop);
    keep(&a->keep_timer);
}

static void abandoned(void *arg)
{
    loop_stop(((struct agent *)arg)->loop);
}

void agent_free(struct agent *a)
{
    if (a->link_open) { /* agent_open failed half-way */
        a->link.close(a->link.ctx, abandoned);
        loop_run(a->loop);
    }
    status_close(&a->status);
    if (a->port)
        agent_port_close(a->port, NULL);
    loop_free(a->loop);
    core_free(a->core);
    probe_free(a->probe);
    if (a->disk.ctx)
        disk_posix_close(&a->disk);
    table_free(&config_table, &a->config);
}
