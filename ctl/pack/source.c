/* The folder of a pack, file by file. */
#include "ctl/pack/source.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES (32 * 1024 * 1024)

static const struct yaml *read_part(struct pack_source *src, struct report *r, const char *name,
                                    bool need)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", src->dir, name);
    FILE *there = need ? NULL : fopen(path, "re");
    if (!need && !there)
        return NULL;
    if (there)
        fclose(there);
    return yaml_read(path, &src->arena, r);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The languages that messages/ holds, sorted, so that the built bytes do not hang
 * on the order of a directory. */
static void find_languages(struct pack_source *src, struct report *r)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/messages", src->dir);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);
        if (n < 6 || entry->d_name[0] == '.' || strcmp(entry->d_name + n - 5, ".yaml") != 0)
            continue;
        if (src->n_langs == PACK_LIST) {
            report_add(r, path, 1, 1, "found more than %d languages, expected fewer", PACK_LIST);
            break;
        }
        const char *lang = arena_str(&src->arena, slice_of(entry->d_name, n - 5));
        if (lang)
            src->langs[src->n_langs++] = lang;
    }
    closedir(dir);
    qsort(src->langs, src->n_langs, sizeof src->langs[0], by_name);
}

bool source_read(const char *dir, struct pack_source *src, struct report *report)
{
    *src = (struct pack_source){.dir = dir};
    src->pack.name = "";
    if (arena_init(&src->arena, ARENA_BYTES) != 0) {
        report_text(report, "out of memory");
        return false;
    }
    src->root = read_part(src, report, "pack.yaml", true);
    src->rules = read_part(src, report, "rules.yaml", false);
    find_languages(src, report);
    for (size_t i = 0; i < src->n_langs; i++) {
        char name[300];
        snprintf(name, sizeof name, "messages/%s.yaml", src->langs[i]);
        src->texts[i] = read_part(src, report, name, true);
    }
    if (!src->root || !source_pack(src, report))
        return false;
    source_texts(src, report);
    source_rules(src, report);
    return true;
}

void source_free(struct pack_source *src)
{
    arena_free(&src->arena);
}
