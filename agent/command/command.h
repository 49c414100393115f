/* Commands: each is done at most once.
 *
 * A command's id is durable before anything is done. A crash between that and
 * the result is told as `unknown`, never tried again. An id that comes again gets
 * the answer that it had. */
#ifndef AGENT_COMMAND_COMMAND_H
#define AGENT_COMMAND_COMMAND_H

#include "base/clock.h"
#include "base/disk.h"
#include "proto/wire.h"

struct commands; /* opaque */

#define COMMAND_ID  64 /* bytes of an id; longer ones are refused */
#define COMMAND_MAX 64 /* ids remembered; the oldest answered one makes room */

/* From any bytes. ERR_NOMEM. */
int commands_open(struct disk *disk, struct commands **ret);
void commands_free(struct commands *c);

struct command_verdict {
    bool act;    /* do it, and answer with commands_done(ref) */
    bool answer; /* tell status and text */
    uint32_t ref;
    enum wire_result_status status;
    const char *text; /* static */
};
/* known: some source can do it. signed_well: its signature holds. */
struct command_verdict commands_take(struct commands *c, const struct wire_command *command,
                                     bool known, bool signed_well, struct now now);
/* The source answered. The id is lent until the next call; false: no such ref is open. */
bool commands_done(struct commands *c, uint32_t ref, enum wire_result_status status,
                   struct slice *ret_id);
/* One that an earlier life began and did not end: to be told as unknown. */
bool commands_orphan(struct commands *c, struct slice *ret_id);

#endif
