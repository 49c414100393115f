/* tocsin-gateway user ... and token ...: who may enter. Works beside a gateway that
 * runs. */
#ifndef GATEWAY_MAIN_ADMIN_H
#define GATEWAY_MAIN_ADMIN_H

/* Returns the exit status. Makes the store when there is none. */
int admin_run(const char *store_path, int argc, char **argv);

#endif
