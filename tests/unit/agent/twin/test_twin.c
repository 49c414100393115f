/* Stories of settings that the gateway desires. */
#include "agent/twin/twin.h"

#include "base/err.h"
#include "tests/support/cu.h"
#include "tests/support/simdisk.h"

#include <stdio.h>

static struct twin *open_twin(struct simdisk *sim)
{
    struct twin *t = NULL;
    CU_ASSERT_EQUAL_FATAL(twin_open(simdisk_disk(sim), &t), 0);
    return t;
}

static struct wire_setting set(const char *key, int64_t value)
{
    return (struct wire_setting){slice_str(key), value};
}

static void what_was_said_is_in_force_after_a_power_cut(void)
{
    struct simdisk *sim = simdisk_new(1, 0);
    struct twin *t = open_twin(sim);
    struct wire_setting s[] = {set("report_ms/1", 60000), set("mute/2", 1), set("log_level", 2)};
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){7, 3, s}), 0);
    twin_free(t);
    simdisk_power_cut(sim);
    t = open_twin(sim);
    CU_ASSERT_EQUAL(twin_version(t), 7);
    CU_ASSERT_EQUAL(twin_interval_ms(t, 1), 60000);
    CU_ASSERT(twin_muted(t, 2));
    CU_ASSERT_FALSE(twin_muted(t, 1));
    CU_ASSERT_EQUAL(twin_log_level(t), 2);
    twin_free(t);
    simdisk_free(sim);
}

static void an_older_set_changes_nothing_and_a_newer_one_replaces_all(void)
{
    struct simdisk *sim = simdisk_new(2, 0);
    struct twin *t = open_twin(sim);
    struct wire_setting a[] = {set("mute/1", 1)}, b[] = {set("mute/2", 1)};
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){7, 1, a}), 0);
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){6, 1, b}), ERR_EXISTS);
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){7, 1, b}), ERR_EXISTS);
    CU_ASSERT(twin_muted(t, 1));
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){8, 1, b}), 0);
    CU_ASSERT_FALSE(twin_muted(t, 1));
    CU_ASSERT(twin_muted(t, 2));
    twin_free(t);
    simdisk_free(sim);
}

static void values_keep_their_bounds_and_strange_keys_are_left_out(void)
{
    struct simdisk *sim = simdisk_new(3, 0);
    struct twin *t = open_twin(sim);
    struct wire_setting s[] = {set("report_ms/1", INT64_MAX), set("report_ms/2", -5),
                               set("report_ms/", 1),          set("report_ms/x", 1),
                               set("log_levels", 1),          set("colour", 3),
                               set("log_level", 99)};
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){1, 7, s}), 0);
    CU_ASSERT_EQUAL(twin_interval_ms(t, 1), 86400000);
    CU_ASSERT_EQUAL(twin_interval_ms(t, 2), 0);
    CU_ASSERT_EQUAL(twin_log_level(t), 3);
    struct slice key;
    int64_t value;
    CU_ASSERT(twin_at(t, 2, &key, &value));
    CU_ASSERT(slice_is(key, "log_level"));
    CU_ASSERT_FALSE(twin_at(t, 3, &key, &value));
    twin_free(t);
    simdisk_free(sim);
}

static void too_many_are_refused_as_a_whole(void)
{
    struct simdisk *sim = simdisk_new(4, 0);
    struct twin *t = open_twin(sim);
    static char keys[TWIN_SETTINGS + 1][24];
    static struct wire_setting s[TWIN_SETTINGS + 1];
    for (int i = 0; i <= TWIN_SETTINGS; i++) {
        snprintf(keys[i], sizeof keys[i], "mute/%d", i + 1);
        s[i] = set(keys[i], 1);
    }
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){1, TWIN_SETTINGS + 1, s}), ERR_LIMIT);
    CU_ASSERT_EQUAL(twin_version(t), 0);
    CU_ASSERT_FALSE(twin_muted(t, 1));
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){1, TWIN_SETTINGS, s}), 0);
    CU_ASSERT(twin_muted(t, TWIN_SETTINGS));
    twin_free(t);
    simdisk_free(sim);
}

/* The version is told only when it is durable, so that it is said again. */
static void a_set_that_is_not_durable_is_not_told(void)
{
    struct simdisk *sim = simdisk_new(5, 0);
    struct twin *t = open_twin(sim);
    struct wire_setting a[] = {set("mute/1", 1)};
    simdisk_fail(sim, 1, -1, ERR_FULL);
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){7, 1, a}), ERR_FULL);
    CU_ASSERT_EQUAL(twin_version(t), 0);
    CU_ASSERT(twin_muted(t, 1));
    simdisk_fail(sim, 0, 0, 0);
    CU_ASSERT_EQUAL(twin_apply(t, &(struct wire_settings){7, 1, a}), 0);
    CU_ASSERT_EQUAL(twin_version(t), 7);
    twin_free(t);
    simdisk_free(sim);
}

TESTS(STORY(what_was_said_is_in_force_after_a_power_cut),
      STORY(an_older_set_changes_nothing_and_a_newer_one_replaces_all),
      STORY(values_keep_their_bounds_and_strange_keys_are_left_out),
      STORY(too_many_are_refused_as_a_whole), STORY(a_set_that_is_not_durable_is_not_told))
