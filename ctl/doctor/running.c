#include "ctl/doctor/running.h"

#include "base/buf.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX   65536
#define OLD_ACK_MS   (15 * 60 * 1000) /* while batches wait */
#define OLD_TOUCH_MS (70 * 60 * 1000) /* a heartbeat is at most an hour apart */
#define PATIENCE_S   5

/* One line of JSON from the agent's socket; NULL: errno says why. */
static json_t *ask_agent(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    static char text[ANSWER_MAX];
    size_t n = 0;
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof a.sun_path)
        return NULL;
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = PATIENCE_S};
    if (fd < 0)
        return NULL;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return NULL;
    }
    for (ssize_t got; n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0;)
        n += (size_t)got;
    close(fd);
    errno = EPROTO;
    return json_loadb(text, n, 0, NULL);
}

static json_int_t number(const json_t *j, const char *name)
{
    return json_integer_value(json_object_get(j, name));
}

static const char *text_of(const json_t *j, const char *name)
{
    const char *text = json_string_value(json_object_get(j, name));
    return text ? text : "";
}

/* Acknowledged lately, or nothing to acknowledge: else the way to the gateway is cut. */
static void check_acks(struct report *r, const json_t *j)
{
    json_int_t age_ms = number(j, "last_ack_age_ms"), owed = number(j, "owed_batches");
    bool touch = json_is_true(json_object_get(j, "in_touch"));
    if (!touch || age_ms < 0)
        report_bad(r, "program",
                   "look at the gateway (tocsin doctor gateway): it subscribes, "
                   "stores and acknowledges",
                   "the agent is connected, and the gateway has acknowledged nothing yet; %lld "
                   "batches wait",
                   (long long)owed);
    else if (age_ms > (owed ? OLD_ACK_MS : OLD_TOUCH_MS))
        report_bad(r, "program", "look at the gateway (tocsin doctor gateway)",
                   "the gateway's last acknowledgement is %lld s old; %lld batches wait",
                   (long long)(age_ms / 1000), (long long)owed);
    else
        report_fine(r, "program",
                    "runs as %s, connected; last acknowledgement %lld s ago, %lld "
                    "batches wait",
                    text_of(j, "device"), (long long)(age_ms / 1000), (long long)owed);
}

bool running_agent(struct report *r, const char *path)
{
    if (!path[0]) {
        report_note(r, "program", "'status_socket' is empty: not asked");
        return true;
    }
    json_t *j = ask_agent(path);
    if (!j) {
        bool absent = errno == ENOENT || errno == ECONNREFUSED;
        report_bad(r, "program",
                   "start the agent (systemctl start tocsin-agent), or run the "
                   "doctor as its user",
                   "status socket %s: %s", path, strerror(errno));
        return !absent;
    }
    bool up = strcmp(text_of(j, "session"), "up") == 0;
    if (up)
        check_acks(r, j);
    else
        report_bad(r, "program", "see the lines on broker and certificate",
                   "the agent runs, and has no session: %s", text_of(j, "last_reason"));
    if (number(j, "disk_errors"))
        report_bad(r, "program", "look at the disk below 'folder'",
                   "the agent counted %lld disk errors", (long long)number(j, "disk_errors"));
    if (number(j, "lost_messages"))
        report_bad(r, "program",
                   "look at the line to the firmware: noise, or a restart without "
                   "the agent",
                   "%lld messages of the firmware were lost before the spool",
                   (long long)number(j, "lost_messages"));
    json_decref(j);
    return up;
}

static size_t keep(char *bytes, size_t size, size_t n, void *arg)
{
    buf_put(arg, bytes, size * n);
    return size * n;
}

static json_t *ask_gateway(const char *url, struct buf *answer, char *trouble, bool *ret_absent)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, trouble);
    CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK && !trouble[0])
        snprintf(trouble, CURL_ERROR_SIZE, "%s", curl_easy_strerror(code));
    curl_easy_cleanup(easy);
    *ret_absent = code == CURLE_COULDNT_CONNECT;
    if (code != CURLE_OK || !buf_ok(answer))
        return NULL;
    json_t *j = json_loadb((const char *)answer->ptr, answer->len, 0, NULL);
    if (!j)
        snprintf(trouble, CURL_ERROR_SIZE, "the answer is not the gateway's");
    return j;
}

/* One line for each reason; the canary's is the access list's. */
static void check_reasons(struct report *r, const json_t *reasons, bool has_canary, bool up)
{
    bool sang = false;
    size_t i;
    const json_t *reason;
    json_array_foreach(reasons, i, reason)
    {
        const char *text = json_string_value(reason) ? json_string_value(reason) : "";
        bool canary = strstr(text, "canary") != NULL;
        sang = sang || canary;
        report_bad(r, canary ? "acl" : "program",
                   canary ? "install the access list that 'tocsin broker' writes, restart the "
                            "broker, then the gateway"
                          : "see the lines on broker, disk and store",
                   "%s", text);
    }
    if (!has_canary)
        report_bad(r, "acl", "issue an identity 'canary' (tocsin ca issue) and name its files",
                   "'canary_cert_file' is empty: the broker's access list is never tried");
    else if (!sang && up)
        report_fine(r, "acl", "the gateway's canary found nothing that a stranger may do");
}

bool running_gateway(struct report *r, const char *ops_url, bool has_canary)
{
    char url[512], trouble[CURL_ERROR_SIZE] = "";
    struct buf answer;
    snprintf(url, sizeof url, "%s/readyz", ops_url);
    buf_init(&answer, ANSWER_MAX);
    bool absent = false;
    json_t *j = ask_gateway(url, &answer, trouble, &absent);
    buf_free(&answer);
    if (!j) {
        report_bad(r, "program",
                   "start the gateway (systemctl start tocsin-gateway), or give "
                   "--ops URL",
                   "%s: %s", url, trouble);
        return !absent;
    }
    const json_t *reasons = json_object_get(j, "reasons");
    bool up = true;
    size_t i;
    const json_t *reason;
    json_array_foreach(reasons, i, reason)
    {
        const char *text = json_string_value(reason);
        up = up && !(text && strncmp(text, "no broker", 9) == 0);
    }
    if (json_is_true(json_object_get(j, "ready")))
        report_fine(r, "program", "runs and is ready: hears devices, stores, acknowledges");
    check_reasons(r, reasons, has_canary, up);
    json_decref(j);
    return up;
}
