#include "gateway/main/config.h"

#include <stddef.h>

static const char *const tls_words[] = {"none", "starttls", "smtps", NULL};
static const char *const delivery_words[] = {"captive", "live", NULL};
static const char *const level_words[] = {"debug", "info", "warn", "error", NULL};

#define AT(member) offsetof(struct config, member)
#define TEXT(name_, initial_, help_)                                                               \
    {                                                                                              \
        .name = #name_, .type = TABLE_STRING, .offset = AT(name_), .initial = initial_,            \
        .help = help_                                                                              \
    }
#define SPAN(name_, member_, initial_, min_, max_, help_)                                          \
    {                                                                                              \
        .name = name_, .type = TABLE_DURATION, .offset = AT(member_), .initial = initial_,         \
        .min = min_, .max = max_, .help = help_                                                    \
    }
#define DAY 86400e3

static const struct table_row rows[] = {
    {.name = "id",
     .type = TABLE_STRING,
     .offset = AT(id),
     .initial = "gateway",
     .max = 64,
     .required = true,
     .help = "name of this gateway: its certificate's name and MQTT client id"},
    {.name = "store",
     .type = TABLE_STRING,
     .offset = AT(store),
     .initial = "/var/lib/tocsin/store.db",
     .required = true,
     .help = "the store's file; its folder must exist"},
    TEXT(packs, "/usr/share/tocsin/packs", "folder of built packs (*.pack); read again on SIGHUP"),
    {.name = "brokers",
     .type = TABLE_STRING,
     .offset = AT(brokers),
     .initial = "localhost:8883",
     .required = true,
     .help = "host:port, up to four, with commas between; tried in turn"},
    {.name = "ca_file",
     .type = TABLE_STRING,
     .offset = AT(ca_file),
     .required = true,
     .help = "PEM: the roots that the broker's certificate must come from"},
    {.name = "cert_file",
     .type = TABLE_STRING,
     .offset = AT(cert_file),
     .required = true,
     .help = "PEM: this gateway's certificate"},
    {.name = "key_file",
     .type = TABLE_STRING,
     .offset = AT(key_file),
     .required = true,
     .help = "PEM: its key"},
    TEXT(canary_cert_file, "",
         "certificate of an identity that must be allowed nothing; empty: "
         "the broker's access list is not tried at start"),
    TEXT(canary_key_file, "", "its key"),
    TEXT(canary_id, "canary", "its name"),
    SPAN("keepalive", keepalive_ms, "30s", 5e3, 600e3, "MQTT keep-alive"),
    {.name = "intake",
     .type = TABLE_SIZE,
     .offset = AT(intake_bytes),
     .initial = "16MiB",
     .min = 1 << 20,
     .max = 1 << 30,
     .help = "messages that may wait for the loop"},
    {.name = "credit",
     .type = TABLE_INT,
     .offset = AT(credit),
     .initial = "32",
     .min = 1,
     .max = 64,
     .help = "batches that a device may have under way"},
    {.name = "max_devices",
     .type = TABLE_INT,
     .offset = AT(max_devices),
     .initial = "100000",
     .min = 1,
     .max = 1e7,
     .help = "further devices are refused"},
    {.name = "snapshot_inputs",
     .type = TABLE_INT,
     .offset = AT(snapshot_inputs),
     .initial = "64",
     .min = 1,
     .max = 1e5,
     .help = "a device's state is saved after so many messages"},
    SPAN("offline_after", offline_after_ms, "1m", 1, DAY,
         "a session that ended counts after this: links that flap tell nobody"),
    SPAN("silent_after", silent_after_ms, "16m", 1e3, 7 * DAY,
         "no word for this long while we listen: offline"),
    SPAN("start_grace", start_grace_ms, "10m", 0, DAY, "after a start nobody is absent before"),
    SPAN("missing_after", missing_after_ms, "1h", 1e3, 30 * DAY,
         "numbers missing this long without progress raise an alert"),
    SPAN("offline_alert_after", offline_alert_after_ms, "0s", 0, 30 * DAY,
         "offline this long raises an alert; 0s: never"),
    SPAN("hold_late", hold_late_ms, "1m", 1e3, DAY,
         "how long a backlog may take before what it found is told"),
    TEXT(listen, "127.0.0.1:8080", "console, API and live feed"),
    TEXT(ops_listen, "127.0.0.1:9080", "/metrics, /healthz, /readyz; empty: none"),
    TEXT(console, "/usr/share/tocsin/console", "the console's files; empty: no console"),
    {.name = "secure_cookie",
     .type = TABLE_BOOL,
     .offset = AT(secure_cookie),
     .initial = "false",
     .help = "browsers reach us by https, through a proxy"},
    {.name = "trust_forwarded",
     .type = TABLE_BOOL,
     .offset = AT(trust_forwarded),
     .initial = "false",
     .help = "a proxy in front sets X-Forwarded-For"},
    TEXT(smtp_host, "", "mail server; empty: no mail leaves"),
    {.name = "smtp_port",
     .type = TABLE_INT,
     .offset = AT(smtp_port),
     .initial = "0",
     .min = 0,
     .max = 65535,
     .help = "0: 25, 587 or 465 by smtp_tls"},
    {.name = "smtp_tls",
     .type = TABLE_CHOICE,
     .offset = AT(smtp_tls),
     .initial = "starttls",
     .choices = tls_words,
     .help = "how mail is protected on its way to the server"},
    TEXT(smtp_ca, "", "PEM: roots for the mail server; empty: the system's"),
    TEXT(smtp_user, "", "login of the mail server; empty: none"),
    {.name = "smtp_password",
     .type = TABLE_STRING,
     .offset = AT(smtp_password),
     .secret = true,
     .help = "its password"},
    TEXT(mail_from, "", "sender's address"),
    TEXT(mail_from_name, "", "sender's name"),
    {.name = "delivery",
     .type = TABLE_CHOICE,
     .offset = AT(delivery),
     .initial = "captive",
     .choices = delivery_words,
     .help = "captive: every mail goes to captive_to; live: to the customers"},
    TEXT(captive_to, "", "the one mailbox of captive delivery"),
    {.name = "webhook_private",
     .type = TABLE_BOOL,
     .offset = AT(webhook_private),
     .initial = "false",
     .help = "webhooks may go to loopback and private addresses"},
    TEXT(webhook_ca, "", "PEM: roots for webhooks; empty: the system's"),
    TEXT(mail_domain, "", "right side of Message-IDs; empty: that of mail_from"),
    TEXT(source, "urn:tocsin:gateway", "who speaks, in CloudEvents"),
    TEXT(zone_folder, "/usr/share/zoneinfo", "time zones"),
    {.name = "log_level",
     .type = TABLE_CHOICE,
     .offset = AT(log_level),
     .initial = "info",
     .choices = level_words,
     .help = "lines below it are not written"},
};

const struct table config_table = {rows, sizeof rows / sizeof rows[0]};

int config_load(struct config *config, const char *file, struct err *e)
{
    int rc = table_defaults(&config_table, config, e);
    if (rc == 0 && file)
        rc = table_load(&config_table, config, file, e);
    return rc ? rc : table_check(&config_table, config, e);
}

void config_free(struct config *config)
{
    table_free(&config_table, config);
}
