/* Marks of a stream: a contiguous part and a bounded, sorted set of ranges above. */
#include "gateway/line/ledger.h"

#include "base/err.h"

#include <stdlib.h>

uint64_t ledger_digest(struct slice bytes)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ bytes.ptr[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* The first range that ends at or after seq. */
static size_t find(const struct ledger *l, uint64_t seq)
{
    size_t lo = 0, hi = l->n_above;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (l->above[mid].last < seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool held(const struct ledger *l, uint64_t seq)
{
    if (seq <= l->contiguous)
        return true;
    size_t i = find(l, seq);
    return i < l->n_above && l->above[i].first <= seq;
}

/* Whether [first, last], of which nothing is held, touches a neighbour. */
static bool grows(const struct ledger *l, uint64_t first, uint64_t last, size_t i)
{
    return first == l->contiguous + 1 || (i > 0 && l->above[i - 1].last + 1 == first) ||
           (i < l->n_above && last + 1 == l->above[i].first);
}

enum ledger_look ledger_look(const struct ledger *l, uint64_t seq, uint64_t digest)
{
    if (held(l, seq)) {
        for (size_t i = 0; l->digests && i < LEDGER_DIGESTS; i++)
            if (l->digests[i].seq == seq && l->digests[i].digest != digest)
                return LOOK_CONFLICT;
        return LOOK_SEEN;
    }
    if (l->n_above == LIMIT_RANGES && !grows(l, seq, seq, find(l, seq)))
        return LOOK_FULL;
    return LOOK_NEW;
}

static void remove_range(struct ledger *l, size_t i)
{
    memmove(&l->above[i], &l->above[i + 1], (l->n_above - i - 1) * sizeof l->above[0]);
    l->n_above--;
}

static void absorb(struct ledger *l)
{
    while (l->n_above && l->above[0].first <= l->contiguous + 1) {
        if (l->above[0].last > l->contiguous)
            l->contiguous = l->above[0].last;
        remove_range(l, 0);
    }
}

/* Adds [first, last], of which nothing is held. ERR_FULL, ERR_NOMEM. */
static int add(struct ledger *l, uint64_t first, uint64_t last)
{
    size_t i = find(l, first);
    if (first == l->contiguous + 1) {
        l->contiguous = last;
        absorb(l);
        return 0;
    }
    if (!l->above) {
        l->above = calloc(LIMIT_RANGES, sizeof l->above[0]);
        if (!l->above)
            return ERR_NOMEM;
    }
    bool left = i > 0 && l->above[i - 1].last + 1 == first;
    bool right = i < l->n_above && last + 1 == l->above[i].first;
    if (left && right) {
        l->above[i - 1].last = l->above[i].last;
        remove_range(l, i);
    } else if (left) {
        l->above[i - 1].last = last;
    } else if (right) {
        l->above[i].first = first;
    } else if (l->n_above == LIMIT_RANGES) {
        return ERR_FULL;
    } else {
        memmove(&l->above[i + 1], &l->above[i], (l->n_above - i) * sizeof l->above[0]);
        l->above[i] = (struct wire_range){first, last};
        l->n_above++;
    }
    return 0;
}

int ledger_take(struct ledger *l, uint64_t seq, uint64_t digest)
{
    if (!l->digests) {
        l->digests = calloc(LEDGER_DIGESTS, sizeof l->digests[0]);
        if (!l->digests)
            return ERR_NOMEM;
    }
    int rc = add(l, seq, seq);
    if (rc)
        return rc;
    l->digests[l->next_digest] = (struct ledger_mark){seq, digest};
    l->next_digest = (l->next_digest + 1) % LEDGER_DIGESTS;
    l->stored++;
    if (seq > l->highest)
        l->highest = seq;
    ledger_expect(l, seq);
    return 0;
}

/* The next hole at or after *from, up to `last`. */
static bool next_hole(const struct ledger *l, uint64_t *from, uint64_t last,
                      struct wire_range *ret_hole)
{
    uint64_t at = *from <= l->contiguous ? l->contiguous + 1 : *from;
    size_t i = find(l, at);
    if (i < l->n_above && l->above[i].first <= at)
        at = l->above[i++].last + 1;
    if (at > last)
        return false;
    uint64_t end = i < l->n_above && l->above[i].first <= last ? l->above[i].first - 1 : last;
    *ret_hole = (struct wire_range){at, end};
    *from = end + 1;
    return true;
}

/* Accounts for every hole of [drop->first, drop->last]. What finds no room among
 * the ranges stays open, and is told again. */
static bool close_holes(struct ledger *l, const struct wire_drop *drop, bool implied,
                        struct ledger_sink sink)
{
    bool changed = false;
    uint64_t from = drop->first, span = drop->last - drop->first + 1;
    struct wire_range hole;
    while (next_hole(l, &from, drop->last, &hole)) {
        if (add(l, hole.first, hole.last))
            continue;
        uint64_t n = hole.last - hole.first + 1;
        l->dropped += n;
        struct wire_drop part = *drop;
        part.first = hole.first;
        part.last = hole.last;
        if (span > 0 && n != span)
            part.readings = (uint64_t)((double)drop->readings * ((double)n / (double)span));
        sink.drop(sink.arg, l, &part, false);
        if (implied && l->n_implied < LEDGER_IMPLIED)
            l->implied[l->n_implied++] = hole;
        changed = true;
    }
    return changed;
}

bool ledger_low(struct ledger *l, uint64_t low, struct ledger_sink sink)
{
    if (low <= l->contiguous + 1 || low > (uint64_t)INT64_MAX)
        return false;
    struct wire_drop drop = {.first = l->contiguous + 1, .last = low - 1, .reason = DROP_RESTORE};
    ledger_expect(l, low - 1);
    return close_holes(l, &drop, true, sink);
}

static void tell_again(struct ledger *l, uint64_t first, uint64_t last,
                       const struct wire_drop *like, struct ledger_sink sink)
{
    if (first > last)
        return;
    struct wire_drop part = *like;
    part.first = first;
    part.last = last;
    sink.drop(sink.arg, l, &part, false);
}

/* A tombstone explains a hole that was only implied: its row takes the place. */
static bool explain(struct ledger *l, const struct wire_drop *drop, struct ledger_sink sink)
{
    const struct wire_drop unknown = {.reason = DROP_RESTORE};
    bool changed = false;
    for (size_t i = 0; i < l->n_implied;) {
        struct wire_range was = l->implied[i];
        if (was.last < drop->first || was.first > drop->last) {
            i++;
            continue;
        }
        uint64_t first = was.first > drop->first ? was.first : drop->first;
        uint64_t last = was.last < drop->last ? was.last : drop->last;
        struct wire_drop gone = {.first = was.first, .last = was.last};
        sink.drop(sink.arg, l, &gone, true);
        tell_again(l, was.first, first - 1, &unknown, sink);
        tell_again(l, first, last, drop, sink);
        tell_again(l, last + 1, was.last, &unknown, sink);
        l->implied[i] = l->implied[--l->n_implied];
        changed = true;
    }
    return changed;
}

static bool drop_is_sane(const struct wire_drop *drop)
{
    return drop->first && drop->last >= drop->first && drop->last <= (uint64_t)INT64_MAX;
}

bool ledger_drop_is_news(const struct ledger *l, const struct wire_drop *drop)
{
    uint64_t from = drop->first;
    struct wire_range hole;
    if (!drop_is_sane(drop))
        return false;
    if (drop->last > l->expected || next_hole(l, &from, drop->last, &hole))
        return true;
    for (size_t i = 0; i < l->n_implied; i++)
        if (l->implied[i].last >= drop->first && l->implied[i].first <= drop->last)
            return true;
    return false;
}

bool ledger_drop(struct ledger *l, const struct wire_drop *drop, struct ledger_sink sink)
{
    if (!drop_is_sane(drop))
        return false;
    bool news = ledger_expect(l, drop->last);
    bool explained = explain(l, drop, sink);
    return close_holes(l, drop, false, sink) || explained || news;
}

bool ledger_expect(struct ledger *l, uint64_t last)
{
    if (last <= l->expected || last > (uint64_t)INT64_MAX)
        return false;
    l->expected = last;
    return true;
}

bool ledger_close(struct ledger *l, uint64_t last)
{
    if (last == 0 || l->closed_last == last)
        return false;
    l->closed_last = last;
    ledger_expect(l, last);
    return true;
}

bool ledger_drained(const struct ledger *l)
{
    return l->contiguous >= l->expected;
}

uint64_t ledger_missing(const struct ledger *l)
{
    uint64_t from = 1, missing = 0;
    struct wire_range hole;
    while (next_hole(l, &from, l->expected, &hole))
        missing += hole.last - hole.first + 1;
    return missing;
}

void ledger_forget(struct ledger *l)
{
    free(l->digests);
    l->digests = NULL;
    l->next_digest = 0;
}

void ledger_free(struct ledger *l)
{
    free(l->above);
    free(l->digests);
    l->above = NULL;
    l->digests = NULL;
}

static void save_ranges(const struct wire_range *ranges, size_t n, struct buf *out)
{
    buf_varint(out, n);
    for (size_t i = 0; i < n; i++) {
        buf_varint(out, ranges[i].first);
        buf_varint(out, ranges[i].last);
    }
}

void ledger_save(const struct ledger *l, struct buf *out)
{
    buf_u64(out, l->stream);
    const uint64_t numbers[] = {l->lane,        l->contiguous, l->highest, l->expected,
                                l->closed_last, l->stored,     l->dropped};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        buf_varint(out, numbers[i]);
    buf_zigzag(out, l->updated_ms);
    buf_zigzag(out, l->progress_listen_ms);
    save_ranges(l->above, l->n_above, out);
    save_ranges(l->implied, l->n_implied, out);
    size_t n = 0;
    for (size_t i = 0; l->digests && i < LEDGER_DIGESTS; i++)
        n += l->digests[i].seq != 0;
    buf_varint(out, n);
    /* Oldest first, so that a loaded ring is the same ring. */
    for (size_t i = 0; l->digests && i < LEDGER_DIGESTS; i++) {
        const struct ledger_mark *m = &l->digests[(l->next_digest + i) % LEDGER_DIGESTS];
        if (m->seq == 0)
            continue;
        buf_varint(out, m->seq);
        buf_u64(out, m->digest);
    }
}

static bool load_ranges(struct reader *r, struct wire_range *ranges, size_t max, size_t *ret_n)
{
    uint64_t n = read_varint(r);
    if (r->bad || n > max)
        return false;
    for (size_t i = 0; i < (size_t)n; i++) {
        ranges[i].first = read_varint(r);
        ranges[i].last = read_varint(r);
    }
    *ret_n = (size_t)n;
    return !r->bad;
}

static bool load_digests(struct reader *r, struct ledger *l)
{
    uint64_t n = read_varint(r);
    if (r->bad || n > LEDGER_DIGESTS)
        return false;
    if (n == 0)
        return true;
    l->digests = calloc(LEDGER_DIGESTS, sizeof l->digests[0]);
    if (!l->digests)
        return false;
    for (size_t i = 0; i < (size_t)n; i++) {
        l->digests[i].seq = read_varint(r);
        l->digests[i].digest = read_u64(r);
    }
    l->next_digest = (size_t)n % LEDGER_DIGESTS;
    return !r->bad;
}

bool ledger_load(struct reader *r, struct ledger *ret)
{
    struct ledger l = {0};
    l.stream = read_u64(r);
    l.lane = (uint32_t)read_varint(r);
    uint64_t *numbers[] = {&l.contiguous,  &l.highest, &l.expected,
                           &l.closed_last, &l.stored,  &l.dropped};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = read_varint(r);
    l.updated_ms = read_zigzag(r);
    l.progress_listen_ms = read_zigzag(r);
    struct wire_range above[LIMIT_RANGES];
    if (!load_ranges(r, above, LIMIT_RANGES, &l.n_above) ||
        !load_ranges(r, l.implied, LEDGER_IMPLIED, &l.n_implied))
        return false;
    if (l.n_above) {
        l.above = malloc(sizeof above);
        if (!l.above)
            return false;
        memcpy(l.above, above, l.n_above * sizeof above[0]);
    }
    if (!load_digests(r, &l)) {
        ledger_free(&l);
        return false;
    }
    *ret = l;
    return true;
}
