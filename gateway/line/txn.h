/* The rows of one transaction while they gather. */
#ifndef GATEWAY_LINE_TXN_H
#define GATEWAY_LINE_TXN_H

#include "gateway/line/rows.h"

/* A growing array of rows of one size. */
struct rows {
    void *ptr; /* owned */
    size_t n, cap, size;
};
/* A zeroed row at the end; NULL: no memory. Lent until the next. */
void *rows_add(struct rows *rows);

/* What becomes the committed marks of a stream when the commit is done. */
struct txn_mark {
    char device[LINE_DEVICE_MAX];
    uint64_t stream, contiguous;
    size_t n_above;
    const struct wire_range *above; /* lent by the transaction */
};
struct txn_ack { /* a device that waits for a word after the commit */
    char device[LINE_DEVICE_MAX];
    bool settings; /* its settings */
};

struct txn {
    struct rows inputs, streams, drops, devices, latest, alerts, entries, handoffs, snapshots,
        twins;
    struct rows marks, acks;
    struct rows owned; /* void *: freed with the transaction */
    struct line_commit commit;
};

void txn_init(struct txn *t);
/* Forgets the rows, keeps some memory. */
void txn_reset(struct txn *t);
void txn_free(struct txn *t);
/* A copy that lives as long as the transaction; false: no memory. */
bool txn_copy(struct txn *t, struct slice bytes, struct slice *ret_copy);
/* Takes the buffer's memory over. */
bool txn_take(struct txn *t, struct buf *b, struct slice *ret_bytes);
bool txn_empty(const struct txn *t);
/* Fills `commit` from the rows. */
const struct line_commit *txn_view(struct txn *t, uint32_t line);

#endif
