/* Frames survive any payload, and a reader finds its step again after any noise. */
#include "firmware-shim/codec/frame.h"
#include "tests/support/cu.h"

#include <stdlib.h>
#include <string.h>

static uint8_t buffer[FRAME_BYTES_MAX];
static struct frame_reader reader;

/* Feeds bytes; returns how many frames were ready, and the last other event. */
static int feed(const uint8_t *bytes, size_t len, enum frame_event *ret_bad)
{
    int ready = 0;
    for (size_t i = 0; i < len; i++) {
        enum frame_event e = frame_feed(&reader, bytes[i]);
        if (e == FRAME_READY)
            ready++;
        else if (e != FRAME_MORE && ret_bad)
            *ret_bad = e;
    }
    return ready;
}

static size_t seal(uint8_t *frame, const void *payload, size_t len)
{
    memcpy(frame + FRAME_PAYLOAD_AT, payload, len);
    return frame_seal(frame, len);
}

static void every_length_and_filling_comes_back(void)
{
    static const uint8_t fillings[] = {0x00, 0x01, 0xff, 0xa5};
    frame_reader_init(&reader, buffer, sizeof buffer);
    for (size_t len = 1; len <= FRAME_PAYLOAD_MAX; len++) {
        for (size_t f = 0; f <= sizeof fillings; f++) {
            uint8_t payload[FRAME_PAYLOAD_MAX], frame[FRAME_BYTES_MAX];
            for (size_t i = 0; i < len; i++)
                payload[i] = f < sizeof fillings ? fillings[f] : (uint8_t)(i % 3);
            size_t size = seal(frame, payload, len);
            CU_ASSERT_EQUAL(size, len + FRAME_OVERHEAD);
            CU_ASSERT_PTR_EQUAL(memchr(frame, 0, size), frame + size - 1);
            CU_ASSERT_EQUAL(feed(frame, size, NULL), 1);
            CU_ASSERT_EQUAL(reader.payload_len, len);
            CU_ASSERT_EQUAL(memcmp(reader.payload, payload, len), 0);
        }
    }
}

static void nothing_and_too_much_are_refused(void)
{
    uint8_t big[FRAME_BYTES_MAX + 8] = {0};
    CU_ASSERT_EQUAL(frame_seal(big, 0), 0);
    CU_ASSERT_EQUAL(frame_seal(big, FRAME_PAYLOAD_MAX + 1), 0);
}

static void each_flipped_bit_is_noticed_and_the_next_frame_read(void)
{
    uint8_t good[FRAME_BYTES_MAX];
    size_t size = seal(good, "left compressor", 15);
    frame_reader_init(&reader, buffer, sizeof buffer);
    for (size_t bit = 0; bit < size * 8; bit++) {
        uint8_t bad[FRAME_BYTES_MAX];
        memcpy(bad, good, size);
        bad[bit / 8] = (uint8_t)(bad[bit / 8] ^ (1u << bit % 8));
        CU_ASSERT_EQUAL(feed(bad, size, NULL), 0);
        feed((const uint8_t[]){0}, 1, NULL); /* the delimiter itself may be hit */
        CU_ASSERT_EQUAL(feed(good, size, NULL), 1);
    }
}

static void noise_of_any_kind_costs_at_most_the_frame_it_hits(void)
{
    uint8_t good[FRAME_BYTES_MAX];
    size_t size = seal(good, "door", 4);
    frame_reader_init(&reader, buffer, sizeof buffer);
    srand(7);
    for (int round = 0; round < 2000; round++) {
        uint8_t noise[400];
        size_t len = (size_t)rand() % sizeof noise;
        for (size_t i = 0; i < len; i++)
            noise[i] = (uint8_t)rand();
        CU_ASSERT_EQUAL(feed(noise, len, NULL), 0);
        feed(good, size, NULL); /* may be lost: the noise had no end */
        CU_ASSERT_EQUAL(feed(good, size, NULL), 1);
    }
}

static void a_line_that_never_ends_is_told_once(void)
{
    uint8_t bytes[FRAME_BYTES_MAX * 2];
    enum frame_event bad = FRAME_MORE;
    memset(bytes, 0x11, sizeof bytes);
    frame_reader_init(&reader, buffer, sizeof buffer);
    int told = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        told += frame_feed(&reader, bytes[i]) == FRAME_TOO_LONG;
    CU_ASSERT_EQUAL(told, 1);
    uint8_t good[FRAME_BYTES_MAX];
    size_t size = seal(good, "x", 1);
    feed((const uint8_t[]){0}, 1, &bad);
    CU_ASSERT_EQUAL(feed(good, size, NULL), 1);
}

static void the_bytes_of_a_frame_are_for_ever(void)
{
    /* Checked by hand: CRC-32C of "123456789" is e3069283. */
    static const uint8_t expected[] = {0x0e, '1', '2',  '3',  '4',  '5',  '6', '7',
                                       '8',  '9', 0x83, 0x92, 0x06, 0xe3, 0};
    uint8_t frame[FRAME_BYTES_MAX];
    size_t size = seal(frame, "123456789", 9);
    CU_ASSERT_EQUAL(size, sizeof expected);
    CU_ASSERT_EQUAL(memcmp(frame, expected, sizeof expected), 0);
}

TESTS(STORY(every_length_and_filling_comes_back), STORY(nothing_and_too_much_are_refused),
      STORY(each_flipped_bit_is_noticed_and_the_next_frame_read),
      STORY(noise_of_any_kind_costs_at_most_the_frame_it_hits),
      STORY(a_line_that_never_ends_is_told_once), STORY(the_bytes_of_a_frame_are_for_ever))
