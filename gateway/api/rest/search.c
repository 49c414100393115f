#include "gateway/api/rest/search.h"

#include <stdio.h>
#include <string.h>

static bool holds(const char *text, const char *wanted)
{
    return text && strcasestr(text, wanted) != NULL;
}

/* Names are of [a-z0-9_]: nothing in a key needs an escape. */
static bool plain(const char *name)
{
    return name[strcspn(name, "\"\\")] == '\0';
}

static bool message_holds(const struct pack_message *m, const char *text)
{
    return holds(m->title, text) || (strcmp(m->lang, "en") == 0 && holds(m->support, text));
}

static bool fault_holds(const struct pack_fault *f, const char *text)
{
    char number[40];
    snprintf(number, sizeof number, "(fault %u)", f->id);
    for (size_t i = 0; i < f->n_labels; i++)
        if (holds(f->labels[i].text, text))
            return true;
    return strlen(text) > 6 && holds(number, text); /* "(fault" alone says nothing */
}

void search_pack(const struct pack *pack, const char *text, struct buf *out, size_t *n)
{
    if (!plain(pack->name))
        return;
    for (size_t i = 0; i < pack->n_messages; i++) {
        const struct pack_message *m = &pack->messages[i];
        if (plain(m->name) && message_holds(m, text))
            buf_fmt(out, "%s\"%s/%s\"", (*n)++ ? "," : "", pack->name, m->name);
    }
    for (size_t i = 0; i < pack->n_faults; i++)
        if (fault_holds(&pack->faults[i], text))
            buf_fmt(out, "%s\"%s/#%u\"", (*n)++ ? "," : "", pack->name, pack->faults[i].id);
}
