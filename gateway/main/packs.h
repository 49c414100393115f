/* The packs that the gateway knows: those of its folder, and those that the store
 * keeps because the journal was judged under them. Compiled once, kept for the
 * program's life: devices and ops borrow them. */
#ifndef GATEWAY_MAIN_PACKS_H
#define GATEWAY_MAIN_PACKS_H

#include "gateway/line/line.h"
#include "gateway/store/store.h"

struct packs;

int packs_new(struct packs **ret_packs);
void packs_free(struct packs *packs);
/* All that the store keeps. One that cannot be read is logged and left out. */
int packs_from_store(struct packs *packs, struct store *store, struct err *e);
/* All *.pack of the folder, as the set in force. Nothing changes when one has a
 * mistake (`e` says where). ERR_NOT_FOUND: no such folder. */
int packs_from_folder(struct packs *packs, const char *folder, struct err *e);
/* find_pack of a line. */
const struct line_pack *packs_find(void *packs, uint64_t fingerprint);

/* Those in force. Lent until the next packs_from_folder. */
size_t packs_in_force(struct packs *packs, const struct pack *const **ret_packs);
/* The built file of one in force, for the store. */
struct slice packs_file(const struct packs *packs, uint64_t fingerprint);

#endif
