/* How answers look in a terminal: aligned rows, ages, plain words. */
#ifndef CTL_REST_SHOW_H
#define CTL_REST_SHOW_H

#include <jansson.h>
#include <stddef.h>

/* The member as text; "" when it is absent or null. Borrowed. */
const char *show_text(const json_t *object, const char *name);
int64_t show_int(const json_t *object, const char *name);
/* "14 s", "3 min", "2 h", "5 d" since then; "-" for 0. */
void show_age(char *to, size_t size, int64_t at_ms);
/* "2026-11-21 22:16:35" in the local zone; "-" for 0. */
void show_time(char *to, size_t size, int64_t at_ms);
/* Prints text from devices and customers with control bytes made harmless, at most
 * `width` columns of bytes, padded. width 0: as long as it is. */
void show_cell(const char *text, int width);
/* One row of the alert list, and its heading. */
void show_alert_heading(void);
void show_alert_row(const json_t *alert);

/* twin.c: what a device is to have, and has. */
void show_twin(const json_t *device);

#endif
