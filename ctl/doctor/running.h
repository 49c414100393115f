/* What the running program says of itself. */
#ifndef CTL_DOCTOR_RUNNING_H
#define CTL_DOCTOR_RUNNING_H

#include "ctl/doctor/report.h"

#include <stdbool.h>

/* Each reports under "program" (and "acl" for the gateway's canary); true when the
 * program has a session with the broker, or may have one: it is then left alone. */
bool running_agent(struct report *r, const char *status_socket);
bool running_gateway(struct report *r, const char *ops_url, bool has_canary);

#endif
