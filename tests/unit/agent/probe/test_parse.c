/* The texts of /proc and /sys. */
#include "agent/probe/parse.h"
#include "tests/support/cu.h"

static void ticks_of_the_processor(void)
{
    struct parse_cpu cpu;
    CU_ASSERT_TRUE(parse_cpu("cpu  10 2 3 100 5 1 1 0 0 0\ncpu0 1 2 3\n", &cpu));
    CU_ASSERT_EQUAL(cpu.total, 122);
    CU_ASSERT_EQUAL(cpu.idle, 105);
    CU_ASSERT_FALSE(parse_cpu("", &cpu));
    CU_ASSERT_FALSE(parse_cpu("cpu 1 2 3", &cpu));
}

static void load_and_memory(void)
{
    int64_t load;
    uint64_t bytes;
    CU_ASSERT_TRUE(parse_hundredths("1.05 0.70 0.66 1/123 456\n", &load));
    CU_ASSERT_EQUAL(load, 105);
    CU_ASSERT_FALSE(parse_hundredths("", &load));
    static const char text[] = "MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:    512 kB\n";
    CU_ASSERT_TRUE(parse_meminfo(text, "MemAvailable:", &bytes));
    CU_ASSERT_EQUAL(bytes, 512 * 1024);
    CU_ASSERT_FALSE(parse_meminfo(text, "SwapTotal:", &bytes));
    CU_ASSERT_TRUE(parse_resident("5000 321 100 1 0 2 0\n", &bytes));
    CU_ASSERT_EQUAL(bytes, 321);
}

static void flash_says_its_wear_in_steps_of_ten(void)
{
    int64_t percent;
    CU_ASSERT_TRUE(parse_wear("0x01 0x03\n", &percent));
    CU_ASSERT_EQUAL(percent, 30);
    CU_ASSERT_TRUE(parse_wear("0x0b 0x01\n", &percent));
    CU_ASSERT_EQUAL(percent, 100); /* past its end */
    CU_ASSERT_FALSE(parse_wear("0x00 0x00\n", &percent));
    CU_ASSERT_FALSE(parse_wear("", &percent));
}

static void interfaces_one_after_the_other(void)
{
    const char *at =
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
        "    lo:  100   1 0 0 0 0 0 0  100   1 0 0 0 0 0 0\n"
        "  eth0: 5000  10 0 0 0 0 0 0 7000  20 0 0 0 0 0 0\n";
    struct parse_net net;
    CU_ASSERT_TRUE(parse_net(&at, &net));
    CU_ASSERT_STRING_EQUAL(net.name, "lo");
    CU_ASSERT_TRUE(parse_net(&at, &net));
    CU_ASSERT_STRING_EQUAL(net.name, "eth0");
    CU_ASSERT_EQUAL(net.received, 5000);
    CU_ASSERT_EQUAL(net.sent, 7000);
    CU_ASSERT_FALSE(parse_net(&at, &net));
}

TESTS(STORY(ticks_of_the_processor), STORY(load_and_memory),
      STORY(flash_says_its_wear_in_steps_of_ten), STORY(interfaces_one_after_the_other))
