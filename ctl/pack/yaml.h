/* A YAML file as a tree in which every value knows its place. Anchors, aliases and
 * tags are refused: what stands in the file is what counts. */
#ifndef CTL_PACK_YAML_H
#define CTL_PACK_YAML_H

#include "base/arena.h"
#include "ctl/pack/report.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    const char *file;
    unsigned line, col;
    const char *text; /* YAML_TEXT */
    /* YAML_TEXT: as it stands in the file, line breaks and indentation included,
     * and where that begins. The same as `text` when it has escapes. */
    const char *raw;
    unsigned raw_line, raw_col;
    size_t n; /* items; of a map: pairs */
    struct yaml **key, **item;
};

#define YAML_FILE_BYTES (1024 * 1024)
#define YAML_DEPTH      12

/* Reads a file; mistakes go to the report. NULL: there were some. The tree lives
 * in the arena. */
struct yaml *yaml_read(const char *path, struct arena *arena, struct report *report);
/* The value of a key, or NULL. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
/* Adds a mistake at the node's place. */
#define yaml_wrong(report, node, ...)                                                              \
    report_add(report, (node)->file, (node)->line, (node)->col, __VA_ARGS__)

#endif
