/* A config file with a mistake says where, what was found and what was expected. */
#include "base/table.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct config {
    char *broker, *password;
    int64_t port, interval_ms, budget_bytes, level;
    bool live;
    double ratio;
};
static const char *const levels[] = {"debug", "info", "warn", NULL};
static const struct table_row rows[] = {
    {"broker", TABLE_STRING, offsetof(struct config, broker), .max = 32, .required = true,
     .help = "Where the broker is."},
    {"password", TABLE_STRING, offsetof(struct config, password), .secret = true,
     .help = "Said to the broker."},
    {"port", TABLE_INT, offsetof(struct config, port), "8883", 1, 65535, .help = "Its port."},
    {"interval", TABLE_DURATION, offsetof(struct config, interval_ms), "90s", 1000, 3600000,
     .help = "Between two reports."},
    {"budget", TABLE_SIZE, offsetof(struct config, budget_bytes), "20MiB", .help = "Of the spool."},
    {"log_level", TABLE_CHOICE, offsetof(struct config, level), "info", .choices = levels,
     .help = "What is logged."},
    {"live", TABLE_BOOL, offsetof(struct config, live), .help = "Really send."},
    {"ratio", TABLE_REAL, offsetof(struct config, ratio), "0.5", 0, 1, .help = "A share."},
};
static const struct table table = {rows, sizeof rows / sizeof rows[0]};

static int parse(struct config *c, const char *text, struct err *e)
{
    *e = (struct err){0};
    CU_ASSERT_EQUAL_FATAL(table_defaults(&table, c, e), 0);
    return table_parse(&table, c, "agent.conf", slice_str(text), e);
}

static void defaults_then_a_file(void)
{
    struct config c;
    struct err e;
    CU_ASSERT_EQUAL(parse(&c,
                          "# the bench\n"
                          "broker = localhost   # near\n"
                          "\tpassword=\"a \\\"b\\\" \\\\ # c\"\r\n"
                          "\n"
                          "interval = 2m\n"
                          "log_level=warn\n"
                          "live = yes\n"
                          "ratio = 0.25",
                          &e),
                    0);
    CU_ASSERT_STRING_EQUAL(e.text, "");
    CU_ASSERT_STRING_EQUAL(c.broker, "localhost");
    CU_ASSERT_STRING_EQUAL(c.password, "a \"b\" \\ # c");
    CU_ASSERT_EQUAL(c.port, 8883);
    CU_ASSERT_EQUAL(c.interval_ms, 120000);
    CU_ASSERT_EQUAL(c.budget_bytes, 20 << 20);
    CU_ASSERT_EQUAL(c.level, 2);
    CU_ASSERT_TRUE(c.live);
    CU_ASSERT_EQUAL(c.ratio, 0.25);
    CU_ASSERT_EQUAL(table_check(&table, &c, &e), 0);
    table_free(&table, &c);
    CU_ASSERT_PTR_NULL(c.broker);
    table_free(&table, NULL);
}

