/* The checksum is the published one, and can be computed in pieces. */
#include "base/crc.h"
#include "tests/support/cu.h"

static void check_value(void)
{
    CU_ASSERT_EQUAL(crc32c(0, "123456789", 9), 0xe3069283u);
    CU_ASSERT_EQUAL(crc32c(0, "", 0), 0);
}

static void vectors_of_rfc_3720(void)
{
    unsigned char block[32] = {0};
    CU_ASSERT_EQUAL(crc32c(0, block, 32), 0x8a9136aau);
    for (int i = 0; i < 32; i++)
        block[i] = 0xff;
    CU_ASSERT_EQUAL(crc32c(0, block, 32), 0x62a8ab43u);
    for (int i = 0; i < 32; i++)
        block[i] = (unsigned char)i;
    CU_ASSERT_EQUAL(crc32c(0, block, 32), 0x46dd794eu);
}

static void pieces_make_the_whole(void)
{
    for (size_t cut = 0; cut <= 9; cut++)
        CU_ASSERT_EQUAL(crc32c(crc32c(0, "123456789", cut), &"123456789"[cut], 9 - cut),
                        0xe3069283u);
}

static void every_flipped_bit_shows(void)
{
    unsigned char text[9] = "123456789";
    for (int bit = 0; bit < 72; bit++) {
        text[bit / 8] ^= (unsigned char)(1 << (bit % 8));
        CU_ASSERT_NOT_EQUAL(crc32c(0, text, 9), 0xe3069283u);
        text[bit / 8] ^= (unsigned char)(1 << (bit % 8));
    }
}

TESTS(STORY(check_value), STORY(vectors_of_rfc_3720), STORY(pieces_make_the_whole),
      STORY(every_flipped_bit_shows))
