/* mosquitto's configuration and access list. */
#include "ctl/broker/broker.h"

#include "base/buf.h"
#include "proto/limits.h"

#define CONF_MAX 65536

static void conf_text(const struct broker_plan *p, struct buf *b)
{
    buf_fmt(b,
            "# Made by 'tocsin broker mosquitto'. The identity is the certificate's name:\n"
            "# topics, client id and access list follow from it.\n"
            "listener %d%s%s\n",
            p->port, p->listen[0] ? " " : "", p->listen);
    buf_fmt(b, "cafile %s/roots.pem\ncertfile %s/broker.crt\nkeyfile %s/broker.key\n", p->certs,
            p->certs, p->certs);
    buf_str(b, "require_certificate true\n"
               "use_identity_as_username true\n"
               "use_username_as_clientid true\n"
               "tls_version tlsv1.2\n"
               "allow_anonymous false\n");
    buf_fmt(b, "acl_file %s/acl\n", p->dir);
    if (p->user[0])
        buf_fmt(b, "user %s\n", p->user);
    buf_fmt(b,
            "\n# Nothing is kept for anybody: sessions are clean on both sides, and what must\n"
            "# not be lost is acknowledged end to end by the gateway.\n"
            "persistence false\n"
            "retain_available false\n"
            "max_packet_size %d\n"
            "max_inflight_messages 1000\n"
            "max_queued_messages 10000\n"
            "set_tcp_nodelay true\n"
            "sys_interval 0\n"
            "log_dest stderr\n"
            "log_type error\nlog_type warning\nlog_type notice\n"
            "connection_messages false\n",
            LIMIT_MESSAGE + 1024);
}

static const char acl_text[] =
    "# A device speaks on one topic and hears on one: its own.\n"
    "pattern write tocsin/up/%u\n"
    "pattern read tocsin/down/%u\n"
    "\n"
    "# The gateway hears all devices, answers them, and feeds whoever may listen.\n"
    "user gateway\n"
    "topic read tocsin/up/+\n"
    "topic write tocsin/down/+\n"
    "topic write tocsin/feed/#\n"
    "topic readwrite tocsin/echo/gateway\n"
    "\n"
    "# Systems that follow the live feed: a certificate named 'feed'.\n"
    "user feed\n"
    "topic read tocsin/feed/#\n";

int broker_mosquitto(const struct broker_plan *plan, struct err *e)
{
    struct buf text;
    buf_init(&text, CONF_MAX);
    conf_text(plan, &text);
    int rc = broker_write(plan->dir, "mosquitto.conf", &text, e);
    buf_reset(&text);
    buf_str(&text, acl_text);
    if (rc == 0)
        rc = broker_write(plan->dir, "acl", &text, e);
    buf_free(&text);
    return rc;
}
