/* Looking things up in a pack. Items are sorted by id. */
#include "proto/pack.h"

#define FIND_ID(list, n, wanted)                                                                   \
    do {                                                                                           \
        size_t lo = 0, hi = (n);                                                                   \
        while (lo < hi) {                                                                          \
            size_t mid = lo + (hi - lo) / 2;                                                       \
            if ((list)[mid].id == (wanted))                                                        \
                return &(list)[mid];                                                               \
            if ((list)[mid].id < (wanted))                                                         \
                lo = mid + 1;                                                                      \
            else                                                                                   \
                hi = mid;                                                                          \
        }                                                                                          \
        return NULL;                                                                               \
    } while (0)

#define FIND_NAME(list, n, wanted)                                                                 \
    do {                                                                                           \
        for (size_t i = 0; i < (n); i++)                                                           \
            if (strcmp((list)[i].name, (wanted)) == 0)                                             \
                return &(list)[i];                                                                 \
        return NULL;                                                                               \
    } while (0)

const struct pack_metric *pack_metric(const struct pack *pack, uint32_t id)
{
    FIND_ID(pack->metrics, pack->n_metrics, id);
}

const struct pack_metric *pack_metric_named(const struct pack *pack, const char *name)
{
    FIND_NAME(pack->metrics, pack->n_metrics, name);
}

const struct pack_fault *pack_fault(const struct pack *pack, uint32_t id)
{
    FIND_ID(pack->faults, pack->n_faults, id);
}

const struct pack_fault *pack_fault_named(const struct pack *pack, const char *name)
{
    FIND_NAME(pack->faults, pack->n_faults, name);
}

const struct pack_cycle *pack_cycle(const struct pack *pack, uint32_t id)
{
    FIND_ID(pack->cycles, pack->n_cycles, id);
}

const struct pack_cycle *pack_cycle_named(const struct pack *pack, const char *name)
{
    FIND_NAME(pack->cycles, pack->n_cycles, name);
}

const struct pack_action *pack_action(const struct pack *pack, uint32_t id)
{
    FIND_ID(pack->actions, pack->n_actions, id);
}

const struct pack_message *pack_message(const struct pack *pack, const char *name, const char *lang)
{
    const struct pack_message *english = NULL;
    for (size_t i = 0; i < pack->n_messages; i++) {
        const struct pack_message *m = &pack->messages[i];
        if (strcmp(m->name, name) != 0)
            continue;
        if (strcmp(m->lang, lang) == 0)
            return m;
        if (strcmp(m->lang, "en") == 0)
            english = m;
    }
    return english;
}

/* Linear in practice: on a mismatch goes back to the last star only. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool pack_fits(const struct pack *pack, const char *model)
{
    for (size_t i = 0; i < pack->n_models; i++)
        if (matches(pack->models[i], model))
            return true;
    return false;
}
