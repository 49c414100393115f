/* A state machine is a table of allowed moves; every move is checked.
 *
 *   static const struct sm_state states[] = {
 *       [IDLE] = {"idle", SM_TO(DIALLING)}, ... };
 *   sm_move(&machine, DIALLING, "time to try");
 *
 * A move that the table does not allow is a bug: it aborts. */
#ifndef BASE_SM_H
#define BASE_SM_H

#include <stdint.h>

#define SM_TO(state) (UINT32_C(1) << (state))

struct sm_state {
    const char *name;
    uint32_t to; /* SM_TO(...) | SM_TO(...) */
};

struct sm {
    const struct sm_state *states; /* borrowed, static */
    uint32_t count;                /* at most 32 */
    uint32_t now;
    /* May be NULL: called after each move, with why. */
    void (*trace)(void *arg, const char *from, const char *to, const char *why);
    void *arg;
};

void sm_init(struct sm *m, const struct sm_state *states, uint32_t count, uint32_t first);
void sm_move(struct sm *m, uint32_t to, const char *why);
static inline const char *sm_name(const struct sm *m)
{
    return m->states[m->now].name;
}

#endif
