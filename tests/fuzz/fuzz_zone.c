/* Zone files: whatever the bytes, a zone or a refusal; and any time has a place in it. */
#include "gateway/people/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone *zone = NULL;
    struct err e;
    if (zone_parse(slice_of(data, size), &zone, &e) == 0) {
        static const int64_t times_ms[] = {INT64_C(-62135596800000), -1, 0, INT64_C(1792931400000),
                                           INT64_C(253402300799000)};
        for (size_t i = 0; i < sizeof times_ms / sizeof times_ms[0]; i++) {
            struct zone_time t = zone_local(zone, times_ms[i]);
            if (t.month < 1 || t.month > 12 || t.hour < 0 || t.hour > 23)
                __builtin_trap();
        }
    }
    zone_free(zone);
    return 0;
}
