/* Private to proto/wire*.c: how decoded and encoded messages borrow memory. */
#ifndef PROTO_WIRE_MEM_H
#define PROTO_WIRE_MEM_H

#include "proto/wire.h"

#include "tocsin.pb-c.h"

/* One pass over a message: where its memory comes from and the first fault found. */
struct pass {
    struct arena *arena;
    int rc;             /* 0, or the first error */
    const char *reason; /* static; why */
};

/* Keeps the first error. Returns false, for use in conditions. */
bool pass_fail(struct pass *p, int rc, const char *reason);
/* Zeroed memory of the pass's arena; fails the pass when there is none. */
void *pass_array(struct pass *p, size_t n, size_t size);
/* An allocator for protobuf-c that takes from the pass's arena. */
ProtobufCAllocator pass_allocator(struct pass *p);
/* Unpacks with that allocator; NULL fails the pass. */
ProtobufCMessage *pass_unpack(struct pass *p, const ProtobufCMessageDescriptor *of,
                              struct slice bytes);
/* A text from outside: length and UTF-8 are checked, control bytes refused. */
struct slice pass_text(struct pass *p, const char *text, const char *reason);
bool pass_count(struct pass *p, size_t n, size_t limit, const char *reason);
/* The end of a decode: tells the reason and returns the code. */
int pass_end(const struct pass *p, const char **ret_reason);

/* Packs a built message to the end of `out`. */
int wire_pack(const ProtobufCMessage *message, struct buf *out, size_t limit);
/* A NUL-terminated copy for a message being built ("" when out of memory). */
char *wire_cstr(struct pass *p, struct slice s);

#endif
