/* From settings to a running gateway, and its end. */
#ifndef GATEWAY_MAIN_RUN_H
#define GATEWAY_MAIN_RUN_H

#include "gateway/main/config.h"

/* Runs until SIGTERM or SIGINT. Returns the exit status. */
int gateway_run(const struct config *config);

#endif
