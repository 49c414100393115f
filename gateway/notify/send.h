/* One message on its way out, by SMTP or HTTP. */
#ifndef GATEWAY_NOTIFY_SEND_H
#define GATEWAY_NOTIFY_SEND_H

#include "base/buf.h"
#include "gateway/notify/multi.h"
#include "gateway/notify/notify.h"
#include "gateway/notify/schedule/schedule.h"

struct sending; /* lives inside its owner */
typedef void (*sending_ended_fn)(struct sending *sending, enum reply_end end, int64_t code);

struct sending {
    struct transfer transfer;
    sending_ended_fn ended;
    struct curl_slist *list; /* receivers or header lines */
    struct buf message;
    size_t at;     /* bytes of it that curl took */
    size_t answer; /* bytes of the answer so far */
    bool mail, forbidden;
    char detail[240];              /* what the other side or curl said; "" */
    char trouble[CURL_ERROR_SIZE]; /* curl's words */
};

/* Both start a transfer (ended follows later) or return why it cannot be: ERR_INVALID
 * for good, else for now; `e` says it. */
struct mail_job {
    const char *to, *subject;
    struct slice entity;
    int64_t date_ms;
};
int send_mail(struct sending *s, struct multi *multi, const struct notify_config *config,
              const struct mail_job *job, struct err *e);
struct hook_job {
    const char *url, *secret, *id;
    struct slice body;
    int64_t now_ms;
};
int send_hook(struct sending *s, struct multi *multi, const struct notify_config *config,
              const struct hook_job *job, struct err *e);
/* Breaks it off; `ended` is not called. Fine when nothing is under way. */
void send_stop(struct sending *s, struct multi *multi);

#endif
