/* RabbitMQ's configuration for its MQTT plugin. It keeps users in a store of its
 * own, so each identity is written into the definitions that it loads at start;
 * topic permissions use the connection's user name. Version 3.10 cannot bind the
 * client id to the certificate; the topics are bound all the same. */
#include "ctl/broker/broker.h"

#include "base/buf.h"

#define CONF_MAX (1024 * 1024)

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

static void user_text(struct buf *b, const char *name, size_t i)
{
    buf_fmt(b, "%s    {\"name\": \"%s\", \"password_hash\": \"\", \"tags\": \"\"}", i ? ",\n" : "",
            name);
}

static void permission_text(struct buf *b, const char *name, size_t i)
{
    buf_fmt(b,
            "%s    {\"user\": \"%s\", \"vhost\": \"/\", \"configure\": \"^mqtt-.*\", \"write\": "
            "\"^(mqtt-.*|amq\\\\.topic)$\", \"read\": \"^(mqtt-.*|amq\\\\.topic)$\"}",
            i ? ",\n" : "", name);
}

static void topic_text(struct buf *b, const char *name, const char *write, const char *read,
                       size_t i)
{
    buf_fmt(b,
            "%s    {\"user\": \"%s\", \"vhost\": \"/\", \"exchange\": \"amq.topic\", \"write\": "
            "\"%s\", \"read\": \"%s\"}",
            i ? ",\n" : "", name, write, read);
}

static void definitions_text(const struct broker_plan *p, struct buf *b)
{
    buf_str(b, "{\n  \"vhosts\": [{\"name\": \"/\"}],\n  \"users\": [\n");
    user_text(b, "gateway", 0);
    for (size_t i = 0; i < p->n_devices; i++)
        user_text(b, p->devices[i], i + 1);
    buf_str(b, "\n  ],\n  \"permissions\": [\n");
    permission_text(b, "gateway", 0);
    for (size_t i = 0; i < p->n_devices; i++)
        permission_text(b, p->devices[i], i + 1);
    buf_str(b, "\n  ],\n  \"topic_permissions\": [\n");
    topic_text(b, "gateway", "^tocsin\\\\.(down\\\\..*|feed\\\\..*|echo\\\\.gateway)$",
               "^tocsin\\\\.(up\\\\..*|echo\\\\.gateway)$", 0);
    for (size_t i = 0; i < p->n_devices; i++)
        topic_text(b, p->devices[i], "^tocsin\\\\.up\\\\.{username}$",
                   "^tocsin\\\\.down\\\\.{username}$", i + 1);
    buf_str(b, "\n  ]\n}\n");
}

int broker_rabbitmq(const struct broker_plan *plan, struct err *e)
{
    struct buf text;
    buf_init(&text, CONF_MAX);
    conf_text(plan, &text);
    int rc = broker_write(plan->dir, "rabbitmq.conf", &text, e);
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
