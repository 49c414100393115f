#include "gateway/people/mail.h"

#include "gateway/people/mail_code.h"
#include "gateway/people/zone.h"

#include <ctype.h>

/* "=_" never stands in quoted-printable text, so no part can hold the boundary. */
#define BOUNDARY "=_tocsin_alternative"

static void put_part(const char *type, const char *text, struct buf *out)
{
    buf_fmt(out,
            "--" BOUNDARY "\r\nContent-Type: %s; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            type);
    mail_quoted(text, out);
    buf_str(out, "\r\n");
}

void mail_entity(const struct mail_content *c, struct buf *out)
{
    buf_fmt(out, "Message-ID: <%s>\r\n", c->message_id);
    if (c->in_reply_to)
        buf_fmt(out, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", c->in_reply_to, c->in_reply_to);
    buf_str(out, "Auto-Submitted: auto-generated\r\n");
    mail_header("Content-Language", c->language, out);
    buf_str(out, "MIME-Version: 1.0\r\n"
                 "Content-Type: multipart/alternative;\r\n boundary=\"" BOUNDARY "\"\r\n\r\n");
    put_part("text/plain", c->text, out);
    put_part("text/html", c->html, out);
    buf_str(out, "--" BOUNDARY "--\r\n");
}

bool mail_address_ok(const char *address)
{
    const char *at = strchr(address, '@');
    size_t len = strlen(address);
    if (!at || at == address || at - address > 64 || len > 254)
        return false;
    for (const char *p = address; p < at; p++)
        if (!isalnum((unsigned char)*p) && !strchr("!#$%&'*+-/=?^_`{|}~.", *p))
            return false;
    size_t label = 0;
    for (const char *p = at + 1; *p; p++) {
        if (*p == '.' ? label == 0 : !isalnum((unsigned char)*p) && *p != '-')
            return false;
        label = *p == '.' ? 0 : label + 1;
    }
    return label > 0;
}

static void put_date(int64_t date_ms, struct buf *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct zone_time t = zone_local(NULL, date_ms);
    buf_fmt(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[t.weekday], t.day,
            months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

static void put_subject(const struct mail_top *top, struct buf *out)
{
    struct buf subject;
    buf_init(&subject, 2048);
    if (top->captive_to)
        buf_fmt(&subject, "[for %s] ", top->to);
    buf_fmt(&subject, "%.1000s", top->subject);
    mail_header("Subject", buf_cstr(&subject), out);
    buf_free(&subject);
}

int mail_message(const struct mail_top *top, struct slice entity, struct buf *out, struct err *e)
{
    if (!mail_address_ok(top->from))
        return err_set(e, ERR_INVALID, "the sender's address \"%.80s\" is not one", top->from);
    if (!mail_address_ok(top->to))
        return err_set(e, ERR_INVALID, "\"%.80s\" is not an address", top->to);
    if (top->captive_to && !mail_address_ok(top->captive_to))
        return err_set(e, ERR_INVALID, "the captive mailbox \"%.80s\" is not an address",
                       top->captive_to);
    buf_str(out, "From: ");
    if (top->from_name && *top->from_name) {
        mail_phrase(top->from_name, out);
        buf_str(out, "\r\n ");
    }
    buf_fmt(out, "<%s>\r\nTo: <%s>\r\n", top->from, top->captive_to ? top->captive_to : top->to);
    if (top->captive_to)
        buf_fmt(out, "X-Tocsin-Meant-For: %s\r\n", top->to);
    put_subject(top, out);
    put_date(top->date_ms, out);
    buf_put(out, entity.ptr, entity.len);
    return buf_ok(out) ? 0 : err_set(e, ERR_NOMEM, "no memory for a mail");
}
