/* What the shim needs of the machine it runs on: five small functions.
 *
 * None of them may block. `ctx` is the config's own pointer. */
#ifndef FIRMWARE_SHIM_PLATFORM_H
#define FIRMWARE_SHIM_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

struct shim_platform {
    /* Milliseconds since the firmware started; may wrap at 2^32, if shim_poll is
     * called at least once a month. Callable from interrupts. */
    uint32_t (*now_ms)(void *ctx);

    /* Takes as many bytes as it can now (0 when the line is busy or down) and
     * returns how many. Called from shim_poll only. */
    size_t (*write)(void *ctx, const uint8_t *bytes, size_t len);

    /* Gives at most `size` bytes that have come in, 0 when there are none. Called
     * from shim_poll only. */
    size_t (*read)(void *ctx, uint8_t *bytes, size_t size);

    /* Around a critical section: interrupts off, and back to what they were.
     * Sections do not nest and last as long as one frame takes to encode (under
     * 100 us on a Cortex-M0+ at 48 MHz). NULL where one thread does everything. */
    uint32_t (*lock)(void *ctx);
    void (*unlock)(void *ctx, uint32_t was);
};

#endif
