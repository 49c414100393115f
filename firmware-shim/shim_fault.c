/* Faults are held: a slot a fault and instance, said at once and then again, with
 * doubling pauses, until the agent acknowledges the counter that it was said with.
 *
 *              raise / clear            said              ack of its counter
 *     (free) ---------------> FRESH ----------> (waiting) ------------------> DURABLE
 *                               ^------- raise / clear, any time ----------------'
 *
 * A change inside SHIM_CHATTER_MS of the last saying waits, and what happens
 * meanwhile is told in one message with the number of raises. A durable slot is
 * kept, so that raising again what is raised stays silent, until another fault
 * needs its place: first those that are clear, then one that is raised, of which
 * only the name is kept, in the list of those away. The factory reset is held in the
 * same way, as fault 0. */
#include "shim.h"
#include "shim_parts.h"

#define USED      1u
#define ACTIVE    2u
#define FRESH     4u /* changed since it was last said: takes a new counter */
#define DURABLE   8u
#define SAID      16u /* lately: sent_ms counts */
#define TRY       32u /* the upper three bits count the times it was said */
#define TRIES_MAX 6

static void context_drop(struct shim *s, struct shim_held *h)
{
    uint8_t len = h->context_len, end = (uint8_t)(h->context_at + len);
    for (uint8_t i = end; i < s->context_len; i++)
        s->context[i - len] = s->context[i];
    for (struct shim_held *other = s->held; other < s->held + SHIM_FAULTS; other++)
        if (other->context_at >= end)
            other->context_at = (uint8_t)(other->context_at - len);
    s->context_len = (uint8_t)(s->context_len - len);
    h->context_len = 0;
}

static void context_set(struct shim *s, struct shim_held *h, const struct shim_context *context,
                        uint8_t count)
{
    context_drop(s, h);
    size_t end = s->context_len;
    h->context_at = (uint8_t)end;
    h->cut = 0;
    for (uint8_t i = 0; i < count; i++)
        if (i >= MESSAGE_CONTEXT_MAX || !message_context_put(s->context, sizeof s->context, &end,
                                                             context[i].metric, context[i].value))
            h->cut++;
    s->context_len = (uint8_t)end;
    h->context_len = (uint8_t)(end - h->context_at);
}

static struct shim_held *find(struct shim *s, uint16_t id, uint8_t instance)
{
    for (struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++)
        if ((h->flags & USED) && h->id == id && h->instance == instance)
            return h;
    return NULL;
}

static struct shim_away *away_of(struct shim *s, uint16_t id, uint8_t instance)
{
    for (struct shim_away *a = s->away; a < s->away + SHIM_FAULTS_AWAY; a++)
        if (a->id == id && (id == 0 || a->instance == instance))
            return a;
    return NULL;
}

/* The easiest slot to give up: free, then durable and clear, then durable. */
static struct shim_held *easiest(struct shim *s)
{
    struct shim_held *best = NULL;
    for (struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++) {
        if (!(h->flags & USED))
            return h;
        if (!(h->flags & DURABLE))
            continue;
        if (!best || ((best->flags & ACTIVE) && !(h->flags & ACTIVE)))
            best = h;
    }
    return best;
}

/* A slot for a fault that has none, or NULL where all are needed. */
static struct shim_held *place(struct shim *s, uint16_t id, uint8_t instance)
{
    struct shim_held *h = easiest(s);
    if (h && (h->flags & ACTIVE)) {
        struct shim_away *room = away_of(s, 0, 0);
        if (!room)
            return NULL;
        *room = (struct shim_away){.id = h->id, .instance = h->instance};
    }
    if (h) {
        context_drop(s, h);
        *h = (struct shim_held){.id = id, .instance = instance, .flags = USED | DURABLE};
    }
    return h;
}

static void changed(struct shim *s, struct shim_held *h, unsigned flags)
{
    h->changed_ms = (uint32_t)shim_now(s);
    h->flags = (uint8_t)((h->flags & SAID) | USED | FRESH | flags);
}

/* With the lock held. False: no room, due still. */
static bool say(struct shim *s, struct shim_held *h)
{
    uint64_t now = shim_now(s);
    struct message_up m;
    m.kind = h->id ? MESSAGE_FAULT : MESSAGE_FACTORY_RESET;
    m.id = h->id;
    m.instance = h->instance;
    m.source_ms = now - (uint32_t)((uint32_t)now - h->changed_ms);
    m.counter = h->flags & FRESH ? s->counter : h->counter;
    if (h->id) {
        m.u.fault.active = h->flags & ACTIVE ? 1 : 0;
        m.u.fault.raises = h->raises;
        m.u.fault.first_age_ms = h->raises ? h->changed_ms - h->first_ms : 0;
        m.u.fault.cut = h->cut;
        m.u.fault.context.p = s->context + h->context_at;
        m.u.fault.context.len = h->context_len;
    }
    if (!shim_put(s, &m))
        return false;
    if (h->flags & FRESH)
        h->counter = s->counter++;
    h->flags = (uint8_t)((h->flags & ~FRESH) | SAID);
    h->sent_ms = (uint32_t)now;
    if (h->flags / TRY < TRIES_MAX)
        h->flags = (uint8_t)(h->flags + TRY);
    return true;
}

