/* RabbitMQ's configuration for its MQTT plugin (3.10). It keeps users in a store of
 * its own, so each identity is written into the definitions that it loads at start.
 *
 * What it cannot do: bind the client id to the certificate. A device that takes
 * another's client id can end the other's connection; it can neither speak nor hear
 * for it, since queues (named after the client id) and topics follow from the user.
 * Levels of a topic are parted by dots inside RabbitMQ, so an id holds none. */
#include "ctl/broker/broker.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define CONF_MAX   65536
#define ROW_BYTES  1024
#define GATEWAY    "gateway"
#define FEED       "feed"
#define CANARY     "canary"
#define OWN_QUEUES "mqtt-subscription-%sqos[01]"

static void conf_text(const struct broker_plan *p, struct buf *b)
{
    buf_fmt(b,
            "# Made by 'tocsin broker rabbitmq'. The identity is the certificate's name.\n"
            "listeners.tcp = none\n"
            "mqtt.listeners.tcp = none\n"
            "mqtt.listeners.ssl.default = %s%s%d\n",
            p->listen, p->listen[0] ? ":" : "", p->port);
    buf_fmt(b,
            "ssl_options.cacertfile = %s/roots.pem\n"
            "ssl_options.certfile = %s/broker.crt\n"
            "ssl_options.keyfile = %s/broker.key\n",
            p->certs, p->certs, p->certs);
    buf_fmt(b,
            "ssl_options.verify = verify_peer\n"
            "ssl_options.fail_if_no_peer_cert = true\n"
            "ssl_options.versions.1 = tlsv1.2\n"
            "mqtt.allow_anonymous = false\n"
            "mqtt.ssl_cert_login = true\n"
            "ssl_cert_login_from = common_name\n"
            "mqtt.vhost = /\n"
            "mqtt.exchange = amq.topic\n"
            "load_definitions = %s/definitions.json\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n",
            p->dir);
}

/* One identity's rights: its own queues, and the topics it speaks and hears on. */
struct rights {
    const char *name;
    const char *write, *read; /* regular expressions over dotted topics */
};

static const char *comma(size_t i)
{
    return i ? ",\n" : "";
}

static void user_text(struct buf *b, const struct rights *r, size_t i)
{
    buf_fmt(b, "%s    {\"name\": \"%s\", \"password_hash\": \"\", \"tags\": \"\"}", comma(i),
            r->name);
}

static void permission_text(struct buf *b, const struct rights *r, size_t i)
{
    buf_fmt(b,
            "%s    {\"user\": \"%s\", \"vhost\": \"/\",\n"
            "     \"configure\": \"^" OWN_QUEUES "$\",\n"
            "     \"write\": \"^(" OWN_QUEUES "|amq\\\\.topic)$\",\n"
            "     \"read\": \"^(" OWN_QUEUES "|amq\\\\.topic)$\"}",
            comma(i), r->name, r->name, r->name, r->name);
}

static void topic_text(struct buf *b, const struct rights *r, size_t i)
{
    buf_fmt(b,
            "%s    {\"user\": \"%s\", \"vhost\": \"/\", \"exchange\": \"amq.topic\",\n"
            "     \"write\": \"%s\",\n     \"read\": \"%s\"}",
            comma(i), r->name, r->write, r->read);
}

static void each(const struct broker_plan *p, struct buf *b,
                 void (*text)(struct buf *b, const struct rights *r, size_t i))
{
    const struct rights gateway = {GATEWAY,
                                   "^tocsin\\\\.(down\\\\.[^.]+|feed\\\\..+|echo\\\\.gateway)$",
                                   "^tocsin\\\\.(up\\\\.[^.]+|echo\\\\.gateway)$"};
    const struct rights feed = {FEED, "^$", "^tocsin\\\\.feed\\\\..+$"};
    size_t n = 0;
    text(b, &gateway, n++);
    text(b, &feed, n++);
    /* The canary has what any device has, so that it tries what a device could. */
    for (size_t i = 0; i <= p->n_devices; i++) {
        const char *name = i < p->n_devices ? p->devices[i] : CANARY;
        if (i < p->n_devices && strcmp(name, CANARY) == 0)
            continue;
        char write[128], read[128];
        snprintf(write, sizeof write, "^tocsin\\\\.up\\\\.%s$", name);
        snprintf(read, sizeof read, "^tocsin\\\\.down\\\\.%s$", name);
        text(b, &(struct rights){name, write, read}, n++);
    }
}

static void definitions_text(const struct broker_plan *p, struct buf *b)
{
    buf_str(b, "{\n  \"vhosts\": [{\"name\": \"/\"}],\n  \"users\": [\n");
    each(p, b, user_text);
    buf_str(b, "\n  ],\n  \"permissions\": [\n");
    each(p, b, permission_text);
    buf_str(b, "\n  ],\n  \"topic_permissions\": [\n");
    each(p, b, topic_text);
    buf_str(b, "\n  ]\n}\n");
}

static int check_names(const struct broker_plan *p, struct err *e)
{
    for (size_t i = 0; i < p->n_devices; i++) {
        const char *name = p->devices[i];
        if (strchr(name, '.'))
            return err_set(e, ERR_INVALID,
                           "--device %s: RabbitMQ parts a topic's levels by dots, so an id may "
                           "hold none; give the device a certificate with another name",
                           name);
        if (strcmp(name, GATEWAY) == 0 || strcmp(name, FEED) == 0)
            return err_set(e, ERR_INVALID, "--device %s: the name is taken by a part of ours",
                           name);
    }
    return 0;
}

int broker_rabbitmq(const struct broker_plan *plan, struct err *e)
{
    struct buf text;
    int rc = check_names(plan, e);
    if (rc)
        return rc;
    buf_init(&text, CONF_MAX + plan->n_devices * ROW_BYTES);
    conf_text(plan, &text);
    rc = broker_write(plan->dir, "rabbitmq.conf", &text, e);
    buf_reset(&text);
    buf_str(&text, "[rabbitmq_mqtt].\n");
    if (rc == 0)
        rc = broker_write(plan->dir, "enabled_plugins", &text, e);
    buf_reset(&text);
    definitions_text(plan, &text);
    if (rc == 0)
        rc = broker_write(plan->dir, "definitions.json", &text, e);
    buf_free(&text);
    return rc;
}
