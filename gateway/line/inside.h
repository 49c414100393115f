/* The inside of a line, shared by the files of this folder alone. */
#ifndef GATEWAY_LINE_INSIDE_H
#define GATEWAY_LINE_INSIDE_H

#include "base/arena.h"
#include "gateway/line/fix.h"
#include "gateway/line/ledger.h"
#include "gateway/line/line.h"
#include "gateway/line/txn.h"

#define DEVICE_STREAMS   512
#define DEVICE_FAULTS    256
#define DEVICE_LATEST    1024
#define DEVICE_ALERTS    64
#define DEVICE_HELD      32
#define DEVICE_REFUSALS  8
#define ALERTS_PER_INPUT 256
#define STATE_VERSION    5

struct stream {
    struct ledger l;
    bool dirty; /* changed in the open transaction */
    bool ack_due;
    uint64_t done_contiguous; /* committed marks: acks are made of these alone */
    size_t n_done;
    struct wire_range *done; /* owned */
};

struct fault_state {
    uint64_t source; /* of its name */
    uint32_t fault, instance;
    bool active;
    int64_t at_ms; /* event time of the newest fact */
    /* What was counted since the source's last answer, for when an agent that was
     * killed tells it again: */
    uint32_t boot, told; /* of the source; raises */
    uint64_t stream;
    int64_t first_ms; /* the first of them, the source's clock */
};

/* Until when a source's keyframes have said all its active faults. */
struct keyframe_mark {
    uint64_t source; /* of its name */
    int64_t at_ms;   /* event time of the newest */
};

struct latest {
    uint32_t metric, instance;
    int64_t at_ms;
    double value;
    bool dirty;
};

struct open_alert {
    struct alert a;
    bool watched;   /* opened from late data: resolved as soon as it does not hold */
    bool confirmed; /* while restoring: the store holds it too */
};

/* A verdict that waits until it is known whether it is still true. */
struct held {
    struct verdict v;
    bool late;
    int64_t decide_listen_ms;
};

struct deferred { /* a batch that is stored and not yet judged */
    int64_t arrived_ms;
    struct slice fix, bytes; /* one owned block, fix first */
};

struct presence_state {
    enum presence now;
    int64_t since_ms; /* wall */
    int64_t since_listen_ms;
    uint64_t session, ended; /* highest seen; highest that ended */
    int64_t heard_listen_ms;
    int64_t will_listen_ms;    /* of the newest will */
    int64_t offline_listen_ms; /* 0: no will waits */
    int64_t intent_at_ms;      /* event time of the newest intent */
    uint32_t intent;           /* enum wire_intent_kind */
    int64_t intent_until_ms;   /* wall; 0: until further notice */
};

struct refusal {
    uint64_t stream, seq;
    bool never;
    const char *reason; /* static */
};

struct said { /* when an identity was sealed: by its boot's clock, and by event time */
    uint64_t boot;
    int64_t sealed_ms, at_ms;
    uint64_t seq;
};

struct twin {
    uint64_t desired, reported; /* versions; desired 0: nobody wished anything */
    size_t n;
    struct line_setting *settings; /* owned */
    bool dirty;                    /* to be written */
    bool due;                      /* to be sent */
    int64_t sent_ms;               /* wall; not kept, like the next */
    uint64_t sent_session;
};

struct device {
    char id[LINE_DEVICE_MAX];
    uint64_t last_input;     /* its newest input */
    uint64_t snapshot_input; /* while restoring: replay what is after this */
    uint32_t since_snapshot; /* inputs */
    bool dirty;

    /* who it is */
    char model[64], serial[64], firmware[64], hardware[64], agent[64], pack[64];
    uint32_t pack_revision;
    size_t n_components;
    struct row_component *components; /* owned */
    struct said said;                 /* the newest identity */
    int64_t first_seen_ms, last_seen_ms, newest_ms;
    uint64_t readings, batches, source_lost;

    /* what was heard */
    size_t n_streams, cap_streams;
    struct stream *streams; /* owned; ascending by id */
    struct fix_anchor anchor;
    struct presence_state presence;

    /* what it means */
    uint64_t bound; /* fingerprint of the pack in use; 0: none */
    const struct line_pack *pack_used;
    struct detect *live, *past; /* owned; past is the late timeline, while there is one */
    int64_t mark_ms[LANE_COUNT], past_mark_ms[LANE_COUNT];
    size_t n_keyframes;
    struct keyframe_mark keyframes[LIMIT_SOURCES]; /* of urgent ones, newest word last */
    int64_t telling_listen_ms; /* until then a source is taken to be telling its past */
    size_t n_faults, n_latest, n_alerts, n_held, n_deferred;
    struct fault_state *faults; /* owned, like the next four */
    struct latest *latest;
    struct open_alert *alerts;
    struct held *held;
    struct deferred *deferred;
    size_t deferred_bytes;

