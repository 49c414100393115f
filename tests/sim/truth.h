/* What really became of each frame, as somebody who sees all would write it down:
 * said by firmware, heard by which life of the agent, sealed under which number, died
 * in memory. The account (account.h) holds the store against it. */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include "proto/wire.h"

struct truth;

enum truth_kind { TRUTH_BORN, TRUTH_FRAME, TRUTH_SEAL, TRUTH_DIED, TRUTH_POWER_CUT };

/* How a frame goes on: with the bulk, with what is urgent, or as a word to the agent
 * alone, which is counted and not passed on. */
enum frame_way { WAY_BULK, WAY_URGENT, WAY_AGENT };

struct frame {
    uint32_t boot, counter;
    enum frame_way way;
    bool heard;
    uint64_t energy; /* number of the energy reading; 0: another frame */
};

/* Batches sealed in one step of a lane: numbers first..last, `keyframes` of them. */
struct seal_group {
    uint64_t stream, first, last, keyframes;
    enum wire_lane lane;
};

struct truth_event {
    enum truth_kind kind;
    bool risky; /* of a seal: the disk was in trouble in this life of the agent; of a
                   death: as well; of a birth: nothing can be read */
    struct frame frame;
    struct seal_group seal;
};

struct truth *truth_new(void);
void truth_free(struct truth *t);
void truth_frame(struct truth *t, const struct frame *frame);
void truth_seal(struct truth *t, const struct seal_group *seal, bool risky);
void truth_born(struct truth *t, bool blind);
void truth_died(struct truth *t, bool power_cut, bool disk_trouble);

/* Lent; in the order of events. */
size_t truth_events(const struct truth *t, const struct truth_event **ret);

#endif
