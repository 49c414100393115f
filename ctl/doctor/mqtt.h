/* The few MQTT 3.1.1 packets that the doctor says and hears, as bytes. No input or
 * output here. */
#ifndef CTL_DOCTOR_MQTT_H
#define CTL_DOCTOR_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_PACKET_MAX 512 /* what a function here writes at most */

enum mqtt_type { MQTT_CONNACK = 2, MQTT_PUBLISH = 3, MQTT_SUBACK = 9 };

/* Each returns the packet's length; ids and topics are at most 128 bytes. */
size_t mqtt_connect(uint8_t to[MQTT_PACKET_MAX], const char *client_id, uint16_t keepalive_s);
size_t mqtt_subscribe(uint8_t to[MQTT_PACKET_MAX], const char *const *filters, size_t n);
size_t mqtt_publish(uint8_t to[MQTT_PACKET_MAX], const char *topic, const char *text);
size_t mqtt_disconnect(uint8_t to[MQTT_PACKET_MAX]);

/* Takes one byte of a packet's length; true when it was the last. Start with
 * *length = *shift = 0; `*bad` when there are more than four. */
bool mqtt_length(uint8_t byte, size_t *length, unsigned *shift, bool *bad);

/* What a CONNACK's code means, as a person reads it. */
const char *mqtt_refusal(uint8_t code);

#endif
