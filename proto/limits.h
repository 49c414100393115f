/* What both ends refuse. A message within these is accepted by every version. */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

#define LIMIT_DEVICE_ID  64           /* characters of [A-Za-z0-9._-] */
#define LIMIT_MESSAGE    (128 * 1024) /* bytes of one MQTT payload, up or down */
#define LIMIT_BATCH      (64 * 1024)  /* bytes of one sealed batch */
#define LIMIT_SOURCES    16   /* firmware sources named in a batch, the agent's own included */
#define LIMIT_COLUMNS    512  /* columns of a batch */
#define LIMIT_SAMPLES    8192 /* samples of a batch, all columns */
#define LIMIT_FAULTS     256  /* fault records of a batch */
#define LIMIT_CONTEXT    16   /* context values of a fault */
#define LIMIT_RECORDS    256  /* cycles, events, results, ... of a batch, of each kind */
#define LIMIT_COMPONENTS 32   /* components of an identity */
#define LIMIT_RANGES     64   /* ranges in one ack of a stream, or tombstones in one account */
#define LIMIT_STREAMS    32   /* streams in one hello, account or ack */
#define LIMIT_TEXT       256  /* bytes of any text field */
#define LIMIT_ARGS       8    /* arguments of a command */
#define LIMIT_SETTINGS   256  /* settings of a twin */
#define LIMIT_DECODE     (1024 * 1024) /* bytes of memory one decode may take */

#define WIRE_VERSION 1

#endif
