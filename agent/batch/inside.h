/* The batch's tables, for the files of this folder only. */
#ifndef AGENT_BATCH_INSIDE_H
#define AGENT_BATCH_INSIDE_H

#include "agent/batch/batch.h"

#define CONTEXTS    256 /* of all fault records of a batch */
#define CYCLES_OPEN 32
#define INTENTS     8
#define RESETS      16
#define RESULTS     16
#define TEXTS       4096 /* bytes of texts in a batch not yet sealed */
#define TOKENS      4    /* a fault may change so often before it counts as chatter */
#define BIRTH_MS    200
#define SETTLE_MS   60000 /* after its hello a source has told all that it has */

struct source {
    bool known, gone;
    bool complete;                /* all its faults, states and open cycles are known here */
    bool has_next;                /* a counter of this boot was seen, here or in an earlier life */
    uint32_t boot, next;          /* counter that comes next */
    uint32_t handled[LANE_COUNT]; /* of this boot, in the open batch of a lane */
    uint32_t skipped;             /* handled by leaving out, or told as lost, and not yet marked */
    uint32_t lost;                /* since the last batch that named it */
    uint32_t mark;                /* accounted for: see struct spool_mark */
    int64_t at_ms, heard_ms;      /* its clock, and ours, when last heard */
    bool has_clock;               /* it knows the wall's time itself: */
    int64_t clock_at_ms, clock_wall_ms;
    int64_t settles_ms; /* ours; 0: no hello was heard */
    char name[64];
};

struct series {
    uint8_t source, kind; /* enum report_kind; REPORT_HELLO: free */
    int8_t exponent;
    bool known; /* v holds */
    uint32_t metric, instance;
    uint16_t n, start; /* samples in the open batch; where they go when it is sealed */
    int64_t at_ms, v;
};

struct sample {
    int64_t at_ms, v;
    uint16_t series;
};

struct fault {
    bool used, active, waiting, answered; /* answered: last ref is durable */
    uint8_t source, tokens;
    uint32_t boot, id, instance, ref, raises;
    int64_t at_ms;     /* of its last change */
    int64_t refill_ms; /* our clock: when the next token comes */
    int64_t since_ms;  /* of the first of `raises`, as the source said */
    uint32_t count;    /* raises that were collapsed */
    int64_t first_ms;
};

struct fault_record {
    struct wire_fault w; /* source: our number, not yet the batch's index */
    uint32_t ref, boot;
    uint16_t context;
};

struct cycle_open {
    bool used;
    uint8_t source;
    uint32_t cycle, instance, number;
    int64_t at_ms;
};

struct batch {
    struct batch_config c;
    char pack[LIMIT_TEXT + 1];
    struct source sources[LIMIT_SOURCES];
    struct series series[BATCH_SERIES];
    struct sample *samples;
    size_t n_samples;
    struct fault faults[BATCH_FAULTS];
    struct cycle_open cycles_open[CYCLES_OPEN];

    struct fault_record open[BATCH_OPEN];
    struct wire_context contexts[CONTEXTS];
    struct wire_cycle cycles[BATCH_OPEN];
    struct wire_event events[BATCH_OPEN];
    struct wire_intent intents[INTENTS];
    struct wire_reset resets[RESETS];
    struct wire_result results[RESULTS];
    char texts[TEXTS];
    size_t n_open, n_contexts, n_cycles, n_events, n_intents, n_resets, n_results, n_texts;
    bool identity, factory_reset, flush;
    struct batch_ref wiped; /* the last factory reset; ref 0: none */
    bool wiped_answered;
    uint64_t lost;

    int64_t bulk_since_ms, bulk_sealed_ms, urgent_sealed_ms;
    int64_t birth_ms; /* until then a source that has just started may say what time it is */
    int64_t key_ms[LANE_COUNT]; /* when the next keyframe is due */
    size_t n_waiting;           /* faults with something collapsed */

    int64_t *at, *v; /* scratch of a seal: columns */
    struct wire_column *columns;
    struct wire_fault *out_faults; /* BATCH_FAULTS of them */
    struct wire_cycle out_cycles[BATCH_OPEN];
    struct wire_event out_events[BATCH_OPEN];
    struct wire_reset out_resets[RESETS];
    struct wire_source out_sources[LIMIT_SOURCES];
    uint32_t index[LIMIT_SOURCES]; /* of a source in the batch */
};

/* source.c */
int source_hear(struct batch *b, const struct report *r, struct now now);
/* The source's own clock at this moment, and the wall's time at that. */
int64_t source_now_ms(const struct source *s, struct now now);
int64_t source_wall_ms(const struct source *s, int64_t at_ms, struct now now);
void source_count(struct batch *b, const struct report *r); /* counter and gaps */
bool source_open(const struct batch *b, uint32_t source);   /* has something unsealed */
void source_skip(struct batch *b, const struct report *r);
void source_keep(struct batch *b, const struct report *r, enum wire_lane lane);

/* fault.c */
int fault_report(struct batch *b, const struct report *r, struct now now);
void fault_release(struct batch *b, struct now now); /* collapsed ones whose token came */
int64_t fault_wake_ms(const struct batch *b);
void fault_forget(struct batch *b, uint32_t source); /* it started anew */

/* batch.c */
bool text_keep(struct batch *b, struct slice text, struct slice *ret);
bool bulk_open(const struct batch *b);
bool urgent_open(const struct batch *b);

#endif
