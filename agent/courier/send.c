/* Putting messages on the wire, the first time and again. */
#include "agent/courier/inside.h"

int64_t resend_after(const struct courier *c, uint32_t tries)
{
    int64_t rto = c->srtt_ms ? c->srtt_ms + 4 * c->rttvar_ms : RTO_FIRST_MS;
    rto = rto < RTO_FLOOR_MS ? RTO_FLOOR_MS : rto > RTO_CAP_MS ? RTO_CAP_MS : rto;
    for (uint32_t i = 0; i < tries && rto < RESEND_CAP_MS; i++)
        rto *= 2;
    return rto < RESEND_CAP_MS ? rto : RESEND_CAP_MS;
}

bool send_up(struct courier *c, struct wire_up *up, const struct courier_out *out, int64_t now_ms)
{
    up->boot = c->c.boot;
    up->session = c->c.session;
    up->sent_ms = now_ms;
    if (!out->publish(out->arg, up, ++c->token)) {
        c->hungry = true;
        return false;
    }
    if (!c->asked_ms)
        c->asked_ms = now_ms;
    return true;
}

/* The newest streams are named in any case; of more than fit, the oldest wait. */
static bool send_hello(struct courier *c, uint64_t settings_version, const struct courier_out *out,
                       int64_t now_ms)
{
    static const char *const can[] = {"ack.above", "account", "settings", "command"};
    struct wire_stream_state states[LIMIT_STREAMS];
    struct slice capabilities[sizeof can / sizeof can[0]];
    size_t count = spool_count(c->spool), n = 0;
    for (size_t i = 0; i < sizeof can / sizeof can[0]; i++)
        capabilities[i] = slice_str(can[i]);
    for (size_t i = 0; i < count; i++) {
        if (i >= LIMIT_STREAMS - LANE_COUNT && i + LANE_COUNT < count)
            continue;
        struct spool_stream st = spool_at(c->spool, i);
        states[n++] =
            (struct wire_stream_state){st.id, (uint32_t)st.lane, st.low, st.next, st.closed};
    }
    struct wire_up up = {.kind = UP_HELLO};
    up.hello = (struct wire_hello){.agent = slice_str(c->c.agent),
                                   .pack = slice_str(c->c.pack),
                                   .pack_revision = c->c.pack_revision,
                                   .settings_version = settings_version,
                                   .n_streams = n,
                                   .streams = states,
                                   .n_capabilities = sizeof can / sizeof can[0],
                                   .capabilities = capabilities};
    if (!send_up(c, &up, out, now_ms))
        return false;
    c->hello_token = c->token;
    c->hello_ms = now_ms + resend_after(c, c->hello_tries++);
    return true;
}

static struct account *account_of(struct courier *c, uint64_t stream)
{
    for (size_t i = 0; i < c->n_accounts; i++)
        if (c->accounts[i].stream == stream)
            return &c->accounts[i];
    if (c->n_accounts == ACCOUNTS)
        return NULL;
    c->accounts[c->n_accounts] = (struct account){.stream = stream};
    return &c->accounts[c->n_accounts++];
}

static bool send_account(struct courier *c, const struct spool_stream *st,
                         const struct courier_out *out, int64_t now_ms)
{
    struct wire_drop drops[LIMIT_RANGES];
    size_t n = spool_drops(c->spool, st->id, drops, LIMIT_RANGES);
    uint64_t told = n ? drops[n - 1].last : st->next - 1;
    struct account *a = account_of(c, st->id);
    if (!a || (a->due_ms > now_ms && told <= a->told))
        return true;
    struct wire_up up = {.kind = UP_ACCOUNT};
    up.account = (struct wire_account){.stream = st->id,
                                       .lane = (uint32_t)st->lane,
                                       .low = st->low,
                                       .closed_last = st->closed ? st->next - 1 : 0,
                                       .n_drops = n,
                                       .drops = drops};
    if (!send_up(c, &up, out, now_ms))
        return false;
    a->told = told;
    a->due_ms = now_ms + resend_after(c, a->tries++);
    return true;
}

static void forget_accounts(struct courier *c)
{
    for (size_t i = c->n_accounts; i-- > 0;) {
        struct spool_stream st;
        if (!spool_find(c->spool, c->accounts[i].stream, &st) || !st.to_account)
            c->accounts[i] = c->accounts[--c->n_accounts];
    }
}

/* Tombstones come first: what will never come must not be waited for. */
static bool send_accounts(struct courier *c, const struct courier_out *out, int64_t now_ms)
{
    forget_accounts(c);
    for (size_t i = 0; i < spool_count(c->spool); i++) {
        struct spool_stream st = spool_at(c->spool, i);
        if (st.to_account && !send_account(c, &st, out, now_ms))
            return false;
    }
    return true;
}

/* 0: sent. 1: this number is no more. ERR_FULL: no room in this turn. ERR_IO: later. */
static int send_batch(struct courier *c, const struct pick *p, const struct courier_out *out,
                      int64_t now_ms)
{
    struct wire_up up = {.kind = UP_BATCH};
    int rc = spool_read(c->spool, p->stream, p->seq, &up.batch);
    if (rc == ERR_CORRUPT || rc == ERR_NOT_FOUND)
        return 1;
    if (rc != 0) {
        c->read_after_ms = now_ms + 1000;
        return ERR_IO;
    }
    return send_up(c, &up, out, now_ms) ? 0 : ERR_FULL;
}

static bool send_again(struct courier *c, const struct courier_out *out, int64_t now_ms)
{
    for (size_t i = 0; i < c->n_flights; i++) {
        struct flight *f = &c->flights[i];
        if (f->due_ms > now_ms)
            continue;
        int rc = send_batch(c, &(struct pick){f->stream, f->seq, f->lane}, out, now_ms);
        if (rc < 0)
            return false;
        if (rc > 0) {
            flight_remove(c, i--);
            continue;
        }
        f->token = c->token;
        f->due_ms = now_ms + resend_after(c, ++f->tries);
        c->stats.resends++;
    }
    return true;
}

static void send_new(struct courier *c, const struct courier_out *out, int64_t now_ms)
{
    struct pick p;
    while (c->n_flights < c->credit && pick_next(c, &p)) {
        int rc = send_batch(c, &p, out, now_ms);
        if (rc < 0)
            return;
        if (rc > 0)
            continue;
        c->flights[c->n_flights++] = (struct flight){
            p.stream, p.seq, c->token, now_ms, now_ms + resend_after(c, 0), 0, p.lane};
        c->stats.sent++;
    }
}

void send_due(struct courier *c, uint64_t settings_version, const struct courier_out *out,
              int64_t now_ms)
{
    c->hungry = false;
    if (c->hello_ms <= now_ms && !send_hello(c, settings_version, out, now_ms))
        return;
    if (now_ms < c->hold_ms || now_ms < c->read_after_ms)
        return;
    if (c->sm.now == OPEN && !send_accounts(c, out, now_ms))
        return;
    if (!send_again(c, out, now_ms))
        return;
    send_new(c, out, now_ms);
}
