/* What is written to a buffer is read back; what does not fit breaks it once. */
#include "base/buf.h"
#include "tests/support/cu.h"

static void numbers_come_back(void)
{
    struct buf b;
    buf_init(&b, 1024);
    buf_u8(&b, 200);
    buf_u32(&b, 0xdeadbeef);
    buf_u64(&b, UINT64_MAX - 1);
    buf_f64(&b, -2.5);
    buf_varint(&b, 0);
    buf_varint(&b, 300);
    buf_varint(&b, UINT64_MAX);
    buf_zigzag(&b, -1);
    buf_zigzag(&b, INT64_MIN);
    buf_zigzag(&b, INT64_MAX);
    buf_bytes(&b, slice_str("seal"));
    CU_ASSERT_TRUE(buf_ok(&b));

    struct reader r = reader_of(buf_slice(&b));
    CU_ASSERT_EQUAL(read_u8(&r), 200);
    CU_ASSERT_EQUAL(read_u32(&r), 0xdeadbeef);
    CU_ASSERT_EQUAL(read_u64(&r), UINT64_MAX - 1);
    CU_ASSERT_EQUAL(read_f64(&r), -2.5);
    CU_ASSERT_EQUAL(read_varint(&r), 0);
    CU_ASSERT_EQUAL(read_varint(&r), 300);
    CU_ASSERT_EQUAL(read_varint(&r), UINT64_MAX);
    CU_ASSERT_EQUAL(read_zigzag(&r), -1);
    CU_ASSERT_EQUAL(read_zigzag(&r), INT64_MIN);
    CU_ASSERT_EQUAL(read_zigzag(&r), INT64_MAX);
    CU_ASSERT_TRUE(slice_is(read_bytes(&r), "seal"));
    CU_ASSERT_EQUAL(reader_left(&r), 0);
    CU_ASSERT_FALSE(r.bad);
    buf_free(&b);
}

static void little_endian_on_disk(void)
{
    struct buf b;
    buf_init(&b, 64);
    buf_u32(&b, 0x01020304);
    CU_ASSERT_EQUAL(memcmp(b.ptr, "\x04\x03\x02\x01", 4), 0);
    buf_free(&b);
}

static void never_grows_past_its_bound(void)
{
    struct buf b;
    buf_init(&b, 10);
    buf_str(&b, "12345");
    buf_str(&b, "67890");
    CU_ASSERT_TRUE(buf_ok(&b));
    buf_str(&b, "x");
    CU_ASSERT_FALSE(buf_ok(&b));
    buf_str(&b, "");
    CU_ASSERT_EQUAL(b.len, 10);
    buf_reset(&b);
    CU_ASSERT_TRUE(buf_ok(&b));
    buf_str(&b, "again");
    CU_ASSERT_TRUE(slice_is(buf_slice(&b), "again"));
    buf_free(&b);
}

static void broken_stays_broken_until_reset(void)
{
    struct buf b;
    buf_init(&b, 4);
    buf_str(&b, "12345");
    buf_str(&b, "1");
    CU_ASSERT_FALSE(buf_ok(&b));
    CU_ASSERT_EQUAL(b.len, 0);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), "");
    buf_free(&b);
}

static void formats_and_terminates(void)
{
    struct buf b;
    buf_init(&b, 256);
    buf_fmt(&b, "%s=%d", "door", 3);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), "door=3");
    CU_ASSERT_EQUAL(b.len, 6);
    buf_free(&b);
    buf_init(&b, 256);
    CU_ASSERT_STRING_EQUAL(buf_cstr(&b), "");
    buf_free(&b);
    buf_free(NULL);
}

static void short_input_reads_as_zero_and_bad(void)
{
    struct reader r = reader_of(slice_of("\x01\x02", 2));
    CU_ASSERT_EQUAL(read_u32(&r), 0);
    CU_ASSERT_TRUE(r.bad);
    CU_ASSERT_EQUAL(read_u8(&r), 0); /* stays failed though bytes are left */
}

static void hostile_varints_are_refused(void)
{
    static const uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                      0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
    struct reader r = reader_of(slice_of(endless, sizeof endless));
    CU_ASSERT_EQUAL(read_varint(&r), 0);
    CU_ASSERT_TRUE(r.bad);

    static const uint8_t too_big[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    r = reader_of(slice_of(too_big, sizeof too_big));
    CU_ASSERT_EQUAL(read_varint(&r), 0);
    CU_ASSERT_TRUE(r.bad);

    static const uint8_t lying[] = {0x7f, 'a'}; /* says 127 bytes, brings one */
    r = reader_of(slice_of(lying, sizeof lying));
    CU_ASSERT_EQUAL(read_bytes(&r).len, 0);
    CU_ASSERT_TRUE(r.bad);
}

TESTS(STORY(numbers_come_back), STORY(little_endian_on_disk), STORY(never_grows_past_its_bound),
      STORY(broken_stays_broken_until_reset), STORY(formats_and_terminates),
      STORY(short_input_reads_as_zero_and_bad), STORY(hostile_varints_are_refused))
