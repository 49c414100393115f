/* Any bytes from any topic: the line refuses, stores or answers, and what it stored
 * can be restored. The first byte says how many messages the input holds. */
#include "base/err.h"
#include "gateway/line/line.h"
#include "proto/topic.h"

#include <stdlib.h>

static const struct line_pack *none(void *arg, uint64_t fingerprint)
{
    (void)arg;
    (void)fingerprint;
    return NULL;
}

static void drain(struct line *line)
{
    char device[LINE_DEVICE_MAX];
    struct buf payload;
    buf_init(&payload, LIMIT_MESSAGE);
    while (line_next_down(line, device, &payload))
        ;
    buf_free(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct line_config config = {.limits = {.snapshot_inputs = 1}, .find_pack = none};
    struct line *line;
    struct slice id;
    if (size < 1 || line_new(&config, &line))
        return 0;
    size_t n = data[0] % 4 + 1, at = 1;
    topic_parse(slice_of(data, size < 128 ? size : 128), &id);
    for (size_t i = 0; i < n; i++) {
        size_t len = i + 1 == n ? size - at : (size - at) / 2;
        struct line_now now = {1790000000000 + (int64_t)i, 1000 * (int64_t)i};
        line_up(line, slice_str("fuzz"), slice_of(data + at, len), now);
        at += len;
    }
    const struct line_commit *rows = line_take_commit(line);
    struct line *other;
    if (rows && line_new(&config, &other) == 0) {
        for (size_t i = 0; i < rows->n_snapshots; i++)
            if (line_restore_snapshot(other, &rows->snapshots[i]))
                abort(); /* what we wrote is what we read */
        line_free(other);
    }
    if (rows)
        line_committed(line);
    drain(line);
    line_free(line);
    return 0;
}
