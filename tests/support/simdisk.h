/* A folder in memory that can lose power and fail on demand: `struct disk` for
 * tests and the simulation.
 *
 * Writes are kept beside what is durable until sync. A power cut keeps any
 * seed-chosen subset of the unsynced writes, each torn at any byte; a later
 * write that survives behind a lost one leaves zeros between. Names made,
 * removed or renamed since the last sync_dir survive or not, each by the seed. */
#ifndef TESTS_SUPPORT_SIMDISK_H
#define TESTS_SUPPORT_SIMDISK_H

#include "base/disk.h"
#include "base/rng.h"

struct simdisk; /* opaque */

/* NULL: no memory. cap_bytes 0: no end. */
struct simdisk *simdisk_new(uint64_t seed, uint64_t cap_bytes);
void simdisk_free(struct simdisk *s);
/* The face; valid for the simdisk's life. */
struct disk *simdisk_disk(struct simdisk *s);

/* Fails with `code` from the countdown-th call on (1: the next), repeat times
 * (-1: for ever); 0 repeat switches off. Reads count too. */
void simdisk_fail(struct simdisk *s, int64_t countdown, int64_t repeat, int code);
/* True when simdisk_fail has bitten since it was set. */
bool simdisk_bitten(const struct simdisk *s);

/* The process died, the machine lives: open files close, nothing is lost. */
void simdisk_kill(struct simdisk *s);
/* The machine lost power. */
void simdisk_power_cut(struct simdisk *s);
/* Power goes at the countdown-th call that changes something: that call and all
 * after it fail with ERR_IO until simdisk_power_cut is called. 0: never. */
void simdisk_cut_at(struct simdisk *s, int64_t countdown);
bool simdisk_is_cut(const struct simdisk *s);

/* For tests that break things by hand. */
void simdisk_put(struct simdisk *s, const char *name, struct slice bytes);
bool simdisk_get(struct simdisk *s, const char *name, struct slice *ret); /* lent until a write */
void simdisk_set_cap(struct simdisk *s, uint64_t cap_bytes);
uint64_t simdisk_used(const struct simdisk *s);
size_t simdisk_files(const struct simdisk *s);
uint64_t simdisk_syncs(const struct simdisk *s);
uint64_t simdisk_calls(const struct simdisk *s);

#endif
