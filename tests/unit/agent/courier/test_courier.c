/* Stories of a courier: what it sends, when again, and what it believes. */
#include "agent/courier/courier.h"

#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>
#include <stdlib.h>

struct bench {
    struct simdisk *sim;
    struct spool *spool;
    struct courier *courier;
    struct now now;
    struct arena arena;
    int connects, disconnects, hellos, accounts;
    uint64_t sent[512]; /* numbers of batches, in order */
    enum wire_lane lanes[512];
    size_t n_sent;
    uint64_t token;
    bool full; /* the step's room is used up */
};

static void on_connect(void *arg)
{
    ((struct bench *)arg)->connects++;
}

static void on_disconnect(void *arg)
{
    ((struct bench *)arg)->disconnects++;
}

static bool on_publish(void *arg, const struct wire_up *up, uint64_t token)
{
    struct bench *b = arg;
    if (b->full)
        return false;
    b->token = token;
    b->hellos += up->kind == UP_HELLO;
    b->accounts += up->kind == UP_ACCOUNT;
    if (up->kind == UP_BATCH && b->n_sent < 512) {
        unsigned lane = 0;
        unsigned long long seq = 0;
        sscanf((const char *)up->batch.ptr, "%u/%llu", &lane, &seq);
        b->lanes[b->n_sent] = (enum wire_lane)lane;
        b->sent[b->n_sent++] = seq;
    }
    return true;
}

static void on_say(void *arg, enum log_level level, const char *id, const char *text)
{
    (void)arg;
    (void)level;
    (void)id;
    (void)text;
}

static void run(struct bench *b)
{
    struct courier_out out = {b, on_connect, on_disconnect, on_publish, on_say};
    courier_run(b->courier, 0, &out, b->now);
}

static void put(struct bench *b, enum wire_lane lane)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%u/%llu", (unsigned)lane,
                     (unsigned long long)spool_next(b->spool, lane).seq);
    struct spool_record r = {slice_of(text, (size_t)n + 1), 1, 0, 0, 0, NULL};
    CU_ASSERT_EQUAL(spool_append(b->spool, lane, &r, b->now.boot_ms), 0);
}

static struct bench *start(void)
{
    struct bench *b = calloc(1, sizeof *b);
    b->sim = simdisk_new(1, 0);
    b->now = (struct now){1000, 1000, TRUST_SYNCED};
    struct spool_config s = {.disk = simdisk_disk(b->sim), .random = 3, .boot = 7, .session = 1};
    CU_ASSERT_EQUAL_FATAL(spool_open(&s, &b->spool), 0);
    struct courier_config c = {.spool = b->spool,
                               .seed = 5,
                               .agent = "1",
                               .pack = "p",
                               .floor_ms = 500,
                               .cap_ms = 300000,
                               .slow_floor_ms = 30000,
                               .liveness_ms = 60000};
    b->courier = courier_new(&c, b->now);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->courier);
    return b;
}

static void end(struct bench *b)
{
    courier_free(b->courier);
    spool_close(b->spool);
    simdisk_free(b->sim);
    free(b);
}

static void ack(struct bench *b, uint32_t credit, enum wire_lane lane, uint64_t contiguous,
                uint64_t above)
{
    struct wire_range range = {above, above};
    struct wire_stream_ack s = {spool_next(b->spool, lane).stream, contiguous, above ? 1 : 0,
                                &range};
    struct wire_ack a = {.credit = credit, .n_streams = 1, .streams = &s};
    courier_ack(b->courier, 1, &a, b->now);
    run(b);
}

static void get_up(struct bench *b)
{
    run(b);
    courier_up(b->courier, b->now);
    run(b);
}

