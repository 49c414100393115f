/* The clocks of a machine. Shells read them and hand the values to the cores;
 * no core reads a clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* How far a wall clock can be trusted; higher is better. */
enum clock_trust {
    TRUST_NONE = 0,      /* never set since power-on */
    TRUST_PERSISTED = 1, /* at least as late as a time seen before the last power cut */
    TRUST_RTC = 2,       /* from a battery-backed clock */
    TRUST_SYNCED = 3,    /* disciplined by NTP or the like */
};

/* One reading of both clocks, as the cores get it with each event. */
struct now {
    int64_t boot_ms; /* CLOCK_BOOTTIME: since this boot, suspend included, never back */
    int64_t wall_ms; /* since 1970-01-01T00:00:00Z, may jump */
    uint8_t trust;   /* enum clock_trust, of wall_ms */
};

/* Reads both; trust is TRUST_SYNCED when the kernel says that the clock is
 * disciplined, TRUST_RTC when it is later than this program's build, else
 * TRUST_NONE. */
struct now clock_now(void);
/* CLOCK_MONOTONIC in microseconds, for measuring spans. */
int64_t clock_mono_us(void);

#endif
