#include "gateway/notify/schedule/schedule.h"

#include "base/backoff.h"

static enum outcome classify_mail(enum reply_end end, int64_t code)
{
    if (end == REPLY_WHOLE)
        return OUTCOME_ACCEPTED;
    if (end == REPLY_FORBIDDEN)
        return OUTCOME_DEAD;
    /* 5xx in a greeting or login is about us and gets mended; about a sender, a
     * recipient or a text it is final. A 2xx before a hang-up says nothing. */
    if (end == REPLY_BROKEN && code >= 500 && code <= 599)
        return OUTCOME_DEAD;
    return OUTCOME_RETRY;
}

static enum outcome classify_hook(enum reply_end end, int64_t code)
{
    if (end == REPLY_FORBIDDEN)
        return OUTCOME_DEAD;
    if (code >= 200 && code <= 299)
        return OUTCOME_ACCEPTED;
    if (code < 200 || code >= 500)
        return OUTCOME_RETRY;
    switch (code) {
    case 408: /* request timeout */
    case 409: /* conflict */
    case 423: /* locked */
    case 425: /* too early */
    case 429: /* too many requests */ return OUTCOME_RETRY;
    default: return OUTCOME_DEAD;
    }
}

enum outcome schedule_classify(enum channel channel, enum reply_end end, int64_t code)
{
    return channel == CHANNEL_EMAIL ? classify_mail(end, code) : classify_hook(end, code);
}

int64_t schedule_retry(const struct schedule_limits *l, int64_t attempts, int64_t created_ms,
                       int64_t now_ms, struct rng *rng)
{
    struct backoff b;
    backoff_init(&b, l->retry_floor_ms, l->retry_cap_ms, 0);
    b.failures = attempts > 32 ? 32 : attempts > 0 ? (uint32_t)attempts - 1 : 0;
    int64_t next_ms = now_ms + backoff_fail(&b, rng);
    return next_ms - created_ms > l->give_up_ms ? -1 : next_ms;
}

enum verdict_now schedule_judge(const struct schedule_limits *l, const struct schedule_row *row,
                                int64_t now_ms, const char **ret_why)
{
    if (row->channel == CHANNEL_WEBHOOK)
        return SEND_NOW; /* machines keep records: they get every event */
    if (row->opened && row->alert_over && now_ms - row->created_ms > l->stale_ms) {
        *ret_why = "the alert was over before this could be sent";
        return SEND_NEVER;
    }
    if (row->opening == OPENING_UNTOLD) {
        *ret_why = "the mail that this one follows was not sent";
        return SEND_NEVER;
    }
    if (row->opening == OPENING_PENDING) {
        *ret_why = "the mail that this one follows goes first";
        return SEND_LATER;
    }
    return SEND_NOW;
}

void schedule_init(struct schedule *s, size_t concurrency)
{
    *s = (struct schedule){.concurrency = concurrency < 1              ? 1
                                          : concurrency > SCHEDULE_MAX ? SCHEDULE_MAX
                                                                       : concurrency};
}

static size_t in_flight(const struct schedule *s, enum channel channel)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->flight[i].channel == channel;
    return n;
}

bool schedule_channel_open(const struct schedule *s, enum channel channel)
{
    size_t half = s->concurrency > 1 ? s->concurrency / 2 : 1;
    return s->n < s->concurrency && in_flight(s, channel) < half;
}

bool schedule_lane_open(const struct schedule *s, enum channel channel, uint64_t lane)
{
    if (!schedule_channel_open(s, channel))
        return false;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->flight[i].channel == channel && s->flight[i].lane == lane;
    return channel == CHANNEL_EMAIL || n < SCHEDULE_LANE;
}

bool schedule_start(struct schedule *s, int64_t id, enum channel channel, uint64_t lane)
{
    if (!schedule_lane_open(s, channel, lane))
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (s->flight[i].id == id)
            return false;
    s->flight[s->n].id = id;
    s->flight[s->n].channel = channel;
    s->flight[s->n].lane = lane;
    s->n++;
    return true;
}

void schedule_end(struct schedule *s, int64_t id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->flight[i].id == id) {
            s->flight[i] = s->flight[--s->n];
            return;
        }
    }
}
