/* What the store knows about one event: its device, that device's owner at that
 * time, who subscribed. Reads on the loop's thread. */
#ifndef GATEWAY_PEOPLE_STAGE_LOOKUP_H
#define GATEWAY_PEOPLE_STAGE_LOOKUP_H

#include "gateway/people/plan.h"
#include "gateway/store/store.h"

#define LOOKUP_HOOKS 64

struct lookup {
    char device_name[256], model[128];
    bool owned;
    char id[161], name[256], language[36], zone[65], email[256], channel[16];
    bool opening_told;
    size_t n_hooks;
    struct plan_hook hooks[LOOKUP_HOOKS];
    char hook_ids[LOOKUP_HOOKS][161];
};

/* Fills all of it. The store's error. */
int lookup_event(struct store *store, const struct event *event, struct lookup *ret_lookup,
                 struct err *e);

#endif
