/* What the shim's own files share; nobody else includes it. */
#ifndef FIRMWARE_SHIM_PARTS_H
#define FIRMWARE_SHIM_PARTS_H

#include "shim.h"

uint32_t shim_lock(const struct shim *s);
void shim_unlock(const struct shim *s, uint32_t was);

/* With the lock held. Milliseconds since the start, wraps counted in. */
uint64_t shim_now(struct shim *s);

/* With the lock held. Fills boot and counter and puts the message into the buffer.
 * False, and nothing changed, when there is no room. */
bool shim_put(struct shim *s, struct message_up *m);

/* Stamps the message, takes the lock and puts it; a message that finds no room is
 * dropped and counted. */
bool shim_say(struct shim *s, struct message_up *m);

/* Says held faults that are due. `again`: those that were durable too. */
void shim_fault_poll(struct shim *s);
void shim_fault_again(struct shim *s);
void shim_fault_ack(struct shim *s, uint32_t counter);

/* Reads and obeys what came from the agent. */
void shim_receive(struct shim *s);

/* False where a setting from outside keeps this reading back. */
bool shim_wanted(struct shim *s, uint16_t metric, uint8_t instance, bool every_change);

#endif
