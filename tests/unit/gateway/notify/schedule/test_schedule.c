/* What is sent now, later or never, and what an answer means. */
#include "gateway/notify/schedule/schedule.h"
#include "tests/support/cu.h"

static const struct schedule_limits limits = {.concurrency = 32,
                                              .retry_floor_ms = 1000,
                                              .retry_cap_ms = 3600000,
                                              .give_up_ms = 86400000,
                                              .stale_ms = 60000};

static void mail_is_accepted_by_a_whole_exchange_only(void)
{
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_WHOLE, 250), OUTCOME_ACCEPTED);
    /* it hung up after RCPT's 250 or DATA's 354: nobody knows, so it goes again */
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_BROKEN, 250), OUTCOME_RETRY);
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_BROKEN, 354), OUTCOME_RETRY);
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_BROKEN, 0), OUTCOME_RETRY);
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_BROKEN, 451), OUTCOME_RETRY);
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_BROKEN, 550), OUTCOME_DEAD);
}

static void what_is_wrong_with_us_is_no_fault_of_the_mail(void)
{
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_GREETING, 554), OUTCOME_RETRY);
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_EMAIL, REPLY_LOGIN, 535), OUTCOME_RETRY);
}

static void webhooks_by_their_code(void)
{
    static const struct {
        int64_t code;
        enum outcome outcome;
    } cases[] = {{200, OUTCOME_ACCEPTED}, {204, OUTCOME_ACCEPTED}, {0, OUTCOME_RETRY},
                 {100, OUTCOME_RETRY},    {301, OUTCOME_DEAD},     {307, OUTCOME_DEAD},
                 {400, OUTCOME_DEAD},     {401, OUTCOME_DEAD},     {404, OUTCOME_DEAD},
                 {410, OUTCOME_DEAD},     {408, OUTCOME_RETRY},    {409, OUTCOME_RETRY},
                 {425, OUTCOME_RETRY},    {429, OUTCOME_RETRY},    {500, OUTCOME_RETRY},
                 {503, OUTCOME_RETRY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_EQUAL(schedule_classify(CHANNEL_WEBHOOK, REPLY_WHOLE, cases[i].code),
                        cases[i].outcome);
        /* the code decides even when the transfer broke after it */
        CU_ASSERT_EQUAL(schedule_classify(CHANNEL_WEBHOOK, REPLY_BROKEN, cases[i].code),
                        cases[i].outcome);
    }
    CU_ASSERT_EQUAL(schedule_classify(CHANNEL_WEBHOOK, REPLY_FORBIDDEN, 0), OUTCOME_DEAD);
}

static void waits_grow_are_spread_and_end(void)
{
    struct rng rng;
    rng_seed(&rng, 5);
    int64_t longest = 0;
    for (int i = 0; i < 500; i++) {
        int64_t first = schedule_retry(&limits, 1, 0, 0, &rng);
        CU_ASSERT_FATAL(first == 1000);
        int64_t tenth = schedule_retry(&limits, 10, 0, 0, &rng);
        CU_ASSERT_FATAL(tenth >= 1000 && tenth <= 512000);
        longest = tenth > longest ? tenth : longest;
        int64_t far = schedule_retry(&limits, 1000, 0, 0, &rng);
        CU_ASSERT_FATAL(far >= 1000 && far <= 3600000);
    }
    CU_ASSERT(longest > 450000);
    CU_ASSERT_EQUAL(schedule_retry(&limits, 3, 0, 86400000, &rng), -1);
}

/* A dead server is tried a bounded number of times before we give up. */
static void giving_up_takes_a_day_and_few_attempts(void)
{
    struct rng rng;
    rng_seed(&rng, 6);
    int64_t now = 0, attempts = 0;
    while (now >= 0 && attempts < 10000)
        now = schedule_retry(&limits, ++attempts, 0, now, &rng);
    CU_ASSERT(attempts > 20 && attempts < 150);
}

static void an_opening_that_is_over_is_not_sent_late(void)
{
    const char *why = NULL;
    struct schedule_row row = {.channel = CHANNEL_EMAIL, .opened = true, .created_ms = 1000};
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 1000000, &why), SEND_NOW); /* still true */
    row.alert_over = true;
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 61000, &why), SEND_NOW); /* fresh */
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 61001, &why), SEND_NEVER);
    CU_ASSERT_PTR_NOT_NULL(why);
    row.channel = CHANNEL_WEBHOOK;
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 61001, &why), SEND_NOW);
}

static void a_follow_up_follows(void)
{
    const char *why = NULL;
    struct schedule_row row = {.channel = CHANNEL_EMAIL, .alert_over = true};
    row.opening = OPENING_TOLD;
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 0, &why), SEND_NOW);
    row.opening = OPENING_PENDING;
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 0, &why), SEND_LATER);
    row.opening = OPENING_UNTOLD;
    CU_ASSERT_EQUAL(schedule_judge(&limits, &row, 0, &why), SEND_NEVER);
}

static void one_that_hangs_does_not_stop_the_others(void)
{
    struct schedule s;
    schedule_init(&s, 100);
    int64_t id = 1;
    while (schedule_start(&s, id, CHANNEL_EMAIL, 0))
        id++;
    CU_ASSERT_EQUAL(s.n, SCHEDULE_MAX / 2);
    for (int i = 0; i < SCHEDULE_LANE; i++)
        CU_ASSERT_TRUE(schedule_start(&s, 100 + i, CHANNEL_WEBHOOK, 7));
    CU_ASSERT_FALSE(schedule_start(&s, 200, CHANNEL_WEBHOOK, 7));
    CU_ASSERT_TRUE(schedule_start(&s, 201, CHANNEL_WEBHOOK, 8));
    CU_ASSERT_FALSE(schedule_start(&s, 201, CHANNEL_WEBHOOK, 9)); /* that row is in flight */
    schedule_end(&s, 100);
    schedule_end(&s, 100);
    CU_ASSERT_TRUE(schedule_start(&s, 200, CHANNEL_WEBHOOK, 7));
    for (uint64_t lane = 20; lane < 60; lane++)
        schedule_start(&s, (int64_t)lane + 1000, CHANNEL_WEBHOOK, lane);
    CU_ASSERT_EQUAL(s.n, SCHEDULE_MAX);
    CU_ASSERT_FALSE(schedule_channel_open(&s, CHANNEL_WEBHOOK));
}

static void one_at_a_time_is_possible(void)
{
    struct schedule s;
    schedule_init(&s, 1);
    CU_ASSERT_TRUE(schedule_start(&s, 1, CHANNEL_WEBHOOK, 1));
    CU_ASSERT_FALSE(schedule_start(&s, 2, CHANNEL_EMAIL, 0));
    schedule_end(&s, 1);
    CU_ASSERT_TRUE(schedule_start(&s, 2, CHANNEL_EMAIL, 0));
}

TESTS(STORY(mail_is_accepted_by_a_whole_exchange_only),
      STORY(what_is_wrong_with_us_is_no_fault_of_the_mail), STORY(webhooks_by_their_code),
      STORY(waits_grow_are_spread_and_end), STORY(giving_up_takes_a_day_and_few_attempts),
      STORY(an_opening_that_is_over_is_not_sent_late), STORY(a_follow_up_follows),
      STORY(one_that_hangs_does_not_stop_the_others), STORY(one_at_a_time_is_possible))