static void hello_comes_first_and_the_backlog_waits_for_its_answer(void)
{
    struct bench *b = start();
    for (int i = 0; i < 10; i++)
        put(b, LANE_BULK);
    run(b);
    CU_ASSERT_EQUAL(b->connects, 1);
    CU_ASSERT_EQUAL(b->hellos, 0);
    courier_up(b->courier, b->now);
    run(b);
    CU_ASSERT_EQUAL(b->hellos, 1);
    CU_ASSERT_EQUAL(b->n_sent, 0);
    put(b, LANE_URGENT);
    run(b);
    CU_ASSERT_EQUAL(b->n_sent, 1); /* a fault waits for nothing */
    ack(b, 8, LANE_BULK, 0, 0);
    CU_ASSERT(b->n_sent > 4);
    end(b);
}

static void the_credit_is_never_passed_and_urgent_has_its_part(void)
{
    struct bench *b = start();
    for (int i = 0; i < 50; i++)
        put(b, LANE_BULK);
    get_up(b);
    ack(b, 8, LANE_BULK, 0, 0);
    CU_ASSERT_EQUAL(b->n_sent, 6);
    put(b, LANE_URGENT);
    run(b);
    CU_ASSERT_EQUAL(b->n_sent, 7);
    CU_ASSERT_EQUAL(b->lanes[6], LANE_URGENT);
    for (int i = 0; i < 5; i++)
        put(b, LANE_URGENT);
    run(b);
    CU_ASSERT_EQUAL(b->n_sent, 8);
    struct courier_stats s;
    courier_stats(b->courier, &s);
    CU_ASSERT_EQUAL(s.in_flight, 8);
    end(b);
}

static void a_batch_that_is_not_acknowledged_comes_again_ever_later(void)
{
    struct bench *b = start();
    put(b, LANE_BULK);
    get_up(b);
    ack(b, 8, LANE_BULK, 0, 0);
    CU_ASSERT_EQUAL(b->n_sent, 1);
    int64_t last_ms = b->now.boot_ms, gap_ms = 0;
    for (int resends = 0; resends < 4;) {
        size_t before = b->n_sent;
        b->now.boot_ms = courier_wake_ms(b->courier);
        ack(b, 8, LANE_BULK, 0, 0); /* the gateway lives, but this one is not with it */
        if (b->n_sent == before)
            continue;
        CU_ASSERT_EQUAL(b->sent[b->n_sent - 1], 1);
        CU_ASSERT(b->now.boot_ms - last_ms >= 2 * gap_ms);
        gap_ms = b->now.boot_ms - last_ms;
        last_ms = b->now.boot_ms;
        resends++;
    }
    ack(b, 8, LANE_BULK, 1, 0);
    CU_ASSERT_EQUAL(spool_next(b->spool, LANE_BULK).low, 2);
    end(b);
}

/* holds: LOSS-8 (acks lost, doubled and out of order do no harm) */
static void acks_in_any_order(void)
{
    struct bench *b = start();
    for (int i = 0; i < 6; i++)
        put(b, LANE_BULK);
    get_up(b);
    ack(b, 16, LANE_BULK, 0, 0);
    CU_ASSERT_EQUAL(b->n_sent, 6);
    ack(b, 16, LANE_BULK, 1, 5);
    ack(b, 16, LANE_BULK, 3, 5);
    ack(b, 16, LANE_BULK, 1, 0); /* late: says less than is known */
    ack(b, 16, LANE_BULK, 1, 0);
    CU_ASSERT_EQUAL(spool_next(b->spool, LANE_BULK).low, 4);
    ack(b, 16, LANE_BULK, 4, 6);
    size_t before = b->n_sent;
    for (int i = 0; i < 40; i++) {
        b->now.boot_ms += 1000;
        ack(b, 16, LANE_BULK, 6, 0);
    }
    CU_ASSERT(b->n_sent - before <= 2); /* what the late ack put in doubt, at most */
    struct spool_stats s;
    spool_stats(b->spool, &s);
    CU_ASSERT_EQUAL(s.owed, 0);
    end(b);
}

