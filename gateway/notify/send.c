/* How libcurl is told what to send. It follows nothing, keeps nothing of the answer
 * but a line, and is asked which address it may connect to. */
#include "gateway/notify/send.h"

#include "base/list.h"
#include "gateway/notify/schedule/policy.h"
#include "gateway/notify/sign.h"
#include "gateway/people/mail.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#define ANSWER_MAX (16 * 1024)
#define MAIL_MAX   (512 * 1024)

static void keep_line(struct sending *s, const char *text, size_t len)
{
    size_t n = 0;
    for (; n < len && n < sizeof s->detail - 1; n++) {
        unsigned char c = (unsigned char)text[n];
        if (c == '\r' || c == '\n')
            break;
        s->detail[n] = (char)(c < 0x20 || c > 0x7e ? '?' : c);
    }
    s->detail[n] = '\0';
}

static void keep_text(struct sending *s, const char *text)
{
    keep_line(s, text, strlen(text));
}

static bool refusal(const char *line)
{
    return line[0] == '4' || line[0] == '5';
}

/* An SMTP server's lines come here; its first refusal, else the last but the
 * goodbye, is what it thinks. */
static size_t on_header(char *at, size_t size, size_t n, void *arg)
{
    struct sending *s = arg;
    bool bye = size * n > 3 && memcmp(at, "221", 3) == 0;
    if (s->mail && !bye && !refusal(s->detail))
        keep_line(s, at, size * n);
    return size * n;
}

static size_t on_answer(char *at, size_t size, size_t n, void *arg)
{
    struct sending *s = arg;
    if (s->answer == 0)
        keep_line(s, at, size * n);
    s->answer += size * n;
    return s->answer > ANSWER_MAX ? 0 : size * n; /* 0: enough, end the transfer */
}

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
    struct sending *s = arg;
    size_t left = s->message.len - s->at;
    size_t take = left < size * n ? left : size * n;
    if (take)
        memcpy(to, s->message.ptr + s->at, take);
    s->at += take;
    return take;
}

static bool goes_public(const struct sockaddr *address)
{
    struct sockaddr_in in = {0};
    struct sockaddr_in6 in6 = {0};
    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof in);
        return policy_address_public((const uint8_t *)&in.sin_addr, 4);
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&in6, address, sizeof in6);
    return policy_address_public(in6.sin6_addr.s6_addr, 16);
}

static curl_socket_t open_public(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct sending *s = arg;
    (void)purpose;
    if (!goes_public(&address->addr)) {
        s->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static enum reply_end end_of(const struct sending *s, CURLcode code)
{
    curl_off_t uploaded = 0;
    curl_easy_getinfo(s->transfer.easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    switch (code) {
    case CURLE_OK: return REPLY_WHOLE;
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR: return REPLY_LOGIN;
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_USE_SSL_FAILED: return REPLY_GREETING;
    case CURLE_WEIRD_SERVER_REPLY: return uploaded > 0 ? REPLY_BROKEN : REPLY_GREETING;
    case CURLE_COULDNT_CONNECT: return s->forbidden ? REPLY_FORBIDDEN : REPLY_BROKEN;
    default: return REPLY_BROKEN;
    }
}

static void tidy(struct sending *s)
{
    curl_easy_cleanup(s->transfer.easy);
    s->transfer.easy = NULL;
    curl_slist_free_all(s->list);
    s->list = NULL;
    buf_free(&s->message);
}

/* Where the other side said nothing that explains the end: curl's words. */
static void explain(struct sending *s, CURLcode code, long said)
{
    bool enough = s->mail ? code == CURLE_OK || refusal(s->detail) : *s->detail != '\0';
    if (enough)
        return;
    const char *why = *s->trouble ? s->trouble : curl_easy_strerror(code);
    if (code != CURLE_OK)
        keep_text(s, why);
    else
        snprintf(s->detail, sizeof s->detail, "HTTP %ld", said);
}

static void on_end(struct transfer *transfer, CURLcode code)
{
    struct sending *s = CONTAINER(transfer, struct sending, transfer);
    long said = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &said);
    enum reply_end end = end_of(s, code);
    if (end == REPLY_FORBIDDEN)
        keep_text(s, "its address is private; webhook_private would allow it");
    else
        explain(s, code, said);
    tidy(s);
    s->ended(s, end, said);
}

static int prepare(struct sending *s, const struct notify_config *config, struct err *e)
{
    CURL *easy = curl_easy_init();
    s->transfer = (struct transfer){easy, on_end};
    s->list = NULL;
    s->at = s->answer = 0;
    s->forbidden = false;
    s->detail[0] = s->trouble[0] = '\0';
    buf_init(&s->message, MAIL_MAX);
    if (!easy)
        return err_set(e, ERR_NOMEM, "no memory for a transfer");
    long timeout_ms = (long)config->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms < 10000 ? timeout_ms : 10000L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 20L); /* idle connections die unseen */
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->trouble);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    return 0;
}

