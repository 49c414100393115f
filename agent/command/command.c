/* A small table of ids and answers, kept in a journal. */
#include "agent/command/command.h"

#include "agent/journal/journal.h"
#include "base/err.h"

#include <stdlib.h>

#define REWRITE_BYTES 32768
#define OPEN          0xff /* begun, not answered */

struct entry {
    uint8_t len, status; /* enum wire_result_status or OPEN */
    bool old;            /* begun by an earlier life */
    uint32_t ref;
    uint8_t id[COMMAND_ID];
};

struct commands {
    struct journal journal;
    struct entry entries[COMMAND_MAX]; /* oldest first */
    size_t n;
    uint32_t ref;
};

static struct entry *find(struct commands *c, struct slice id)
{
    for (size_t i = 0; i < c->n; i++)
        if (slice_eq(slice_of(c->entries[i].id, c->entries[i].len), id))
            return &c->entries[i];
    return NULL;
}

static struct entry *add(struct commands *c, struct slice id)
{
    size_t out = 0;
    while (c->n == COMMAND_MAX && out < c->n && c->entries[out].status == OPEN)
        out++;
    if (out == COMMAND_MAX)
        return NULL;
    if (c->n == COMMAND_MAX) {
        memmove(&c->entries[out], &c->entries[out + 1],
                (COMMAND_MAX - 1 - out) * sizeof c->entries[0]);
        c->n--;
    }
    struct entry *e = &c->entries[c->n++];
    *e = (struct entry){.len = (uint8_t)id.len, .status = OPEN};
    memcpy(e->id, id.ptr, id.len);
    return e;
}

static void load(void *arg, struct slice record)
{
    struct commands *c = arg;
    struct reader r = reader_of(record);
    uint8_t status = read_u8(&r);
    struct slice id = read_bytes(&r);
    if (r.bad || id.len == 0 || id.len > COMMAND_ID || (status != OPEN && status > RESULT_UNKNOWN))
        return;
    struct entry *e = find(c, id);
    e = e ? e : add(c, id);
    if (!e)
        return;
    e->status = status;
    e->old = status == OPEN;
}

int commands_open(struct disk *disk, struct commands **ret)
{
    struct commands *c = calloc(1, sizeof *c);
    if (!c || journal_open(&c->journal, disk, "commands", load, c) != 0) {
        free(c);
        return ERR_NOMEM;
    }
    *ret = c;
    return 0;
}

void commands_free(struct commands *c)
{
    if (!c)
        return;
    journal_close(&c->journal);
    free(c);
}

static void put_entry(struct buf *out, const struct entry *e)
{
    buf_u8(out, e->status);
    buf_bytes(out, slice_of(e->id, e->len));
}

static void fill(void *arg, struct journal_writer *w)
{
    struct commands *c = arg;
    struct buf out;
    buf_init(&out, 128);
    for (size_t i = 0; i < c->n; i++) {
        buf_reset(&out);
        put_entry(&out, &c->entries[i]);
        if (buf_ok(&out))
            journal_put(w, buf_slice(&out));
    }
    buf_free(&out);
}

static int save(struct commands *c, const struct entry *e)
{
    if (c->journal.bytes > REWRITE_BYTES)
        return journal_rewrite(&c->journal, fill, c);
    struct buf out;
    buf_init(&out, 128);
    put_entry(&out, e);
    int rc = buf_ok(&out) ? journal_append(&c->journal, buf_slice(&out)) : ERR_NOMEM;
    if (rc == 0)
        rc = journal_sync(&c->journal);
    buf_free(&out);
    return rc;
}

static struct command_verdict answer(enum wire_result_status status, const char *text)
{
    return (struct command_verdict){.answer = true, .status = status, .text = text};
}

struct command_verdict commands_take(struct commands *c, const struct wire_command *command,
                                     bool known, bool signed_well, struct now now)
{
    if (command->id.len == 0 || command->id.len > COMMAND_ID)
        return answer(RESULT_REFUSED, "the command's id is too long");
    struct entry *e = find(c, command->id);
    if (e && e->status == OPEN && !e->old)
        return (struct command_verdict){0}; /* under way: its result will come */
    if (e && e->status == OPEN)
        return answer(RESULT_UNKNOWN, "the agent stopped in between");
    if (e)
        return answer((enum wire_result_status)e->status, "was done before");
    if (!signed_well)
        return answer(RESULT_REFUSED, "its signature does not hold");
    if (!known)
        return answer(RESULT_UNSUPPORTED, "no appliance here can do this");
    if (now.trust != TRUST_NONE && command->expires_ms <= now.wall_ms)
        return answer(RESULT_EXPIRED, "it came too late");
    e = add(c, command->id);
    if (!e)
        return answer(RESULT_REFUSED, "too many commands are under way");
    e->ref = ++c->ref;
    if (save(c, e) != 0) {
        c->n--;
        return answer(RESULT_REFUSED, "it could not be made durable");
    }
    return (struct command_verdict){.act = true, .ref = e->ref};
}

bool commands_done(struct commands *c, uint32_t ref, enum wire_result_status status,
                   struct slice *ret_id)
{
    for (size_t i = 0; i < c->n; i++) {
        struct entry *e = &c->entries[i];
        if (e->status != OPEN || e->old || e->ref != ref)
            continue;
        e->status = (uint8_t)status;
        save(c, e); /* not durable: then it is told as unknown after a crash, as it should be */
        *ret_id = slice_of(e->id, e->len);
        return true;
    }
    return false;
}

bool commands_orphan(struct commands *c, struct slice *ret_id)
{
    for (size_t i = 0; i < c->n; i++) {
        struct entry *e = &c->entries[i];
        if (e->status != OPEN || !e->old)
            continue;
        e->status = RESULT_UNKNOWN;
        save(c, e);
        *ret_id = slice_of(e->id, e->len);
        return true;
    }
    return false;
}
