/* A device that talks nonsense gets a line in the log, not a flood; and a thousand of
 * them do not get a thousand lines. */
#include "gateway/intake/complaints.h"

#include "tests/support/cu.h"

#include <stdio.h>

static void a_device_is_named_once_a_minute_with_what_was_not_said(void)
{
    struct complaints c = {0};
    struct complaint_line line;
    CU_ASSERT_FATAL(complaints_due(&c, slice_str("fridge-1"), 1000, &line));
    CU_ASSERT_STRING_EQUAL(line.device, "fridge-1");
    CU_ASSERT_EQUAL(line.unsaid, 0);
    for (int i = 0; i < 500; i++)
        CU_ASSERT(!complaints_due(&c, slice_str("fridge-1"), 1001 + i * 100, &line));
    CU_ASSERT_FATAL(complaints_due(&c, slice_str("fridge-1"), 61000, &line));
    CU_ASSERT_EQUAL(line.unsaid, 500);
    CU_ASSERT(!complaints_due(&c, slice_str("fridge-1"), 61001, &line));
}

static void one_device_does_not_hide_another(void)
{
    struct complaints c = {0};
    struct complaint_line line;
    CU_ASSERT(complaints_due(&c, slice_str("fridge-1"), 1000, &line));
    CU_ASSERT(complaints_due(&c, slice_str("washer-1"), 1000, &line));
    CU_ASSERT_STRING_EQUAL(line.device, "washer-1");
}

/* holds: BOUND-1 */
static void a_bad_fleet_gets_so_many_lines_a_minute(void)
{
    struct complaints c = {0};
    struct complaint_line line;
    int said = 0;
    for (int i = 0; i < 1000; i++) {
        char device[16];
        snprintf(device, sizeof device, "d%d", i);
        said += complaints_due(&c, slice_str(device), 1000, &line);
    }
    CU_ASSERT_EQUAL(said, COMPLAINTS);
    CU_ASSERT(complaints_due(&c, slice_str("d999"), 61000, &line)); /* a place grew old */
    CU_ASSERT_STRING_EQUAL(line.device, "d999");
    CU_ASSERT_EQUAL(line.unsaid, 0);
}

/* holds: ACCESS-4 */
static void what_is_no_device_id_does_not_reach_the_log(void)
{
    struct complaints c = {0};
    struct complaint_line line;
    CU_ASSERT_FATAL(complaints_due(&c, slice_str("x\n2026 error forged"), 1000, &line));
    CU_ASSERT_STRING_EQUAL(line.device, COMPLAINTS_NO_DEVICE);
    CU_ASSERT(!complaints_due(&c, slice_str(""), 1000, &line));
}

static void a_clock_that_jumps_back_does_not_silence_it(void)
{
    struct complaints c = {0};
    struct complaint_line line;
    CU_ASSERT(complaints_due(&c, slice_str("fridge-1"), INT64_C(1000000000), &line));
    CU_ASSERT(complaints_due(&c, slice_str("fridge-1"), 5000, &line));
    CU_ASSERT(!complaints_due(&c, slice_str("fridge-1"), 5001, &line));
}

TESTS(STORY(a_device_is_named_once_a_minute_with_what_was_not_said),
      STORY(one_device_does_not_hide_another), STORY(a_bad_fleet_gets_so_many_lines_a_minute),
      STORY(what_is_no_device_id_does_not_reach_the_log),
      STORY(a_clock_that_jumps_back_does_not_silence_it))
