/* This very machine's readings. */
#include "agent/probe/probe.h"
#include "proto/system_metrics.h"
#include "tests/support/cu.h"

static int count[16];
static bool sane;

static void take(void *arg, const struct report *r)
{
    (void)arg;
    if (r->id >= SYSTEM_METRIC_FIRST && r->id < SYSTEM_METRIC_FIRST + 16)
        count[r->id - SYSTEM_METRIC_FIRST]++;
    sane = sane && r->source == 0 && r->boot == 9 && r->at_ms == 1234 && !r->counted;
    if (r->id == SYSTEM_CPU_BUSY || r->id == SYSTEM_MEMORY_USED || r->id == SYSTEM_DISK_USED)
        sane = sane && r->v >= 0 && r->v <= 1000;
}

static void what_every_machine_has_is_told(void)
{
    struct probe *p;
    CU_ASSERT_EQUAL_FATAL(probe_new("", "/tmp", &p, NULL), 0);
    sane = true;
    struct now now = {.boot_ms = 1234};
    probe_sample(p, now, 9, take, NULL);
    CU_ASSERT_TRUE(sane);
    CU_ASSERT_EQUAL(count[SYSTEM_MEMORY_USED - SYSTEM_METRIC_FIRST], 1);
    CU_ASSERT_EQUAL(count[SYSTEM_DISK_FREE - SYSTEM_METRIC_FIRST], 1);
    CU_ASSERT_EQUAL(count[SYSTEM_UPTIME - SYSTEM_METRIC_FIRST], 1);
    CU_ASSERT_EQUAL(count[SYSTEM_AGENT_MEMORY - SYSTEM_METRIC_FIRST], 1);
    CU_ASSERT_EQUAL(count[SYSTEM_CPU_BUSY - SYSTEM_METRIC_FIRST], 0); /* needs two */
    probe_free(p);
}

static void a_machine_without_these_files_is_silent(void)
{
    struct probe *p;
    memset(count, 0, sizeof count);
    CU_ASSERT_EQUAL_FATAL(probe_new("/nowhere", "/nowhere", &p, NULL), 0);
    probe_sample(p, (struct now){0}, 9, take, NULL);
    for (size_t i = 0; i < 16; i++)
        CU_ASSERT_EQUAL(count[i], 0);
    CU_ASSERT_STRING_EQUAL(probe_reset_reason(p), "unknown");
    probe_free(p);
}

TESTS(STORY(what_every_machine_has_is_told), STORY(a_machine_without_these_files_is_silent))