    struct twin twin;
    int64_t words_due_ms; /* wall; how far its hellos, wills and accounts are ahead of their
                             rate. Not part of the state: a new life of the gateway forgives */

    /* what it is still to hear */
    bool queued, ask_hello;
    size_t n_refusals;
    struct refusal refusals[DEVICE_REFUSALS];

    /* when time alone changes something; INT64_MAX: never */
    int64_t due_listen_ms, due_wall_ms;
};

struct in_force {
    char name[64];
    uint64_t fingerprint;
    const struct line_pack *pack;
};

struct line {
    struct line_config config;
    struct line_limits limits;
    size_t n_devices, cap_devices;
    struct device *
        *devices; /* owned; ascending by id, so that an order is the same after a crash */
    size_t n_packs;
    struct in_force packs[64];
    uint64_t next_input, next_handoff;
    int64_t listen_ms;
    int64_t grace_listen_ms; /* nobody is absent before */
    uint32_t hold_off_ms, hello_within_ms;
    bool replaying; /* nothing is emitted */
    bool flying;    /* a commit is under way */
    bool broken;    /* memory ran out in the middle of an input: reload */
    struct txn txns[2];
    struct txn *open, *away;
    struct arena arena, arena2;
    struct buf scratch;
    void *facts; /* owned: see judge.c */
    size_t cap_facts;
    size_t n_queue, cap_queue, head_queue;
    struct device **queue; /* owned: who is to hear something */
    size_t n_dirty, cap_dirty;
    struct device **dirty; /* owned: who changed in the open transaction */
    uint32_t alerts_of_input;
    struct line_stats stats;
};

/* The input that is being applied. */
struct input {
    uint64_t no;
    struct line_now now;
};

/* line.c */
struct device *line_find(const struct line *line, const char *id);
/* Found or made; NULL: no memory or too many. */
struct device *line_device(struct line *line, const char *id);
void dev_free(struct device *d);
/* Takes a device that was loaded. ERR_NOMEM. */
int line_adopt(struct line *line, struct device *d);
/* Numbers and journals an input: the only door. False: no memory (line is broken). */
bool line_journal(struct line *line, struct row_input *row, const struct line_fix *fix,
                  struct slice bytes, struct input *ret_input);
/* The same for an input of no message; device "": of the line. */
bool line_journal_for(struct line *line, enum input_kind kind, const char *device,
                      struct slice bytes, struct input *in);
struct line_fix line_plain_fix(struct line_now now);
void line_queue(struct line *line, struct device *d);
void line_touch(struct line *line, struct device *d, const struct input *in);

/* streams.c */
struct stream *dev_stream(struct device *d, uint64_t id);
struct stream *dev_stream_make(struct line *line, struct device *d, uint64_t id, uint32_t lane,
                               const struct input *in);
void stream_free(struct stream *s);
bool stream_low(struct line *line, struct device *d, struct stream *s, const struct input *in,
                uint64_t low);
bool stream_tombstone(struct line *line, struct device *d, struct stream *s, const struct input *in,
                      const struct wire_drop *drop);
/* After marks changed: what is written, the progress clock, what a closed one may forget. */
void stream_moved(struct stream *s, const struct input *in, uint64_t was_contiguous);
bool dev_drained(const struct device *d);

/* apply.c: applying what came; also the replay's way */
void apply_batch(struct line *line, struct device *d, const struct input *in,
                 const struct line_fix *fix, struct slice bytes, const struct wire_batch *decoded,
                 uint64_t digest); /* decoded NULL: of a version to come */
void apply_hello(struct line *line, struct device *d, const struct input *in,
                 const struct wire_up *up);
void apply_account(struct line *line, struct device *d, const struct input *in,
                   const struct wire_up *up);
void apply_will(struct line *line, struct device *d, const struct input *in,
                const struct wire_up *up);
void apply_conflict(struct line *line, struct device *d, const struct input *in,
                    struct slice bytes);

