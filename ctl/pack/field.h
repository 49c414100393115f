/* Reading values out of a YAML tree: each reader says what was found, what was
 * expected, and the likely word, and gives a harmless value to go on with. */
#ifndef CTL_PACK_FIELD_H
#define CTL_PACK_FIELD_H

#include "ctl/pack/yaml.h"

/* The node must be a map with no keys but these (NULL-ended). */
bool field_map(struct report *r, const struct yaml *node, const char *what,
               const char *const *keys);
/* A map, whatever its keys; a list; with a sentence when it is none. */
bool field_is(struct report *r, const struct yaml *node, enum yaml_kind kind, const char *what);

/* These read map[key]. `need`: it must be there; else "" or the given default. */
const char *field_text(struct report *r, const struct yaml *map, const char *key, bool need);
/* Letters, digits and _, beginning with a small letter. */
const char *field_name(struct report *r, const struct yaml *map, const char *key);
double field_real(struct report *r, const struct yaml *map, const char *key, double initial);
int64_t field_ms(struct report *r, const struct yaml *map, const char *key, int64_t initial);
bool field_bool(struct report *r, const struct yaml *map, const char *key);
/* The index of the word in `words` (NULL-ended); `initial` < 0: it must be there. */
int field_choice(struct report *r, const struct yaml *map, const char *key,
                 const char *const *words, int initial);

/* Of nodes themselves. */
bool name_valid(const char *s);
/* 1..59999; 0: a mistake was told. */
uint32_t node_id(struct report *r, const struct yaml *node);
/* Durations as 90s, 10m, 6h42m, 1d; -1: it is none. */
int64_t text_ms(const char *s);

#endif
