/* The marks of one stream against a plain table of what happened to each number. */
#include "gateway/line/ledger.h"

#include "base/err.h"
#include "base/rng.h"
#include "tests/support/cu.h"

struct told {
    uint64_t numbers;
    bool gone;
};

static void on_drop(void *arg, const struct ledger *l, const struct wire_drop *drop, bool gone)
{
    struct told *t = arg;
    (void)l;
    if (!gone)
        t->numbers += drop->last - drop->first + 1;
    t->gone |= gone;
}

static void numbers_in_any_order_become_one_contiguous_part(void)
{
    struct ledger l = {.stream = 1};
    const uint64_t order[] = {3, 1, 5, 2, 7, 6, 4};
    for (size_t i = 0; i < 7; i++) {
        CU_ASSERT_EQUAL(ledger_look(&l, order[i], order[i]), LOOK_NEW);
        CU_ASSERT_EQUAL(ledger_take(&l, order[i], order[i]), 0);
        CU_ASSERT_EQUAL(ledger_look(&l, order[i], order[i]), LOOK_SEEN);
        CU_ASSERT_EQUAL(ledger_look(&l, order[i], 99), LOOK_CONFLICT);
    }
    CU_ASSERT_EQUAL(l.contiguous, 7);
    CU_ASSERT_EQUAL(l.n_above, 0);
    CU_ASSERT(ledger_drained(&l));
    ledger_free(&l);
}

/* A stream full of gaps is asked to wait, and never forgets. holds: BOUND-1 */
static void gaps_are_bounded(void)
{
    struct ledger l = {.stream = 1};
    for (uint64_t i = 0; i < LIMIT_RANGES; i++)
        CU_ASSERT_EQUAL(ledger_take(&l, 3 + 2 * i, i), 0);
    CU_ASSERT_EQUAL(ledger_look(&l, 1000, 1), LOOK_FULL);
    CU_ASSERT_EQUAL(ledger_look(&l, 1, 1), LOOK_NEW); /* it closes a gap */
    CU_ASSERT_EQUAL(ledger_look(&l, 4, 1), LOOK_NEW); /* it touches two */
    CU_ASSERT_EQUAL(ledger_missing(&l), LIMIT_RANGES + 1);
    ledger_free(&l);
}

static void same(const struct ledger *l)
{
    struct buf first, again;
    struct ledger copy;
    buf_init(&first, 1 << 20);
    buf_init(&again, 1 << 20);
    ledger_save(l, &first);
    struct reader r = reader_of(buf_slice(&first));
    CU_ASSERT_FATAL(ledger_load(&r, &copy));
    ledger_save(&copy, &again);
    CU_ASSERT(slice_eq(buf_slice(&first), buf_slice(&again)));
    ledger_free(&copy);
    buf_free(&first);
    buf_free(&again);
}

/* Random takes and tombstones: stored and dropped always add up to what is held. */
/* holds: LOSS-3 */
static void every_number_is_stored_or_accounted_for_once(void)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng;
        struct ledger l = {.stream = seed};
        struct told told = {0};
        uint8_t fate[128] = {0}; /* 1 stored, 2 dropped */
        rng_seed(&rng, seed);
        for (int step = 0; step < 200; step++) {
            uint64_t seq = 1 + rng_below(&rng, 120);
            if (rng_below(&rng, 4)) {
                enum ledger_look look = ledger_look(&l, seq, seq);
                CU_ASSERT_EQUAL(look == LOOK_SEEN, fate[seq] != 0);
                if (look == LOOK_NEW && ledger_take(&l, seq, seq) == 0)
                    fate[seq] = 1;
                continue;
            }
            uint64_t last = seq + rng_below(&rng, 5);
            struct wire_drop drop = {.first = seq, .last = last, .reason = DROP_BUDGET};
            ledger_drop(&l, &drop, (struct ledger_sink){on_drop, &told});
            for (uint64_t k = seq; k <= last; k++)
                fate[k] = fate[k] ? fate[k] : 2;
        }
        uint64_t stored = 0, dropped = 0, upto = 0;
        for (size_t k = 1; k < sizeof fate; k++) {
            stored += fate[k] == 1;
            dropped += fate[k] == 2;
            upto += upto + 1 == k && fate[k];
        }
        CU_ASSERT_EQUAL(l.stored, stored);
        CU_ASSERT_EQUAL(l.dropped, dropped);
        CU_ASSERT_EQUAL(told.numbers, dropped);
        CU_ASSERT_EQUAL(l.contiguous, upto);
        same(&l);
        ledger_free(&l);
    }
}

static void hostile_numbers_change_nothing(void)
{
    struct ledger l = {.stream = 1};
    struct told told = {0};
    struct ledger_sink sink = {on_drop, &told};
    const struct wire_drop drops[] = {
        {.first = 0, .last = 5}, {.first = 5, .last = 4}, {.first = 1, .last = UINT64_MAX}};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FALSE(ledger_drop_is_news(&l, &drops[i]));
        CU_ASSERT_FALSE(ledger_drop(&l, &drops[i], sink));
    }
    CU_ASSERT_FALSE(ledger_low(&l, UINT64_MAX, sink));
    CU_ASSERT_FALSE(ledger_expect(&l, UINT64_MAX));
    CU_ASSERT_EQUAL(told.numbers, 0);
    ledger_free(&l);
}

static void damaged_marks_are_refused(void)
{
    struct ledger l = {.stream = 1}, out;
    for (uint64_t i = 1; i < 20; i += 2)
        ledger_take(&l, i, i);
    struct buf b;
    buf_init(&b, 1 << 16);
    ledger_save(&l, &b);
    for (size_t cut = 0; cut < b.len; cut++) {
        struct reader r = reader_of(slice_of(b.ptr, cut));
        CU_ASSERT_FALSE(ledger_load(&r, &out));
    }
    buf_free(&b);
    ledger_free(&l);
}

TESTS(STORY(numbers_in_any_order_become_one_contiguous_part), STORY(gaps_are_bounded),
      STORY(every_number_is_stored_or_accounted_for_once), STORY(hostile_numbers_change_nothing),
      STORY(damaged_marks_are_refused))
