/* Replays the truth, now that it is known which numbers arrived, which are under a
 * tombstone, and which died with the memory of a life before anybody heard of them. */
#include "tests/sim/account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum fate { FATE_UNSAID, FATE_GONE, FATE_PENDING, FATE_SEALED };

struct fate_of {
    enum fate fate;
    enum frame_way way;
    uint64_t life;      /* of the agent, that heard it last */
    size_t group, told; /* 1 + index; 0: none. `told`: counted as lost there */
    uint64_t energy;
};

struct boot {
    uint32_t id, n, cap, heard_to; /* heard_to: by the present life; 0: nothing yet */
    struct fate_of *fates;         /* by counter, from 1 */
    bool over;
    uint64_t again; /* heard although told as lost or sealed before: counted twice */
    int64_t lost_expected, lost_counted, unsure;
};

enum group_state { GROUP_DEAD, GROUP_DROPPED, GROUP_STORED, GROUP_MIXED };
struct group {
    struct seal_group seal;
    enum group_state state;
    bool risky;
    uint64_t life;
    uint64_t readings; /* received and told as lost in it */
};

struct replay {
    struct account *ret;
    struct account_books *books;
    FILE *to;
    struct boot *boots;
    size_t n_boots, cap_boots, n_groups, cap_groups, n_pending, cap_pending;
    struct group *groups;
    struct {
        size_t boot;
        uint32_t counter;
    } * pending;
    size_t current, fresh; /* 1 + index of a boot; fresh: its first frame came in this step */
    bool blind;            /* this life could not read what earlier ones had accounted for */
    uint64_t life;
    uint64_t printed;
};

static void *grow(void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap ? *cap * 2 : 64;
    p = realloc(p, *cap * size);
    if (!p)
        abort();
    return p;
}

static void complain(struct replay *r, const char *what, const struct boot *b, uint64_t n)
{
    if (r->printed++ < 8)
        fprintf(r->to, "broken: %s: %s (boot %08" PRIx32 ", %" PRIu64 ")\n", r->books->device, what,
                b ? b->id : 0, n);
}

/* --- what the store has --- */

