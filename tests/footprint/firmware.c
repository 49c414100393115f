/* The smallest firmware that uses all of the shim: linked for a microcontroller to
 * see what the shim costs. It is never run. */
#include "shim.h"

static uint32_t now_ms(void *ctx)
{
    return *(volatile uint32_t *)ctx;
}

static size_t move(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx, (void)bytes;
    return len;
}

static size_t take(void *ctx, uint8_t *bytes, size_t size)
{
    (void)ctx, (void)bytes, (void)size;
    return 0;
}

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return 0;
}

static void unlock(void *ctx, uint32_t was)
{
    (void)ctx, (void)was;
}

static uint8_t run(void *ctx, const struct shim_request *request)
{
    (void)ctx;
    return request->args.len ? MESSAGE_RESULT_DONE : MESSAGE_RESULT_REFUSED;
}

static const struct shim_platform platform = {now_ms, move, take, lock, unlock};
static const struct shim_identity identity = {.source = "main"};
static const struct shim_action actions[] = {{1, run}};
static const struct shim_config config = {
    .platform = &platform, .identity = &identity, .actions = actions, .action_count = 1};

struct shim footprint_shim;

int main(void)
{
    struct shim *s = &footprint_shim;
    struct shim_context context = {1, SHIM_MILLI(4250)};
    shim_init(s, &config, 1, MESSAGE_RESET_POWER, "");
    for (;;) {
        shim_poll(s);
        shim_gauge(s, 1, SHIM_MILLI(4250));
        shim_counter(s, 2, SHIM_WHOLE(1));
        shim_state(s, 3, SHIM_WHOLE(1));
        shim_event(s, 4, SHIM_WHOLE(1));
        shim_fault_raise(s, 21, &context, 1);
        shim_fault_clear(s, 21);
        shim_cycle_begin(s, 1);
        shim_cycle_end(s, 1, MESSAGE_OUTCOME_OK);
        shim_asleep(s, 1000);
        shim_off(s, 0);
        shim_awake(s);
        shim_wall(s, 0);
        shim_factory_reset(s);
        if (shim_waiting(s) + shim_said(s) + shim_dropped(s) + shim_faults_held(s) == 0)
            return 0;
    }
}

void _start(void);
void _start(void)
{
    main();
}
