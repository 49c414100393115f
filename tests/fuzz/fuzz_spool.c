/* Any bytes in the spool's folder: it opens, keeps its invariants, and works.
 * Input: files as (which name u8, length u16, bytes), then what is left decides
 * reads, releases and drops. */
#include "agent/spool/spool.h"
#include "base/buf.h"
#include "tests/support/simdisk.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
    "tombs",
    "reserve",
    "s-0000000000000001-1-00000000000000aa-0000000000000001",
    "s-0000000000000001-1-00000000000000aa-0000000000000004",
    "s-0000000000000001-0-00000000000000ab-0000000000000001",
    "s-0000000000000002-1-00000000000000ac-0000000000000001",
    "s-0000000000000002-0-00000000000000ad-0000000000000009",
    "s-ffffffffffffffff-1-00000000000000ae-7ffffffffffffffe",
};
#define NAMES (sizeof names / sizeof names[0])

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static bool dropped(const struct spool *s, uint64_t stream, uint64_t seq)
{
    static struct wire_drop d[SPOOL_DROPS];
    size_t n = spool_drops(s, stream, d, SPOOL_DROPS);
    for (size_t i = 0; i < n; i++)
        if (seq >= d[i].first && seq <= d[i].last)
            return true;
    return false;
}

/* Each number is read or accounted for; what is read twice is the same. */
static void walk(struct spool *s)
{
    for (size_t i = 0; i < spool_count(s); i++) {
        struct spool_stream st = spool_at(s, i);
        need(st.low >= 1 && st.low <= st.next, "low <= next");
        uint64_t id = st.id, seq = st.low, steps = 0;
        while (seq < st.next && steps++ < 400) {
            uint64_t owed = spool_seek(s, id, seq);
            need(owed >= seq && owed <= st.next, "seek goes forward");
            for (uint64_t n = seq; n < owed && n < seq + 50; n++)
                need(dropped(s, id, n), "what seek steps over is dropped");
            struct slice bytes;
            int rc = owed < st.next ? spool_read(s, id, owed, &bytes) : 0;
            need(rc == 0 || rc == ERR_CORRUPT, "read or corrupt");
            need(rc == 0 || dropped(s, id, owed), "corrupt is a tombstone");
            seq = owed + 1;
        }
    }
}

static void act(struct spool *s, struct reader *r)
{
    while (reader_left(r)) {
        uint8_t what = read_u8(r), which = read_u8(r), seq = read_u8(r);
        struct spool_stream st = spool_at(s, which % spool_count(s));
        struct spool_record record = {slice_str("a batch"), 1, 1, 2, 0, NULL};
        switch (what % 5) {
        case 0: spool_release(s, st.id, seq); break;
        case 1: spool_drop(s, st.id, seq, DROP_POISON); break;
        case 2: spool_append(s, which % 2 ? LANE_BULK : LANE_URGENT, &record, 0); break;
        case 3: spool_sync(s, which % 2 ? LANE_BULK : LANE_URGENT, 0); break;
        default: walk(s); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(slice_of(data, size));
    struct simdisk *sim = simdisk_new(size, 0);
    struct spool_config c = {.disk = simdisk_disk(sim), .random = 1, .boot = 7, .session = 3};
    struct spool *s;
    uint8_t files = (uint8_t)(read_u8(&r) % 8);
    while (files--) {
        const char *name = names[read_u8(&r) % NAMES];
        size_t len = read_u8(&r);
        len = len << 8 | read_u8(&r);
        len = len < reader_left(&r) ? len : reader_left(&r);
        simdisk_put(sim, name, slice_of(r.ptr, len));
        r.ptr += len;
    }
    need(spool_open(&c, &s) == 0, "opens");
    walk(s);
    act(s, &r);
    spool_close(s);
    simdisk_power_cut(sim);
    c.session = 4;
    c.random = 2;
    need(spool_open(&c, &s) == 0, "opens again");
    walk(s);
    spool_close(s);
    simdisk_free(sim);
    return 0;
}
