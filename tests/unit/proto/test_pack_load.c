/* A pack survives the way through its built file, and a damaged file is refused. */
#include "proto/pack.h"

#include "tests/support/cu.h"

static const struct pack_label family[] = {{"de", "Kuehlschrank"}, {"en", "Fridge"}};
static const struct pack_metric metrics[] = {
    {.id = 1,
     .name = "cabinet_temp",
     .unit = "celsius",
     .precision = 0.1,
     .exponent = -1,
     .n_labels = 2,
     .labels = family},
    {.id = 3,
     .name = "door_open",
     .unit = "bool",
     .kind = METRIC_STATE,
     .purpose = PURPOSE_USAGE,
     .precision = 1,
     .stale_after_ms = 86400000},
};
static const struct pack_fault faults[] = {
    {.id = 21, .name = "heater_open", .component = "heater", .severity = SEVERITY_MAJOR},
};
static const uint32_t cycle_metrics[] = {1};
static const struct pack_cycle cycles[] = {
    {.id = 1, .name = "defrost", .n_metrics = 1, .metrics = cycle_metrics},
};
static const struct pack_action actions[] = {{.id = 2, .name = "defrost_now", .idle_only = true}};
static const struct pack_rule rules[] = {
    {.name = "warm",
     .when = "min(cabinet_temp, 10m) > 8 celsius",
     .clear = "",
     .message = "warm",
     .at = {"rules.yaml", 3, 5},
     .when_at = {"rules.yaml", 4, 11},
     .for_ms = 1200000,
     .severity = SEVERITY_CRITICAL,
     .tell = AUDIENCE_CUSTOMER | AUDIENCE_SUPPORT},
};
static const char *const steps[] = {"Close the door.", "Wait."};
static const struct pack_message messages[] = {
    {.name = "warm", .lang = "de", .title = "Zu warm", .body = "b"},
    {.name = "warm", .lang = "en", .title = "Too warm", .body = "b", .n_steps = 2, .steps = steps},
};
static const char *const models[] = {"CK-*", "X?9"};
static const struct pack fridge = {
    .name = "fridge",
    .revision = 7,
    .n_models = 2,
    .models = models,
    .n_metrics = 2,
    .metrics = metrics,
    .n_faults = 1,
    .faults = faults,
    .n_cycles = 1,
    .cycles = cycles,
    .n_actions = 1,
    .actions = actions,
    .n_rules = 1,
    .rules = rules,
    .n_messages = 2,
    .messages = messages,
    .n_labels = 2,
    .labels = family,
};

static struct buf saved(const struct pack *pack)
{
    struct buf b;
    buf_init(&b, PACK_FILE_BYTES);
    CU_ASSERT_EQUAL_FATAL(pack_save(pack, &b), 0);
    return b;
}

static void what_was_saved_is_loaded(void)
{
    struct buf file = saved(&fridge);
    struct pack *p = NULL;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(pack_load(buf_slice(&file), &p, &e), 0);
    CU_ASSERT_STRING_EQUAL(p->name, "fridge");
    CU_ASSERT_EQUAL(p->revision, 7);
    CU_ASSERT_EQUAL(pack_metric(p, 3)->stale_after_ms, 86400000);
    CU_ASSERT_STRING_EQUAL(pack_metric_named(p, "cabinet_temp")->labels[1].text, "Fridge");
    CU_ASSERT_STRING_EQUAL(pack_fault(p, 21)->component, "heater");
    CU_ASSERT_EQUAL(pack_cycle(p, 1)->metrics[0], 1);
    CU_ASSERT_TRUE(pack_action(p, 2)->idle_only);
    CU_ASSERT_STRING_EQUAL(p->rules[0].when, rules[0].when);
    CU_ASSERT_EQUAL(p->rules[0].when_at.col, 11);
    CU_ASSERT_EQUAL(p->rules[0].tell, 3);
    CU_ASSERT_STRING_EQUAL(p->messages[1].steps[1], "Wait.");
    struct buf again = saved(p);
    CU_ASSERT_TRUE(slice_eq(buf_slice(&file), buf_slice(&again)));
    CU_ASSERT_NOT_EQUAL(p->fingerprint, 0);
    pack_free(p);
    buf_free(&file);
    buf_free(&again);
}

static void what_is_not_there_is_null(void)
{
    CU_ASSERT_PTR_NULL(pack_metric(&fridge, 2));
    CU_ASSERT_PTR_NULL(pack_metric(&fridge, 60000));
    CU_ASSERT_PTR_NULL(pack_fault_named(&fridge, "heater"));
    CU_ASSERT_PTR_NULL(pack_message(&fridge, "cold", "en"));
    CU_ASSERT_STRING_EQUAL(pack_message(&fridge, "warm", "de")->title, "Zu warm");
    CU_ASSERT_STRING_EQUAL(pack_message(&fridge, "warm", "fr")->title, "Too warm");
}

static void models_are_patterns(void)
{
    CU_ASSERT_TRUE(pack_fits(&fridge, "CK-300"));
    CU_ASSERT_TRUE(pack_fits(&fridge, "CK-"));
    CU_ASSERT_TRUE(pack_fits(&fridge, "XA9"));
    CU_ASSERT_FALSE(pack_fits(&fridge, "XA90"));
    CU_ASSERT_FALSE(pack_fits(&fridge, "WM-1"));
}

/* Every single damaged byte is found, and every cut. */
static void damage_is_refused(void)
{
    struct buf file = saved(&fridge);
    for (size_t i = 0; i < file.len; i++) {
        struct pack *p = NULL;
        file.ptr[i] ^= 0x20;
        CU_ASSERT_NOT_EQUAL(pack_load(buf_slice(&file), &p, NULL), 0);
        file.ptr[i] ^= 0x20;
        CU_ASSERT_NOT_EQUAL(pack_load(slice_of(file.ptr, i), &p, NULL), 0);
        CU_ASSERT_PTR_NULL(p);
    }
    struct err e;
    struct pack *p = NULL;
    file.ptr[8] = 9;
    CU_ASSERT_EQUAL(pack_load(buf_slice(&file), &p, &e), ERR_VERSION);
    buf_free(&file);
}

static void a_bad_content_is_named(void)
{
    struct pack_metric two[2] = {metrics[0], metrics[0]};
    struct pack bad = fridge;
    bad.metrics = two;
    struct buf file = saved(&bad);
    struct pack *p = NULL;
    struct err e;
    CU_ASSERT_EQUAL(pack_load(buf_slice(&file), &p, &e), ERR_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "metric id 1"));
    buf_free(&file);
}

TESTS(STORY(what_was_saved_is_loaded), STORY(what_is_not_there_is_null), STORY(models_are_patterns),
      STORY(damage_is_refused), STORY(a_bad_content_is_named))
