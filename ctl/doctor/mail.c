#include "ctl/doctor/mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define WAIT_MS 15000L

static const char *remedy_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "correct 'smtp_host', or this machine's name service";
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        return "start the mail server, open the way to it, or correct 'smtp_host' and 'smtp_port'";
    case CURLE_USE_SSL_FAILED:
        return "let the server offer STARTTLS, or set 'smtp_tls' to what it does offer";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "give the server a valid certificate for that name, or name its root in 'smtp_ca'";
    case CURLE_SSL_CACERT_BADFILE: return "put the roots there as PEM, or correct 'smtp_ca'";
    case CURLE_LOGIN_DENIED: return "correct 'smtp_user' and 'smtp_password'";
    default: return "look at the mail server's log";
    }
}

static void set_up(CURL *easy, const struct settings *s, const char *url, char *trouble)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, WAIT_MS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, trouble);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L); /* greeting, STARTTLS, login; no mail */
    if (s->smtp_tls == SMTP_STARTTLS)
        curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (s->smtp_ca[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, s->smtp_ca);
    if (s->smtp_user[0]) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, s->smtp_user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, s->smtp_password);
    }
}

static void greet(struct report *r, const struct settings *s)
{
    static const int ports[] = {25, 587, 465};
    static const char *const words[] = {"unprotected", "by STARTTLS", "by TLS"};
    char url[512], trouble[CURL_ERROR_SIZE] = "";
    long port = s->smtp_port ? (long)s->smtp_port : ports[s->smtp_tls];
    const char *at = strchr(s->mail_from, '@');
    bool v6 = strchr(s->smtp_host, ':') != NULL;
    snprintf(url, sizeof url, "%s://%s%s%s:%ld/%s", s->smtp_tls == SMTP_TLS ? "smtps" : "smtp",
             v6 ? "[" : "", s->smtp_host, v6 ? "]" : "", port, at ? at + 1 : "localhost");
    CURL *easy = curl_easy_init();
    if (!easy)
        return;
    set_up(easy, s, url, trouble);
    CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OK)
        report_fine(r, "mail", "%s:%ld: greets %s%s", s->smtp_host, port, words[s->smtp_tls],
                    s->smtp_user[0] ? " and takes our login" : "");
    else
        report_bad(r, "mail", remedy_of(code), "%s:%ld: %s", s->smtp_host, port,
                   trouble[0] ? trouble : curl_easy_strerror(code));
    curl_easy_cleanup(easy);
}

void mail_check(struct report *r, const struct settings *s)
{
    if (!s->smtp_host[0]) {
        report_note(r, "mail", "'smtp_host' is empty: no mail leaves");
        return;
    }
    if (!strchr(s->mail_from, '@'))
        report_bad(r, "mail", "write the sender's address there", "'mail_from' is no address: '%s'",
                   s->mail_from);
    if (!s->live && !strchr(s->captive_to, '@'))
        report_bad(r, "mail", "write the one mailbox there, or set 'delivery' to live",
                   "delivery is captive, and 'captive_to' is no address: '%s'", s->captive_to);
    greet(r, s);
}