static int go(struct sending *s, struct multi *multi, struct err *e)
{
    if (multi_start(multi, &s->transfer) == 0)
        return 0;
    return err_set(e, ERR_NOMEM, "libcurl does not take the transfer");
}

static void point_at_server(CURL *easy, const struct notify_config *c)
{
    static const int64_t ports[] = {25, 587, 465};
    bool v6 = strchr(c->smtp_host, ':') != NULL;
    struct buf url;
    buf_init(&url, 1024);
    /* the path is what we say in EHLO: the sender's domain */
    buf_fmt(&url, "%s://%s%s%s:%lld/%s", c->smtp_tls == NOTIFY_TLS_SMTPS ? "smtps" : "smtp",
            v6 ? "[" : "", c->smtp_host, v6 ? "]" : "",
            (long long)(c->smtp_port ? c->smtp_port : ports[c->smtp_tls]),
            strchr(c->mail_from, '@') + 1);
    curl_easy_setopt(easy, CURLOPT_URL, buf_cstr(&url));
    buf_free(&url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (c->smtp_tls == NOTIFY_TLS_STARTTLS)
        curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (c->smtp_ca && *c->smtp_ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->smtp_ca);
    if (c->smtp_user && *c->smtp_user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, c->smtp_user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, c->smtp_password ? c->smtp_password : "");
    }
}

int send_mail(struct sending *s, struct multi *multi, const struct notify_config *c,
              const struct mail_job *job, struct err *e)
{
    const char *captive = c->live ? NULL : c->captive_to;
    s->mail = true;
    int rc = prepare(s, c, e);
    if (rc)
        goto failed;
    struct mail_top top = {.from = c->mail_from,
                           .from_name = c->mail_from_name,
                           .to = job->to,
                           .captive_to = captive,
                           .subject = job->subject,
                           .date_ms = job->date_ms};
    rc = mail_message(&top, job->entity, &s->message, e);
    if (rc)
        goto failed;
    CURL *easy = s->transfer.easy;
    point_at_server(easy, c);
    s->list = curl_slist_append(NULL, captive ? captive : job->to);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, c->mail_from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, s->list);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->message.len);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, s);
    rc = s->list ? go(s, multi, e) : err_set(e, ERR_NOMEM, "no memory for a mail");
    if (rc)
        goto failed;
    return 0;
failed:
    tidy(s);
    return rc;
}

static bool add_line(struct sending *s, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, 1024);
    buf_fmt(&line, "%s: %s", name, value);
    struct curl_slist *more = buf_ok(&line) ? curl_slist_append(s->list, buf_cstr(&line)) : NULL;
    buf_free(&line);
    if (more)
        s->list = more;
    return more != NULL;
}

static int sign(struct sending *s, const struct hook_job *job, struct err *e)
{
    char signature[SIGN_TEXT], stamp[24];
    snprintf(stamp, sizeof stamp, "%lld", (long long)(job->now_ms / 1000));
    if (!sign_webhook(job->secret, job->id, job->now_ms / 1000, buf_slice(&s->message), signature))
        return err_set(e, ERR_INVALID,
                       "its secret is not \"whsec_\" and the base64 of 24 to 64 bytes");
    bool ok = add_line(s, "Content-Type", "application/cloudevents+json; charset=utf-8") &&
              add_line(s, "webhook-id", job->id) && add_line(s, "webhook-timestamp", stamp) &&
              add_line(s, "webhook-signature", signature) && add_line(s, "Expect", "");
    return ok ? 0 : err_set(e, ERR_NOMEM, "no memory for a webhook");
}

int send_hook(struct sending *s, struct multi *multi, const struct notify_config *c,
              const struct hook_job *job, struct err *e)
{
    s->mail = false;
    int rc = prepare(s, c, e);
    if (rc)
        goto failed;
    const char *fault = policy_url_fault(job->url);
    if (fault) {
        rc = err_set(e, ERR_INVALID, "%s", fault);
        goto failed;
    }
    buf_put(&s->message, job->body.ptr, job->body.len);
    rc = buf_ok(&s->message) ? sign(s, job, e) : err_set(e, ERR_NOMEM, "no memory for a webhook");
    if (rc)
        goto failed;
    CURL *easy = s->transfer.easy;
    curl_easy_setopt(easy, CURLOPT_URL, job->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->list);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->message.len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, s->message.ptr);
    if (c->webhook_ca && *c->webhook_ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->webhook_ca);
    if (!c->webhook_private) {
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_public);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, s);
    }
    rc = go(s, multi, e);
    if (rc)
        goto failed;
    return 0;
failed:
    tidy(s);
    return rc;
}

void send_stop(struct sending *s, struct multi *multi)
{
    if (!s->transfer.easy)
        return;
    multi_stop(multi, &s->transfer);
    tidy(s);
}
