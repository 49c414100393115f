/* A client that counts what its link tells it, and waits in the loop. */
#ifndef TESTS_WIRE_LINK_CLIENT_H
#define TESTS_WIRE_LINK_CLIENT_H

#include "tests/support/broker.h"
#include "tests/wire/link/flavour.h"

struct client {
    struct loop *loop;
    struct link link;
    struct loop_timer tick; /* so that a wait can end */
    int ups, downs, messages, sent, subscribed, closed;
    int subscribe_result;
    uint64_t last_token;
    char last_topic[64], last_payload[64];
    size_t last_len;
    struct link_reason reason;
    char will[32];          /* empty: none */
    struct link_time judge; /* at_ms 0: now */
    bool raw;
    int raw_messages; /* counted on another thread; read it with __atomic */
};

struct client_setup {
    const char *name; /* client id, and "<name>.pem" */
    const char *ca;   /* NULL: ca.pem */
    const char *brokers[4];
    bool raw;
    uint32_t connect_timeout_ms;
    size_t inbox_bytes;
};

bool client_open(struct client *c, const struct pki *pki, const struct client_setup *setup);
/* Runs the loop until *counter reaches this, 20 s at most. */
bool client_wait(struct client *c, const int *counter, int at_least);
/* Runs the loop for so long. */
void client_run_ms(struct client *c, int ms);
/* connect, and waits for up or down; true when up. */
bool client_connect(struct client *c);
bool client_disconnect(struct client *c);
bool client_subscribe(struct client *c, const char *filter);
int client_publish(struct client *c, const char *topic, const char *payload, uint8_t qos,
                   uint64_t token);
void client_close(struct client *c);

#endif
