/* What check.c and login.c share. */
#ifndef GATEWAY_API_ACCESS_INSIDE_H
#define GATEWAY_API_ACCESS_INSIDE_H

#include "gateway/api/access/access.h"
#include "gateway/api/access/throttle.h"

#define COOKIE_NAME "tocsin_session"

struct access {
    struct loop *loop;
    struct store *store;
    struct access_config config;
    struct hasher *hasher;
    struct throttle throttle;
    struct access_counts counts;
    uint32_t owed; /* jobs of the store */
};

#endif
