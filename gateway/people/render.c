#include "gateway/people/render.h"

#include "gateway/people/locale.h"

#include <stdio.h>

/* Text from outside on one line. */
static void put_plain(const char *s, struct buf *out)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        buf_put(out, c < 0x20 || c == 0x7f ? " " : s, 1);
    }
}

static bool fill(struct slice place, const struct render_values *v, struct buf *out)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"device_name", v->device_name},
                 {"model", v->model},
                 {"customer_name", v->customer_name},
                 {"title", v->title}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (slice_is(place, texts[i].name)) {
            put_plain(texts[i].text ? texts[i].text : "", out);
            return true;
        }
    }
    if (slice_is(place, "value"))
        locale_value(v->language, v->metric, v->value, out);
    else if (slice_is(place, "limit"))
        locale_value(v->language, v->metric, v->limit, out);
    else if (slice_is(place, "since"))
        locale_moment(v->language, v->zone, v->since_ms, v->now_ms, out);
    else if (slice_is(place, "until"))
        locale_moment(v->language, v->zone, v->until_ms, v->now_ms, out);
    else
        return false;
    return true;
}

void render_text(const char *text, const struct render_values *values, struct buf *out)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        buf_put(out, text, plain);
        text += plain;
        if (!*text)
            return;
        size_t n = strcspn(text, "}");
        if (text[n] == '}' && fill(slice_of(text + 1, n - 1), values, out)) {
            text += n + 1;
        } else {
            buf_put(out, text, 1);
            text++;
        }
    }
}

/* Whether `tag` names this language: 3 exactly, 2 its base, 1 English, 0 not. */
static int fitness(const char *tag, const char *language)
{
    if (strcmp(tag, language) == 0)
        return 3;
    size_t base = strcspn(language, "-");
    if (strlen(tag) == base && strncmp(tag, language, base) == 0)
        return 2;
    return strcmp(tag, "en") == 0 ? 1 : 0;
}

const struct pack_message *render_message(const struct pack *pack, const char *name,
                                          const char *language)
{
    const struct pack_message *best = NULL;
    int fit = 0;
    for (size_t i = 0; pack && i < pack->n_messages; i++) {
        const struct pack_message *m = &pack->messages[i];
        int f = strcmp(m->name, name) == 0 ? fitness(m->lang, language) : 0;
        if (f > fit) {
            fit = f;
            best = m;
        }
    }
    return best;
}

const char *render_family(const struct pack *pack, const char *language)
{
    const char *best = NULL;
    int fit = 0;
    for (size_t i = 0; pack && i < pack->n_labels; i++) {
        int f = fitness(pack->labels[i].lang, language);
        if (f > fit) {
            fit = f;
            best = pack->labels[i].text;
        }
    }
    return best;
}
