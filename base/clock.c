/* The machine's clocks. */
#include "base/clock.h"

#include <sys/timex.h>
#include <time.h>

/* 2026-01-01T00:00:00Z: no honest clock of this program's lifetime is earlier. */
#define BUILD_FLOOR_MS INT64_C(1767225600000)

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static uint8_t trust_of(int64_t wall_ms)
{
    struct timex tx = {0};
    if (adjtimex(&tx) >= 0 && !(tx.status & STA_UNSYNC))
        return TRUST_SYNCED;
    return wall_ms >= BUILD_FLOOR_MS ? TRUST_RTC : TRUST_NONE;
}

struct now clock_now(void)
{
    int64_t wall_ms = read_ms(CLOCK_REALTIME);
    return (struct now){read_ms(CLOCK_BOOTTIME), wall_ms, trust_of(wall_ms)};
}

int64_t clock_mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
