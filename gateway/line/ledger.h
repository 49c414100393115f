/* The ledger of one stream: which numbers the gateway holds, which will never
 * come and why, and so which are missing. Pure. */
#ifndef GATEWAY_LINE_LEDGER_H
#define GATEWAY_LINE_LEDGER_H

#include "proto/wire.h"

#define LEDGER_DIGESTS 128 /* batches of which the digest is remembered, a stream */
#define LEDGER_IMPLIED 16

struct ledger_mark {
    uint64_t seq, digest;
};

/* Numbers up to `contiguous` and those in `above` are held or accounted for. */
struct ledger {
    uint64_t stream;
    uint32_t lane;
    uint64_t contiguous;
    uint64_t highest;     /* seen in a batch */
    uint64_t expected;    /* known to exist */
    uint64_t closed_last; /* 0: still grows */
    uint64_t stored, dropped;
    int64_t updated_ms;         /* wall */
    int64_t progress_listen_ms; /* when `contiguous` last moved or nothing was missing */
    size_t n_above;
    struct wire_range *above; /* owned: LIMIT_RANGES places, or NULL while empty */
    size_t n_implied;         /* holes below `low` of which nobody has said why */
    struct wire_range implied[LEDGER_IMPLIED];
    size_t next_digest;
    struct ledger_mark *digests; /* owned: a ring of LEDGER_DIGESTS, or NULL */
};

/* What to write about numbers that will never come. `gone`: the row that begins
 * at `first` does not hold any more. */
struct ledger_sink {
    void (*drop)(void *arg, const struct ledger *l, const struct wire_drop *drop, bool gone);
    void *arg;
};

enum ledger_look { LOOK_NEW, LOOK_SEEN, LOOK_CONFLICT, LOOK_FULL };

/* 64 bits over the bytes of a batch (FNV-1a). */
uint64_t ledger_digest(struct slice bytes);
/* LOOK_CONFLICT: another batch had this number. LOOK_FULL: too many gaps for now. */
enum ledger_look ledger_look(const struct ledger *l, uint64_t seq, uint64_t digest);
/* Takes a number that looks new. ERR_NOMEM: nothing changed. */
int ledger_take(struct ledger *l, uint64_t seq, uint64_t digest);
/* Nothing below `low` is owed any more: holes there are accounted for as lost by a
 * restore, until a tombstone says better. True when something changed. */
bool ledger_low(struct ledger *l, uint64_t low, struct ledger_sink sink);
/* A tombstone: only what is not held counts. True when something changed. */
/* Whether ledger_drop would change anything. */
bool ledger_drop_is_news(const struct ledger *l, const struct wire_drop *drop);
bool ledger_drop(struct ledger *l, const struct wire_drop *drop, struct ledger_sink sink);
/* Numbers up to `last` exist. True when that is news. */
bool ledger_expect(struct ledger *l, uint64_t last);
bool ledger_close(struct ledger *l, uint64_t last);

/* Nothing known to exist is missing. */
bool ledger_drained(const struct ledger *l);
/* How many are: neither held nor accounted for. */
uint64_t ledger_missing(const struct ledger *l);

/* A closed stream that is complete needs no digests any more. */
void ledger_forget(struct ledger *l);
void ledger_free(struct ledger *l);
void ledger_save(const struct ledger *l, struct buf *out);
/* False: not a ledger, or no memory; *ret is untouched. */
bool ledger_load(struct reader *r, struct ledger *ret);

#endif
