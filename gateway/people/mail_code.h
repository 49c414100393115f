/* The encodings of mail: quoted-printable bodies and encoded-word headers. */
#ifndef GATEWAY_PEOPLE_MAIL_CODE_H
#define GATEWAY_PEOPLE_MAIL_CODE_H

#include "base/buf.h"

/* Bytes of the valid UTF-8 character at p, 1 to 4; 0: it is not one. */
size_t utf8_len(const uint8_t *p, size_t left);

/* Quoted-printable (RFC 2045, 6.7) of UTF-8 text; '\n' becomes CRLF; lines of at
 * most 76. What is not UTF-8 becomes U+FFFD. */
void mail_quoted(const char *text, struct buf *out);

/* "Name: value" CRLF. Plain when it is short ASCII, else encoded words (RFC 2047)
 * folded at whole characters. Control characters become blanks. */
void mail_header(const char *name, const char *value, struct buf *out);
/* The value alone: encoded words, or a quoted string, as a display name needs it. */
void mail_phrase(const char *value, struct buf *out);

#endif
