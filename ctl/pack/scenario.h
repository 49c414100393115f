/* tests.yaml: readings and faults go into the gateway's own rule engine, alerts
 * come out and are compared with what the author expects. */
#ifndef CTL_PACK_SCENARIO_H
#define CTL_PACK_SCENARIO_H

#include "ctl/pack/source.h"
#include "gateway/detect/detect.h"

struct scenario_result {
    const char *name;
    bool passed;
    struct buf why; /* of a failure: lines of text */
};

/* Runs every scenario of DIR/tests.yaml; mistakes in the file go to the report.
 * `each` is called with each result, lent for the call. Returns how many ran. */
size_t scenarios_run(struct pack_source *src, const struct ruleset *rules, struct report *report,
                     void (*each)(void *arg, const struct scenario_result *result), void *arg);

#endif
