/* Virtual time, chance and the trace of one simulated run. Everything that happens
 * is an entry of one queue, ordered by time and then by when it was asked for, so a
 * seed decides all. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct world;
typedef void (*world_fn)(void *arg, uint64_t value);

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* The simulated run begins at this wall clock: 2027-01-04T00:00:00Z, a Monday. */
#define SIM_EPOCH_MS INT64_C(1798934400000)

/* `show`: prints each trace line as it happens. */
struct world *world_new(uint64_t seed, bool show);
void world_free(struct world *w);

int64_t world_now(const struct world *w); /* ms since the run began */
struct rng *world_rng(struct world *w);
/* True once in `n` at random; never for 0. */
bool world_chance(struct world *w, uint64_t one_in);
/* Exponentially distributed with this mean, at least 1 ms. */
int64_t world_span(struct world *w, int64_t mean_ms);

/* Calls fn(arg, value) at that time (not before now). */
void world_at(struct world *w, int64_t at_ms, world_fn fn, void *arg, uint64_t value);
/* Runs everything up to that time. */
void world_run(struct world *w, int64_t until_ms);

/* A line of the trace: "3 04:05:06.007 <text>". The last lines are kept. */
void world_trace(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The kept lines, oldest first. */
void world_print_trace(const struct world *w, FILE *to);
uint64_t world_steps(const struct world *w);

#endif