static void mistakes_name_their_place(void)
{
    static const struct {
        const char *text, *says;
        int code;
    } cases[] = {
        {"\n  prot = 1", "agent.conf:2:3: there is no setting \"prot\"; did you mean \"port\"?",
         ERR_INVALID},
        {"colour = red", "agent.conf:1:1: there is no setting \"colour\"", ERR_INVALID},
        {"port = 12x", "agent.conf:1:8: port is \"12x\", expected a whole number", ERR_INVALID},
        {"port = 70000", "agent.conf:1:8: port is 70000, expected 1 to 65535", ERR_LIMIT},
        {"interval = 2 hours",
         "agent.conf:1:12: interval is \"2 hours\", expected a duration like 250ms, 30s, 5m, 2h "
         "or 1d",
         ERR_INVALID},
        {"interval = 2h", "agent.conf:1:12: interval is 2h, expected 1s to 1h", ERR_LIMIT},
        {"budget = 5",
         "agent.conf:1:10: budget is \"5\", expected a size like 64KiB, 20MiB or 1GiB",
         ERR_INVALID},
        {"log_level = wran",
         "agent.conf:1:13: log_level is \"wran\", expected one of debug, info, warn; did you mean "
         "\"warn\"?",
         ERR_INVALID},
        {"live = treu",
         "agent.conf:1:8: live is \"treu\", expected true or false; did you mean \"true\"?",
         ERR_INVALID},
        {"ratio = nan", "agent.conf:1:9: ratio is \"nan\", expected a number", ERR_INVALID},
        {"ratio = 1.5", "agent.conf:1:9: ratio is 1.5, expected 0 to 1", ERR_LIMIT},
        {"port 5", "agent.conf:1:6: expected \"=\" after port", ERR_INVALID},
        {"= 5", "agent.conf:1:1: expected the name of a setting", ERR_INVALID},
        {"broker = \"a", "agent.conf:1:10: this quote is never closed", ERR_INVALID},
        {"broker = \"a\" b", "agent.conf:1:14: expected the line's end after the closing quote",
         ERR_INVALID},
        {"port = 1\nport = 2", "agent.conf:2:1: port was already set on line 1", ERR_INVALID},
        {"broker = a\x01", "agent.conf:1:11: a control byte 0x01 does not belong here",
         ERR_INVALID},
        {"broker = a23456789012345678901234567890123",
         "agent.conf:1:10: broker is 33 bytes long, at most 32 are allowed", ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct err e;
        CU_ASSERT_EQUAL(parse(&c, cases[i].text, &e), cases[i].code);
        CU_ASSERT_STRING_EQUAL(e.text, cases[i].says);
        if (strcmp(e.text, cases[i].says) != 0)
            printf("\n%s\n", e.text);
        table_free(&table, &c);
    }
}

static void a_hash_inside_a_word_is_no_comment(void)
{
    struct config c;
    struct err e;
    CU_ASSERT_EQUAL(parse(&c, "password = ab#cd # comment", &e), 0);
    CU_ASSERT_STRING_EQUAL(c.password, "ab#cd");
    table_free(&table, &c);
}

static void what_is_required_must_come(void)
{
    struct config c;
    struct err e;
    parse(&c, "port = 1", &e);
    CU_ASSERT_EQUAL(table_check(&table, &c, &e), ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(e.text, "broker is not set: Where the broker is.");
    CU_ASSERT_EQUAL(table_set(&table, &c, "--broker", "broker", "here", &e), 0);
    CU_ASSERT_EQUAL(table_check(&table, &c, &e), 0);
    CU_ASSERT_EQUAL(table_set(&table, &c, "--port", "port", "x", &e), ERR_INVALID);
    CU_ASSERT_STRING_EQUAL(e.text, "--port: port is \"x\", expected a whole number");
    table_free(&table, &c);
}

static void what_is_shown_is_read_back_and_hides_secrets(void)
{
    struct config c, again;
    struct err e;
    parse(&c, "broker=\"a # \\\"b\"\npassword=geheim\ninterval=1500ms\nbudget=3MB\nlive=on", &e);
    struct buf out;
    buf_init(&out, 4096);
    table_show(&table, &c, &out);
    const char *text = buf_cstr(&out);
    CU_ASSERT_PTR_NULL(strstr(text, "geheim"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "password = \"***\"  # Said to the broker.\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "interval = 1500ms  # "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "port = 8883  # Its port.\n"));
    CU_ASSERT_EQUAL(parse(&again, text, &e), 0);
    CU_ASSERT_STRING_EQUAL(again.broker, "a # \"b");
    CU_ASSERT_EQUAL(again.interval_ms, 1500);
    CU_ASSERT_EQUAL(again.budget_bytes, 3000000);
    CU_ASSERT_TRUE(again.live);
    buf_free(&out);
    table_free(&table, &again);
    table_free(&table, &c);
}

static void help_says_type_bounds_and_default(void)
{
    struct buf out;
    buf_init(&out, 4096);
    table_help(&table, &out);
    const char *text = buf_cstr(&out);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "  --broker=TEXT (at most 32 bytes), required\n      Where the broker is.\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  --interval=DURATION (1s to 1h), default 90s\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  --log_level=debug|info|warn, default info\n"));
    buf_free(&out);
}

static void files_are_loaded_or_refused_by_name(void)
{
    struct config c;
    struct err e;
    char path[] = "/tmp/tocsin-table-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, "port = 99\n", 10), 10);
    close(fd);
    table_defaults(&table, &c, &e);
    CU_ASSERT_EQUAL(table_load(&table, &c, path, &e), 0);
    CU_ASSERT_EQUAL(c.port, 99);
    unlink(path);
    CU_ASSERT_EQUAL(table_load(&table, &c, path, &e), ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, path));
    CU_ASSERT_EQUAL(table_load(&table, &c, "/tmp", &e), ERR_IO);
    table_free(&table, &c);
}

static void numbers_are_read_whole_or_not_at_all(void)
{
    int64_t n = 77;
    CU_ASSERT_EQUAL(parse_duration_ms("1d", &n), 0);
    CU_ASSERT_EQUAL(n, 86400000);
    static const char *const wrong[] = {"",
                                        "s",
                                        "-1s",
                                        " 1s",
                                        "1 s",
                                        "1s ",
                                        "0x1s",
                                        "1S",
                                        "1.5s",
                                        "99999999999999999999s",
                                        "300000000000d"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(parse_duration_ms(wrong[i], &n), ERR_INVALID);
    CU_ASSERT_EQUAL(n, 86400000); /* untouched */
    CU_ASSERT_EQUAL(parse_size_bytes("64KiB", &n), 0);
    CU_ASSERT_EQUAL(n, 65536);
    CU_ASSERT_EQUAL(parse_size_bytes("0", &n), 0);
    CU_ASSERT_EQUAL(parse_int("-9223372036854775808", &n), 0);
    CU_ASSERT_EQUAL(n, INT64_MIN);
    CU_ASSERT_EQUAL(parse_int("9223372036854775808", &n), ERR_INVALID);
    double x;
    CU_ASSERT_EQUAL(parse_real("-1.5e3", &x), 0);
    CU_ASSERT_EQUAL(x, -1500);
    CU_ASSERT_EQUAL(parse_real("0x10", &x), ERR_INVALID);
    CU_ASSERT_EQUAL(parse_real("1e999", &x), ERR_INVALID);
}

static void slips_are_guessed_and_strangers_are_not(void)
{
    static const char *const words[] = {"cabinet_temp", "door_open", "min", NULL};
    CU_ASSERT_STRING_EQUAL(likely_word("cabinet_tmep", words), "cabinet_temp");
    CU_ASSERT_STRING_EQUAL(likely_word("door_opn", words), "door_open");
    CU_ASSERT_STRING_EQUAL(likely_word("mni", words), "min");
    CU_ASSERT_PTR_NULL(likely_word("mx", words));
    CU_ASSERT_PTR_NULL(likely_word("window", words));
    CU_ASSERT_PTR_NULL(likely_word("", words));
}

TESTS(STORY(defaults_then_a_file), STORY(mistakes_name_their_place),
      STORY(a_hash_inside_a_word_is_no_comment), STORY(what_is_required_must_come),
      STORY(what_is_shown_is_read_back_and_hides_secrets), STORY(help_says_type_bounds_and_default),
      STORY(files_are_loaded_or_refused_by_name), STORY(numbers_are_read_whole_or_not_at_all),
      STORY(slips_are_guessed_and_strangers_are_not))
