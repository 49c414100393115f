/* The people stage and the sender on a store, without the rest of the gateway: what
 * tests/wire/notify/story.py drives against real mail servers and webhook receivers.
 *
 *   driver STORE [name=value...]      reads commands from standard input:
 *     plan      run the stage         kick      look at the outbox
 *     replay ID                       fail N RESULT DONE (store_fail)
 *     (end of input) close in order, exit 0 */
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "gateway/notify/notify.h"
#include "gateway/people/stage/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct settings {
    char *smtp_host, *smtp_ca, *smtp_user, *smtp_password, *mail_from, *captive_to;
    int64_t smtp_port, smtp_tls, timeout, retry_floor, retry_cap, give_up, stale;
    bool live, webhook_private;
};
#define AT(member) offsetof(struct settings, member)
static const char *const tls_words[] = {"none", "starttls", "smtps", NULL};
static const struct table_row rows[] = {
    {"smtp_host", TABLE_STRING, AT(smtp_host), .help = "mail server"},
    {"smtp_port", TABLE_INT, AT(smtp_port), .help = "its port"},
    {"smtp_tls", TABLE_CHOICE, AT(smtp_tls), "none", .choices = tls_words, .help = "how"},
    {"smtp_ca", TABLE_STRING, AT(smtp_ca), .help = "PEM"},
    {"smtp_user", TABLE_STRING, AT(smtp_user), .help = "login"},
    {"smtp_password", TABLE_STRING, AT(smtp_password), .secret = true, .help = "login"},
    {"mail_from", TABLE_STRING, AT(mail_from), "alerts@example.org", .help = "sender"},
    {"captive_to", TABLE_STRING, AT(captive_to), "captive@example.org", .help = "gets all mail"},
    {"timeout", TABLE_DURATION, AT(timeout), "5s", .help = "of an attempt"},
    {"retry_floor", TABLE_DURATION, AT(retry_floor), "100ms", .help = "shortest wait"},
    {"retry_cap", TABLE_DURATION, AT(retry_cap), "200ms", .help = "longest wait"},
    {"give_up", TABLE_DURATION, AT(give_up), "1h", .help = "then it is dead"},
    {"stale", TABLE_DURATION, AT(stale), "60s", .help = "an opening may be late by"},
    {"live", TABLE_BOOL, AT(live), .help = "really send"},
    {"webhook_private", TABLE_BOOL, AT(webhook_private), "true", .help = "loopback too"},
};
static const struct table table = {rows, sizeof rows / sizeof rows[0]};

static const char *const steps_de[] = {"Schließen Sie die Tür."};
static const struct pack_message messages[] = {
    {"cabinet_warm", "en", "Your fridge is too warm",
     "{device_name} has been warmer than {limit} since {since}. It is at {value} now.",
     "Check ice.", "Too warm.", 0, NULL},
    {"cabinet_warm", "de", "Ihr Kühlschrank ist zu warm",
     "{device_name} ist seit {since} wärmer als {limit}. Gerade sind es {value}.", "Eis prüfen.",
     "Zu warm.", 1, steps_de}};
static const struct pack_metric metrics[] = {
    {.id = 1, .name = "cabinet_temp", .unit = "celsius", .precision = 0.1}};
static const struct pack fridge = {
    .name = "fridge", .n_metrics = 1, .metrics = metrics, .n_messages = 2, .messages = messages};

struct driver {
    struct loop *loop;
    struct store *store;
    struct stage *stage;
    struct notify *notify;
    struct loop_wake wake;
    struct loop_watch input;
    char line[256];
    size_t len;
};

static size_t packs(void *ctx, const struct pack *const **ret_packs)
{
    static const struct pack *const all[] = {&fridge};
    (void)ctx;
    *ret_packs = all;
    return 1;
}

static void wrote(void *ctx)
{
    struct driver *d = ctx;
    notify_kick(d->notify);
}

static void store_woke(void *arg)
{
    struct driver *d = arg;
    loop_wake_send(&d->wake);
}

static void woken(struct loop_wake *wake)
{
    struct driver *d = CONTAINER(wake, struct driver, wake);
    store_poll(d->store);
}

static void replayed(void *arg, int result, const struct err *e)
{
    (void)arg;
    printf("replay %d %s\n", result, result ? e->text : "");
    fflush(stdout);
}

