/* A device by hand: says what standard input tells it, prints what it hears.
 *
 *   wire_device PORT CERTS ID
 *   hello SESSION | temp SEQ VALUE | fault SEQ 1|0
 *   prints "up", "ack STREAM CONTIGUOUS" and "refused SEQ never|later" */
#include "base/arena.h"
#include "base/clock.h"
#include "proto/topic.h"
#include "proto/wire.h"

#include <math.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

#define BULK   UINT64_C(0xb2)
#define URGENT UINT64_C(0xa1)

static char up_topic[TOPIC_MAX], down_topic[TOPIC_MAX];
static uint64_t session = 1;

static void on_connect(struct mosquitto *m, void *arg, int rc)
{
    (void)arg;
    printf(rc ? "refused by the broker\n" : "up\n");
    mosquitto_subscribe(m, NULL, down_topic, 1);
}

static void on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg)
{
    struct arena arena;
    struct wire_down down;
    (void)m;
    (void)arg;
    if (arena_init(&arena, LIMIT_DECODE))
        return;
    if (wire_decode_down(slice_of(msg->payload, (size_t)msg->payloadlen), &arena, &down, NULL) ==
        0) {
        for (size_t i = 0; i < down.ack.n_streams; i++)
            printf("ack %llx %llu\n", (unsigned long long)down.ack.streams[i].stream,
                   (unsigned long long)down.ack.streams[i].contiguous);
        for (size_t i = 0; i < down.ack.n_refusals; i++)
            printf("refused %llu %s\n", (unsigned long long)down.ack.refusals[i].seq,
                   down.ack.refusals[i].never ? "never" : "later");
        if (down.ack.n_streams + down.ack.n_refusals == 0)
            printf("heard\n");
    }
    arena_free(&arena);
}

static void send_up(struct mosquitto *m, struct wire_up *up)
{
    struct buf out;
    buf_init(&out, LIMIT_MESSAGE);
    up->boot = 0xb007;
    up->session = session;
    up->sent_ms = clock_now().boot_ms;
    if (wire_encode_up(up, &out) == 0)
        mosquitto_publish(m, NULL, up_topic, (int)out.len, out.ptr, 1, false);
    buf_free(&out);
}

/* What a number says is the same each time: its reading's time is made of it. */
static void say(struct mosquitto *m, uint64_t seq, const double *temp, const int *fault)
{
    int64_t at = 1000 * (int64_t)seq, wall = clock_now().wall_ms / 3600000 * 3600000 + at;
    int64_t v = temp ? (int64_t)lround(*temp * 10) : 0;
    struct wire_source source = {
        .boot = 1, .name = slice_str("agent"), .at_ms = at, .wall_ms = wall, .trust = TRUST_NONE};
    struct wire_column column = {.metric = 1, .exponent = -1, .n = 1, .at_ms = &at, .v = &v};
    struct wire_fault f = {
        .fault = 21, .active = fault && *fault, .at_ms = at, .first_ms = at, .count = 1};
    struct wire_batch batch = {.stream = fault ? URGENT : BULK,
                               .lane = fault ? LANE_URGENT : LANE_BULK,
                               .seq = seq,
                               .low = 1,
                               .pack = slice_str("fridge"),
                               .pack_revision = 1,
                               .boot = 0xb007,
                               .sealed_ms = at,
                               .n_sources = 1,
                               .sources = &source,
                               .n_columns = temp ? 1U : 0U,
                               .columns = &column,
                               .n_faults = fault ? 1U : 0U,
                               .faults = &f};
    struct buf out;
    buf_init(&out, LIMIT_BATCH);
    if (wire_encode_batch(&batch, &out) == 0) {
        struct wire_up up = {.kind = UP_BATCH, .batch = buf_slice(&out)};
        send_up(m, &up);
    }
    buf_free(&out);
}

static void obey(struct mosquitto *m, const char *line)
{
    unsigned long long seq;
    double temp;
    int fault;
    if (sscanf(line, "hello %llu", &seq) == 1) {
        session = seq;
        struct wire_up up = {.kind = UP_HELLO,
                             .hello = {.agent = slice_str("wire"), .pack = slice_str("fridge")}};
        send_up(m, &up);
    } else if (sscanf(line, "temp %llu %lf", &seq, &temp) == 2)
        say(m, seq, &temp, NULL);
    else if (sscanf(line, "fault %llu %d", &seq, &fault) == 2)
        say(m, seq, NULL, &fault);
    else if (strncmp(line, "junk", 4) == 0)
        mosquitto_publish(m, NULL, up_topic, 4, "junk", 1, false);
}

int main(int argc, char **argv)
{
    char line[256], ca[512], cert[512], key[512];
    if (argc != 4)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    topic_of(up_topic, TOPIC_UP, slice_str(argv[3]));
    topic_of(down_topic, TOPIC_DOWN, slice_str(argv[3]));
    snprintf(ca, sizeof ca, "%s/roots.pem", argv[2]);
    snprintf(cert, sizeof cert, "%s/%s.crt", argv[2], argv[3]);
    snprintf(key, sizeof key, "%s/%s.key", argv[2], argv[3]);
    mosquitto_lib_init();
    struct mosquitto *m = mosquitto_new(argv[3], true, NULL);
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_message_callback_set(m, on_message);
    if (mosquitto_tls_set(m, ca, NULL, cert, key, NULL) ||
        mosquitto_connect(m, "localhost", atoi(argv[1]), 30) || mosquitto_loop_start(m)) {
        puts("no connection");
        return 1;
    }
    while (fgets(line, sizeof line, stdin))
        obey(m, line);
    mosquitto_disconnect(m);
    mosquitto_loop_stop(m, false);
    mosquitto_destroy(m);
    return 0;
}
