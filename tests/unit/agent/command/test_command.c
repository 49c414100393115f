/* Stories of commands that must not be done twice. */
#include "agent/command/command.h"

#include "base/err.h"
#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>

static const struct now now = {1000, 5000, TRUST_SYNCED};

static struct commands *open_commands(struct simdisk *sim)
{
    struct commands *c = NULL;
    CU_ASSERT_EQUAL_FATAL(commands_open(simdisk_disk(sim), &c), 0);
    return c;
}

static struct command_verdict take(struct commands *c, const char *id, int64_t expires_ms)
{
    struct wire_command w = {.id = slice_str(id), .action = 1, .expires_ms = expires_ms};
    return commands_take(c, &w, true, true, now);
}

static void a_command_is_done_once_and_answered_again(void)
{
    struct simdisk *sim = simdisk_new(1, 0);
    struct commands *c = open_commands(sim);
    struct command_verdict v = take(c, "a", 9000);
    CU_ASSERT(v.act && !v.answer);
    struct command_verdict again = take(c, "a", 9000);
    CU_ASSERT(!again.act && !again.answer); /* under way */
    struct slice id;
    CU_ASSERT(commands_done(c, v.ref, RESULT_DONE, &id));
    CU_ASSERT(slice_is(id, "a"));
    CU_ASSERT_FALSE(commands_done(c, v.ref, RESULT_DONE, &id));
    again = take(c, "a", 9000);
    CU_ASSERT(!again.act && again.answer);
    CU_ASSERT_EQUAL(again.status, RESULT_DONE);
    commands_free(c);
    simdisk_free(sim);
}

/* A crash in between is told as unknown, never tried again. */
static void power_goes_between_acting_and_answering(void)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct simdisk *sim = simdisk_new(seed, 0);
        struct commands *c = open_commands(sim);
        CU_ASSERT(take(c, "a", 9000).act);
        commands_free(c);
        simdisk_power_cut(sim);
        c = open_commands(sim);
        struct slice id;
        CU_ASSERT(commands_orphan(c, &id));
        CU_ASSERT(slice_is(id, "a"));
        CU_ASSERT_FALSE(commands_orphan(c, &id));
        struct command_verdict v = take(c, "a", 9000);
        CU_ASSERT_FALSE(v.act);
        CU_ASSERT_EQUAL(v.status, RESULT_UNKNOWN);
        commands_free(c);
        simdisk_free(sim);
    }
}

static void each_refusal_has_its_reason(void)
{
    struct simdisk *sim = simdisk_new(2, 0);
    struct commands *c = open_commands(sim);
    struct wire_command w = {.id = slice_str("a"), .action = 1, .expires_ms = 9000};
    CU_ASSERT_EQUAL(commands_take(c, &w, false, true, now).status, RESULT_UNSUPPORTED);
    CU_ASSERT_EQUAL(commands_take(c, &w, true, false, now).status, RESULT_REFUSED);
    w.expires_ms = 5000;
    CU_ASSERT_EQUAL(commands_take(c, &w, true, true, now).status, RESULT_EXPIRED);
    char longer[COMMAND_ID + 2];
    memset(longer, 'x', sizeof longer);
    longer[COMMAND_ID + 1] = 0;
    CU_ASSERT_EQUAL(take(c, longer, 9000).status, RESULT_REFUSED);
    CU_ASSERT_EQUAL(take(c, "", 9000).status, RESULT_REFUSED);
    commands_free(c);
    simdisk_free(sim);
}

/* The id is durable before acting. */
static void nothing_is_done_that_could_not_be_noted(void)
{
    int refused = 0;
    for (int64_t at = 1; at <= 8; at++) {
        struct simdisk *sim = simdisk_new((uint64_t)at, 0);
        struct commands *c = open_commands(sim);
        struct slice id;
        simdisk_fail(sim, at, 1, ERR_FULL);
        bool acted = take(c, "a", 9000).act;
        refused += !acted;
        simdisk_fail(sim, 0, 0, 0);
        commands_free(c);
        simdisk_power_cut(sim);
        c = open_commands(sim);
        CU_ASSERT(!acted || commands_orphan(c, &id)); /* what was done is known to have been */
        commands_free(c);
        simdisk_free(sim);
    }
    CU_ASSERT(refused >= 3); /* open, append and sync */
}

static void hundreds_of_commands_keep_their_bound(void)
{
    struct simdisk *sim = simdisk_new(4, 0);
    struct commands *c = open_commands(sim);
    for (int i = 0; i < 2000; i++) {
        char id[16];
        struct slice done;
        snprintf(id, sizeof id, "c-%d", i);
        struct command_verdict v = take(c, id, 9000);
        CU_ASSERT(v.act);
        CU_ASSERT(commands_done(c, v.ref, RESULT_DONE, &done));
    }
    CU_ASSERT(simdisk_used(sim) < 64 * 1024);
    CU_ASSERT_FALSE(take(c, "c-1999", 9000).act);
    for (int i = 0; i < COMMAND_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "o-%d", i);
        CU_ASSERT(take(c, id, 9000).act);
    }
    CU_ASSERT_EQUAL(take(c, "one more", 9000).status, RESULT_REFUSED);
    commands_free(c);
    simdisk_free(sim);
}

TESTS(STORY(a_command_is_done_once_and_answered_again),
      STORY(power_goes_between_acting_and_answering), STORY(each_refusal_has_its_reason),
      STORY(nothing_is_done_that_could_not_be_noted), STORY(hundreds_of_commands_keep_their_bound))
