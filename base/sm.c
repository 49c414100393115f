/* The checked state machine. */
#include "base/sm.h"

#include <stdio.h>
#include <stdlib.h>

void sm_init(struct sm *m, const struct sm_state *states, uint32_t count, uint32_t first)
{
    *m = (struct sm){states, count, first, 0, 0};
}

void sm_move(struct sm *m, uint32_t to, const char *why)
{
    const struct sm_state *from = &m->states[m->now];
    if (to >= m->count || !(from->to & SM_TO(to))) {
        fprintf(stderr, "state machine: no move from %s to %u (%s)\n", from->name, to, why);
        abort();
    }
    m->now = to;
    if (m->trace)
        m->trace(m->arg, from->name, m->states[to].name, why);
}
