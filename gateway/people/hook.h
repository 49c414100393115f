/* A webhook's body: one CloudEvents 1.0 event in JSON. */
#ifndef GATEWAY_PEOPLE_HOOK_H
#define GATEWAY_PEOPLE_HOOK_H

#include "base/buf.h"
#include "gateway/people/plan.h"

/* Appends the event for that one audience. ERR_NOMEM. */
int hook_body(const struct plan_input *input, enum audience audience, const char *id,
              struct buf *out, struct err *e);

#endif
