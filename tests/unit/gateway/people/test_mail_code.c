/* No text gets out of its header or breaks a line's length. */
#include "gateway/people/mail_code.h"
#include "tests/support/cu.h"

#include <stdio.h>

static void header(const char *value, const char *expected)
{
    struct buf b;
    buf_init(&b, 4096);
    mail_header("Subject", value, &b);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), expected);
    if (strcmp(buf_cstr(&b), expected) != 0)
        printf("\n%s\n", buf_cstr(&b));
    buf_free(&b);
}

static void short_ascii_stays_readable(void)
{
    header("Your fridge is too warm", "Subject: Your fridge is too warm\r\n");
    header("", "Subject: \r\n");
}

static void other_letters_are_encoded(void)
{
    header("Kühlschrank", "Subject: =?UTF-8?B?S8O8aGxzY2hyYW5r?=\r\n");
    header("=?looks encoded", "Subject: =?UTF-8?B?PT9sb29rcyBlbmNvZGVk?=\r\n");
    header("bad \xff byte", "Subject: =?UTF-8?B?YmFkIO+/vSBieXRl?=\r\n");
}

/* holds: ACCESS-4 */
static void a_line_break_cannot_add_a_header(void)
{
    header("x\r\nBcc: eve@example.com",
           "Subject: =?UTF-8?B?eCAgQmNjOiBldmVAZXhhbXBsZS5jb20=?=\r\n");
    struct buf b;
    buf_init(&b, 4096);
    mail_phrase("Eve\"\r\nBcc: x", &b);
    CU_ASSERT_PTR_NULL(strstr(buf_cstr(&b), "\nBcc"));
    buf_free(&b);
}

static void long_headers_fold_at_whole_characters(void)
{
    char value[400];
    for (size_t at = 0, i = 0; i < 60; i++)
        at += (size_t)snprintf(value + at, sizeof value - at, "%s", i % 2 ? "ü" : "€");
    struct buf b;
    buf_init(&b, 4096);
    mail_header("Subject", value, &b);
    const char *line = buf_cstr(&b);
    int lines = 0;
    while (*line) {
        size_t len = strcspn(line, "\r");
        CU_ASSERT(len <= 78);
        CU_ASSERT(lines == 0 || line[0] == ' ');
        line += len + 2;
        lines++;
    }
    CU_ASSERT(lines > 2);
    buf_free(&b);
}

static void quoted(const char *text, const char *expected)
{
    struct buf b;
    buf_init(&b, 65536);
    mail_quoted(text, &b);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), expected);
    if (strcmp(buf_cstr(&b), expected) != 0)
        printf("\n%s\n", buf_cstr(&b));
    buf_free(&b);
}

static void bodies_are_quoted_printable(void)
{
    quoted("a=b\n", "a=3Db\r\n");
    quoted("zu warm: 9,1 °C\n", "zu warm: 9,1 =C2=B0C\r\n");
    quoted("blank at the end \nand\t\n", "blank at the end=20\r\nand=09\r\n");
    quoted("cr \r lf", "cr =0D lf");
    quoted("last ", "last=20");
}

static void no_body_line_is_longer_than_76(void)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i + 3 < sizeof text; i += 7)
        memcpy(text + i, "€", 3);
    text[sizeof text - 1] = '\0';
    struct buf b;
    buf_init(&b, 65536);
    mail_quoted(text, &b);
    for (const char *line = buf_cstr(&b); *line;) {
        size_t len = strcspn(line, "\r");
        CU_ASSERT(len <= 76);
        line += len;
        line += *line ? 2 : 0;
    }
    buf_free(&b);
}

static void utf8_is_checked_strictly(void)
{
    CU_ASSERT_EQUAL(utf8_len((const uint8_t *)"a", 1), 1);
    CU_ASSERT_EQUAL(utf8_len((const uint8_t *)"\xc3\xbc", 2), 2);
    CU_ASSERT_EQUAL(utf8_len((const uint8_t *)"\xf0\x9f\x98\x80", 4), 4);
    static const char *const wrong[] = {
        "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80",
        "\x80",     "\xc3",         "\xc3(",        "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(utf8_len((const uint8_t *)wrong[i], strlen(wrong[i])), 0);
}

TESTS(STORY(short_ascii_stays_readable), STORY(other_letters_are_encoded),
      STORY(a_line_break_cannot_add_a_header), STORY(long_headers_fold_at_whole_characters),
      STORY(bodies_are_quoted_printable), STORY(no_body_line_is_longer_than_76),
      STORY(utf8_is_checked_strictly))
