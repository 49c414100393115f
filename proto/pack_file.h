/* The head of a built pack, private to proto/pack_*.c: 8 bytes of magic, the
 * format's version, the body's length and its CRC-32C (u32, little-endian each),
 * then the body: a tocsin.pack.Pack (proto/pack.proto). */
#ifndef PROTO_PACK_FILE_H
#define PROTO_PACK_FILE_H

#define PACK_MAGIC      "TOCSINPK"
#define PACK_FORMAT     1u
#define PACK_HEAD_BYTES 20

#endif
