/* The link against a real mosquitto with TLS client certificates. */
#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include <stdlib.h>

#include "tests/support/cu.h"
#include "tests/wire/link/client.h"

static struct pki pki;

static bool have_pki(void)
{
    if (pki.dir[0])
        return true;
    return pki_new(&pki) && pki_issue(&pki, "broker", "localhost") &&
           pki_issue(&pki, "elsewhere", "elsewhere.example") &&
           pki_issue_expired(&pki, "old-broker", "localhost") && pki_issue(&pki, "alice", NULL) &&
           pki_issue(&pki, "bob", NULL) && pki_issue_expired(&pki, "late", NULL);
}

static void remove_pki(void)
{
    if (pki.dir[0])
        pki_free(&pki);
}

static bool start(struct broker *b, const char *server)
{
    atexit(remove_pki);
    return have_pki() && broker_start(b, &pki, server, NULL);
}

static void what_is_published_arrives_and_is_acknowledged(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    CU_ASSERT_EQUAL(client_publish(&c, "test/a", "early", 1, 1), ERR_CLOSED);
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    CU_ASSERT_EQUAL(c.link.connect(c.link.ctx), ERR_BUSY);
    CU_ASSERT_TRUE(client_subscribe(&c, "test/#"));
    CU_ASSERT_EQUAL(client_publish(&c, "test/a", "hello", 1, 7), 0);
    CU_ASSERT_TRUE(client_wait(&c, &c.sent, 1));
    CU_ASSERT_EQUAL(c.last_token, 7);
    CU_ASSERT_TRUE(client_wait(&c, &c.messages, 1));
    CU_ASSERT_STRING_EQUAL(c.last_topic, "test/a");
    CU_ASSERT_STRING_EQUAL(c.last_payload, "hello");
    CU_ASSERT_EQUAL(client_publish(&c, "test/b", "", 0, 8), 0);
    CU_ASSERT_TRUE(client_wait(&c, &c.sent, 2));
    CU_ASSERT_TRUE(client_wait(&c, &c.messages, 2));
    CU_ASSERT_STRING_EQUAL(c.last_topic, "test/b");
    CU_ASSERT_TRUE(client_disconnect(&c));
    CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_ASKED);
    CU_ASSERT_EQUAL(c.link.disconnect(c.link.ctx), ERR_CLOSED);
    client_close(&c);
    broker_kill(&b);
}

static void a_large_message_makes_the_way_and_back(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(client_open(
        &c, &pki,
        &(struct client_setup){.name = "alice", .brokers = {b.address}, .inbox_bytes = 1 << 20}));
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    CU_ASSERT_TRUE(client_subscribe(&c, "test/#"));
    static char big[200 * 1024];
    memset(big, 'x', sizeof big);
    struct slice payload = slice_of(big, sizeof big);
    for (uint64_t i = 1; i <= 4; i++)
        CU_ASSERT_EQUAL(c.link.publish(c.link.ctx, slice_str("test/big"), payload, 1, i), 0);
    CU_ASSERT_TRUE(client_wait(&c, &c.sent, 4));
    CU_ASSERT_TRUE(client_wait(&c, &c.messages, 4));
    CU_ASSERT_EQUAL(c.last_len, sizeof big);
    payload.len = 256 * 1024 + 1;
    CU_ASSERT_EQUAL(c.link.publish(c.link.ctx, slice_str("test/big"), payload, 1, 9), ERR_LIMIT);
    client_close(&c);
    broker_kill(&b);
}

static void what_is_in_flight_is_bounded_and_goes_on(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    int refused = 0;
    for (int sent = 0; sent < 500;) {
        if (client_publish(&c, "test/a", "x", 1, (uint64_t)sent + 1) == 0) {
            sent++;
        } else {
            refused++;
            CU_ASSERT_TRUE_FATAL(client_wait(&c, &c.sent, c.sent + 1));
        }
    }
    CU_ASSERT_TRUE(refused > 0);
    CU_ASSERT_TRUE(client_wait(&c, &c.sent, 500));
    CU_ASSERT_EQUAL(c.last_token, 500);
    client_close(&c);
    broker_kill(&b);
}

