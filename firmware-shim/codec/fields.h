/* One table of fields a kind of message from firmware, read by the encoder (in the
 * firmware) and the decoder (in the agent) alike, so that the two cannot part. */
#ifndef FIRMWARE_SHIM_FIELDS_H
#define FIRMWARE_SHIM_FIELDS_H

#include "message.h"

enum field_type {
    END,
    U8, /* at most `max` */
    FIXED32,
    VAR16,
    VAR32,
    VAR64,
    SIGNED64,
    VALUE,
    TEXT,
    CONTEXT, /* packed values with their metrics, at most `max` */
};

struct field {
    uint8_t type;
    uint8_t max;
    uint8_t at; /* its offset in struct message_up */
};

extern const struct field message_up_header[];
/* The fields of a kind's body, ended by END; NULL where there is no such kind. */
const struct field *message_up_body(unsigned kind);

#endif