/* presence.c */
void presence_heard(struct line *line, struct device *d, const struct input *in, uint64_t session);
void presence_hello(struct line *line, struct device *d, const struct input *in, uint64_t session);
void presence_will(struct line *line, struct device *d, const struct input *in, uint64_t session);
void presence_intent(struct device *d, uint32_t kind, int64_t at_ms, int64_t until_ms);
/* Whether a hello of this session is news: a lower number is one only from a device
 * that is not here, such as one whose memory was replaced. */
bool presence_accepts(const struct device *d, uint64_t session);
void presence_tick(struct line *line, struct device *d, const struct input *in);
int64_t presence_due_listen(const struct line *line, const struct device *d);
int64_t presence_due_wall(const struct device *d);

/* judge.c */
/* Newest time and last values: known whatever the rules. */
void note_batch(struct line *line, struct device *d, const struct wire_batch *b,
                const struct line_fix *fix);
void judge_batch(struct line *line, struct device *d, const struct input *in,
                 const struct wire_batch *batch, const struct line_fix *fix);

/* verdicts.c */
struct judging { /* what a verdict needs to know about its fact */
    struct line *line;
    struct device *d;
    const struct input *in;
    bool late;
    int64_t fact_ms;
};
size_t rule_index(const struct device *d, const char *name); /* SIZE_MAX: none */
void verdict_take(void *arg, const struct verdict *v);
void held_settle(struct line *line, struct device *d, const struct input *in);
int64_t held_due_listen(const struct device *d);

/* bind.c: which rules a device is under */
void bind_device(struct line *line, struct device *d, const struct input *in);
bool bind_waits(const struct line *line, const struct device *d);
void defer_batch(struct line *line, struct device *d, const struct input *in,
                 const struct line_fix *fix, struct slice bytes);
bool defer_add(struct device *d, int64_t arrived_ms, struct slice fix, struct slice bytes);
void defer_drop(struct device *d);
const struct line_pack *pack_in_force(const struct line *line, const struct device *d,
                                      uint64_t *ret_fingerprint);
void pack_take(struct line *line, uint64_t fingerprint, const struct line_pack *pack);

/* alerts.c */
struct open_alert *alert_find(struct device *d, const char *rule, uint32_t instance);
/* Opens and tells; NULL: too many. */
struct open_alert *alert_raise(struct line *line, struct device *d, const struct input *in,
                               const struct alert *like);
void alert_move(struct line *line, struct device *d, struct open_alert *oa, const struct input *in,
                const struct alert_wish *wish);
void alert_clear(struct line *line, struct device *d, struct open_alert *oa, const struct input *in,
                 int64_t at_ms);
/* Opened and over: recorded, told to nobody. */
void alert_record_late(struct line *line, struct device *d, const struct input *in,
                       const struct alert *like, int64_t over_ms);
/* One of the gateway's own rules. */
void alert_builtin(struct alert *a, const char *rule, enum severity severity, uint32_t tell,
                   int64_t at_ms, const char *evidence);
void alerts_tick(struct line *line, struct device *d, const struct input *in);
int64_t alerts_due_wall(const struct device *d);
void handoff_presence(struct line *line, struct device *d, const struct input *in);

/* gaps.c */
void gaps_settle(struct line *line, struct device *d, const struct input *in);
void gaps_tick(struct line *line, struct device *d, const struct input *in);
int64_t gaps_due_listen(const struct line *line, const struct device *d);

/* inputs.c */
void apply_tick(struct line *line, struct device *d, const struct input *in);
void apply_rebind(struct line *line, struct device *d, const struct input *in);
void apply_start(struct line *line, const struct input *in);
int apply_pack(struct line *line, struct slice bytes);
void apply_action(struct line *line, struct device *d, const struct input *in, struct slice bytes);
void apply_test(struct line *line, struct device *d, const struct input *in, struct slice actor);
void dev_due(struct line *line, struct device *d);

/* twin.c */
void twin_hello(struct line *line, struct device *d, const struct input *in, uint64_t version);
void twin_batch(struct line *line, struct device *d, const struct input *in, uint64_t version);
void apply_settings(struct line *line, struct device *d, const struct input *in,
                    struct slice bytes);
bool twin_gather(struct txn *t, struct device *d); /* false: no memory */
int twin_down(const struct line *line, struct device *d, struct buf *payload);
void twin_save(const struct device *d, struct buf *out);
bool twin_load(struct reader *r, struct device *d);

/* state.c */
void dev_save(const struct device *d, struct buf *out);
/* ERR_VERSION (its pack is unknown), ERR_CORRUPT, ERR_NOMEM. */
int dev_load(struct line *line, struct slice bytes, struct device **ret);

#endif
