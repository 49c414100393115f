/* A pack's folder, read: pack.yaml, rules.yaml, messages/LANG.yaml. */
#ifndef CTL_PACK_SOURCE_H
#define CTL_PACK_SOURCE_H

#include "ctl/pack/yaml.h"
#include "proto/pack.h"

struct pack_source {
    struct pack pack; /* its pointers are the arena's */
    struct arena arena;
    const char *dir;
    const struct yaml *root;  /* of pack.yaml */
    const struct yaml *rules; /* of rules.yaml, may be NULL */
    size_t n_langs;
    const char *langs[PACK_LIST];
    const struct yaml *texts[PACK_LIST]; /* of messages/LANG.yaml, sorted by language */
};

/* Reads all files; every mistake goes to the report, and the pack holds what could
 * be read. False: not even pack.yaml. Free in any case. */
bool source_read(const char *dir, struct pack_source *src, struct report *report);
void source_free(struct pack_source *src);

/* The parts, in this order. */
bool source_pack(struct pack_source *src, struct report *report);
void source_texts(struct pack_source *src, struct report *report);
void source_rules(struct pack_source *src, struct report *report);

/* What can be said only of the whole: rules compile, messages are there in every
 * language and their places can be filled. */
void source_check(const struct pack_source *src, struct report *report);

#endif
