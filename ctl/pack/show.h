/* What the pack commands print, as text or as one JSON object. */
#ifndef CTL_PACK_SHOW_H
#define CTL_PACK_SHOW_H

#include "ctl/pack/source.h"
#include "gateway/detect/detect.h"

#include <jansson.h>

/* {"ok":..., "pack":..., "errors":[...]}; more can be set before show_end. */
json_t *show_begin(const struct pack_source *src, const struct report *report);
void show_end(json_t *object);
/* The mistakes on standard error, with how many were left out. */
void show_report(const struct report *report);
/* Each rule's cost and state, as a table or into the object. */
void show_rules(const struct ruleset *rules);
void show_rules_json(const struct ruleset *rules, json_t *object);

#endif
