/* The command line that the example appliances share. */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "appliance.h"

#define OPTIONS_PROVOKE_MAX 8

struct options {
    const char *socket, *serial, *control, *serial_number, *name;
    uint32_t baud;
    double speed;         /* while it catches up with the present */
    int64_t start_ago_ms; /* how far in the past it starts */
    uint64_t seed;
    unsigned report_s;
    struct {
        size_t index;
        double level;
        int64_t after_ms; /* from the start */
    } provoke[OPTIONS_PROVOKE_MAX];
    size_t provokes;
};

/* 0: run with *ret; 1: stop with status 0 (help was asked for); 2: a mistake, which
 * is told on standard error. Borrows argv. */
int options_parse(int argc, char **argv, const struct appliance *a, struct options *ret);

/* The place of a provocation in the table, or -1. */
int options_provocation(const struct appliance *a, const char *name, size_t len);

#endif