/* "N RESULT DONE": the N-th commit from now says RESULT, whether or not it is done. */
static void fail_commit(struct driver *d, const char *words)
{
    char *end;
    long n = strtol(words, &end, 10), result = strtol(end, &end, 10), done = strtol(end, NULL, 10);
    store_fail(d->store, (int)n, (int)result, done != 0);
}

static void obey(struct driver *d, const char *line)
{
    if (strcmp(line, "plan") == 0)
        stage_run(d->stage, clock_now().wall_ms);
    else if (strcmp(line, "kick") == 0)
        notify_kick(d->notify);
    else if (strncmp(line, "fail ", 5) == 0)
        fail_commit(d, line + 5);
    else if (strncmp(line, "replay ", 7) == 0)
        notify_replay(d->notify, strtoll(line + 7, NULL, 10), replayed, NULL);
}

static void closed(void *arg)
{
    struct driver *d = arg;
    d->notify = NULL;
    loop_stop(d->loop);
}

static void on_input(struct loop_watch *watch, bool readable, bool writable, bool bad)
{
    struct driver *d = CONTAINER(watch, struct driver, input);
    (void)readable;
    (void)writable;
    (void)bad;
    ssize_t n = read(0, d->line + d->len, sizeof d->line - d->len - 1);
    if (n <= 0) {
        loop_watch_want(watch, false, false);
        notify_close(d->notify, closed, d);
        return;
    }
    d->len += (size_t)n;
    d->line[d->len] = '\0';
    for (char *end = strchr(d->line, '\n'); end; end = strchr(d->line, '\n')) {
        *end = '\0';
        obey(d, d->line);
        d->len -= (size_t)(end + 1 - d->line);
        memmove(d->line, end + 1, d->len + 1);
    }
}

static struct notify_config config_of(const struct settings *s)
{
    return (struct notify_config){
        .smtp_host = s->smtp_host,
        .smtp_port = s->smtp_port,
        .smtp_tls = (enum notify_tls)s->smtp_tls,
        .smtp_ca = s->smtp_ca,
        .smtp_user = s->smtp_user,
        .smtp_password = s->smtp_password,
        .mail_from = s->mail_from,
        .mail_from_name = "Tocsin Geräte",
        .live = s->live,
        .captive_to = s->captive_to,
        .webhook_private = s->webhook_private,
        .timeout_ms = s->timeout,
        .retry_floor_ms = s->retry_floor,
        .retry_cap_ms = s->retry_cap,
        .give_up_ms = s->give_up,
        .stale_ms = s->stale,
        .seed = 1,
    };
}

static int start(struct driver *d, const char *path, const struct settings *s, struct err *e)
{
    int rc = loop_new(&d->loop, e);
    if (rc == 0)
        rc = loop_wake_init(&d->wake, d->loop, woken);
    struct store_config store = {.path = path, .wake = store_woke, .arg = d};
    if (rc == 0)
        rc = store_open(&store, &d->store, e);
    struct stage_config stage = {
        .ctx = d, .packs = packs, .wrote = wrote, .mail_domain = "example.org"};
    if (rc == 0)
        rc = stage_new(d->store, &stage, &d->stage, e);
    struct notify_config notify = config_of(s);
    if (rc == 0)
        rc = notify_new(d->loop, d->store, &notify, &d->notify, e);
    if (rc == 0)
        rc = loop_watch_init(&d->input, d->loop, 0, on_input);
    return rc;
}

int main(int argc, char **argv)
{
    static struct driver d;
    struct settings s;
    struct err e = {0};
    int rc = table_defaults(&table, &s, &e);
    for (int i = 2; rc == 0 && i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value)
            *value++ = '\0';
        rc = table_set(&table, &s, "command line", argv[i], value ? value : "", &e);
    }
    if (rc == 0)
        rc = start(&d, argc > 1 ? argv[1] : ":memory:", &s, &e);
    if (rc) {
        fprintf(stderr, "driver: %s\n", e.text);
        return 2;
    }
    printf("ready\n");
    fflush(stdout);
    loop_watch_want(&d.input, true, false);
    loop_run(d.loop);
    store_close(d.store); /* ends the commit thread, so nobody wakes a closed loop */
    stage_free(d.stage);
    loop_free(d.loop);
    table_free(&table, &s);
    return 0;
}