static int by_number(const void *left, const void *right)
{
    const struct stored_batch *a = left, *b = right;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static const struct stored_batch *stored(const struct account_books *k, uint64_t stream,
                                         uint64_t seq)
{
    struct stored_batch key = {.stream = stream, .seq = seq};
    return bsearch(&key, k->batches, k->n_batches, sizeof key, by_number);
}

static bool dropped(const struct account_books *k, uint64_t stream, uint64_t seq)
{
    for (size_t i = 0; i < k->n_drops; i++)
        if (k->drops[i].stream == stream && seq >= k->drops[i].first && seq <= k->drops[i].last)
            return true;
    return false;
}

static enum group_state state_of(const struct account_books *k, const struct seal_group *g)
{
    uint64_t n_stored = 0, n_dropped = 0, n = g->last - g->first + 1;
    for (uint64_t seq = g->first; seq <= g->last; seq++)
        if (stored(k, g->stream, seq))
            n_stored++;
        else
            n_dropped += dropped(k, g->stream, seq);
    if (n_stored == n)
        return GROUP_STORED;
    if (n_dropped == n)
        return GROUP_DROPPED;
    return n_stored + n_dropped ? GROUP_MIXED : GROUP_DEAD;
}

/* --- frames --- */

static size_t boot_of(struct replay *r, uint32_t id)
{
    for (size_t i = r->n_boots; i-- > 0;)
        if (r->boots[i].id == id)
            return i;
    r->boots = grow(r->boots, r->n_boots, &r->cap_boots, sizeof *r->boots);
    r->boots[r->n_boots] = (struct boot){.id = id};
    return r->n_boots++;
}

static struct fate_of *fate_at(struct boot *b, uint32_t counter)
{
    if (counter >= b->cap) {
        uint32_t cap = b->cap ? b->cap : 256;
        while (cap <= counter)
            cap *= 2;
        b->fates = realloc(b->fates, cap * sizeof *b->fates);
        if (!b->fates)
            abort();
        memset(b->fates + b->cap, 0, (cap - b->cap) * sizeof *b->fates);
        b->cap = cap;
    }
    if (counter > b->n)
        b->n = counter;
    return &b->fates[counter];
}

static void frame_said(struct replay *r, const struct frame *frame)
{
    size_t i = boot_of(r, frame->boot);
    struct boot *b = &r->boots[i];
    struct fate_of *f = fate_at(b, frame->counter);
    r->fresh = 0;
    if (f->fate == FATE_UNSAID) {
        r->ret->frames++;
        *f = (struct fate_of){FATE_GONE, frame->way, 0, 0, f->told, frame->energy};
    }
    if (!frame->heard || f->life == r->life)
        return; /* said again: this life has it */
    b->again += f->fate == FATE_SEALED || f->told;
    f->life = r->life;
    if (f->fate == FATE_GONE) {
        f->fate = FATE_PENDING;
        f->told = 0;
    }
    r->pending = grow(r->pending, r->n_pending, &r->cap_pending, sizeof *r->pending);
    r->pending[r->n_pending].boot = i;
    r->pending[r->n_pending++].counter = frame->counter;
    if (frame->counter > b->heard_to)
        b->heard_to = frame->counter;
    if (r->current && r->current != i + 1) {
        r->fresh = i + 1;
        r->boots[r->current - 1].over = true;
    }
    r->current = i + 1;
}

/* --- seals --- */

static bool goes(enum frame_way way, enum wire_lane lane)
{
    return way == WAY_AGENT || way == (lane == LANE_BULK ? WAY_BULK : WAY_URGENT);
}

/* Of the frames that wait, those that this batch holds; returns how many of `boot`. */
static uint64_t take_pending(struct replay *r, size_t boot, enum wire_lane lane, size_t group)
{
    uint64_t received = 0;
    size_t left = 0;
    for (size_t i = 0; i < r->n_pending; i++) {
        struct fate_of *f = &r->boots[r->pending[i].boot].fates[r->pending[i].counter];
        if (r->pending[i].boot != boot || !goes(f->way, lane)) {
            r->pending[left++] = r->pending[i];
            continue;
        }
        received += f->way != WAY_AGENT;
        if (f->fate != FATE_PENDING)
            continue; /* an earlier life sealed it: it is delivered again */
        f->fate = FATE_SEALED;
        f->group = group;
    }
    r->n_pending = left;
    return received;
}

/* All up to the newest that was heard is accounted for with each bulk batch. */
static uint64_t tell_lost(struct boot *b, size_t group)
{
    uint64_t lost = 0;
    for (uint32_t c = 1; c < b->heard_to; c++)
        if (b->fates[c].fate <= FATE_GONE && !b->fates[c].told) {
            b->fates[c].told = group;
            lost++;
        }
    return lost;
}

static void compare(struct replay *r, struct group *g, struct boot *b, uint64_t received,
                    uint64_t lost)
{
    uint64_t has_received = 0, has_lost = 0;
    g->readings += received + lost;
    for (uint64_t seq = g->seal.first; seq <= g->seal.last; seq++) {
        const struct stored_batch *s = stored(r->books, g->seal.stream, seq);
        if (s && s->boot == b->id) {
            has_received += s->received;
            has_lost += s->lost;
        }
    }
    if (g->state == GROUP_STORED && has_received != received) {
        complain(r, "a batch says another number of messages than it took", b, g->seal.last);
        r->ret->holes++;
    }
    if (g->state == GROUP_DEAD)
        return;
    b->lost_counted += (int64_t)(g->state == GROUP_STORED ? has_lost : lost);
    b->lost_expected += (int64_t)lost;
    if (g->risky) /* sent from memory and not on the disk: the next life counts it as lost */
        b->unsure += (int64_t)(received + lost);
    if (r->blind)
        b->unsure += b->heard_to;
    if (b->lost_expected - b->lost_counted > (int64_t)b->again) {
        complain(r, "fewer messages are told as lost than were", b, g->seal.last);
        r->ret->holes += (uint64_t)(b->lost_expected - b->lost_counted);
        b->lost_counted = b->lost_expected;
    }
    if (b->lost_counted - b->lost_expected > (int64_t)b->again + b->unsure) {
        complain(r, "more messages are told as lost than were", b, g->seal.last);
        r->ret->invented += (uint64_t)(b->lost_counted - b->lost_expected);
        b->lost_counted = b->lost_expected;
    }
}

static void sealed(struct replay *r, const struct truth_event *e)
{
    r->groups = grow(r->groups, r->n_groups, &r->cap_groups, sizeof *r->groups);
    struct group *g = &r->groups[r->n_groups++];
    *g = (struct group){e->seal, state_of(r->books, &e->seal), e->risky, r->life, 0};
    if (e->seal.last - e->seal.first + 1 == e->seal.keyframes)
        return; /* says again what was said */
    for (size_t i = 0; i < r->n_boots; i++) {
        struct boot *b = &r->boots[i];
        if (!b->heard_to || i + 1 == r->fresh)
            continue;
        uint64_t received = take_pending(r, i, e->seal.lane, r->n_groups);
        uint64_t lost = e->seal.lane == LANE_BULK ? tell_lost(b, r->n_groups) : 0;
        if (received || lost)
            compare(r, g, b, received, lost);
    }
}

/* --- ends of lives --- */

static void forget_dead(struct replay *r, struct fate_of *f)
{
    if (f->group && r->groups[f->group - 1].state == GROUP_DEAD &&
        r->groups[f->group - 1].life == r->life) {
        f->group = 0;
        f->fate = FATE_GONE;
    }
    if (f->told && r->groups[f->told - 1].state == GROUP_DEAD &&
        r->groups[f->told - 1].life == r->life)
        f->told = 0;
    if (f->fate == FATE_PENDING)
        f->fate = FATE_GONE;
}

static void died(struct replay *r, bool power_cut, bool disk_trouble)
{
    /* A sync that failed takes back into memory what was written before. */
    for (size_t i = r->n_groups; disk_trouble && i-- > 0 && r->groups[i].life == r->life;)
        r->groups[i].risky = true;
    for (size_t i = 0; i < r->n_boots; i++) {
        struct boot *b = &r->boots[i];
        for (uint32_t c = 1; b->heard_to && c <= b->n; c++)
            forget_dead(r, &b->fates[c]);
        b->heard_to = 0;
        b->over |= power_cut;
    }
    r->n_pending = 0;
    r->current = r->fresh = 0;
    r->life++;
}

/* --- the verdict --- */

static void settle_frame(struct replay *r, const struct boot *b, uint32_t counter, bool last_boot)
{
    const struct fate_of *f = &b->fates[counter];
    bool here = f->energy && f->energy <= r->books->readings && r->books->seen[f->energy];
    struct account *a = r->ret;
    if (f->fate == FATE_UNSAID)
        return;
    if (f->fate == FATE_SEALED) {
        enum group_state state = r->groups[f->group - 1].state;
        if (f->way == WAY_AGENT)
            a->to_agent++;
        else if (state == GROUP_STORED && f->energy && !here) {
            complain(r, "a reading is not in the batch that took it", b, f->energy);
            a->holes++;
        } else if (state == GROUP_DEAD) {
            complain(r, "a number is gone without a tombstone", b,
                     r->groups[f->group - 1].seal.last);
            a->holes++;
        } else if (state == GROUP_STORED || here)
            a->delivered++;
        else
            a->in_tombstones++;
        return;
    }
    if (here) {
        complain(r, "a reading is stored that nobody can have heard", b, f->energy);
        a->invented++;
    } else if (f->told)
        a->told_lost++;
    else if (b->over || !last_boot)
        a->after_the_last++;
    else {
        complain(r, "a frame is neither stored nor accounted for", b, counter);
        a->holes++;
    }
}

/* A group that died must have had a reason: its disk refused. */
static void check_groups(struct replay *r)
{
    for (size_t i = 0; i < r->n_groups; i++)
        if (r->groups[i].state == GROUP_DEAD && !r->groups[i].risky) {
            complain(r, "a number is gone without a tombstone", NULL, r->groups[i].seal.last);
            r->ret->holes++;
        }
}

static void check_drop(struct replay *r, const struct stored_drop *d)
{
    uint64_t readings = 0, numbers = 0;
    enum wire_lane lane = LANE_URGENT;
    bool risky = false;
    for (size_t i = 0; i < r->n_groups; i++) {
        const struct group *g = &r->groups[i];
        if (g->seal.stream != d->stream || g->seal.last < d->first || g->seal.first > d->last)
            continue;
        lane = g->seal.lane;
        risky |= g->risky;
        readings += g->readings;
        numbers += g->seal.last - g->seal.first + 1;
    }
    /* Faults that chatter are fewer in a batch than their messages. */
    if (d->reason == DROP_BUDGET && lane == LANE_BULK && readings != d->readings && !risky) {
        if (r->printed++ < 8)
            fprintf(r->to,
                    "broken: %s: a tombstone says %" PRIu64 " readings of numbers %" PRIu64
                    "..%" PRIu64 ", there were %" PRIu64 "\n",
                    r->books->device, d->readings, d->first, d->last, readings);
        r->ret->tombstones_lie++;
    }
    uint64_t most = lane == LANE_BULK ? 16 : 4;
    if (d->reason == DROP_POWER && !risky && numbers > most) {
        complain(r, "a power cut took more numbers than may wait for a sync", NULL, numbers);
        r->ret->doubt_too_large++;
    }
}

void account_close(struct account *ret, const struct truth *truth, struct account_books *books,
                   FILE *to)
{
    struct replay r = {.ret = ret, .books = books, .to = to, .life = 1};
    const struct truth_event *events;
    size_t n = truth_events(truth, &events);
    qsort(books->batches, books->n_batches, sizeof books->batches[0], by_number);
    for (size_t i = 0; i < n; i++)
        switch (events[i].kind) {
        case TRUTH_BORN: r.blind = events[i].risky; break;
        case TRUTH_FRAME: frame_said(&r, &events[i].frame); break;
        case TRUTH_SEAL: sealed(&r, &events[i]); break;
        case TRUTH_DIED:
        case TRUTH_POWER_CUT: died(&r, events[i].kind == TRUTH_POWER_CUT, events[i].risky); break;
        }
    for (size_t i = 0; i < r.n_boots; i++)
        for (uint32_t c = 1; c <= r.boots[i].n; c++)
            settle_frame(&r, &r.boots[i], c, i + 1 == r.n_boots);
    check_groups(&r);
    for (size_t i = 0; i < books->n_drops; i++)
        check_drop(&r, &books->drops[i]);
    for (size_t i = 0; i < r.n_boots; i++)
        free(r.boots[i].fates);
    free(r.boots);
    free(r.groups);
    free(r.pending);
}
