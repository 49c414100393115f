/* #defines in aligned columns: metrics plain, the others with what they are. */
#include "ctl/pack/header.h"

#include <ctype.h>

static void put_upper(struct buf *out, const char *name)
{
    for (; *name; name++) {
        char c = (char)toupper((unsigned char)*name);
        buf_put(out, &c, 1);
    }
}

static size_t longer(size_t a, const char *name)
{
    size_t n = strlen(name);
    return n > a ? n : a;
}

static void define(struct buf *out, const char *prefix, const char *name, uint32_t id, size_t width)
{
    buf_fmt(out, "#define TOCSIN_%s", prefix);
    put_upper(out, name);
    buf_fmt(out, "%*s %u\n", (int)(width - strlen(name)), "", id);
}

#define DEFINE_ALL(prefix, list, count)                                                            \
    do {                                                                                           \
        size_t width = 0;                                                                          \
        for (size_t i = 0; i < (count); i++)                                                       \
            width = longer(width, (list)[i].name);                                                 \
        for (size_t i = 0; i < (count); i++)                                                       \
            define(out, prefix, (list)[i].name, (list)[i].id, width);                              \
        if ((count) > 0)                                                                           \
            buf_str(out, "\n");                                                                    \
    } while (0)

void header_write(const struct pack *pack, struct buf *out)
{
    buf_fmt(
        out,
        "/* Ids of the pack \"%s\", revision %u. Made by `tocsin pack header`; do not edit. */\n",
        pack->name, pack->revision);
    buf_str(out, "#ifndef TOCSIN_");
    put_upper(out, pack->name);
    buf_str(out, "_H\n#define TOCSIN_");
    put_upper(out, pack->name);
    buf_str(out, "_H\n\n");
    DEFINE_ALL("", pack->metrics, pack->n_metrics);
    DEFINE_ALL("FAULT_", pack->faults, pack->n_faults);
    DEFINE_ALL("CYCLE_", pack->cycles, pack->n_cycles);
    DEFINE_ALL("ACTION_", pack->actions, pack->n_actions);
    buf_str(out, "#endif\n");
}
