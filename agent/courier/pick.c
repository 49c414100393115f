/* What to send next: urgent before bulk, news beside backlog.
 *
 * There is no cursor that could be wrong after a lost ack: the next number of a
 * stream is the lowest that is owed, not acknowledged and not under way. */
#include "agent/courier/inside.h"

static uint64_t past_acked(const struct courier *c, uint64_t stream, uint64_t seq)
{
    for (size_t i = 0; i < c->n_ranges; i++) {
        const struct range *r = &c->ranges[i];
        if (r->stream == stream && seq >= r->first && seq <= r->last)
            return r->last + 1;
    }
    return seq;
}

bool pick_acked(const struct courier *c, uint64_t stream, uint64_t seq)
{
    return past_acked(c, stream, seq) != seq;
}

static bool under_way(const struct courier *c, uint64_t stream, uint64_t seq)
{
    for (size_t i = 0; i < c->n_flights; i++)
        if (c->flights[i].stream == stream && c->flights[i].seq == seq)
            return true;
    return false;
}

/* The first number >= from to send, or the stream's next. */
static uint64_t first_owed(const struct courier *c, const struct spool_stream *st, uint64_t from)
{
    uint64_t seq = spool_seek(c->spool, st->id, from);
    while (seq < st->next) {
        uint64_t to = past_acked(c, st->id, seq);
        if (to == seq && under_way(c, st->id, seq))
            to = seq + 1;
        if (to == seq)
            return seq;
        seq = spool_seek(c->spool, st->id, to);
    }
    return st->next;
}

static bool pick_fresh(struct courier *c, enum wire_lane lane, struct pick *ret)
{
    struct spool_stream st;
    struct wire_head head = spool_next(c->spool, lane);
    if (!spool_find(c->spool, head.stream, &st))
        return false;
    if (c->fresh[lane] <= c->past[lane])
        c->fresh[lane] = c->past[lane] + 1;
    uint64_t seq = first_owed(c, &st, c->fresh[lane]);
    if (seq < st.next && st.next - seq > FRESH_MOST) { /* news grows old: join the backlog */
        c->fresh[lane] = st.next - 1;
        seq = first_owed(c, &st, c->fresh[lane]);
    }
    *ret = (struct pick){st.id, seq, lane};
    return seq < st.next;
}

static bool pick_backlog(struct courier *c, enum wire_lane lane, struct pick *ret)
{
    for (size_t i = 0; i < spool_count(c->spool); i++) {
        struct spool_stream st = spool_at(c->spool, i);
        if (st.lane != lane || st.low == st.next)
            continue;
        uint64_t seq = first_owed(c, &st, st.low);
        *ret = (struct pick){st.id, seq, lane};
        if (seq < st.next)
            return true;
    }
    return false;
}

/* A part of the window is kept for what is urgent. */
static bool bulk_may(const struct courier *c)
{
    uint32_t keep = c->credit > 2 ? (c->credit + 3) / 4 : c->credit > 1 ? 1 : 0;
    uint32_t bulk = 0;
    for (size_t i = 0; i < c->n_flights; i++)
        bulk += c->flights[i].lane == LANE_BULK;
    return bulk < c->credit - keep;
}

bool pick_next(struct courier *c, struct pick *ret)
{
    if (pick_fresh(c, LANE_URGENT, ret))
        return true;
    if (c->sm.now != OPEN) /* before the hello is answered only what has just happened */
        return false;
    uint32_t last = c->credit > 1 ? 1 : 0; /* the last place is for a fault of this moment */
    if (c->n_flights + last >= c->credit)
        return false;
    c->news_turn = !c->news_turn; /* no backlog, urgent or not, starves the readings of now */
    bool bulk = bulk_may(c);
    if (c->news_turn && bulk && pick_fresh(c, LANE_BULK, ret))
        return true;
    if (pick_backlog(c, LANE_URGENT, ret))
        return true;
    return bulk && (pick_backlog(c, LANE_BULK, ret) || pick_fresh(c, LANE_BULK, ret));
}