static void messages_can_be_taken_off_the_librarys_thread(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(client_open(
        &c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}, .raw = true}));
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    CU_ASSERT_TRUE(client_subscribe(&c, "test/#"));
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(client_publish(&c, "test/a", "x", 0, 0), 0);
    CU_ASSERT_TRUE(client_wait(&c, &c.raw_messages, 10));
    CU_ASSERT_EQUAL(c.messages, 0);
    CU_ASSERT_EQUAL(c.sent, 0); /* token 0 is not told */
    client_close(&c);
    broker_kill(&b);
}

static void a_session_that_dies_leaves_the_will_of_its_own_connect(void)
{
    struct broker b;
    struct client watcher, dying;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(client_open(
        &watcher, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    CU_ASSERT_TRUE_FATAL(client_connect(&watcher));
    CU_ASSERT_TRUE(client_subscribe(&watcher, "test/will"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&dying, &pki, &(struct client_setup){.name = "bob", .brokers = {b.address}}));
    strcpy(dying.will, "first");
    CU_ASSERT_TRUE_FATAL(client_connect(&dying));
    CU_ASSERT_TRUE(client_disconnect(&dying)); /* in good order: no will */
    strcpy(dying.will, "second");
    CU_ASSERT_TRUE_FATAL(client_connect(&dying));
    /* The broker throws it out when its name connects again. */
    struct client twin;
    CU_ASSERT_TRUE_FATAL(
        client_open(&twin, &pki, &(struct client_setup){.name = "bob", .brokers = {b.address}}));
    CU_ASSERT_TRUE(client_connect(&twin));
    CU_ASSERT_TRUE(client_wait(&watcher, &watcher.messages, 1));
    CU_ASSERT_STRING_EQUAL(watcher.last_payload, "second");
    CU_ASSERT_TRUE(client_wait(&dying, &dying.downs, 2));
    CU_ASSERT_EQUAL(dying.reason.stage, LINK_STAGE_SESSION);
    CU_ASSERT_EQUAL(dying.reason.retry, LINK_RETRY_NETWORK);
    client_close(&twin);
    client_close(&dying);
    client_close(&watcher);
    CU_ASSERT_EQUAL(watcher.messages, 1);
    broker_kill(&b);
}

/* One attempt that must fail at TLS, and why. */
static void expect_refusal(const char *server, const char *name, const char *ca,
                           enum link_retry retry, const char *word)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, server));
    CU_ASSERT_TRUE_FATAL(client_open(
        &c, &pki, &(struct client_setup){.name = name, .ca = ca, .brokers = {b.address}}));
    for (int i = 1; i <= 2; i++) {
        CU_ASSERT_FALSE(client_connect(&c));
        CU_ASSERT_EQUAL(c.downs, i);
        /* OpenSSL tells Paho nothing of a wrong name, or of an alert after its part. */
        if (flavour_is_device || strcmp(server, "old-broker") == 0 || ca) {
            CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_TLS);
            CU_ASSERT_EQUAL(c.reason.retry, retry);
        }
        CU_ASSERT_STRING_EQUAL(c.reason.broker, b.address);
        if (flavour_is_device && !strstr(c.reason.text, word))
            CU_FAIL(c.reason.text);
        if (i == 1)
            printf("\n    %s", c.reason.text);
    }
    client_close(&c);
    broker_kill(&b);
}

static void a_broker_of_another_root_is_not_trusted(void)
{
    expect_refusal("broker", "alice", "other-ca.pem", LINK_RETRY_CERT, "pinned root");
}

static void a_broker_with_another_name_is_not_trusted(void)
{
    expect_refusal("elsewhere", "alice", NULL, LINK_RETRY_CERT, "another host name");
}

/* holds: ACCESS-5, like the stories around it */
static void a_broker_with_an_expired_certificate_is_not_trusted(void)
{
    expect_refusal("old-broker", "alice", NULL, LINK_RETRY_CERT, "expired");
}

static void a_client_with_an_expired_certificate_hears_why(void)
{
    expect_refusal("broker", "late", NULL, LINK_RETRY_AUTH, "our certificate has expired");
}

