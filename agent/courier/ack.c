/* What an ack lets go, and what it asks for. */
#include "agent/courier/inside.h"

#define HOLD_MOST_MS (60 * 60 * 1000)
#define REHELLO_MS   10000 /* jitter window of a hello to a gateway that started anew */

void flight_remove(struct courier *c, size_t i)
{
    c->flights[i] = c->flights[--c->n_flights];
}

void courier_heard(struct courier *c, uint64_t epoch, int64_t now_ms)
{
    if (c->sm.now != GREETING && c->sm.now != OPEN)
        return;
    if (c->epoch && c->epoch != epoch && c->in_touch && c->hello_ms == INT64_MAX) {
        c->hello_ms = now_ms + (int64_t)rng_below(&c->rng, REHELLO_MS);
        c->hello_tries = 0;
        c->news = "the gateway has started anew: saying hello again";
        c->news_id = "AG111";
    }
    c->epoch = epoch;
    c->asked_ms = 0;
}

void courier_word(struct courier *c, uint64_t epoch, struct now now)
{
    courier_heard(c, epoch, now.boot_ms);
}

/* Jacobson, "Congestion Avoidance and Control", 1988; only of what was sent once. */
static void measure(struct courier *c, int64_t rtt_ms)
{
    rtt_ms = rtt_ms > 0 ? rtt_ms : 1;
    if (!c->srtt_ms) {
        c->srtt_ms = rtt_ms;
        c->rttvar_ms = rtt_ms / 2;
        return;
    }
    int64_t off = rtt_ms > c->srtt_ms ? rtt_ms - c->srtt_ms : c->srtt_ms - rtt_ms;
    c->rttvar_ms += (off - c->rttvar_ms) / 4;
    c->srtt_ms += (rtt_ms - c->srtt_ms) / 8;
    c->srtt_ms = c->srtt_ms > 0 ? c->srtt_ms : 1;
}

/* The gateway's word replaces what it said before: after a restore it may hold less. */
static void take_ranges(struct courier *c, const struct wire_stream_ack *a)
{
    for (size_t i = c->n_ranges; i-- > 0;)
        if (c->ranges[i].stream == a->stream)
            c->ranges[i] = c->ranges[--c->n_ranges];
    for (size_t i = 0; i < a->n_above && c->n_ranges < RANGES; i++)
        if (a->above[i].first <= a->above[i].last && a->above[i].first > a->contiguous)
            c->ranges[c->n_ranges++] =
                (struct range){a->stream, a->above[i].first, a->above[i].last};
}

static uint64_t take_stream(struct courier *c, const struct wire_stream_ack *a, int64_t now_ms)
{
    struct spool_stream st;
    if (!spool_find(c->spool, a->stream, &st))
        return 0; /* not ours */
    /* An older stream may have said more than its device remembers: what was on the
     * wire before its sync, when the power went. Of this life we know better. */
    if (!st.closed && a->contiguous >= st.next)
        return 0;
    take_ranges(c, a);
    for (size_t i = c->n_flights; i-- > 0;) {
        const struct flight *f = &c->flights[i];
        if (f->stream != a->stream || (f->seq > a->contiguous && !pick_acked(c, a->stream, f->seq)))
            continue;
        if (f->tries == 0)
            measure(c, now_ms - f->sent_ms);
        flight_remove(c, i);
    }
    return spool_release(c->spool, a->stream, a->contiguous);
}

static uint32_t count_never(struct courier *c, const struct wire_refusal *r)
{
    for (size_t i = 0; i < c->n_suspects; i++)
        if (c->suspects[i].stream == r->stream && c->suspects[i].seq == r->seq)
            return ++c->suspects[i].nevers;
    if (c->n_suspects == SUSPECTS) {
        memmove(&c->suspects[0], &c->suspects[1], (SUSPECTS - 1) * sizeof c->suspects[0]);
        c->n_suspects--;
    }
    c->suspects[c->n_suspects++] = (struct suspect){r->stream, r->seq, 1};
    return 1;
}

/* Only what was sent and is still waited for can be refused. */
static void take_refusal(struct courier *c, const struct wire_refusal *r, int64_t now_ms)
{
    size_t i = 0;
    while (i < c->n_flights && (c->flights[i].stream != r->stream || c->flights[i].seq != r->seq))
        i++;
    if (i == c->n_flights)
        return;
    c->stats.refusals++;
    struct flight *f = &c->flights[i];
    f->due_ms = now_ms + resend_after(c, ++f->tries);
    if (!r->never || count_never(c, r) < COURIER_POISON)
        return;
    if (spool_drop(c->spool, r->stream, r->seq, DROP_POISON) != 0)
        return; /* not durable: it will be refused once more */
    c->stats.poisoned++;
    c->news = "a batch that the gateway refuses for ever was set aside";
    c->news_id = "AG112";
    flight_remove(c, i);
}

uint64_t courier_ack(struct courier *c, uint64_t epoch, const struct wire_ack *ack, struct now now)
{
    if (c->sm.now != GREETING && c->sm.now != OPEN)
        return 0;
    uint64_t released = 0;
    bool again = c->hello_ms != INT64_MAX && c->hello_tries > 0 && c->epoch == epoch;
    if (c->sm.now == GREETING || again) { /* our hello, or what came after it, was heard */
        c->hello_ms = INT64_MAX;
        c->hello_tries = 0;
    }
    courier_heard(c, epoch, now.boot_ms);
    c->in_touch = true;
    if (c->sm.now == GREETING)
        sm_move(&c->sm, OPEN, "the gateway has answered");
    for (size_t i = 0; i < ack->n_streams; i++)
        released += take_stream(c, &ack->streams[i], now.boot_ms);
    for (size_t i = 0; i < ack->n_refusals; i++)
        take_refusal(c, &ack->refusals[i], now.boot_ms);
    c->credit = ack->credit < 1 ? 1 : ack->credit < COURIER_WINDOW ? ack->credit : COURIER_WINDOW;
    int64_t hold = ack->hold_off_ms < HOLD_MOST_MS ? ack->hold_off_ms : HOLD_MOST_MS;
    c->hold_ms = hold ? now.boot_ms + hold : 0;
    if (ack->hello_within_ms) {
        c->hello_ms = now.boot_ms + (int64_t)rng_below(&c->rng, ack->hello_within_ms);
        c->hello_tries = 0;
    }
    if (c->n_flights)
        c->asked_ms = now.boot_ms;
    return released;
}
