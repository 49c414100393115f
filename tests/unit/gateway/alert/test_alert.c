/* The moves of an alert: what each state allows, and what a snapshot keeps. */
#include "gateway/alert/alert.h"

#include "tests/support/cu.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct alert opened(void)
{
    struct alert a = {.id = 7,
                      .severity = SEVERITY_MAJOR,
                      .tell = 3,
                      .since_ms = 5,
                      .opened_ms = 6,
                      .opened_arrival_ms = 8,
                      .n_evidence = 1,
                      .n_metrics = 2,
                      .metrics = {1, 2}};
    snprintf(a.rule, sizeof a.rule, "warm");
    snprintf(a.evidence[0].text, sizeof a.evidence[0].text, "temp > 8");
    a.evidence[0].value = 9.5;
    a.evidence[0].limit = (double)NAN;
    return a;
}

static int move(struct alert *a, enum alert_move m)
{
    struct alert_entry entry;
    struct err e = {0};
    struct alert_wish wish = {.move = m,
                              .actor = "user:x",
                              .reason = m == MOVE_RESOLVED ? "fixed" : "",
                              .at_ms = 10,
                              .arrival_ms = 11,
                              .until_ms = 100};
    return alert_apply(a, &wish, &entry, &e);
}

static void each_state_allows_what_the_drawing_says(void)
{
    static const enum alert_move all[] = {MOVE_ACKNOWLEDGED, MOVE_SNOOZED, MOVE_RESOLVED,
                                          MOVE_NOTED};
    static const bool allowed[ALERT_STATES][4] = {
        {true, true, true, true}, {false, true, true, true}, {false, false, false, true}};
    for (int state = 0; state < ALERT_STATES; state++)
        for (int m = 0; m < 4; m++) {
            struct alert a = opened();
            a.state = (enum alert_state)state;
            struct alert before = a;
            CU_ASSERT_EQUAL(move(&a, all[m]), allowed[state][m] ? 0 : ERR_DENIED);
            if (!allowed[state][m])
                CU_ASSERT_EQUAL(memcmp(&a, &before, sizeof a), 0);
        }
}

static void resolving_ends_a_snooze_and_says_who(void)
{
    struct alert a = opened();
    CU_ASSERT_EQUAL(move(&a, MOVE_UNSNOOZED), ERR_DENIED);
    CU_ASSERT_EQUAL(move(&a, MOVE_SNOOZED), 0);
    CU_ASSERT_EQUAL(a.snoozed_until_ms, 100);
    CU_ASSERT_EQUAL(move(&a, MOVE_RESOLVED), 0);
    CU_ASSERT_EQUAL(a.snoozed_until_ms, 0);
    CU_ASSERT_STRING_EQUAL(a.resolved_by, "user:x");
    CU_ASSERT_STRING_EQUAL(a.resolution, "fixed");
    CU_ASSERT_EQUAL(a.resolved_ms, 10);
}

static void what_was_saved_is_what_is_loaded(void)
{
    struct alert a = opened(), back;
    struct buf first, again;
    buf_init(&first, 1 << 16);
    buf_init(&again, 1 << 16);
    move(&a, MOVE_ACKNOWLEDGED);
    alert_save(&a, &first);
    struct reader r = reader_of(buf_slice(&first));
    CU_ASSERT_FATAL(alert_load(&r, &back));
    alert_save(&back, &again);
    CU_ASSERT(slice_eq(buf_slice(&first), buf_slice(&again)));
    for (size_t cut = 0; cut < first.len; cut++) {
        r = reader_of(slice_of(first.ptr, cut));
        CU_ASSERT_FALSE(alert_load(&r, &back));
    }
    buf_free(&first);
    buf_free(&again);
}

TESTS(STORY(each_state_allows_what_the_drawing_says), STORY(resolving_ends_a_snooze_and_says_who),
      STORY(what_was_saved_is_what_is_loaded))
