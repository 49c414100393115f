#include "gateway/line/txn.h"

#include <stdlib.h>

void *rows_add(struct rows *rows)
{
    if (rows->n == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 8;
        void *ptr = realloc(rows->ptr, cap * rows->size);
        if (!ptr)
            return NULL;
        rows->ptr = ptr;
        rows->cap = cap;
    }
    void *row = (char *)rows->ptr + rows->n++ * rows->size;
    memset(row, 0, rows->size);
    return row;
}

static void rows_reset(struct rows *rows)
{
    rows->n = 0;
    if (rows->cap * rows->size <= (size_t)256 * 1024)
        return;
    free(rows->ptr);
    rows->ptr = NULL;
    rows->cap = 0;
}

static void each(struct txn *t, void (*fn)(struct rows *))
{
    struct rows *all[] = {&t->inputs, &t->streams, &t->drops,    &t->devices,   &t->latest,
                          &t->alerts, &t->entries, &t->handoffs, &t->snapshots, &t->twins,
                          &t->marks,  &t->acks,    &t->owned};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        fn(all[i]);
}

static void rows_free(struct rows *rows)
{
    free(rows->ptr);
    rows->ptr = NULL;
    rows->n = rows->cap = 0;
}

void txn_init(struct txn *t)
{
    memset(t, 0, sizeof *t);
    t->inputs.size = sizeof(struct row_input);
    t->streams.size = sizeof(struct row_stream);
    t->drops.size = sizeof(struct row_drop);
    t->devices.size = sizeof(struct row_device);
    t->latest.size = sizeof(struct row_latest);
    t->alerts.size = sizeof(struct row_alert);
    t->entries.size = sizeof(struct alert_entry);
    t->handoffs.size = sizeof(struct row_handoff);
    t->snapshots.size = sizeof(struct row_snapshot);
    t->twins.size = sizeof(struct row_twin);
    t->marks.size = sizeof(struct txn_mark);
    t->acks.size = sizeof(struct txn_ack);
    t->owned.size = sizeof(void *);
}

static void free_owned(struct txn *t)
{
    void **owned = t->owned.ptr;
    for (size_t i = 0; i < t->owned.n; i++)
        free(owned[i]);
}

void txn_reset(struct txn *t)
{
    free_owned(t);
    each(t, rows_reset);
}

void txn_free(struct txn *t)
{
    free_owned(t);
    each(t, rows_free);
}

static bool own(struct txn *t, void *ptr)
{
    void **place = rows_add(&t->owned);
    if (place)
        *place = ptr;
    return place != NULL;
}

bool txn_copy(struct txn *t, struct slice bytes, struct slice *ret_copy)
{
    if (bytes.len == 0) {
        *ret_copy = slice_of(NULL, 0);
        return true;
    }
    void *copy = malloc(bytes.len);
    if (!copy || !own(t, copy)) {
        free(copy);
        return false;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    *ret_copy = slice_of(copy, bytes.len);
    return true;
}

bool txn_take(struct txn *t, struct buf *b, struct slice *ret_bytes)
{
    if (!buf_ok(b) || (b->ptr && !own(t, b->ptr)))
        return false;
    *ret_bytes = buf_slice(b);
    b->ptr = NULL;
    b->len = b->cap = 0;
    return true;
}

bool txn_empty(const struct txn *t)
{
    return t->inputs.n == 0;
}

const struct line_commit *txn_view(struct txn *t, uint32_t line)
{
    t->commit = (struct line_commit){
        .line = line,
        .n_inputs = t->inputs.n,
        .n_streams = t->streams.n,
        .n_drops = t->drops.n,
        .n_devices = t->devices.n,
        .n_latest = t->latest.n,
        .n_alerts = t->alerts.n,
        .n_entries = t->entries.n,
        .n_handoffs = t->handoffs.n,
        .n_snapshots = t->snapshots.n,
        .n_twins = t->twins.n,
        .inputs = t->inputs.ptr,
        .streams = t->streams.ptr,
        .drops = t->drops.ptr,
        .devices = t->devices.ptr,
        .latest = t->latest.ptr,
        .alerts = t->alerts.ptr,
        .entries = t->entries.ptr,
        .handoffs = t->handoffs.ptr,
        .snapshots = t->snapshots.ptr,
        .twins = t->twins.ptr,
    };
    return &t->commit;
}
