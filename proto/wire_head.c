/* The four numbers of a batch that ledger and spool need, read straight from the
 * bytes: no memory, no second decoder for the rest. */
#include "proto/wire.h"

#include "base/err.h"

#include <math.h>

enum field { STREAM = 2, LANE = 3, SEQ = 4, LOW = 5 };
enum wire_type { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

static uint64_t read_field(struct reader *r, unsigned type)
{
    switch (type) {
    case VARINT: return read_varint(r);
    case FIXED64: return read_u64(r);
    case LENGTH: read_bytes(r); return 0;
    case FIXED32: return read_u32(r);
    default: r->bad = true; return 0;
    }
}

int wire_batch_head(struct slice bytes, struct wire_head *ret)
{
    struct reader r = reader_of(bytes);
    struct wire_head h = {0};
    while (!r.bad && reader_left(&r)) {
        uint64_t tag = read_varint(&r);
        uint64_t v = read_field(&r, (unsigned)(tag & 7));
        switch (tag >> 3) {
        case STREAM: h.stream = v; break;
        case LANE: h.lane = (uint32_t)v; break;
        case SEQ: h.seq = v; break;
        case LOW: h.low = v; break;
        default: break;
        }
    }
    if (r.bad || !h.stream || !h.seq || !h.low || h.low > h.seq || h.lane >= LANE_COUNT)
        return ERR_INVALID;
    *ret = h;
    return 0;
}

double wire_value(int64_t v, int32_t exponent)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    if (exponent > 18 || exponent < -18)
        return NAN;
    return exponent < 0 ? (double)v / powers[-exponent] : (double)v * powers[exponent];
}