static void an_ack_for_more_than_was_given_is_not_believed(void)
{
    struct bench *b = start();
    put(b, LANE_BULK);
    get_up(b);
    ack(b, 16, LANE_BULK, 1000, 0);
    CU_ASSERT_EQUAL(spool_next(b->spool, LANE_BULK).low, 1);
    struct wire_stream_ack strange = {.stream = 99, .contiguous = 5};
    struct wire_ack a = {.credit = 1000000, .n_streams = 1, .streams = &strange};
    CU_ASSERT_EQUAL(courier_ack(b->courier, 1, &a, b->now), 0);
    struct courier_stats s;
    courier_stats(b->courier, &s);
    CU_ASSERT_EQUAL(s.credit, COURIER_WINDOW);
    end(b);
}

/* The back-off grows also after sessions that die young. */
static void sessions_that_die_young_back_off(void)
{
    struct bench *b = start();
    int64_t longest_ms = 0;
    for (int i = 0; i < 40; i++) {
        int before = b->connects;
        int64_t from_ms = b->now.boot_ms;
        b->now.boot_ms = courier_wake_ms(b->courier);
        run(b);
        CU_ASSERT_EQUAL(b->connects, before + 1);
        if (b->now.boot_ms - from_ms > longest_ms)
            longest_ms = b->now.boot_ms - from_ms;
        courier_up(b->courier, b->now);
        run(b);
        ack(b, 8, LANE_BULK, 0, 0);
        b->now.boot_ms += 100;
        courier_down(b->courier, false, b->now);
    }
    CU_ASSERT(longest_ms > 60000 && longest_ms <= 300000);
    end(b);
}

static void a_refused_identity_tries_slowly(void)
{
    struct bench *b = start();
    run(b);
    courier_down(b->courier, true, b->now);
    CU_ASSERT(courier_wake_ms(b->courier) - b->now.boot_ms >= 30000);
    end(b);
}

static void what_the_link_did_not_take_is_offered_again(void)
{
    struct bench *b = start();
    put(b, LANE_BULK);
    get_up(b);
    ack(b, 8, LANE_BULK, 0, 0);
    CU_ASSERT_EQUAL(b->n_sent, 1);
    courier_sent(b->courier, b->token, false, b->now);
    b->now.boot_ms += 200;
    run(b);
    CU_ASSERT_EQUAL(b->n_sent, 2);
    put(b, LANE_BULK);
    b->full = true;
    run(b);
    CU_ASSERT_EQUAL(courier_wake_ms(b->courier), 0);
    b->full = false;
    run(b);
    CU_ASSERT_EQUAL(b->sent[b->n_sent - 1], 2);
    end(b);
}

static void tombstones_are_told_until_they_are_acknowledged(void)
{
    struct bench *b = start();
    for (int i = 0; i < 3; i++)
        put(b, LANE_BULK);
    CU_ASSERT_EQUAL(spool_drop(b->spool, spool_next(b->spool, LANE_BULK).stream, 1, DROP_BUDGET),
                    0);
    get_up(b);
    ack(b, 8, LANE_BULK, 0, 0);
    CU_ASSERT_EQUAL(b->accounts, 1);
    for (size_t i = 0; i < b->n_sent; i++)
        CU_ASSERT_NOT_EQUAL(b->sent[i], 1);
    for (int i = 0; i < 20; i++) {
        b->now.boot_ms += 1000;
        ack(b, 8, LANE_BULK, 0, 0);
    }
    CU_ASSERT(b->accounts >= 3 && b->accounts <= 6);
    ack(b, 8, LANE_BULK, 3, 0);
    int told = b->accounts;
    b->now.boot_ms += 600000;
    run(b);
    CU_ASSERT_EQUAL(b->accounts, told);
    end(b);
}

TESTS(STORY(hello_comes_first_and_the_backlog_waits_for_its_answer),
      STORY(the_credit_is_never_passed_and_urgent_has_its_part),
      STORY(a_batch_that_is_not_acknowledged_comes_again_ever_later), STORY(acks_in_any_order),
      STORY(an_ack_for_more_than_was_given_is_not_believed),
      STORY(sessions_that_die_young_back_off), STORY(a_refused_identity_tries_slowly),
      STORY(what_the_link_did_not_take_is_offered_again),
      STORY(tombstones_are_told_until_they_are_acknowledged))
