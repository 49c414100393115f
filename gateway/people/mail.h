/* Mail as bytes (RFC 5322, 2045-2047): what goes out, built without trust in any
 * text. No text can add a header: control characters in a header become blanks.
 *
 * The outbox holds the entity (ids and content); who it goes to is put on top when
 * it is sent, so that captive delivery has the last word. */
#ifndef GATEWAY_PEOPLE_MAIL_H
#define GATEWAY_PEOPLE_MAIL_H

#include "base/buf.h"
#include "base/err.h"

struct mail_content {
    const char *message_id;  /* without <>: [A-Za-z0-9.-]+@domain */
    const char *in_reply_to; /* likewise; NULL: starts a thread */
    const char *language;
    const char *text, *html; /* UTF-8, lines end in '\n' */
};
/* Appends headers and body, lines ended by CRLF: multipart/alternative, text first. */
void mail_entity(const struct mail_content *content, struct buf *out);

struct mail_top {
    const char *from, *from_name; /* from_name may be "" */
    const char *to;               /* the address it is meant for */
    const char *captive_to;       /* NULL: really goes to `to` */
    const char *subject;
    int64_t date_ms;
};
/* Appends the whole message. ERR_INVALID: an address is not one. */
int mail_message(const struct mail_top *top, struct slice entity, struct buf *out, struct err *e);

/* Whether this is one plain address (ASCII, no display name): local@domain. */
bool mail_address_ok(const char *address);

#endif