static void say_if_due(struct shim *s, struct shim_held *h)
{
    if (!(h->flags & USED) || (h->flags & DURABLE))
        return;
    uint32_t pause =
        h->flags & FRESH ? SHIM_CHATTER_MS : (uint32_t)SHIM_RESEND_MS << (h->flags / TRY);
    uint32_t since = (uint32_t)shim_now(s) - h->sent_ms;
    if (!(h->flags & SAID) || since >= pause)
        say(s, h);
}

static void raise(struct shim *s, struct shim_held *h, const struct shim_context *context,
                  uint8_t count)
{
    changed(s, h, ACTIVE);
    if (h->raises == 0)
        h->first_ms = h->changed_ms;
    if (h->raises < UINT16_MAX)
        h->raises++;
    context_set(s, h, context, count);
    say_if_due(s, h);
}

bool shim_fault_raise_of(struct shim *s, uint16_t fault, uint8_t instance,
                         const struct shim_context *context, uint8_t count)
{
    uint32_t was = shim_lock(s);
    struct shim_held *h = find(s, fault, instance);
    bool away = !h && fault && away_of(s, fault, instance);
    if (!h && !away)
        h = place(s, fault, instance);
    if (h && !(h->flags & ACTIVE))
        raise(s, h, context, count);
    shim_unlock(s, was);
    return h || away;
}

bool shim_fault_clear_of(struct shim *s, uint16_t fault, uint8_t instance)
{
    uint32_t was = shim_lock(s);
    struct shim_held *h = find(s, fault, instance);
    struct shim_away *away = h ? NULL : away_of(s, fault, instance);
    bool due = away || (h && (h->flags & ACTIVE));
    if (away)
        h = place(s, fault, instance);
    if (due && h) {
        if (away)
            away->id = 0;
        changed(s, h, 0);
        say_if_due(s, h);
    }
    shim_unlock(s, was);
    return !due || h;
}

/* Gives a fault that is to be said again a slot, when there is one. */
static void bring_back(struct shim *s, struct shim_away *a)
{
    uint16_t id = a->id;
    struct shim_held *spare = easiest(s);
    if (!id || !a->again || !spare)
        return;
    a->id = 0; /* its place is free for the one that goes */
    struct shim_held *h = place(s, id, a->instance);
    changed(s, h, ACTIVE);
}

void shim_fault_poll(struct shim *s)
{
    for (struct shim_away *a = s->away; a < s->away + SHIM_FAULTS_AWAY; a++) {
        uint32_t was = shim_lock(s);
        bring_back(s, a);
        shim_unlock(s, was);
    }
    for (struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++) {
        uint32_t was = shim_lock(s);
        say_if_due(s, h);
        shim_unlock(s, was);
    }
}

void shim_fault_ack(struct shim *s, uint32_t counter)
{
    uint32_t was = shim_lock(s);
    for (struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++) {
        if (!(h->flags & USED) || (h->flags & (FRESH | DURABLE)) || h->counter != counter)
            continue;
        h->flags = (uint8_t)(h->id ? h->flags | DURABLE : 0);
        h->raises = 0;
        context_drop(s, h);
        h->cut = 0;
    }
    shim_unlock(s, was);
}

void shim_fault_again(struct shim *s)
{
    uint32_t was = shim_lock(s);
    for (struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++) {
        if (h->flags & ACTIVE)
            h->flags &= (uint8_t)~DURABLE;
        if (!(h->flags & FRESH)) { /* said again at once, with the counter it has */
            h->flags &= (uint8_t)(TRY - 1 - SAID);
        }
    }
    for (struct shim_away *a = s->away; a < s->away + SHIM_FAULTS_AWAY; a++)
        a->again = a->id != 0;
    shim_unlock(s, was);
}

size_t shim_faults_held(const struct shim *s)
{
    size_t n = 0;
    for (const struct shim_held *h = s->held; h < s->held + SHIM_FAULTS; h++)
        n += (h->flags & USED) && !(h->flags & DURABLE);
    return n;
}
