/* The doctor's few words of MQTT, byte for byte. */
#include "ctl/doctor/mqtt.h"
#include "tests/support/cu.h"

#include <string.h>

static void a_connect_asks_for_a_clean_session(void)
{
    static const uint8_t want[] = {0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 30, 0, 2, 'd', '1'};
    uint8_t packet[MQTT_PACKET_MAX];
    CU_ASSERT_EQUAL_FATAL(mqtt_connect(packet, "d1", 30), sizeof want);
    CU_ASSERT_EQUAL(memcmp(packet, want, sizeof want), 0);
}

static void a_subscribe_names_each_filter_at_qos_0(void)
{
    static const uint8_t want[] = {0x82, 10, 0, 1, 0, 1, 'a', 0, 0, 1, '#', 0};
    static const char *const filters[] = {"a", "#"};
    uint8_t packet[MQTT_PACKET_MAX];
    CU_ASSERT_EQUAL_FATAL(mqtt_subscribe(packet, filters, 2), sizeof want);
    CU_ASSERT_EQUAL(memcmp(packet, want, sizeof want), 0);
}

static void a_publish_longer_than_127_has_two_bytes_of_length(void)
{
    char topic[129];
    uint8_t packet[MQTT_PACKET_MAX];
    memset(topic, 't', 128);
    topic[128] = '\0';
    CU_ASSERT_EQUAL(mqtt_publish(packet, topic, "hello"), 3 + 2 + 128 + 5);
    CU_ASSERT_EQUAL(packet[0], 0x30);
    CU_ASSERT_EQUAL(packet[1], 128 | (135 & 127));
    CU_ASSERT_EQUAL(packet[2], 1);
    CU_ASSERT_EQUAL(memcmp(packet + 3 + 2 + 128, "hello", 5), 0);
}

static size_t length_of(const uint8_t *bytes, size_t n, bool *bad)
{
    size_t length = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < n; i++)
        if (mqtt_length(bytes[i], &length, &shift, bad) || *bad)
            break;
    return length;
}

static void lengths_are_read_back_and_a_fifth_byte_is_refused(void)
{
    bool bad = false;
    CU_ASSERT_EQUAL(length_of((const uint8_t[]){0x7f}, 1, &bad), 127);
    CU_ASSERT_EQUAL(length_of((const uint8_t[]){0x87, 0x01}, 2, &bad), 135);
    CU_ASSERT_EQUAL(length_of((const uint8_t[]){0xff, 0xff, 0xff, 0x7f}, 4, &bad), 268435455);
    CU_ASSERT_FALSE(bad);
    (void)length_of((const uint8_t[]){0xff, 0xff, 0xff, 0xff}, 4, &bad);
    CU_ASSERT_TRUE(bad);
}

static void a_refusal_is_told_in_words(void)
{
    CU_ASSERT_STRING_EQUAL(mqtt_refusal(5), "this name is not allowed to connect");
    CU_ASSERT_STRING_EQUAL(mqtt_refusal(200), "a reason of its own");
}

TESTS(STORY(a_connect_asks_for_a_clean_session), STORY(a_subscribe_names_each_filter_at_qos_0),
      STORY(a_publish_longer_than_127_has_two_bytes_of_length),
      STORY(lengths_are_read_back_and_a_fifth_byte_is_refused), STORY(a_refusal_is_told_in_words))
