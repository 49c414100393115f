/* One message to a customer as text and as HTML: same words, same order. */
#ifndef GATEWAY_PEOPLE_LETTER_H
#define GATEWAY_PEOPLE_LETTER_H

#include "base/buf.h"

#define LETTER_STEPS 16
#define LETTER_FACTS 4

struct letter_fact {
    const char *name, *value;
};

/* Everything is final text in `language`; borrowed. */
struct letter {
    const char *language;
    const char *note; /* above all else, "this is a test"; NULL: none */
    const char *greeting;
    const char *title, *body;
    const char *steps_title;
    size_t n_steps;
    const char *steps[LETTER_STEPS];
    size_t n_facts;
    struct letter_fact facts[LETTER_FACTS];
    const char *why; /* it was sent */
};

void letter_text(const struct letter *letter, struct buf *out);
/* Readable without style, by screen readers, and on dark backgrounds: it sets no
 * colour of text or ground, only says that it can live with both. */
void letter_html(const struct letter *letter, struct buf *out);

#endif