static void dates_are_judged_by_the_time_that_is_vouched_for(void)
{
    struct broker b;
    struct client c;
    if (!flavour_is_device)
        return; /* a gateway has a clock */
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    /* A device without a clock knows only that it is at least some day in 2020. */
    c.judge = (struct link_time){INT64_C(1580000000000), false};
    CU_ASSERT_TRUE(client_connect(&c));
    client_close(&c);
    /* With a clock that is exact, the same day is before the certificate's time. */
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    c.judge = (struct link_time){INT64_C(1580000000000), true};
    CU_ASSERT_FALSE(client_connect(&c));
    CU_ASSERT_EQUAL(c.reason.retry, LINK_RETRY_CERT);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.reason.text, "not valid yet"));
    /* And long after its end it is over, clock or not. */
    c.judge = (struct link_time){INT64_C(4000000000000), false};
    CU_ASSERT_FALSE(client_connect(&c));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.reason.text, "expired"));
    client_close(&c);
    broker_kill(&b);
}

static void a_broker_that_died_is_found_again(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    broker_kill(&b);
    CU_ASSERT_TRUE(client_wait(&c, &c.downs, 1));
    CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_SESSION);
    CU_ASSERT_FALSE(client_connect(&c));
    CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_TCP);
    CU_ASSERT_EQUAL(c.reason.retry, LINK_RETRY_NETWORK);
    CU_ASSERT_TRUE_FATAL(broker_restart(&b));
    CU_ASSERT_TRUE(client_connect(&c));
    client_close(&c);
    broker_kill(&b);
}

static void a_name_that_is_not_known_is_told_as_such(void)
{
    struct client c;
    CU_ASSERT_TRUE_FATAL(have_pki());
    CU_ASSERT_TRUE_FATAL(client_open(
        &c, &pki, &(struct client_setup){.name = "alice", .brokers = {"broker.invalid:8883"}}));
    CU_ASSERT_FALSE(client_connect(&c));
    CU_ASSERT_EQUAL(c.reason.retry, LINK_RETRY_NETWORK);
    if (flavour_is_device)
        CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_RESOLVE);
    client_close(&c);
}

static void the_other_broker_is_next_when_one_is_gone(void)
{
    struct broker a, b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&a, "broker"));
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(client_open(
        &c, &pki, &(struct client_setup){.name = "alice", .brokers = {a.address, b.address}}));
    CU_ASSERT_TRUE_FATAL(client_connect(&c));
    broker_kill(&a);
    CU_ASSERT_TRUE(client_wait(&c, &c.downs, 1));
    CU_ASSERT_STRING_EQUAL(c.reason.broker, a.address);
    CU_ASSERT_TRUE(client_connect(&c));
    broker_kill(&b);
    CU_ASSERT_TRUE(client_wait(&c, &c.downs, 2));
    CU_ASSERT_STRING_EQUAL(c.reason.broker, b.address);
    CU_ASSERT_FALSE(client_connect(&c)); /* a again: still gone */
    CU_ASSERT_TRUE_FATAL(broker_restart(&b));
    CU_ASSERT_TRUE(client_connect(&c));
    client_close(&c);
    broker_kill(&b);
}

static void a_port_that_never_answers_is_given_up(void)
{
    struct client c;
    struct broker silent = {0};
    CU_ASSERT_TRUE_FATAL(start(&silent, "broker"));
    kill(silent.pid, SIGSTOP); /* the kernel accepts, nobody answers */
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki,
                    &(struct client_setup){.name = "alice",
                                           .brokers = {silent.address},
                                           .connect_timeout_ms = flavour_is_device ? 300 : 2500}));
    CU_ASSERT_FALSE(client_connect(&c));
    CU_ASSERT_EQUAL(c.reason.retry, LINK_RETRY_NETWORK);
    CU_ASSERT_FALSE(client_connect(&c));
    kill(silent.pid, SIGCONT);
    CU_ASSERT_TRUE(client_connect(&c) || client_connect(&c) || client_connect(&c));
    client_close(&c);
    broker_kill(&silent);
}

static int rounds(void)
{
    const char *wish = getenv("WIRE_RECONNECTS");
    /* Paho alone takes a second to look at a new socket. */
    return wish ? atoi(wish) : flavour_is_device ? 300 : 12;
}

static int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void hundreds_of_failed_attempts_leave_nothing_behind(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    broker_kill(&b);
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    int fds = 0;
    size_t bytes = 0;
    for (int i = 0; i < rounds(); i++) {
        CU_ASSERT_FALSE(client_connect(&c));
        CU_ASSERT_EQUAL(c.reason.stage, LINK_STAGE_TCP);
        if (i == rounds() / 4) {
            fds = count_fds();
            bytes = mallinfo2().uordblks;
        }
    }
    client_run_ms(&c, 50);
    printf("\n    fds %+d, heap %+ld", count_fds() - fds, (long)mallinfo2().uordblks - (long)bytes);
    CU_ASSERT_TRUE(count_fds() <= fds + 2);
    CU_ASSERT_TRUE(mallinfo2().uordblks <= bytes + (flavour_is_device ? 8192 : 262144));
    client_close(&c);
}

static void hundreds_of_quick_reconnects_leave_nothing_behind(void)
{
    struct broker b;
    struct client c;
    CU_ASSERT_TRUE_FATAL(start(&b, "broker"));
    CU_ASSERT_TRUE_FATAL(
        client_open(&c, &pki, &(struct client_setup){.name = "alice", .brokers = {b.address}}));
    int fds = 0, up = 0;
    size_t bytes = 0;
    for (int i = 0; i < rounds(); i++) {
        up += client_connect(&c);
        if (i % 3 == 0)
            CU_ASSERT_EQUAL(client_publish(&c, "test/a", "x", 1, 1), 0);
        CU_ASSERT_TRUE(client_disconnect(&c));
        if (i == rounds() / 4) {
            fds = count_fds();
            bytes = mallinfo2().uordblks;
        }
    }
    struct link_stats s;
    c.link.stats(c.link.ctx, &s);
    client_run_ms(&c, 50);
    printf("\n    %d of %d up, %llu resumed, fds %+d, heap %+ld", up, rounds(),
           (unsigned long long)s.resumed, count_fds() - fds,
           (long)mallinfo2().uordblks - (long)bytes);
    CU_ASSERT_EQUAL(up, rounds());
    CU_ASSERT_TRUE(count_fds() <= fds + 2);
    /* Paho keeps what it was told of the proxy, and some of TLS, when a handle is
     * destroyed, which only our own disconnect does. */
    CU_ASSERT_TRUE(mallinfo2().uordblks <=
                   bytes + (flavour_is_device ? 16384u : 262144u) + (size_t)rounds() * 400);
    if (flavour_is_device)
        CU_ASSERT_TRUE(s.resumed >= (uint64_t)rounds() - 2);
    client_close(&c);
    broker_kill(&b);
}

static void wrong_files_are_named(void)
{
    struct loop *loop;
    struct link link;
    struct err e;
    CU_ASSERT_TRUE_FATAL(have_pki());
    CU_ASSERT_EQUAL_FATAL(loop_new(&loop, &e), 0);
    const char *brokers[] = {"localhost:1883"};
    struct link_config config = {.brokers = brokers,
                                 .broker_count = 1,
                                 .client_id = "alice",
                                 .ca_file = pki_path(&pki, "nowhere.pem"),
                                 .cert_file = pki_path(&pki, "alice.pem"),
                                 .key_file = pki_path(&pki, "alice.key")};
    struct link_events none = {0};
    CU_ASSERT_EQUAL(flavour_open(loop, &config, &none, &link, &e), ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "nowhere.pem"));
    config.ca_file = pki_path(&pki, "ca.pem");
    brokers[0] = "localhost";
    CU_ASSERT_EQUAL(flavour_open(loop, &config, &none, &link, &e), ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "host:port"));
    loop_free(loop);
}

TESTS(STORY(what_is_published_arrives_and_is_acknowledged),
      STORY(a_large_message_makes_the_way_and_back),
      STORY(what_is_in_flight_is_bounded_and_goes_on),
      STORY(messages_can_be_taken_off_the_librarys_thread),
      STORY(a_session_that_dies_leaves_the_will_of_its_own_connect),
      STORY(a_broker_of_another_root_is_not_trusted),
      STORY(a_broker_with_another_name_is_not_trusted),
      STORY(a_broker_with_an_expired_certificate_is_not_trusted),
      STORY(a_client_with_an_expired_certificate_hears_why),
      STORY(dates_are_judged_by_the_time_that_is_vouched_for),
      STORY(a_broker_that_died_is_found_again), STORY(a_name_that_is_not_known_is_told_as_such),
      STORY(the_other_broker_is_next_when_one_is_gone),
      STORY(a_port_that_never_answers_is_given_up),
      STORY(hundreds_of_failed_attempts_leave_nothing_behind),
      STORY(hundreds_of_quick_reconnects_leave_nothing_behind), STORY(wrong_files_are_named))
